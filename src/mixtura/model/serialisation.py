"""Models as JSON: full precision, a schema version, and files that are whole or not there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from .parameters import Parameters
from .staging import staged

FORMAT = "mixtura.mixture"
SCHEMA = 1


def to_json(parameters: Parameters, metadata: dict[str, Any]) -> str:
    """Write a model as JSON text; numbers read back to the same bits.

    Raises
    ------
    TypeError, ValueError
        If the metadata hold what JSON cannot: objects, NaN, infinity.
    """
    content = {
        "format": FORMAT,
        "schema": SCHEMA,
        "weights": parameters.weights.tolist(),
        "means": parameters.means.tolist(),
        "covariances": parameters.covariances.tolist(),
        "metadata": metadata,
    }
    return json.dumps(content, indent=2, allow_nan=False, default=_plain, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a model's arrays (weights, means, covariances as nested lists) and its metadata, both unchecked.

    Raises
    ------
    ValueError
        If the text is not JSON, not a model of mixtura, of an unknown schema version, or lacks a part.
    """
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"the model is damaged, it is not valid JSON: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'this is JSON but no mixture model: it lacks "format": "{FORMAT}"')
    version = content.get("schema")
    if type(version) is not int or version != SCHEMA:  # True == 1
        raise ValueError(
            f"the model has schema version {version!r} and this version of mixtura reads version {SCHEMA}; "
            "read it with the mixtura that wrote it, or upgrade mixtura"
        )
    arrays = {}
    for name in ("weights", "means", "covariances"):
        if name not in content:
            raise ValueError(f"the model is damaged, it has no {name}")
        arrays[name] = content[name]
    metadata = content.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ValueError(f"the model is damaged, its metadata are no object but {type(metadata).__name__}")
    return arrays, metadata


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a model's arrays and metadata from a file, as `from_json` does."""
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"the model is damaged, it is no text: {error.reason} at byte {error.start}"
        ) from None


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a file beside its place, then rename it there: a failure leaves what was there before.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    with staged(os.fspath(path)) as (draft,):
        Path(str(draft)).write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return NumPy's numbers and arrays as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"metadata must be what JSON can hold, not {type(value).__name__}")
