"""carnet import: bring in a history kept elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, print_json

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.documents.history.recording import Imported
    from carnet.packs import Pack


@click.command()
@click.argument("source")
@click.option("--collection", metavar="C", help="Collection to import into (default: the pack, else SOURCE's name).")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Take only these files; `!GLOB` leaves some out.")
@click.option("--pack", metavar="P", help="Recognise files by name as documents of this pack.")
@click.option("--json", "as_json", is_flag=True, help="Say what was imported as JSON.")
@click.pass_obj
def command(
    invocation: Invocation,
    source: str,
    collection: str | None,
    paths: tuple[str, ...],
    pack: str | None,
    *,
    as_json: bool,
) -> None:
    """Import SOURCE: a git repository (folder, bundle file or address), in which a commit is a capture; a folder of
    dated files (NAME/2026-04-22T0358.md, NAME.2026-04-22.md, 2026-04-22/NAME.md); or another Carnet's export.

    A second import of the same source adds what is new since.
    """
    from carnet.cli.progress import shown_progress  # noqa: PLC0415 - all three only when it runs
    from carnet.documents.history.importing import Request, import_history  # noqa: PLC0415
    from carnet.documents.history.step import Kind  # noqa: PLC0415

    began = monotonic()
    request = Request(source, collection, paths, _pack(pack))
    with shown_progress() as progress:
        imported = import_history(invocation.store, invocation.settings, request, progress)
    if imported.kind is Kind.FOLDER:
        _mark_example(invocation, source, imported)
    if as_json:
        print_json(_answer(imported))
    else:
        click.echo(harmless(summary(imported, monotonic() - began)))


def _mark_example(invocation: Invocation, source: str, imported: Imported) -> None:
    """The history that ships with Carnet is an example, whoever brings it in."""
    from carnet.documents.first_start import is_example, mark_example  # noqa: PLC0415 - few imports need it

    if is_example(source):
        mark_example(invocation.store, imported.ids)


def _pack(name: str | None) -> Pack | None:
    if name is None:
        return None
    from carnet.packs import named  # noqa: PLC0415 - most imports name none

    return named(name)


def summary(imported: Imported, seconds: float) -> str:
    """One line that says what came in."""
    if not imported.captures:
        return f"nothing new: {imported.collection} already holds this {imported.kind}"
    return (
        f"imported {_count(imported.documents, 'document')}, {_count(imported.captures, 'capture')}, "
        f"{_count(imported.versions, 'version')} ({_count(imported.texts, 'distinct text')}) "
        f"into {imported.collection} in {seconds:.1f} s"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _answer(imported: Imported) -> dict[str, object]:
    return {
        "kind": imported.kind.value,
        "collection": imported.collection,
        "documents": imported.documents,
        "captures": imported.captures,
        "versions": imported.versions,
        "texts": imported.texts,
    }
