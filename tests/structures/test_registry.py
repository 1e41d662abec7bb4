"""The registry: every name gives its structure, in one dimension by its volume."""

import numpy as np
import pytest
from tests.helpers import FAMILIES

from mixtura import GaussianMixture, datasets, fit_mixture
from mixtura.structures import STRUCTURES, structure


def test_there_are_mclusts_fourteen_and_two_of_one_dimension():
    assert len(FAMILIES) == 14
    assert set(STRUCTURES) == {*FAMILIES, "E", "V"}


@pytest.mark.parametrize("name", FAMILIES)
def test_in_one_dimension_the_volume_says_which(name):
    assert structure(name, 1).name == name[0]
    x = datasets.galaxies().data
    fit, line = (fit_mixture(x, 2, structure=n) for n in (name, name[0]))
    assert fit.loglik == line.loglik
    assert fit.structure.name == name[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_estimator_takes_each_and_keeps_covariances_in_the_shape_of_its_form(name):
    x = datasets.iris().data
    model = GaussianMixture(2, covariance_type=name, random_state=0).fit(x)
    kept = structure(name, 4).form
    assert model.covariances_.shape == kept.shape(2, 4)
    assert model.score(x) * len(x) == pytest.approx(model.fit_.loglik, rel=1e-10)
    assert model.bic(x) == pytest.approx(-model.fit_.bic, rel=1e-9)


@pytest.mark.parametrize("name", FAMILIES)
def test_precisions_that_are_given_are_taken_as_the_structure_has_them(name):
    """A run of no passes gives back the start: it has to be of the family."""
    x, d = datasets.iris().data, 4
    kept = structure(name, d).form
    precisions = kept.spreads(np.array([np.diag([1.0, 2, 3, 4]), np.diag([9.0, 2, 3, 1])]))
    model = GaussianMixture(2, covariance_type=name, precisions_init=precisions, max_iter=0)
    model.set_params(weights_init=[0.4, 0.6], means_init=x[[0, 100]])
    model.fit(x)
    found = model.fit_._parameters
    again = model.fit_.structure.restricted(found).covariances
    np.testing.assert_allclose(again, found.covariances, rtol=1e-9, atol=1e-12)
