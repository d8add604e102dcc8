"""Artifacts of real recordings; every function modifies a draft in place.

The artifacts occur in NTU RGB+D and keep a file valid: people remain distinguishable from false
detections, and every person is present for more frames than a false detection.
"""

import numpy as np

from data_prep.synthesis.text import Draft, Track

_FALSE_DETECTION_FRAMES = (
    11  # bodies present for at most as many frames are taken for false detections
)


def add_artifacts(draft: Draft, rng: np.random.Generator) -> None:
    """Apply one to three kinds of artifacts, and CRLF line ends with probability 0.5."""
    kinds = (
        blank_frames,
        add_furniture,
        add_flicker,
        leave_and_return,
        shuffle_bodies,
        drop_joints,
    )
    for kind in sorted(rng.choice(len(kinds), rng.integers(1, 4), replace=False)):
        kinds[kind](draft, rng)
    if rng.random() < 0.5:
        draft.newline = "\r\n"


def blank_frames(draft: Draft, rng: np.random.Generator) -> None:
    """Remove all bodies from up to ten consecutive frames, usually the first ones."""
    frames = len(draft.tracks[0].present)
    start = 0 if rng.random() < 0.7 else rng.integers(1, frames)
    length = rng.integers(1, min(11, frames - _FALSE_DETECTION_FRAMES))
    for track in draft.tracks:
        track.present[start : start + length] = False


def add_furniture(draft: Draft, rng: np.random.Generator) -> None:
    """Add a false detection in furniture: nearly still, and wider than high."""
    body = draft.tracks[0]
    frames = len(body.present)
    centre = body.joints[0].mean(axis=0) + rng.uniform((-1, -0.6, 0.2), (1, 0, 1))
    shape = rng.uniform(-1, 1, (25, 3)) * (0.6, 0.2, 0.2)
    shape[:2, 0] = -0.6, 0.6
    joints = centre + shape + rng.normal(0, 0.004, (frames, 25, 3))
    start, stop = np.sort(rng.choice(frames + 1, 2, replace=False))
    present = np.zeros(frames, dtype=bool)
    present[start:stop] = True
    draft.tracks.append(Track(_new_id(draft), joints, np.ones((frames, 25), int), present))


def add_flicker(draft: Draft, rng: np.random.Generator) -> None:
    """Add a false detection beside the first body: a copy of it, for at most 11 frames."""
    body = draft.tracks[0]
    frames = len(body.present)
    offset = np.array([rng.choice([-0.8, 0.8]), 0, rng.uniform(0, 0.5)])
    joints = body.joints + offset + rng.normal(0, 0.02, body.joints.shape)
    length = rng.integers(1, min(_FALSE_DETECTION_FRAMES, frames) + 1)
    start = rng.integers(0, frames - length + 1)
    present = np.zeros(frames, dtype=bool)
    present[start : start + length] = True
    draft.tracks.append(Track(_new_id(draft), joints, np.ones((frames, 25), int), present))


def leave_and_return(draft: Draft, rng: np.random.Generator) -> None:
    """Remove a body for one to eight frames; with probability 0.5 it returns under another ID.

    A body that would be present too briefly before or after the gap is not changed.
    """
    body = draft.tracks[rng.integers(len(draft.tracks))]
    frames = len(body.present)
    seen = np.flatnonzero(body.present)
    if len(seen) < 2 * (_FALSE_DETECTION_FRAMES + 1) + 8:
        return
    gap = rng.integers(1, 9)
    start = rng.integers(_FALSE_DETECTION_FRAMES + 1, len(seen) - _FALSE_DETECTION_FRAMES - gap)
    body.present[seen[start : start + gap]] = False
    if rng.random() < 0.5:
        later = body.present & (np.arange(frames) >= seen[start])
        body.present &= ~later
        returned = Track(_new_id(draft), body.joints, body.states, later)
        draft.tracks.append(returned)


def shuffle_bodies(draft: Draft, rng: np.random.Generator) -> None:
    """List the bodies in a random order in each frame."""
    frames = len(draft.tracks[0].present)
    draft.order = rng.random((frames, len(draft.tracks)))


def drop_joints(draft: Draft, rng: np.random.Generator) -> None:
    """Set one to five joints of the first body to 0 0 0, for up to fifteen frames."""
    body = draft.tracks[0]
    frames = len(body.present)
    start = rng.integers(0, frames)
    length = rng.integers(1, 16)
    lost = rng.choice(25, rng.integers(1, 6), replace=False)
    body.joints = body.joints.copy()
    body.joints[start : start + length, lost] = 0
    body.states = body.states.copy()
    body.states[start : start + length, lost] = 0


def _new_id(draft: Draft) -> int:
    return max(track.body_id for track in draft.tracks) + 1
