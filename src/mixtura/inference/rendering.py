"""Rendering: a summary as text, Markdown, LaTeX and HTML."""

from __future__ import annotations

import textwrap
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from ..model.html import STYLE

if TYPE_CHECKING:
    from .summary import Line, Summary

NARROWEST = 60
HEADS = ("estimate", "std. error")


def interval_heads(summary: Summary) -> tuple[str, str]:
    """Return what stands over the ends of intervals."""
    return f"{100 * summary.level:.4g}% from", "to"


def groups(summary: Summary) -> list[tuple[int, list[Line]]]:
    """Return the lines of each component."""
    return [(c, list(lines)) for c, lines in groupby(summary.lines, lambda line: line.component)]


def text(summary: Summary, width: int) -> str:
    """Return a summary for a screen of so many columns."""
    width = max(width, NARROWEST)
    heads = (*HEADS, *interval_heads(summary))
    numbers = [line.figures for line in summary.lines]
    sizes = [max(len(head), *(len(row[i]) for row in numbers)) for i, head in enumerate(heads)]
    room = min(max(len(line.name) for line in summary.lines) + 2, width - sum(sizes) - 2 * len(sizes))

    def row(name: str, cells: tuple[str, ...]) -> str:
        first = name if len(name) <= room else name + "\n"  # a name too long has a line of its own
        return (
            first
            + " " * (room - len(first.rpartition("\n")[2]))
            + "".join("  " + c.rjust(s) for c, s in zip(cells, sizes))
        ).rstrip()

    rule = "─" * (room + sum(sizes) + 2 * len(sizes))
    out = [*textwrap.wrap(summary.title, width), rule, row("", heads), rule]
    for c, lines in groups(summary):
        out.append(f"component {c}")
        for line in lines:
            if not line.words:
                out.append(row("  " + line.name, line.figures))
            else:
                across = sum(sizes[1:]) + 2 * (len(sizes) - 2)
                start = row("  " + line.name, line.figures[:1])
                out.append(f"{start}  {line.words.center(across)}".rstrip())
    out.append(rule)
    if summary.facts:
        label = max(len(name) for name, _, _ in summary.facts)
        value = max(len(shown) for _, shown, _ in summary.facts)
        for name, shown, remark in summary.facts:
            start = f"{name.ljust(label)}  {shown.rjust(value)}"
            space = " " * (label + value + 4)
            wrapped = textwrap.wrap(remark, max(width - len(space), 12)) or [""]
            out.append(f"{start}  {wrapped[0]}".rstrip())
            out += [space + more for more in wrapped[1:]]
    for note in (*summary.notes, *summary.doubts):
        out += textwrap.wrap("note: " + note, width, subsequent_indent="      ")
    return "\n".join(out)


def markdown(summary: Summary) -> str:
    """Return a summary as Markdown."""
    heads = (*HEADS, *interval_heads(summary))
    out = [f"**{summary.title}**", "", f"| component | parameter | {' | '.join(heads)} |"]
    out.append("|--:|:--|" + "--:|" * len(heads))
    for line in summary.lines:
        cells = (line.figures[0], line.words, "", "") if line.words else line.figures
        name = line.name.replace("|", "\\|")
        out.append(f"| {line.component} | {name} | {' | '.join(cells)} |")
    if summary.facts:
        out += ["", "| | | |", "|:--|--:|:--|"]
        out += [f"| {name} | {shown} | {remark} |" for name, shown, remark in summary.facts]
    if notes := (*summary.notes, *summary.doubts):
        out += ["", *(f"- {note}" for note in notes)]
    return "\n".join(out)


def latex(summary: Summary) -> str:
    """Return the table as LaTeX, with the rules of booktabs."""
    low, high = interval_heads(summary)
    heads = " & ".join(["", *HEADS, tex(low), high])
    out = [r"\begin{tabular}{lrrrr}", r"\toprule", heads + r" \\"]
    for c, lines in groups(summary):
        out += [r"\midrule", rf"\multicolumn{{5}}{{l}}{{component {c}}} \\"]
        for line in lines:
            figures = [f"${shown}$" for shown in line.figures if shown]
            cells = " & ".join(figures)
            if line.words:
                cells += rf" & \multicolumn{{3}}{{c}}{{\emph{{{line.words}}}}}"
            out.append(rf"\quad {tex(line.name)} & {cells} \\")
    out += [r"\bottomrule", r"\end{tabular}"]
    out += [f"% {note}" for note in (*summary.notes, *summary.doubts)]
    return "\n".join(out)


def tex(words: str) -> str:
    """Return words with what LaTeX would take for commands escaped."""
    marks = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(marks.get(c, "\\" + c if c in "&%$#_{}" else c) for c in words)


def html(summary: Summary) -> str:
    """Return a summary as HTML."""
    heads = "".join(f"<th>{escape(head)}</th>" for head in (*HEADS, *interval_heads(summary)))
    out = [STYLE, '<div class="mixtura">', f"<p><b>{escape(summary.title)}</b></p>", "<table>"]
    out.append(f"<thead><tr><th>component</th><th class='name'>parameter</th>{heads}</tr></thead><tbody>")
    for c, lines in groups(summary):
        for i, line in enumerate(lines):
            first = f"<th rowspan='{len(lines)}'>{c}</th>" if i == 0 else ""
            cells = "".join(f"<td>{shown}</td>" for shown in line.figures if shown)
            if line.words:
                cells += f"<td colspan='3' class='untold'>{line.words}</td>"
            out.append(f"<tr>{first}<td class='name'>{escape(line.name)}</td>{cells}</tr>")
    out.append("</tbody></table>")
    if summary.facts:
        out.append("<table>")
        for fact in summary.facts:
            name, shown, remark = map(escape, fact)
            out.append(f"<tr><td class='name'>{name}</td><td>{shown}</td><td class='name'>{remark}</td></tr>")
        out.append("</table>")
    if notes := (*summary.notes, *summary.doubts):
        out.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
    return "\n".join([*out, "</div>"])
