"""carnet export: write a portable archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import print_json

if TYPE_CHECKING:
    from carnet.cli.context import Invocation


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--collection", metavar="C", help="Only this collection (default: all).")
@click.option("--json", "as_json", is_flag=True, help="Say what was exported as JSON.")
@click.pass_obj
def command(invocation: Invocation, file: Path, collection: str | None, *, as_json: bool) -> None:
    """Write documents with all their captures and versions to FILE, which `carnet import FILE` restores.

    The archive is a zip file that other programs can read too: docs/archive.md describes it.
    """
    from carnet.cli.progress import shown_progress  # noqa: PLC0415 - only when it runs
    from carnet.documents.history.exporting import export_archive  # noqa: PLC0415

    if str(file) == "-":
        raise click.UsageError("an archive is written to a file, not to a pipe; ./- is a file of that name")
    with shown_progress() as progress:
        manifest = export_archive(invocation.store, file, collection, progress)
    size = file.stat().st_size
    if as_json:
        written = {"file": str(file), "bytes": size, "documents": manifest.documents, "captures": manifest.captures}
        print_json(written | {"sha256": manifest.sha256})
    else:
        noun = "document" if manifest.documents == 1 else "documents"
        taken = "capture" if manifest.captures == 1 else "captures"
        click.echo(f"exported {manifest.documents:,} {noun}, {manifest.captures:,} {taken} to {file}")
