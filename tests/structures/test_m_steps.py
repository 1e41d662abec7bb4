"""M-steps against a direct numerical maximisation of their objective, and families kept to rounding."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize

from mixtura.model.parameters import Parameters
from mixtura.structures import STRUCTURES, Floor
from mixtura.structures.inner import ONCE, SETTLED

NAMES = [name for name in STRUCTURES if name not in ("E", "V")]
SIZES = [(2, 1), (2, 3), (3, 2), (3, 5), (4, 3), (5, 2), (6, 4)]  # d, k
every_structure = pytest.mark.parametrize("name", NAMES)
every_size = pytest.mark.parametrize(("d", "k"), SIZES)


def scatters_of(d, k, seed=0, stack=()):
    """Return counts (*stack, k), unequal, and scatters (*stack, k, d, d) that are no family's."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    roots = rng.normal(size=(*stack, k, 3 * d, d)) * 1.7 ** np.arange(d) @ turn
    roots = roots * np.exp(rng.normal(size=(*stack, k, 1, 1)))
    counts = rng.uniform(1.0, 40.0, size=(*stack, k))
    return counts, counts[..., None, None] * (np.swapaxes(roots, -1, -2) @ roots) / (3 * d)


def floor_of(scatters):
    return Floor(np.full(scatters.shape[-1], 1e-16 * np.trace(scatters, axis1=-2, axis2=-1).min()))


def m_step(name, counts, scatters, before=None, close=SETTLED):
    structure = STRUCTURES[name]
    return structure.covariances(counts, structure.form.kept(scatters), floor_of(scatters), before, close)


def objective(covariances, counts, scatters):
    """Return the expected complete log-likelihood (...) of a row, without constants."""
    traces = np.trace(np.linalg.solve(covariances, scatters), axis1=-2, axis2=-1)
    logs = counts * np.linalg.slogdet(covariances)[1]
    return -0.5 * (traces + logs).sum(-1) / counts.sum(-1)


class Direct:
    """Covariances of a family by its letters: logarithms of volumes and shapes, exponentials of turns."""

    def __init__(self, name, d, k):
        self.letters, self.d, self.k = name, d, k
        volume, shape, orientation = ({"E": 1, "V": k, "I": 0}[letter] for letter in name)
        self.ends = np.cumsum([volume, shape * (d - 1), orientation * d * (d - 1) // 2])
        self.size = int(self.ends[-1])

    def covariances(self, theta, axes):
        d, k = self.d, self.k
        volumes, shapes, turns, _ = np.split(theta, self.ends)
        logs = np.broadcast_to(volumes[:, None], (k, d)) + 0.0
        if len(shapes):
            shapes = shapes.reshape(-1, d - 1)
            logs = logs + np.c_[shapes, -shapes.sum(1)]
        if self.letters[2] == "I":
            return np.exp(logs)[:, :, None] * np.eye(d)
        turns = turns.reshape(-1, d * (d - 1) // 2)
        skew = np.zeros((len(turns), d, d))
        first, second = np.triu_indices(d, 1)
        skew[:, first, second] = turns
        axes = axes[: len(turns)] @ expm(skew - np.swapaxes(skew, 1, 2))
        return (axes * np.exp(logs)[:, None, :]) @ np.swapaxes(axes, 1, 2)

    def maximum(self, counts, scatters, axes, start):
        def negative(theta):
            return -objective(self.covariances(theta, axes), counts, scatters)

        return -minimize(negative, start, method="BFGS", options={"gtol": 1e-6, "maxiter": 2000}).fun


@every_structure
@every_size
def test_an_m_step_is_what_a_direct_search_finds(name, d, k):
    counts, scatters = scatters_of(d, k, seed=10 * d + k)
    found = m_step(name, counts, scatters)
    height = objective(found, counts, scatters)
    direct = Direct(name, d, k)
    assert direct.size == STRUCTURES[name].n_covariance_parameters(k, d)
    axes = np.linalg.eigh(scatters / counts[:, None, None])[1]
    if name[2] == "E":
        axes = np.linalg.eigh(scatters.sum(0))[1][None]
    noise = 0.1 * np.random.default_rng(1).normal(size=direct.size)
    theta = np.r_[np.full(direct.ends[0], np.log(scatters.mean())), np.zeros(direct.size - direct.ends[0])]
    assert direct.maximum(counts, scatters, axes, theta + noise) == pytest.approx(height, rel=0, abs=1e-8)


@every_structure
@every_size
def test_an_m_step_stays_in_its_family(name, d, k):
    counts, scatters = scatters_of(d, k, seed=3)
    covariances = m_step(name, counts, scatters)
    volume, shape, orientation = name
    values = np.linalg.eigvalsh(covariances)
    volumes = np.exp(np.log(values).mean(-1))
    if volume == "E":
        np.testing.assert_allclose(volumes, volumes[0], rtol=1e-13)
    shapes = values / volumes[:, None]
    if shape == "I":
        np.testing.assert_allclose(shapes, 1.0, rtol=1e-13)
    elif shape == "E":
        np.testing.assert_allclose(shapes, np.broadcast_to(shapes[0], shapes.shape), rtol=1e-12)
    if orientation == "I":
        assert np.count_nonzero(covariances) == k * d
    elif orientation == "E":  # matrices of one orientation commute
        first, size = covariances[0], np.linalg.norm(covariances, axis=(1, 2))
        gap = np.linalg.norm(first @ covariances - covariances @ first, axis=(1, 2))
        np.testing.assert_array_less(gap, 1e-13 * size * size[0])
    np.testing.assert_array_equal(covariances, np.swapaxes(covariances, -1, -2))


@every_structure
def test_a_stack_is_maximised_as_each_alone(name):
    counts, scatters = scatters_of(4, 3, stack=(2, 3))
    together = m_step(name, counts, scatters)
    for index in np.ndindex(2, 3):
        alone = m_step(name, counts[index], scatters[index])
        np.testing.assert_allclose(together[index], alone, rtol=1e-9, atol=1e-11 * np.abs(alone).max())


@every_structure
@pytest.mark.parametrize("seed", range(5))
def test_one_inner_step_from_the_step_before_climbs(name, seed):
    _, others = scatters_of(4, 3, seed=seed + 100, stack=(6,))
    counts, scatters = scatters_of(4, 3, seed=seed, stack=(6,))
    before = m_step(name, counts, others)
    once, settled = (m_step(name, counts, scatters, before, close) for close in (ONCE, SETTLED))
    floor = 1e-12 * np.abs(objective(before, counts, scatters))
    assert (objective(once, counts, scatters) >= objective(before, counts, scatters) - floor).all()
    assert (objective(settled, counts, scatters) >= objective(once, counts, scatters) - floor).all()


@every_structure
def test_from_the_step_before_it_is_the_same_or_better(name):
    counts, scatters = scatters_of(4, 3, stack=(5,))
    before = m_step(name, counts, scatters)
    again = m_step(name, counts, scatters, before)
    height = objective(before, counts, scatters)
    assert (objective(again, counts, scatters) >= height - 1e-13).all()
    other = m_step(name, *scatters_of(4, 3, seed=1, stack=(5,)))
    gain = objective(m_step(name, counts, scatters, other), counts, scatters)
    assert (gain >= objective(other, counts, scatters) - 1e-13).all()


CONTAINED = {  # each in the next richer ones
    "EII": ("VII", "EEI"), "VII": ("VEI",), "EEI": ("VEI", "EVI", "EEE"), "VEI": ("VVI", "VEE"),
    "EVI": ("VVI", "EVE"), "VVI": ("VVE",), "EEE": ("VEE", "EVE", "EEV"), "VEE": ("VVE", "VEV"),
    "EVE": ("VVE", "EVV"), "VVE": ("VVV",), "EEV": ("VEV", "EVV"), "VEV": ("VVV",), "EVV": ("VVV",),
}  # fmt: skip


@pytest.mark.parametrize(("simpler", "richer"), [(s, r) for s, all_ in CONTAINED.items() for r in all_])
def test_a_richer_family_is_never_below_a_simpler_one(simpler, richer):
    for d, k in SIZES:
        counts, scatters = scatters_of(d, k, seed=d, stack=(4,))
        low = m_step(simpler, counts, scatters)
        high = m_step(richer, counts, scatters, low)
        gain = objective(high, counts, scatters) - objective(low, counts, scatters)
        assert (gain >= -1e-12).all()


@every_structure
@pytest.mark.parametrize("kind", ["no row", "one row", "a line"])
def test_scatters_without_spread_make_covariances_above_the_floor(name, kind):
    """In the family too, and with a Cholesky factor."""
    counts, scatters = scatters_of(3, 3)
    scatters[0] = 0.0
    if kind == "no row":
        counts[0] = 0.0
    elif kind == "a line":
        scatters[0, :2, :2] = 5.0
    floor = Floor(np.full(3, 1e-12))
    structure = STRUCTURES[name]
    covariances = structure.covariances(counts, structure.form.kept(scatters), floor)
    assert np.isfinite(covariances).all()
    np.linalg.cholesky(covariances)
    assert (np.linalg.eigvalsh(covariances) >= 0.9e-12).all()
    stood = Parameters(np.full(3, 1 / 3), np.zeros((3, 3)), covariances)
    again = structure.admitted(stood, floor).covariances
    size = np.linalg.norm(covariances, axis=(1, 2))[:, None, None]
    np.testing.assert_allclose((again - covariances) / size, 0.0, rtol=0, atol=1e-5)


@every_structure
@pytest.mark.parametrize("rank", [0, 1])
def test_covariances_without_a_volume_are_admitted_above_the_floor(name, rank):
    """Each on a line of its own, or all on one: what they share is singular unless it is raised first."""
    lines = np.random.default_rng(2).normal(size=(3, 4, rank))
    for roots in (lines, np.repeat(lines[:1], 3, axis=0)):
        given = Parameters(np.full(3, 1 / 3), np.zeros((3, 4)), roots @ np.swapaxes(roots, 1, 2))
        admitted = STRUCTURES[name].admitted(given, Floor(np.full(4, 1e-14))).covariances
        np.linalg.cholesky(admitted)
        assert (np.linalg.eigvalsh(admitted) >= 0.9e-14).all()


@every_structure
def test_covariances_of_the_family_are_admitted_as_they_are(name):
    counts, scatters = scatters_of(4, 3, stack=(2,))
    covariances = m_step(name, counts, scatters)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=2)
    given = Parameters(weights, np.zeros((2, 3, 4)), covariances)
    admitted = STRUCTURES[name].admitted(given, floor_of(scatters))
    np.testing.assert_allclose(admitted.covariances, covariances, rtol=1e-9, atol=1e-11 * scatters.max())


@every_structure
def test_what_is_shared_is_held_when_components_change_apart(name):
    """Conformed covariances join those of the mixture as a mixture of the family."""
    counts, scatters = scatters_of(4, 3)
    mixture = m_step(name, counts, scatters)
    own_counts, own = scatters_of(4, 2, seed=5)
    structure, floor = STRUCTURES[name], floor_of(scatters)
    conformed = structure.conformed(own / own_counts[:, None, None], mixture)
    joined = np.concatenate([mixture, conformed])
    given = Parameters(np.full(5, 0.2), np.zeros((5, 4)), joined)
    admitted = structure.admitted(given, floor).covariances
    np.testing.assert_allclose(admitted, joined, rtol=1e-8, atol=1e-10 * np.abs(joined).max())
    np.testing.assert_allclose(
        structure.conformed(mixture, mixture), mixture, rtol=1e-9, atol=1e-11 * np.abs(mixture).max()
    )


@pytest.mark.parametrize("name", ["VEE", "VEV", "EVV", "EVE", "VVE"])
def test_a_covariance_that_is_singular_to_rounding_is_admitted_above_the_floor(name):
    """Two components far apart, made one, leave nothing but the way between them."""
    line = np.ones((3, 3))
    covariances = np.stack([np.diag([1.0, 2.0, 3.0]), 50.0 * line, 1e-16 * np.eye(3)])
    assert np.linalg.det(covariances[1]) == 0.0
    given = Parameters(np.array([0.9, 0.08, 0.02]), np.zeros((3, 3)), covariances)
    floor = Floor(np.full(3, 1e-16))
    found = STRUCTURES[name].admitted(given.at(None), floor).covariances[0]
    assert (np.linalg.eigvalsh(found) > 0.0).all()
