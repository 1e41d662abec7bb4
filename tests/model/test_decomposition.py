"""Volumes, shapes and orientations: what covariances are made of, and that a structure's parts are equal."""

import numpy as np
import pytest

from mixtura import datasets, fit_mixture
from mixtura.model.decomposition import decomposition


def test_the_parts_make_the_covariances_again(random_mixture):
    covariances = random_mixture(4, 3).covariances
    parts = decomposition(covariances)
    assert (parts.volumes.shape, parts.shapes.shape, parts.orientations.shape) == ((3,), (3, 4), (3, 4, 4))
    np.testing.assert_allclose(parts.covariances, covariances, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(parts.volumes**4, np.linalg.det(covariances), rtol=1e-12)
    np.testing.assert_allclose(parts.shapes.prod(1), 1.0, rtol=1e-12)
    assert (np.diff(parts.shapes, axis=1) <= 0).all()
    turns = np.swapaxes(parts.orientations, 1, 2) @ parts.orientations
    np.testing.assert_allclose(turns, np.broadcast_to(np.eye(4), (3, 4, 4)), rtol=0, atol=1e-13)
    assert (np.abs(parts.orientations).max(1) == parts.orientations.max(1)).all()


def test_in_one_dimension_the_volume_is_the_variance():
    fit = fit_mixture(datasets.galaxies().data, 3)
    parts = fit.decomposition
    np.testing.assert_allclose(parts.volumes, fit.mixture.covariances[:, 0, 0], rtol=1e-14)
    np.testing.assert_array_equal(parts.shapes, 1.0)
    np.testing.assert_array_equal(parts.orientations, 1.0)


@pytest.mark.parametrize(
    "name", ["EII", "VII", "EEI", "VEI", "EVI", "EEE", "VEE", "EEV", "VEV", "EVV", "EVE"]
)
def test_what_a_structure_makes_equal_is(name):
    parts = fit_mixture(datasets.iris().data, 3, structure=name).decomposition
    if name[0] == "E":
        np.testing.assert_allclose(parts.volumes, parts.volumes[0], rtol=1e-10)
    if name[1] in "EI":
        np.testing.assert_allclose(parts.shapes, np.broadcast_to(parts.shapes[0], (3, 4)), rtol=1e-9)
    if name[2] == "E":  # but for the order of columns
        shared = np.abs(parts.orientations[:1].swapaxes(1, 2) @ parts.orientations)
        np.testing.assert_allclose(np.sort(shared, axis=1)[:, -1], 1.0, rtol=0, atol=1e-7)
