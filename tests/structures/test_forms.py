"""Forms: what each keeps of a scatter matrix, against the matrices themselves."""

import pickle

import numpy as np
import pytest

from mixtura.model.forms import FORMS, FULL, SPHERICAL, TIED, cheapest_form
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource

K, D = 3, 4
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def matrices(*shape, seed=0):
    """Return positive definite matrices (*shape, D, D)."""
    roots = np.random.default_rng(seed).normal(size=(*shape, D, 2 * D))
    return roots @ np.swapaxes(roots, -1, -2) / (2 * D)


def expanded(form, kept):
    """Return by hand the sum over components, or each one's part, of the matrices that a form keeps."""
    if form is FULL or form is TIED:
        return kept
    if form is SPHERICAL:
        return kept[..., None, None] * np.eye(D) / D
    return kept[..., None] * np.eye(D)


def family(form, *shape, seed=0):
    """Return covariances (*shape, K, D, D) that a form can say."""
    full = matrices(*shape, K, seed=seed)
    if form is TIED:
        return np.broadcast_to(full[..., :1, :, :], full.shape)
    if form is FULL:
        return full
    variances = np.diagonal(full, axis1=-2, axis2=-1)
    if form is SPHERICAL:
        variances = np.broadcast_to(variances[..., :1], variances.shape)
    return variances[..., None] * np.eye(D)


@every_form
@pytest.mark.parametrize("stack", [(), (2,)])
def test_what_is_kept_is_what_by_hand_one_would_keep(form, stack):
    whole = matrices(*stack, K)
    kept = form.kept(whole)
    assert kept.shape == (*stack, *form.shape(K, D))
    by_hand = {
        "full": whole,
        "tied": whole.sum(-3),
        "diagonal": np.einsum("...ii->...i", whole),
        "spherical": np.einsum("...ii->...", whole),
    }[form.name]
    np.testing.assert_allclose(kept, by_hand, rtol=1e-15, atol=0)


@every_form
@pytest.mark.parametrize("stack", [(), (2,)])
def test_a_product_is_what_is_kept_of_the_outer_products(form, stack):
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(2, *stack, K, D))
    outer = left[..., :, None] * right[..., None, :]
    np.testing.assert_allclose(form.product(left, right), form.kept(outer), rtol=1e-13, atol=1e-14)


@every_form
@pytest.mark.parametrize("stack", [(), (2,)])
def test_an_identity_is_what_is_kept_of_multiples_of_the_identity_matrix(form, stack):
    amounts = np.random.default_rng(2).uniform(1, 2, size=(*stack, K))
    whole = amounts[..., None, None] * np.eye(D)
    np.testing.assert_allclose(form.identity(amounts, D), form.kept(whole), rtol=1e-15, atol=0)


@every_form
@pytest.mark.parametrize("stack", [(), (2,)])
def test_spreads_say_the_covariances_of_the_family_and_come_back(form, stack):
    covariances = family(form, *stack)
    spreads = form.spreads(covariances)
    assert spreads.shape == (*stack, *form.shape(K, D))
    np.testing.assert_array_equal(form.covariances(spreads, K, D), covariances)
    np.testing.assert_array_equal(form.spreads(form.covariances(spreads, K, D)), spreads)


@every_form
def test_a_pass_sees_restricted_mixtures_as_they_are(form):
    """Restricted, a mixture has the moments in this form that it has as a full one."""
    rng = np.random.default_rng(3)
    weights, means, covariances = rng.dirichlet(np.ones(K)), rng.normal(size=(K, D)), matrices(K)
    mixture = form.restricted(Parameters(weights, means, covariances))
    again = form.restricted(mixture)
    np.testing.assert_allclose(again.covariances, mixture.covariances, rtol=1e-14, atol=1e-15)
    source = ArraySource(rng.normal(size=(200, D)))
    whole, own = source.moments(mixture, FULL), source.moments(mixture, form)
    np.testing.assert_allclose(own.loglik, whole.loglik, rtol=1e-13, atol=0)
    np.testing.assert_allclose(own.counts, whole.counts, rtol=1e-11, atol=0)
    np.testing.assert_allclose(own.scatters, form.kept(whole.scatters), rtol=1e-11, atol=1e-11)
    if form is TIED:
        pooled = np.tensordot(weights, covariances, 1)
        np.testing.assert_allclose(mixture.covariances[2], pooled, rtol=1e-14, atol=0)


def complete(covariances, scatters, counts):
    """Return the expected complete log-likelihood by covariances (K, D, D), without constants."""
    logs = np.linalg.slogdet(covariances)[1]
    return 0.5 * float(
        -(counts * logs).sum() - np.trace(np.linalg.inv(covariances) @ scatters, axis1=1, axis2=2).sum()
    )


def directions(form):
    """Yield changes of the spreads, symmetric ones of matrices."""
    shape = form.shape(K, D)
    for index in np.ndindex(shape):
        change = np.zeros(shape)
        change[index] = 1.0
        if form.matrices:
            change = 0.5 * (change + np.swapaxes(change, -1, -2))
        yield change


@every_form
def test_the_gradient_is_that_of_the_complete_loglik(form):
    spreads = form.spreads(family(form))
    scatters, counts = 7.0 * matrices(K, seed=5), np.array([5.0, 7.0, 11.0])
    gradient = form.gradient(spreads, form.kept(scatters), counts, D)
    for change in directions(form):
        sides = [
            complete(form.covariances(spreads + side * change, K, D), scatters, counts)
            for side in (1e-5, -1e-5)
        ]
        slope = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose((gradient * change).sum(), slope, rtol=1e-6, atol=1e-6)


@every_form
def test_the_metric_is_what_the_gradient_of_a_row_falls_by(form):
    """Where scatters are those that the covariances expect, of rows shared out by weight."""
    weights = np.array([0.2, 0.3, 0.5])
    covariances = family(form)
    spreads = form.spreads(covariances)
    expected = form.kept(weights[:, None, None] * covariances)
    for change in directions(form):
        sides = [form.gradient(spreads + side * change, expected, weights, D) for side in (1e-6, -1e-6)]
        falls = (sides[1] - sides[0]) / 2e-6
        found = form.metric(spreads, change, weights, D)
        np.testing.assert_allclose(found, falls, rtol=1e-5, atol=1e-7)


@every_form
@pytest.mark.parametrize("stack", [(), (2,)])
def test_moments_about_other_means_are_those_made_about_them(form, stack):
    rng = np.random.default_rng(6)
    x, omega = rng.normal(size=(300, D)), rng.uniform(0.5, 2.0, size=300)
    mixture = form.restricted(
        Parameters(
            rng.dirichlet(np.ones(K), size=stack), rng.normal(size=(*stack, K, D)), matrices(*stack, K)
        )
    )
    other = mixture.means + rng.normal(size=mixture.means.shape)
    source = ArraySource(x, omega)
    found = source.moments(mixture, form).about(other)
    for index in np.ndindex(stack):
        r = omega[:, None] * source.evaluate(mixture.at(index), "responsibilities")
        away = x[:, None] - other[index]  # (n, K, D)
        scatters = form.kept(np.einsum("nk,nki,nkj->kij", r, away, away))
        one = found.at(index)
        np.testing.assert_allclose(one.counts, r.sum(0), rtol=1e-11, atol=0)
        np.testing.assert_allclose(one.sums, np.einsum("nk,nki->ki", r, away), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(one.scatters, scatters, rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(one.means, other[index])
    wanted = source.moments(mixture, form).centred()
    for one, two in zip(found.centred(), wanted):
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)


@every_form
def test_there_is_one_object_of_each_form_pickled_or_not(form):
    assert pickle.loads(pickle.dumps(form)) is form
    assert repr(form) == f"<{form.name} form>"


@every_form
def test_the_cheapest_form_of_a_mixture_is_that_of_its_family(form):
    mixture = Parameters(np.full(K, 1 / K), np.zeros((K, D)), family(form))
    found, spreads = cheapest_form(mixture)
    assert found is form
    np.testing.assert_array_equal(spreads, form.spreads(mixture.covariances))


@every_form
def test_rows_that_settle_a_components_covariance_by_hand(form):
    """Of 4 features: ten numbers of a matrix need four rows, four variances one, a common one a quarter."""
    wanted = {"full": (10, 4.0), "tied": (0, 0.0), "diagonal": (4, 1.0), "spherical": (1, 0.25)}[form.name]
    assert form.rows_settling(wanted[0], D) == wanted[1]
