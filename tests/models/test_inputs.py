"""Compare frame features and time differences with values computed by hand."""

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.models.dense import TimeDifference
from action_rec.models.inputs import LINES, JointConvolution, JointEmbedding, LineDistances


def test_two_bodies_have_1794_distances() -> None:
    assert len(set(map(frozenset, LINES))) == 39
    distances = LineDistances((2, 25, 3))
    assert distances.size == 150 + 1794
    assert distances(torch.randn(2, 3, 2, 25, 3)).shape == (2, 3, 1944)


def test_line_distances_equal_twice_the_triangle_area_over_the_base() -> None:
    torch.manual_seed(0)
    clip = torch.randn(1, 1, 2, 25, 3, dtype=torch.float64)
    expected = []
    for body in clip[0, 0].numpy():
        for a, b in LINES:
            start, end = body[a - 1], body[b - 1]
            for joint in range(25):
                if joint not in (a - 1, b - 1):
                    area = np.linalg.norm(np.cross(body[joint] - start, body[joint] - end)) / 2
                    expected.append(2 * area / np.linalg.norm(end - start))
    distances = LineDistances((2, 25, 3)).distances(clip)
    np.testing.assert_allclose(distances.flatten().numpy(), expected, rtol=1e-9)


def test_distances_of_an_absent_body_are_zero() -> None:
    clip = torch.randn(1, 2, 2, 25, 3)
    clip[:, :, 1] = 0
    distances = LineDistances((2, 25, 3)).distances(clip)
    assert distances[:, :, 0].min() > 0
    assert (distances[:, :, 1] == 0).all()


def test_time_difference_of_a_sequence_and_of_two_chunks() -> None:
    x = torch.tensor([[[1.0], [4.0], [2.0]]])
    difference = TimeDifference()
    y, last = difference(x)
    assert y.tolist() == [[[1, 1], [4, 3], [2, -2]]]
    assert last.tolist() == [[2]]
    first, state = difference(x[:, :2])
    second, _ = difference(x[:, 2:], state)
    assert torch.equal(torch.cat((first, second), dim=1), y)


def test_joint_convolution_runs_over_the_joints_of_each_body_and_frame() -> None:
    torch.manual_seed(0)
    convolution = JointConvolution((2, 25, 3), channels=4, kernel_size=3)
    clip = torch.randn(2, 5, 2, 25, 3)
    features = convolution(clip).view(2, 5, 2, 4, 25)
    weight, bias = convolution.convolution.weight, convolution.convolution.bias
    assert bias is not None
    for joint in (0, 7, 24):
        expected = bias.expand(2, 5, 2, 4)
        for tap, neighbour in enumerate(range(joint - 1, joint + 2)):
            if 0 <= neighbour < 25:
                expected = expected + clip[:, :, :, neighbour] @ weight[:, :, tap].T
        torch.testing.assert_close(features[..., joint], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("frames", [1, 3, 5])
def test_joint_embedding_depends_on_a_window_of_frames(frames: int) -> None:
    torch.manual_seed(0)
    embedding = JointEmbedding((2, 4, 3), channels=5, frames=frames).eval()
    clip = torch.randn(2, 7, 2, 4, 3)
    weight = embedding.weight.detach().view(2, 4, 3, frames, 5)
    expected = torch.zeros(2, 7, 2, 4, 5)
    for frame in range(7):
        for offset in range(frames):
            source = min(max(frame + offset - frames // 2, 0), 6)
            expected[:, frame] += torch.einsum(
                "bmvc,mvcd->bmvd", clip[:, source], weight[..., offset, :]
            )
    # The initial running statistics are mean 0 and variance 1.
    expected = (expected / (1 + embedding.norm.eps) ** 0.5).relu()
    torch.testing.assert_close(embedding(clip), expected.flatten(2))


@pytest.mark.parametrize("frames", [0, 2, -1])
def test_joint_embedding_needs_an_odd_number_of_frames(frames: int) -> None:
    with pytest.raises(InputError, match=f"an odd number of at least 1, got {frames}"):
        JointEmbedding((1, 4, 3), frames=frames)
