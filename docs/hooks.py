"""What mkdocs calls for every page: formulas become MathML, names of defaults their values.

Browsers draw MathML themselves, with the fonts that they have: no script and no request.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

import mixtura
from mixtura import em

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)
ROLE = re.compile(r":math:<code>(.*?)</code>", re.DOTALL)  # as docstrings write a formula
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|srcset|href)=["']?(?:https?:)?//[^>]*"""
    r"""|url\(["']?(?:https?:)?//[^)]*|@import\s*["'](?:https?:)?//[^;]*"""
)
CONSTANT = re.compile(  # in a signature, and in a table of parameters
    r'(<span class="n">|<code>(?:<[a-z][^>]*>)?)([A-Z][A-Z_]{2,})(?=</)'
)


def on_page_content(html: str, **_: Any) -> str:
    """Return a page's HTML with formulas drawn and defaults told."""
    html = BLOCK.sub(lambda found: _formula(found[1], "block"), html)
    html = INLINE.sub(lambda found: _formula(found[1], "inline"), html)
    html = ROLE.sub(lambda found: _formula(found[1], "inline"), html)
    return CONSTANT.sub(_value, html)


def on_post_build(config: Any, **_: Any) -> None:
    """Refuse pages that would ask for something from elsewhere: scripts, styles, fonts, pictures."""
    for path in sorted(Path(config["site_dir"]).rglob("*")):
        if path.suffix in (".html", ".css") and (asked := ELSEWHERE.search(path.read_text(encoding="utf-8"))):
            raise PluginError(f"{path} asks for {asked[0]}; a page is to hold all that it shows")


def _formula(tex: str, display: str) -> str:
    # browsers draw letters of other alphabets, and no longer change the one that a letter is of
    tex = unescape(tex).strip().replace(r"\mathcal N", "\N{MATHEMATICAL SCRIPT CAPITAL N}")
    return str(convert(tex, display=display))


def _value(found: re.Match[str]) -> str:
    """Return the value of a constant that stands as a default, or the name of one that is none of ours."""
    for module in (em, mixtura.inference.asking, mixtura.inference.lrt, mixtura.inference.selection.testing):
        if hasattr(module, found[2]):
            return f"{found[1]}{getattr(module, found[2])!r}"
    return found[0]
