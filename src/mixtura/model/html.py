"""HTML: a mixture as a notebook shows it, a column for each component."""

from __future__ import annotations

import numpy as np

from .parameters import Parameters

SHOWN_COMPONENTS, SHOWN_FEATURES = 12, 12
STYLE = (
    "<style>.mixtura td, .mixtura th {text-align: right} .mixtura .name {text-align: left} "
    ".mixtura .untold {text-align: center; font-style: italic} .mixtura th[rowspan] {vertical-align: top} "
    ".mixtura table {margin-bottom: 0.8em}</style>"
)


def html(p: Parameters) -> str:
    """Return a table of the components: weights, then means and standard deviations of the features.

    Of more than 12 components or features the first 12 are shown.
    """
    k, d = p.means.shape
    shown = range(min(k, SHOWN_COMPONENTS))
    deviations = np.sqrt(np.diagonal(p.covariances, axis1=1, axis2=2))
    rows = [("weight", p.weights)]
    for name, values in (("mean", p.means), ("sd", deviations)):
        rows += [(name if d == 1 else f"{name}[{j}]", values[:, j]) for j in range(d)[:SHOWN_FEATURES]]
    components = f"{k} component" + "s" * (k > 1)
    dimensions = f"{d} dimension" + "s" * (d > 1)
    out = [STYLE, '<div class="mixtura">', f"<p><b>Mixture of {components} in {dimensions}</b></p>"]
    head = "".join(f"<th>{c}</th>" for c in shown)
    out.append(f"<table><thead><tr><th class='name'>component</th>{head}</tr></thead><tbody>")
    for name, values in rows:
        cells = "".join(f"<td>{values[c]:.4g}</td>" for c in shown)
        out.append(f"<tr><td class='name'>{name}</td>{cells}</tr>")
    out.append("</tbody></table>")
    hidden = [f"{k - SHOWN_COMPONENTS} more components"] * (k > SHOWN_COMPONENTS)
    hidden += [f"{d - SHOWN_FEATURES} more features"] * (d > SHOWN_FEATURES)
    if hidden:
        out.append(f"<p>and {' and '.join(hidden)}</p>")
    return "\n".join([*out, "</div>"])
