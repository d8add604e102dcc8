"""Sampling of the frames of clips, by a counter-based random number generator.

Every draw is a function of a 64-bit key (from seed, epoch and name of the sequence) and not of the
state of a generator. A clip is therefore the same in any batch, worker process and rank, and a
resumed run draws the same clips as an uninterrupted one.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_PADDING = -1


def splitmix64(x: Keys) -> Keys:
    """Return the first output of SplitMix64 (Steele et al., OOPSLA 2014) for each seed in `x`."""
    x = x + _INCREMENT
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def name_keys(names: Iterable[str]) -> Keys:
    """Return a key (N,) for each of N names: its 64-bit BLAKE2b hash."""
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def seed_keys(keys: Keys, *seeds: int) -> Keys:
    """Combine keys (N,) with seeds, such as the seed of a run and an epoch, to new keys (N,)."""
    for seed in seeds:
        keys = splitmix64(keys ^ splitmix64(np.array([seed % 2**64], dtype=np.uint64)))
    return keys


def uniforms(keys: Keys, count: int) -> NDArray[np.float64]:
    """Draw numbers (N, count) from a uniform distribution on [0, 1) for keys (N,)."""
    counters = np.arange(1, count + 1, dtype=np.uint64) * _INCREMENT
    bits = splitmix64(keys[:, None] + counters)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def clip_frames(lengths: NDArray[np.int64], clip_len: int, keys: Keys) -> NDArray[np.int64]:
    """Sample the frames of one clip of each sequence as in the IndRNN papers (arXiv 1910.06251).

    For a clip of T frames and a sequence of L frames:

    * L >= 2T: one random frame of each of T segments of L // T frames; the last segment also
      contains the remaining frames.
    * T < L < 2T: a random window of T consecutive frames.
    * L <= T: the whole sequence at a random offset, padded with empty frames.

    Args:
        lengths: (N,) number of frames of each sequence.
        clip_len: Number of frames T of a clip.
        keys: (N,) random keys of the clips.

    Returns:
        (N, T) frame indices, -1 for an empty frame.
    """
    draws = uniforms(keys, clip_len)
    steps = np.arange(clip_len)
    length = lengths[:, None]
    frames = _one_of_each_segment(length, clip_len, draws)

    window = steps + (draws[:, :1] * (np.abs(length - clip_len) + 1)).astype(np.int64)
    frames = np.where(length < 2 * clip_len, window, frames)

    # For a short sequence the same draw gives the number of empty frames before it.
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
    """Sample positions in a random part of each sequence, which varies the speed of the clip.

    Args:
        lengths: (N,) number of frames L of each sequence.
        clip_len: Number of frames T of a clip.
        keys: (N,) random keys of the clips.
        share: Minimum and maximum fraction of the sequence in the part.
        evenly: Whether the positions are evenly spaced over the part. Random positions vary the
            speed within the clip, too.

    Returns:
        (N, T) sorted fractional frame indices from 0 to L - 1.
    """
    draws = uniforms(keys, 2 + clip_len)
    size, offset = draws[:, 0], draws[:, 1]
    last = lengths - 1
    part = last * (share[0] + (share[1] - share[0]) * size)
    steps = np.linspace(0, 1, clip_len) if clip_len > 1 else np.array([0.5])
    if not evenly:
        steps = np.sort(draws[:, 2:], axis=1)
    positions: NDArray[np.float64] = (offset * (last - part))[:, None] + part[:, None] * steps
    positions = np.minimum(positions, last[:, None])  # rounding can exceed the last frame
    return positions
