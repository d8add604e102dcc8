"""Recording of a performance by one camera, with sensor noise and artifacts."""

from dataclasses import dataclass

import numpy as np

from action_rec.skeletons.ntu import SampleName
from data_prep.synthesis.artifacts import add_artifacts
from data_prep.synthesis.body import Array
from data_prep.synthesis.camera import camera, sensor_noise, tracking_states
from data_prep.synthesis.names import check_range
from data_prep.synthesis.performance import perform
from data_prep.synthesis.text import Draft, Track, skeleton_text
from data_prep.synthesis.variation import RandomSource, generator

_FIRST_BODY_ID = 72_057_594_037_927_936  # 2**56: the IDs of NTU RGB+D are slightly larger


@dataclass(frozen=True)
class Conditions:
    """Parameters of a set of recordings.

    Attributes:
        seed: Seed of people, performances and setups.
        frames: Typical number of frames; recordings have 0.6 to 1.4 times as many.
        noise: Standard deviation of the position of a tracked joint, in metres.
        mess: Fraction of the recordings with artifacts such as false detections or empty frames.

    Raises:
        InputError: A value is outside its range.
    """

    seed: int = 0
    frames: int = 80
    noise: float = 0.01
    mess: float = 0.0

    def __post_init__(self) -> None:
        check_range("seed", self.seed, 0, 2**63 - 1)
        check_range("frames", self.frames, 25, 1000)  # at least 15: longer than false detections
        check_range("noise", self.noise, 0, 0.5)
        check_range("mess", self.mess, 0, 1)


def recording_text(name: SampleName, conditions: Conditions) -> bytes:
    """Return the content of the file ``NAME.skeleton``; it depends on the arguments alone."""
    return skeleton_text(draft_recording(name, conditions))


def draft_recording(name: SampleName, conditions: Conditions) -> Draft:
    """Synthesize the recording with this name."""
    seed = conditions.seed
    key = (name.setup, name.camera, name.subject, name.replication, name.action)
    bodies = perform(
        name.setup, name.subject, name.replication, name.action, seed, conditions.frames
    )
    sensor = camera(seed, name.setup, name.camera)
    rng = generator(seed, RandomSource.SENSOR, *key)
    ids = _FIRST_BODY_ID + rng.choice(9_000, len(bodies), replace=False) + 1_000
    tracks = [
        _track(int(body_id), sensor.from_world(body), conditions.noise, rng)
        for body_id, body in zip(ids, bodies, strict=True)
    ]
    if rng.random() < 0.5:
        tracks.reverse()
    draft = Draft(tracks)
    artifact_rng = generator(seed, RandomSource.ARTIFACTS, *key)
    if artifact_rng.random() < conditions.mess:
        add_artifacts(draft, artifact_rng)
    return draft


def _track(body_id: int, joints: Array, noise: float, rng: np.random.Generator) -> Track:
    states = tracking_states(joints)
    noisy = joints + sensor_noise(states, noise, rng)
    return Track(body_id, noisy, states, np.ones(len(joints), dtype=bool))
