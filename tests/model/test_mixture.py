"""What a Mixture is made of, how two are compared, and how one is kept as JSON."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from mixtura import Mixture
from mixtura.model.alignment import distances

PLAIN = Mixture([0.3, 0.7], [-1.0, 2.0], [1.0, 0.25])


def test_components_stand_in_canonical_order():
    mixture = Mixture([0.2, 0.5, 0.3], [[1, 2], [0, 9], [1, 1]], [np.eye(2)] * 3)
    np.testing.assert_array_equal(mixture.means, [[0, 9], [1, 1], [1, 2]])
    np.testing.assert_array_equal(mixture.weights, [0.5, 0.3, 0.2])
    ties = Mixture([0.6, 0.4], [1.0, 1.0], [1.0, 2.0])
    np.testing.assert_array_equal(ties.weights, [0.4, 0.6])


def test_it_is_frozen():
    with pytest.raises(AttributeError):
        PLAIN.weights = np.ones(2)
    with pytest.raises(ValueError, match="read-only"):
        PLAIN.means[0] = 0.0
    means = np.array([0.0, 1.0])
    mixture = Mixture([0.5, 0.5], means, [1.0, 1.0])
    means[0] = 7.0
    assert mixture.means[0, 0] == 0.0


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "sentence"),
    [
        ([], [], [], r"shape \(k,\)"),
        ([[1.0]], [0.0], [1.0], r"not \(1, 1\)"),
        (["a"], [0.0], [1.0], "weights must be an array of numbers"),
        ([0.5, 0.5], [0.0], [1.0], r"2 weights but means of shape \(1, 1\)"),
        ([1.0], [[0.0, 0.0]], [1.0], r"covariances must have shape \(1, 2, 2\)"),
        ([0.5, 0.5], [0.0, np.nan], [1.0, 1.0], "means must be finite, but component 1 has nan"),
        ([0.5, 0.5], [0.0, 1.0], [1.0, np.inf], "covariances must be finite, but component 1 has inf"),
        ([1.5, -0.5], [0.0, 1.0], [1.0, 1.0], "not be negative, but component 1 has -0.5"),
        ([0.5, 0.4], [0.0, 1.0], [1.0, 1.0], "sum to 1, not 0.9; divide"),
        ([0.5, 0.5], [0.0, 1.0], [1.0, 0.0], "positive, but component 1 has 0 in feature 0"),
        ([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.4, 1.0]]], "component 0 is not symmetric"),
        (
            [1.0],
            [[0.0, 0.0]],
            [[[1.0, 2.0], [2.0, 1.0]]],
            "not positive definite: its smallest eigenvalue is -1",
        ),
    ],
)
def test_what_makes_no_distribution_is_refused_with_its_place(weights, means, covariances, sentence):
    with pytest.raises(ValueError, match=sentence):
        Mixture(weights, means, covariances)


def test_weights_copied_from_print_are_made_to_sum_to_one():
    assert Mixture([0.333333333, 0.666666666], [0, 1], [1, 1]).weights.sum() == 1.0


def test_weights_that_sum_to_one_to_rounding_are_kept_to_the_bit():
    tenths = np.full(10, 0.1)
    assert tenths.cumsum()[-1] != 1.0
    np.testing.assert_array_equal(Mixture(tenths, np.arange(10), np.ones(10)).weights, tenths)
    thirds = np.array([1, 1, 5, 7]) / 14 * (1 + 3e-15)
    np.testing.assert_array_equal(Mixture(thirds, np.arange(4), np.ones(4)).weights, thirds)


def test_equality_hash_and_closeness(random_mixture):
    same = Mixture([0.7, 0.3], [2.0, -1.0], [0.25, 1.0], metadata={"note": "another"})
    assert same == PLAIN
    assert hash(same) == hash(PLAIN)
    assert Mixture([1.0], [-0.0], [1.0]) == Mixture([1.0], [0.0], [1.0])
    assert hash(Mixture([1.0], [-0.0], [1.0])) == hash(Mixture([1.0], [0.0], [1.0]))
    near = Mixture([0.3, 0.7], [-1.0, 2.0 + 1e-11], [1.0, 0.25])
    assert near != PLAIN
    assert near.isclose(PLAIN)
    assert not near.isclose(PLAIN, tol=1e-12)
    assert not PLAIN.isclose(random_mixture(2, 2))
    assert PLAIN != "a mixture"


def test_closeness_does_not_depend_on_units():
    near = Mixture([0.3, 0.7], [-1.0, 2.0 + 1e-10], [1.0, 0.25])
    for scale in (1e-7, 1.0, 1e7):
        assert PLAIN.affine(scale).isclose(near.affine(scale))
        assert not PLAIN.affine(scale).isclose(near.affine(scale), tol=1e-11)


def test_repr_is_for_people(random_mixture):
    text = repr(random_mixture(7, 25))
    assert text.startswith("Mixture of 25 components in 7 dimensions\n")
    assert "..." in text
    assert text.endswith("... and 5 more")


@pytest.mark.parametrize("k", [2, 5, 9])
def test_alignment_undoes_what_canonical_order_did(k, random_mixture):
    mixture = random_mixture(3, k, seed=k)
    # Turning the first axis round reverses the canonical order; small noise stands for another sample.
    rng, turn = np.random.default_rng(0), np.diag([-1.0, 1.0, 1.0])
    other = Mixture(
        mixture.weights, mixture.means @ turn + 1e-3 * rng.normal(size=(k, 3)), mixture.covariances
    )
    back = Mixture(other.weights, other.means @ turn, other.covariances)
    matched = mixture.align(back)
    np.testing.assert_allclose(matched.parameters.means, mixture.means, rtol=0, atol=0.01)
    np.testing.assert_allclose(matched.parameters.weights, mixture.weights, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(matched.parameters.weights, back.weights[matched.order])
    assert (matched.distances < 1e-4).all()


def test_components_that_differ_in_weight_alone_are_matched_by_it():
    a = Mixture([0.1, 0.2, 0.7], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    b = Mixture([0.65, 0.12, 0.23], [0.0, 1e-9, -1e-9], [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(a.align(b).parameters.weights, [0.12, 0.23, 0.65])


def test_distances_by_hand_and_in_any_units():
    a, b = Mixture([1.0], [0.0], [1.0]), Mixture([1.0], [3.0], [4.0])
    wanted = 9 / 2.5 / 8 + 0.5 * np.log(2.5 / 2)
    np.testing.assert_allclose(distances(a.parameters, b.parameters), [[wanted]], rtol=1e-14, atol=0)
    scaled = distances(a.affine(1e-7, 5.0).parameters, b.affine(1e-7, 5.0).parameters)
    np.testing.assert_allclose(scaled, [[wanted]], rtol=1e-8, atol=0)


def test_json_keeps_every_bit(tmp_path, random_mixture):
    mixture = random_mixture(3, 4)
    metadata = {"structure": "VVV", "feature_names": ["a", "é"], "loglik": np.float64(-1.5), "n": np.int64(3)}
    kept = Mixture(*(getattr(mixture, n) for n in ("weights", "means", "covariances")), metadata)
    assert Mixture.from_json(kept.to_json()) == mixture
    kept.save(tmp_path / "model.json")
    loaded = Mixture.load(tmp_path / "model.json")
    assert loaded == mixture
    assert loaded.metadata == {"structure": "VVV", "feature_names": ["a", "é"], "loglik": -1.5, "n": 3}
    assert loaded.to_json() == kept.to_json()
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_pickling_keeps_it_frozen():
    copy = pickle.loads(pickle.dumps(PLAIN))
    assert copy == PLAIN
    assert not copy.means.flags.writeable


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda t: t[: len(t) // 2], "damaged, it is not valid JSON"),
        (lambda t: "", "damaged, it is not valid JSON"),
        (lambda t: "[1, 2]", "no mixture model"),
        (lambda t: t.replace('"schema": 1', '"schema": 2'), "schema version 2 .* reads version 1.*upgrade"),
        (lambda t: t.replace('"schema": 1', '"schema": true'), "schema version True"),
        (lambda t: t.replace('"means"', '"meens"'), "has no means"),
        (lambda t: t.replace('"metadata": {}', '"metadata": 3'), "metadata are no object but int"),
        (lambda t: t.replace("0.3", "0.4"), "weights must sum to 1"),
        (lambda t: t.replace("0.3", '"x"'), "weights must be an array of numbers"),
        (lambda t: t.replace("0.3", "NaN"), "weights must be finite"),
    ],
)
def test_a_damaged_model_is_refused_in_a_sentence(tmp_path, damage, sentence):
    path = tmp_path / "model.json"
    path.write_text(damage(PLAIN.to_json()), encoding="utf-8")
    with pytest.raises(ValueError, match=f"model.json: .*{sentence}"):
        Mixture.load(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "model.json"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match=r"model\.json: .*damaged"):
        Mixture.load(path)


def test_a_failed_save_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "model.json"
    PLAIN.save(path)
    with pytest.raises(TypeError, match="metadata"):
        Mixture([1.0], [0.0], [1.0], {"bad": object()}).save(path)
    with pytest.raises(ValueError, match="JSON"):
        Mixture([1.0], [0.0], [1.0], {"bad": np.nan}).save(path)
    assert Mixture.load(path) == PLAIN
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileNotFoundError, match=r"folder .*nowhere.* does not exist"):
        PLAIN.save(tmp_path / "nowhere" / "model.json")


def test_a_write_that_breaks_off_leaves_no_trace(tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    PLAIN.save(path)

    def full_disk(_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        Mixture([1.0], [0.0], [1.0]).save(path)
    assert Mixture.load(path) == PLAIN
    assert [p.name for p in tmp_path.iterdir()] == ["model.json"]


def test_a_saved_model_has_the_permissions_of_any_new_file(tmp_path):
    Path(tmp_path / "other.json").write_text("")
    PLAIN.save(tmp_path / "model.json")
    modes = {(tmp_path / name).stat().st_mode for name in ("other.json", "model.json")}
    assert len(modes) == 1


def test_what_is_no_plain_file_is_written_to_and_not_replaced(tmp_path):
    target, link = tmp_path / "model.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    PLAIN.save(link)
    assert Mixture.load(link) == PLAIN
    PLAIN.save("/dev/null")
