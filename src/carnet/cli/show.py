"""`carnet show`: a document as it stood."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from carnet.cli.context import on_terminal
from carnet.cli.printing import harmless
from carnet.errors import CarnetError, NotFoundError

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.document import Document, Version
    from carnet.stores.contract import DocumentStore


@click.command()
@click.argument("document")
@click.option("--as-of", metavar="T", help="A date, an instant or a version; default: the newest version.")
@click.pass_obj
def command(invocation: Invocation, document: str, as_of: str | None) -> None:
    """Print a document as it stood at an instant.

    A pipe gets the canonical text byte for byte; a terminal gets it without control characters.
    """
    from carnet.documents.lookup import find_document  # noqa: PLC0415 - help does without

    store = invocation.store.documents
    found = find_document(store, document)
    version = chosen(store, found, as_of)
    if version.gone:
        raise NotFoundError(f"{found.full_name} was not there from {version.at:%Y-%m-%d %H:%M} UTC on")
    text = store.text(version.digest)
    if on_terminal():
        click.echo(harmless(text.decode("utf-8", "replace")), nl=not text.endswith(b"\n"))
    else:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()


def chosen(store: DocumentStore, document: Document, as_of: str | None) -> Version:
    from carnet.documents.lookup import version_for  # noqa: PLC0415 - help does without

    if as_of is not None:
        return version_for(store, document, as_of)
    versions = store.versions(document.id)
    if not versions:
        raise CarnetError(f"{document.full_name} has no version yet: carnet capture {document.full_name}")
    return versions[-1]
