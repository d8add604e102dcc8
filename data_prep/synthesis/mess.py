"""What goes wrong in real recordings; every function changes a recording in place.

The faults are those known of NTU RGB+D, and none makes a file invalid: the people can still be told
from furniture, and every person is still seen for more frames than a ghost.
"""

import numpy as np

from data_prep.synthesis.text import Recording, Track

_GHOST_FRAMES = 11  # as long as a body can be listed and still be taken for a ghost


def make_mess(recording: Recording, rng: np.random.Generator) -> None:
    """Apply one to three kinds of mess, and CRLF line ends to every other recording."""
    kinds = (
        blank_frames,
        add_furniture,
        add_flicker,
        leave_and_return,
        shuffle_bodies,
        drop_joints,
    )
    for kind in sorted(rng.choice(len(kinds), rng.integers(1, 4), replace=False)):
        kinds[kind](recording, rng)
    if rng.random() < 0.5:
        recording.newline = "\r\n"


def blank_frames(recording: Recording, rng: np.random.Generator) -> None:
    """Empty up to ten frames in a row, at the beginning as a rule."""
    frames = len(recording.tracks[0].present)
    start = 0 if rng.random() < 0.7 else rng.integers(1, frames)
    length = rng.integers(1, min(11, frames // 4 + 1))
    for track in recording.tracks:
        track.present[start : start + length] = False


def add_furniture(recording: Recording, rng: np.random.Generator) -> None:
    """See a body in a table: nearly still, and wider than it is high."""
    body = recording.tracks[0]
    frames = len(body.present)
    centre = body.joints[0].mean(axis=0) + rng.uniform((-1, -0.6, 0.2), (1, 0, 1))
    shape = rng.uniform(-1, 1, (25, 3)) * (0.6, 0.2, 0.2)
    shape[:2, 0] = -0.6, 0.6
    joints = centre + shape + rng.normal(0, 0.004, (frames, 25, 3))
    start, stop = np.sort(rng.choice(frames + 1, 2, replace=False))
    present = np.zeros(frames, dtype=bool)
    present[start:stop] = True
    recording.tracks.append(Track(_new_id(recording), joints, np.ones((frames, 25), int), present))


def add_flicker(recording: Recording, rng: np.random.Generator) -> None:
    """See a second body for a moment beside the first: a copy of it, for at most 11 frames."""
    body = recording.tracks[0]
    frames = len(body.present)
    offset = np.array([rng.choice([-0.8, 0.8]), 0, rng.uniform(0, 0.5)])
    joints = body.joints + offset + rng.normal(0, 0.02, body.joints.shape)
    length = rng.integers(1, min(_GHOST_FRAMES, frames) + 1)
    start = rng.integers(0, frames - length + 1)
    present = np.zeros(frames, dtype=bool)
    present[start : start + length] = True
    recording.tracks.append(Track(_new_id(recording), joints, np.ones((frames, 25), int), present))


def leave_and_return(recording: Recording, rng: np.random.Generator) -> None:
    """Lose a body for one to eight frames; every other time it returns under another ID."""
    body = recording.tracks[rng.integers(len(recording.tracks))]
    frames = len(body.present)
    seen = np.flatnonzero(body.present)
    if len(seen) < 2 * (_GHOST_FRAMES + 1) + 8:
        return
    gap = rng.integers(1, 9)
    start = rng.integers(_GHOST_FRAMES + 1, len(seen) - _GHOST_FRAMES - gap)
    body.present[seen[start : start + gap]] = False
    if rng.random() < 0.5:
        later = body.present & (np.arange(frames) >= seen[start])
        body.present &= ~later
        returned = Track(_new_id(recording), body.joints, body.states, later)
        recording.tracks.append(returned)


def shuffle_bodies(recording: Recording, rng: np.random.Generator) -> None:
    """List the bodies in an order that changes from frame to frame."""
    frames = len(recording.tracks[0].present)
    recording.order = rng.random((frames, len(recording.tracks)))


def drop_joints(recording: Recording, rng: np.random.Generator) -> None:
    """Put a few joints of one body at exactly 0 0 0, for up to fifteen frames."""
    body = recording.tracks[0]
    frames = len(body.present)
    start = rng.integers(0, frames)
    length = rng.integers(1, 16)
    lost = rng.choice(25, rng.integers(1, 6), replace=False)
    body.joints = body.joints.copy()
    body.joints[start : start + length, lost] = 0
    body.states = body.states.copy()
    body.states[start : start + length, lost] = 0


def _new_id(recording: Recording) -> int:
    return max(track.body_id for track in recording.tracks) + 1
