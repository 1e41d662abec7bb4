"""What a fit prints: a short account, and nothing of its memory."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura import fit_mixture
from mixtura.datasets import faithful

SHOWN = """\
Mixture of 2 components in 2 dimensions
  weight          mean             sd
  0.3559  2.036, 54.48   0.263, 5.805
  0.6441   4.29, 79.97  0.4123, 6.004
VVV (a covariance matrix for each component), 272 rows, 11 parameters
log-likelihood -1,130.264 nats, BIC -2,322.192 (larger is better)
converged: less log-likelihood than the tolerance is left to gain; """


@pytest.mark.parametrize("shown", [str, repr])
def test_a_fit_prints_a_short_account(shown):
    """It used to be a dump of all fields, with the address of an object."""
    text = shown(fit_mixture(faithful().data, 2))
    assert text.startswith(SHOWN)
    assert text.endswith(" passes")


def test_notes_and_weights_are_told():
    twice = fit_mixture(faithful().data, 2, sample_weight=np.full(272, 2.0))
    assert "272 rows weighing 544" in str(twice)
    text = str(fit_mixture(faithful().data, 3))
    assert "\nnote: " in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_fit_of_many_numbers_stays_short():
    x = np.random.default_rng(0).normal(size=(400, 60))
    text = str(fit_mixture(x, 2, structure="VII", n_init=1))
    assert len(text.splitlines()) < 20
    assert "0x" not in text
