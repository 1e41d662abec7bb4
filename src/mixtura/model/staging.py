"""Staging: files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def staged(*targets: str | None) -> Iterator[list[str | None]]:
    """Yield a path to write for each target, beside it; all are renamed at the end, or none when it fails.

    A link stays a link, to a new file. A device or a pipe, such as /dev/null, is written to and stays.

    Raises
    ------
    FileNotFoundError
        If a target's folder does not exist.
    """
    drafts: list[str | None] = []
    moves: list[tuple[str, str]] = []
    try:
        for target in targets:  # one by one: what is made so far is removed if the next one fails
            if target is None or is_special(target):
                drafts.append(target)
            else:
                place = os.path.realpath(target)
                draft = _draft(place)
                drafts.append(draft)
                moves.append((draft, place))
        yield drafts
        for draft, _ in moves:
            _settle(draft)
        for draft, place in moves:
            os.replace(draft, place)
    except OSError as problem:
        if problem.errno is None or isinstance(problem, BrokenPipeError):
            raise
        raise _of_targets(problem, dict(zip(drafts, targets))) from None
    finally:
        for draft, _ in moves:
            with suppress(FileNotFoundError):
                os.unlink(draft)


def _of_targets(problem: OSError, targets: dict[str | None, str | None]) -> OSError:
    """Return a problem that names the target in the place of its draft, and all where it names none."""
    if problem.filename is None:
        name = " or ".join(target for target in targets.values() if target is not None)
    else:
        name = targets.get(problem.filename) or problem.filename
    return OSError(problem.errno, problem.strerror, name or None)


def is_special(path: str) -> bool:
    """Say whether this is there and no file to be replaced: a device, a pipe, a terminal."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _draft(target: str) -> str:
    """Make an empty file beside the target, with its ending and the permissions of an ordinary new file."""
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"folder {folder!r} does not exist; make it first")
    stem, ending = os.path.splitext(name)
    handle, path = tempfile.mkstemp(ending, f".{stem}-", folder)
    os.close(handle)
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(path, 0o666 & ~umask)
    return path


def _settle(path: str) -> None:
    """Bring a file's content to the disk before its name: a power cut leaves the old one or the new one."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
