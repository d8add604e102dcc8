"""Tests of random transformations: their ranges, invariants and dependence on keys."""

import numpy as np
import pytest
import torch

from action_rec.data.augmentation import Augmentation, augment
from action_rec.data.sampling import name_keys
from action_rec.errors import InputError

KEYS = name_keys(str(i) for i in range(300))
MIRROR = [2, 1, 0]  # exchanges the first and last of three joints


def clips(size: int = 3) -> torch.Tensor:
    """Return (300, 4, 2, 3, C) clips; the second body is absent in the second half."""
    generator = torch.Generator().manual_seed(0)
    made = torch.randn(300, 4, 2, 3, size, generator=generator)
    made[:, 2:, 1] = 0
    return made


def angles(rotation: tuple[float, float, float], axis: int) -> np.ndarray:
    """Return the rotation angles about an axis, in degrees."""
    matrices = Augmentation(rotation=rotation).matrices(KEYS, 3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    return np.rad2deg(np.arctan2(matrices[:, second, first], matrices[:, first, first]))


@pytest.mark.parametrize("axis", [0, 1, 2], ids=list("xyz"))
def test_a_rotation_is_about_its_axis_and_within_its_range(axis: int) -> None:
    limits = [0.0, 0.0, 0.0]
    limits[axis] = 30
    turned = angles(tuple(limits), axis)  # type: ignore[arg-type]
    assert np.abs(turned).max() <= 30
    assert turned.min() < -28
    assert turned.max() > 28
    along = Augmentation(rotation=tuple(limits)).matrices(KEYS, 3)[:, axis, axis]  # type: ignore[arg-type]
    np.testing.assert_allclose(along, 1)


def test_rotations_are_orthogonal_with_determinant_1() -> None:
    matrices = Augmentation(rotation=(180, 180, 180)).matrices(KEYS, 3)
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), [np.eye(3)] * 300, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(matrices), 1)
    flat = Augmentation(rotation=(90, 90, 45)).matrices(KEYS, 2)
    np.testing.assert_allclose(np.linalg.det(flat), 1)
    turned = np.rad2deg(np.arctan2(flat[:, 1, 0], flat[:, 0, 0]))
    assert 43 < np.abs(turned).max() <= 45


def test_scale_and_shear_are_within_their_ranges() -> None:
    scales = Augmentation(scale=(0.5, 1.5)).matrices(KEYS, 3)
    diagonal = np.diagonal(scales, axis1=1, axis2=2)
    assert 0.5 <= diagonal.min() < 0.51
    assert 1.49 < diagonal.max() <= 1.5
    assert (scales[:, ~np.eye(3, dtype=bool)] == 0).all()
    sheared = Augmentation(shear=0.2).matrices(KEYS, 3)
    np.testing.assert_array_equal(np.diagonal(sheared, axis1=1, axis2=2), 1)
    assert 0.19 < np.abs(sheared[:, ~np.eye(3, dtype=bool)]).max() <= 0.2


@pytest.mark.parametrize("size", [2, 3], ids=["2D", "3D"])
def test_all_frames_bodies_and_joints_of_a_clip_have_the_same_transformation(size: int) -> None:
    augmentation = Augmentation((20, 60, 10), (0.7, 1.3), 0.1)
    found = augment(clips(size), KEYS, augmentation, MIRROR)
    matrices = torch.from_numpy(augmentation.matrices(KEYS, size)).float()
    expected = torch.einsum("ncd,ntmvd->ntmvc", matrices, clips(size))
    torch.testing.assert_close(found, expected)
    assert (found[:, 2:, 1] == 0).all()


def test_mirroring_exchanges_left_and_right() -> None:
    found = augment(clips(), KEYS, Augmentation(mirror=1), MIRROR)
    expected = clips()[..., MIRROR, :] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(found, expected)
    some = augment(clips(), KEYS, Augmentation(mirror=0.5), MIRROR)
    mirrored = (some == expected).flatten(1).all(1)
    kept = (some == clips()).flatten(1).all(1)
    assert (mirrored ^ kept).all()
    assert 120 < int(mirrored.sum()) < 180


def test_a_transformation_depends_on_the_key_alone() -> None:
    augmentation = Augmentation((90, 90, 90), (0.5, 2), 0.3, 0.5)
    together = augment(clips(), KEYS, augmentation, MIRROR)
    backward = augment(clips().flip(0), KEYS[::-1], augmentation, MIRROR).flip(0)
    torch.testing.assert_close(together, backward)


def test_the_default_augmentation_is_the_identity() -> None:
    assert torch.equal(augment(clips(), KEYS, Augmentation(), MIRROR), clips())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"rotation": (-1, 0, 0)}, "rotation and shear of at least 0", id="rotation"),
        pytest.param({"scale": (1.5, 0.5)}, "a scale of a minimum above 0", id="scale"),
        pytest.param({"shear": -0.1}, "rotation and shear of at least 0", id="shear"),
        pytest.param({"mirror": 1.1}, "mirror must be between 0 and 1, got 1.1", id="mirror"),
    ],
)
def test_a_value_out_of_range_raises(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Augmentation(**arguments)  # type: ignore[arg-type]
