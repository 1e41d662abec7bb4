"""Summaries: every number in every rendering, within the screen, and words where there is none."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mixtura import Mixture, datasets, fit_mixture
from mixtura.inference import Line, Summary
from mixtura.inference.overlap import overlap

FEATURES = ["eruptions", "waiting_time & <more>"]


@pytest.fixture(scope="module")
def fit():
    """Return the fit of the old faithful's geyser."""
    return fit_mixture(datasets.faithful().data, 2)


@pytest.fixture(scope="module")
def summary(fit):
    """Return its summary."""
    return fit.summary(features=FEATURES)


@pytest.fixture(scope="module")
def untold():
    """Return a summary of which nothing can be told."""
    return fit_mixture(datasets.alphas().data.ravel(), 2).summary()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(summary, untold, width):
    for one in (summary, untold):
        assert max(len(line) for line in one.text(width).splitlines()) <= width


def test_lines_say_what_the_inference_says(fit, summary):
    inference = fit.inference()
    line = next(one for one in summary.lines if one.name == f"mean[{FEATURES[1]}]" and one.component == 1)
    ends = inference.interval().means[1, 1]
    found = (line.estimate, line.error, line.low, line.high)
    wanted = (fit.mixture.means[1, 1], inference.standard_errors.means[1, 1], *ends)
    assert found == pytest.approx(wanted, rel=1e-12)
    assert len(summary.lines) == 2 * (1 + 2 + 2 + 1)


def test_every_rendering_holds_every_number(summary):
    for text in (summary.text(), summary.markdown(), summary.latex(), summary.html(), str(summary)):
        for line in summary.lines:
            assert all(shown in text for shown in line.figures)


def test_criteria_are_those_of_the_fit(fit, summary):
    facts = {name: shown for name, shown, _ in summary.facts}
    assert facts["BIC"] == f"{fit.bic:,.3f}"
    assert facts["AIC"] == f"{fit.aic:,.3f}"
    assert facts["log-likelihood"] == "-1,130.264"
    assert facts["parameters"] == "11"
    assert facts["found by"] == str(fit.search.n_best)


def test_entropy_and_icl_are_those_of_the_responsibilities(fit):
    r = fit.mixture.responsibilities(datasets.faithful().data)
    entropy, surprise = overlap(fit.problem, fit.mixture.parameters)
    assert entropy == pytest.approx(-(r * np.log(r)).sum(), rel=1e-10)
    assert surprise == pytest.approx(-np.log(r.max(axis=1)).sum(), rel=1e-10)


def test_what_cannot_be_told_is_said_in_words_and_never_as_a_number(untold):
    for text in (untold.text(60), untold.markdown(), untold.latex(), untold.html()):
        assert text.count("cannot be told") >= 6
        assert "nan" not in text.lower()
    assert any("components 0 and 1 alone cannot be told" in note for note in untold.doubts)


def test_latex_escapes_names_and_closes_what_it_opens(summary):
    text = summary.latex()
    assert r"waiting\_time \& <more>" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    rows = [row for row in text.splitlines() if row.startswith(r"\quad")]
    assert len(rows) == len(summary.lines)
    assert all(len(re.findall(r"(?<!\\)&", row)) == 4 for row in rows)


class Balanced(HTMLParser):
    """Count what is opened and closed."""

    def __init__(self):
        super().__init__()
        self.opened = []

    def handle_starttag(self, tag, attrs):
        """Open a tag."""
        self.opened.append(tag)

    def handle_endtag(self, tag):
        """Close the last."""
        assert self.opened.pop() == tag


def test_html_is_balanced_and_escaped(fit, summary, untold):
    shown = (summary, untold, fit.inference(), fit, fit.mixture)
    for html in (one._repr_html_() for one in shown):
        parser = Balanced()
        parser.feed(html)
        assert parser.opened == []
    assert "waiting_time &amp; &lt;more&gt;" in summary.html()


def test_a_notebook_shows_a_fit_without_another_read_of_the_data(fit, monkeypatch):
    def read(*_):
        raise AssertionError("the data were read")

    monkeypatch.setattr(type(fit.problem.source), "moments", read)
    html = fit._repr_html_()
    for part in ("Mixture of 2 components in 2 dimensions", "<td>0.3559</td>", "-1,130.264", "-2,322.192",
                 "a covariance matrix for each component", "converged:", "starts and moves"):  # fmt: skip
        assert part in html


def test_a_notebook_shows_notes_and_says_what_it_leaves_out():
    noted = fit_mixture(datasets.alphas().data.ravel(), 2, search="fast")
    assert noted.notes
    assert "BIC prefers one component" in noted._repr_html_()
    many = Mixture(np.full(20, 0.05), np.arange(300.0).reshape(20, 15), np.stack([np.eye(15)] * 20))
    html = many._repr_html_()
    assert html.count("<th>") == html.count("mean[") == 12
    assert "and 8 more components and 3 more features" in html


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_has_a_row_for_each_line(summary, library):
    frame = summary.to_frame(library)
    assert list(frame.columns) == ["component", "name", "estimate", "error", "low", "high"]
    assert frame.shape == (len(summary.lines), 6)
    with pytest.raises(ValueError, match="use one of pandas, polars"):
        summary.to_frame("arrow")


def test_an_inference_prints_its_table(fit):
    text = str(fit.inference("sandwich"))
    assert text.startswith("Errors by the sandwich")
    assert "component 1" in text


def test_correlations_of_many_features_are_left_out():
    x = np.random.default_rng(0).normal(size=(300, 6))
    lines = fit_mixture(x, 1).summary().lines
    assert len(lines) == 1 + 6 + 6


def test_correlations_that_a_structure_has_not_are_left_out():
    lines = fit_mixture(datasets.faithful().data, 2, structure="VVI").summary().lines
    assert not any(line.name.startswith("correlation") for line in lines)


def test_a_name_too_long_for_the_screen_has_a_line_of_its_own():
    line = Line(0, "mean[" + "a very long name " * 3 + "]", 1.0, 0.1, 0.8, 1.2)
    text = Summary("title", 0.95, (line,), (), (), ()).text(60).splitlines()
    assert max(map(len, text)) <= 60
    assert text[text.index("  " + line.name) + 1].split() == ["1.00", "0.10", "0.80", "1.20"]
