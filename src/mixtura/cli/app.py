"""The application: its commands, put together and run."""

from __future__ import annotations

from typing import Annotated

import typer
import typer.main

from .. import __version__
from .applying import predict, score
from .benching import bench
from .demo import demo
from .fitting import fit
from .modelling import sample, show
from .selecting import select

app = typer.Typer(
    name="mixtura",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
for command in (fit, select, predict, score, sample, show, demo, bench):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        print(f"mixtura {__version__}")
        raise typer.Exit()


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Gaussian mixtures: fast, to the real maximum, with an honest statement of how sure the answer is."""


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status.

    Raises
    ------
    ValueError, OSError
        If the input is bad; a wrong option or argument is a ValueError too.
    """
    command = typer.main.get_command(app)
    try:
        # Not command.main(), which words errors over many lines and gives Ctrl-C a status of its own.
        with command.make_context("mixtura", arguments or ["--help"]) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except Exception as problem:
        if not hasattr(problem, "format_message"):
            raise
        where = getattr(getattr(problem, "ctx", None), "command_path", "mixtura")
        sentence = problem.format_message().rstrip(".")
        raise ValueError(f"{sentence}; see {where} --help") from None
    return 0
