"""Normalization from the start of a stream, against NumPy and frame by frame."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from action_rec.data.start_normalization import StartNormalization


def random_joints(coordinates: int) -> NDArray[np.float64]:
    """Two sequences of 9 frames, two bodies, 5 joints; bodies and joints that are absent are 0."""
    rng = np.random.default_rng(coordinates)
    joints = rng.normal(3, 1, (2, 9, 2, 5, coordinates))
    joints[0, :2] = 0  # nobody in the first two frames
    joints[0, 2:4, 0] = 0  # then the second body alone
    joints[1, 5] = 0
    joints[:, 6:, :, 3] = 0  # a joint that is no longer detected
    return joints


def expected(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """The definition, with loops in float64."""
    result = np.zeros_like(joints)
    for clip, out in zip(joints, result, strict=True):
        start, sizes = None, []
        for frame, normalized in zip(clip, out, strict=True):
            bodies = [body for body in frame if body.any()]
            if bodies and start is None:
                start = bodies[0][[1, 2]].mean(axis=0)
            known = [body[body.any(axis=1)] for body in bodies]
            if bodies:
                rms = [np.sqrt(((k - k.mean(axis=0)) ** 2).sum(axis=1).mean()) for k in known]
                sizes.append(np.mean(rms))
            there = frame.any(axis=2)
            normalized[there] = frame[there] - (0 if start is None else start)
            if joints.shape[-1] == 2 and sizes:
                normalized /= np.mean(sizes)
    return result


@pytest.mark.parametrize("coordinates", [2, 3])
def test_the_definition(coordinates: int) -> None:
    joints = random_joints(coordinates)
    normalized, _ = StartNormalization([1, 2], coordinates)(torch.tensor(joints))
    np.testing.assert_allclose(normalized.numpy(), expected(joints), atol=1e-12)


@pytest.mark.parametrize("coordinates", [2, 3])
@pytest.mark.parametrize("pieces", [[1] * 9, [4, 5], [2, 1, 6]])
def test_in_pieces(coordinates: int, pieces: list[int]) -> None:
    joints = torch.tensor(random_joints(coordinates))
    module = StartNormalization([1, 2], coordinates)
    whole, last = module(joints)
    state, parts = None, []
    for piece in torch.split(joints, pieces, dim=1):
        part, state = module(piece, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(state, last, rtol=0, atol=1e-12)


def test_the_scale_and_the_place_of_2d_coordinates_do_not_matter() -> None:
    joints = torch.tensor(random_joints(2))
    moved = torch.where(joints != 0, 7 * joints + 40, 0)
    module = StartNormalization([1, 2], 2)
    torch.testing.assert_close(module(moved)[0], module(joints)[0], rtol=0, atol=1e-12)
