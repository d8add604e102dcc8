"""Which frames of a sequence make a clip: pure functions of the lengths and of random keys.

Every random choice follows from a 64-bit key alone (seed, epoch and name of the sequence), never
from the state of a generator. A clip is therefore the same in whichever batch, worker process or
rank it is drawn, and a resumed run draws what the uninterrupted one would have drawn.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_PADDING = -1


def mix(x: Keys) -> Keys:
    """Scramble 64-bit integers: one output of SplitMix64 (Steele et al., OOPSLA 2014) each."""
    x = x + _STEP
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def name_keys(names: Iterable[str]) -> Keys:
    """One key per name, the same on every machine."""
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def seed_keys(keys: Keys, *seeds: int) -> Keys:
    """Keys (N,) of the same things under other seeds, e.g. a run's seed and an epoch."""
    for seed in seeds:
        keys = mix(keys ^ mix(np.array([seed % 2**64], dtype=np.uint64)))
    return keys


def uniforms(keys: Keys, count: int) -> NDArray[np.float64]:
    """Draw numbers uniform in [0, 1), (N, count), from keys (N,)."""
    counters = np.arange(1, count + 1, dtype=np.uint64) * _STEP
    bits = mix(keys[:, None] + counters)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def clip_frames(lengths: NDArray[np.int64], clip_len: int, keys: Keys) -> NDArray[np.int64]:
    """Choose the frames of one clip of each sequence, as the IndRNN papers do (arXiv 1910.06251).

    With S = clip_len and a sequence of L frames:

    * L >= 2S: one random frame of each of S segments of L // S frames; the last segment takes the
      rest as well.
    * S < L < 2S: a random window of S consecutive frames.
    * L <= S: the whole sequence, at a random place among empty frames.

    Args:
        lengths: Frames of each sequence, (N,).
        clip_len: Frames S of a clip.
        keys: What the random choice of each clip follows from, (N,).

    Returns:
        Frame indices (N, S), -1 where the clip has an empty frame.
    """
    draws = uniforms(keys, clip_len)
    steps = np.arange(clip_len)
    length = lengths[:, None]
    frames = _one_of_each_segment(length, clip_len, draws)

    window = steps + (draws[:, :1] * (np.abs(length - clip_len) + 1)).astype(np.int64)
    frames = np.where(length < 2 * clip_len, window, frames)

    # For a short sequence the same draw is the number of empty frames before it.
    shifted = 2 * steps - window
    inside = (shifted >= 0) & (shifted < length)
    return np.where(length <= clip_len, np.where(inside, shifted, _PADDING), frames)


def _one_of_each_segment(
    length: NDArray[np.int64], clip_len: int, draws: NDArray[np.float64]
) -> NDArray[np.int64]:
    segment = length // clip_len
    first = segment * np.arange(clip_len)
    size = np.broadcast_to(segment, first.shape).copy()
    size[:, -1:] = length - first[:, -1:]
    return first + (draws * size).astype(np.int64)


def clip_positions(
    lengths: NDArray[np.int64],
    clip_len: int,
    keys: Keys,
    share: tuple[float, float],
    *,
    evenly: bool = True,
) -> NDArray[np.float64]:
    """Choose moments in a random part of each sequence: a clip at a random speed.

    Args:
        lengths: Frames L of each sequence, (N,).
        clip_len: Frames T of a clip.
        keys: What the random choice of each clip follows from, (N,).
        share: Smallest and largest share of the sequence that the part makes up.
        evenly: Whether the moments are evenly spaced from the first to the last of the part; drawn
            at random otherwise, so that the speed varies within a clip, too.

    Returns:
        Moments (N, T) in frames and in order, from 0 to L - 1; between two frames where not whole.
    """
    draws = uniforms(keys, 2 + clip_len)
    size, place = draws[:, 0], draws[:, 1]
    last = lengths - 1
    part = last * (share[0] + (share[1] - share[0]) * size)
    steps = np.linspace(0, 1, clip_len) if clip_len > 1 else np.array([0.5])
    if not evenly:
        steps = np.sort(draws[:, 2:], axis=1)
    positions: NDArray[np.float64] = (place * (last - part))[:, None] + part[:, None] * steps
    positions = np.minimum(positions, last[:, None])  # no rounding beyond the last frame
    return positions
