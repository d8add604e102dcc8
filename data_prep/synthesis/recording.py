"""One recording: a performance, seen by a camera, with the faults of the sensor."""

from dataclasses import dataclass

import numpy as np

from action_rec.skeletons.ntu import SampleName
from data_prep.synthesis.body import Array
from data_prep.synthesis.camera import camera, sensor_noise, tracking_states
from data_prep.synthesis.mess import make_mess
from data_prep.synthesis.names import check_range
from data_prep.synthesis.performance import perform
from data_prep.synthesis.text import Draft, Track, skeleton_text
from data_prep.synthesis.variation import Source, generator

_FIRST_BODY_ID = 72_057_594_037_927_936  # 2**56: the IDs of NTU RGB+D lie just above it


@dataclass(frozen=True)
class Conditions:
    """What a set of recordings is made under.

    Attributes:
        seed: Different seeds give different people, performances and setups.
        frames: Typical number of frames; recordings have 0.6 to 1.4 times as many.
        noise: Standard deviation of the position of a tracked joint, in metres.
        mess: Share of the recordings with faults such as ghost bodies or empty frames.

    Raises:
        InputError: One of them is outside its range.
    """

    seed: int = 0
    frames: int = 80
    noise: float = 0.01
    mess: float = 0.0

    def __post_init__(self) -> None:
        check_range("seed", self.seed, 0, 2**63 - 1)
        check_range("frames", self.frames, 25, 1000)  # at least 15: more than a ghost has
        check_range("noise", self.noise, 0, 0.5)
        check_range("mess", self.mess, 0, 1)


def recording_text(name: SampleName, conditions: Conditions) -> bytes:
    """The content of the file ``NAME.skeleton``; it depends on the arguments alone."""
    return skeleton_text(draft_recording(name, conditions))


def draft_recording(name: SampleName, conditions: Conditions) -> Draft:
    """Make the recording with this name."""
    seed = conditions.seed
    key = (name.setup, name.camera, name.subject, name.replication, name.action)
    bodies = perform(
        name.setup, name.subject, name.replication, name.action, seed, conditions.frames
    )
    view = camera(seed, name.setup, name.camera)
    rng = generator(seed, Source.SENSOR, *key)
    ids = _FIRST_BODY_ID + rng.choice(9_000, len(bodies), replace=False) + 1_000
    tracks = [
        _track(int(body_id), view.see(body), conditions.noise, rng)
        for body_id, body in zip(ids, bodies, strict=True)
    ]
    if rng.random() < 0.5:
        tracks.reverse()
    draft = Draft(tracks)
    mess = generator(seed, Source.MESS, *key)
    if mess.random() < conditions.mess:
        make_mess(draft, mess)
    return draft


def _track(body_id: int, seen: Array, noise: float, rng: np.random.Generator) -> Track:
    states = tracking_states(seen)
    joints = seen + sensor_noise(states, noise, rng)
    return Track(body_id, joints, states, np.ones(len(seen), dtype=bool))
