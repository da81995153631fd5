"""`sunlit keys`: the key files and passwords that a site mounts into its processes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from libs.ops import keys
from libs.ops.commands.terminal import say
from libs.ops.errors import CommandError

app = typer.Typer(no_args_is_help=True, help="Keys and passwords of a site.")


@app.callback()
def root() -> None:
    """Keys and passwords of a site."""


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Where to; made if it is missing, closed to other users.")],
) -> None:
    """Make the files that are missing: signing and wrapping keys, passwords of the database roles. Changes none.

    Mount the folder as SUNLIT_SECRETS; for Kubernetes `split` it first. Keep a copy apart from the database:
    who loses the wrapping keys has lost the sealed personal data.
    """
    before = set(folder.iterdir()) if folder.is_dir() else set()
    keys.make_now(folder)
    made = [file for file in folder.iterdir() if file not in before]
    say(f"{len(made)} files made in {folder}" if made else f"{folder} is complete; nothing was changed")


@app.command()
def split(
    folder: Annotated[Path, typer.Argument(help="What `make` made.", exists=True, file_okay=False)],
    target: Annotated[Path, typer.Argument(help="Where to; a folder for each part of the platform.")],
) -> None:
    """Sort the files by who is given them: each folder becomes the secret sunlit-keys-<part> of a cluster."""
    try:
        parts = keys.split(folder, target)
    except FileNotFoundError as error:
        raise CommandError(f"{error}: `sunlit keys make {folder}` makes it.") from error
    for part in parts:
        typer.echo(part)
