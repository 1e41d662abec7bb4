"""Travelling: moments as bytes and JSON, both with a version, from wherever parts of data are summed up."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np

from .forms import FORMS
from .moments import Moments
from .parameters import Array

FORMAT = "mixtura.moments"
VERSION = 1
MAGIC = b"mixtura.moments\0"
HEAD = struct.Struct("<16sHIQ")  # the magic, the version, the checksum and the length of what follows
ARRAYS = ("means", "counts", "sums", "scatters", "loglik")
CURE = "send it anew, whole"


def to_json(moments: Moments) -> str:
    """Write moments as JSON text; numbers read back to the same bits.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    content = {"format": FORMAT, "version": VERSION, "form": moments.form.name}
    return json.dumps(content | {name: array.tolist() for name, array in _arrays(moments).items()})


def from_json(text: str) -> Moments:
    """Read moments back from `to_json`'s text.

    Raises
    ------
    ValueError
        If it is none, of another version, or its parts do not fit together.
    """
    try:
        content = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"the moments are damaged, they are not valid JSON ({error}); {CURE}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'this is JSON but no moments: it lacks "format": "{FORMAT}"')
    _check_version(content.get("version"))
    missing = [name for name in ("form", *ARRAYS) if name not in content]
    if missing:
        raise ValueError(f"the moments are damaged, they lack {', '.join(missing)}; {CURE}")
    return _checked(content["form"], {name: _numbers(content[name], name) for name in ARRAYS})


def _numbers(value: Any, name: str) -> Array:
    try:
        return np.array(value, dtype=np.float64)
    except (ValueError, TypeError):
        raise ValueError(f"the moments are damaged, their {name} are no array of numbers; {CURE}") from None


def to_bytes(moments: Moments) -> bytes:
    """Write moments as bytes: a head of fixed length, shapes as JSON, then little-endian doubles.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    arrays = _arrays(moments)
    shapes = json.dumps({"form": moments.form.name, **{name: a.shape for name, a in arrays.items()}}).encode()
    numbers = b"".join(np.ascontiguousarray(a, dtype="<f8").tobytes() for a in arrays.values())
    body = struct.pack("<I", len(shapes)) + shapes + numbers
    return HEAD.pack(MAGIC, VERSION, zlib.crc32(body), len(body)) + body


def from_bytes(data: bytes) -> Moments:
    """Read moments back from `to_bytes`' bytes.

    Raises
    ------
    ValueError
        If they are none, of another version, cut short or changed.
    """
    data = bytes(data)
    if data[: len(MAGIC)] != MAGIC or len(data) < HEAD.size:
        raise ValueError("these bytes are no moments of mixtura's; give what to_bytes has returned")
    _, version, checksum, length = HEAD.unpack_from(data)
    _check_version(version)
    body = data[HEAD.size :]
    if len(body) != length:
        raise ValueError(f"the moments are damaged, {len(body)} bytes follow where {length} should; {CURE}")
    if zlib.crc32(body) != checksum:
        raise ValueError(f"the moments are damaged, their checksum is another; {CURE}")
    try:
        form, arrays = _unpacked(body)
    except (struct.error, ValueError, KeyError, TypeError):
        raise ValueError(f"the moments are damaged, their arrays cannot be told apart; {CURE}") from None
    return _checked(form, arrays)


def _unpacked(body: bytes) -> tuple[Any, dict[str, Array]]:
    """Return the form and the arrays that bytes after the head hold."""
    (length,) = struct.unpack_from("<I", body)
    shapes = json.loads(body[4 : 4 + length])
    arrays, place = {}, 4 + length
    for name in ARRAYS:
        count = int(np.prod(shapes[name], dtype=np.int64))
        numbers = np.frombuffer(body, dtype="<f8", count=count, offset=place)
        arrays[name] = numbers.astype(np.float64).reshape(shapes[name])
        place += 8 * count
    return shapes["form"], arrays


def _check_version(version: Any) -> None:
    if type(version) is not int or version != VERSION:  # True == 1
        raise ValueError(
            f"the moments have version {version!r} and this mixtura reads version {VERSION}; use the same "
            "mixtura everywhere"
        )


def _arrays(moments: Moments) -> dict[str, Array]:
    """Return the arrays of moments, all of them finite."""
    arrays = {name: np.asarray(getattr(moments, name)) for name in ARRAYS}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(
                f"the moments' {name} are not finite; leave out the rows or mixtures that make them so"
            )
    return arrays


def _checked(form: Any, arrays: dict[str, Array]) -> Moments:
    """Return moments whose parts fit together."""
    if form not in FORMS:
        raise ValueError(
            f"the moments are damaged, their form is {form!r}, none of {', '.join(FORMS)}; {CURE}"
        )
    means = arrays["means"]
    if means.ndim < 2:
        raise ValueError(f"the moments are damaged, their means have shape {means.shape}; {CURE}")
    *stack, k, d = means.shape
    wanted = {"counts": (k,), "sums": (k, d), "scatters": FORMS[form].shape(k, d), "loglik": ()}
    for name, shape in wanted.items():
        if arrays[name].shape != (*stack, *shape):
            raise ValueError(
                f"the moments are damaged, their {name} have shape {arrays[name].shape} and should have "
                f"{(*stack, *shape)}; {CURE}"
            )
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError(f"the moments are damaged, a number of theirs is not finite; {CURE}")
    return Moments(form=FORMS[form], **arrays)
