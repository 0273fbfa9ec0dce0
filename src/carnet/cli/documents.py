"""`carnet documents`: what is kept, and taking some of it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.context import Invocation, on_terminal
from carnet.cli.printing import harmless, instant, print_columns, print_json
from carnet.errors import CarnetError
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.model.document import Capture, Document
    from carnet.stores.contract import DocumentStore


@click.group(invoke_without_command=True)
@click.option("--collection", "-c", metavar="C", help="Only documents of this collection.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, collection: str | None, *, as_json: bool) -> None:
    """List documents, or remove some.

    One line a document: name, versions, captures, the last capture and how it ended.
    """
    if ctx.invoked_subcommand is not None:
        return
    store = ctx.ensure_object(Invocation).store.documents
    documents = store.documents(collection)
    if collection is not None and not documents:
        raise CarnetError(f"there is no collection {collection!r}; `carnet documents` lists all")
    if as_json:
        from carnet.documents.answers import documents_answer  # noqa: PLC0415 - only --json needs it

        print_json(documents_answer(store, documents))
    elif documents:
        print_columns([row(store, document) for document in documents])
    else:
        click.echo("No documents yet. `carnet watch URL` watches one, `carnet import SOURCE` brings a history.")


def row(store: DocumentStore, document: Document) -> list[str]:
    captures, versions = store.counts(document.id)
    last = next(iter(store.captures(document.id, limit=1)), None)
    return [
        document.full_name,
        counted(versions, "version"),
        counted(captures, "capture"),
        f"{instant(last.at)} UTC" if last else "-",
        state(document, last),
    ]


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def state(document: Document, last: Capture | None) -> str:
    """How the last capture ended, in words; silence differs from breakage."""
    kind = "example" if document.example else "watched" if document.watched else "not watched"
    if last is None:
        return f"{kind}, not yet captured"
    if last.outcome is Outcome.FAILED:
        return harmless(f"{kind}, failed: {last.why}")
    if last.outcome is Outcome.HELD:
        return harmless(f"{kind}, held until a second capture agrees: {last.why}")
    return f"{kind}, {'changed' if last.outcome is Outcome.NEW else 'unchanged'}"


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--example", is_flag=True, help="Remove the example history.")
@click.option("--collection", "-c", metavar="C", help="Remove all documents of this collection.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(
    invocation: Invocation,
    names: tuple[str, ...],
    collection: str | None,
    *,
    example: bool,
    yes: bool,
) -> None:
    """Forget documents with all their captures and versions."""
    store = invocation.store.documents
    if not names and not example and collection is None:
        raise click.UsageError("name the documents to remove, or give --example or --collection C")
    chosen = {document.id: document for document in wanted(store, names, collection)}
    if example:
        chosen |= {document.id: document for document in store.documents() if document.example}
    if not chosen:
        click.echo("There is no example to remove." if example else "There is nothing to remove.")
        return
    if not yes and not all(document.example for document in chosen.values()):
        ask(store, list(chosen.values()))
    store.remove_documents(list(chosen.values()))
    click.echo(f"Removed {', '.join(sorted(document.full_name for document in chosen.values()))}.")


def wanted(store: DocumentStore, names: Sequence[str], collection: str | None) -> list[Document]:
    from carnet.documents.lookup import find_document  # noqa: PLC0415 - the listing does without

    named = [find_document(store, name) for name in names]
    return named + (store.documents(collection) if collection is not None else [])


def ask(store: DocumentStore, chosen: Sequence[Document]) -> None:
    """Removing a history cannot be undone: ask on a terminal, want --yes elsewhere."""
    versions = sum(store.counts(document.id)[1] for document in chosen)
    what = f"Forget {counted(len(chosen), 'document')} with {counted(versions, 'version')}"
    if not on_terminal():
        raise CarnetError(f"{what}. This cannot be undone; give --yes to do it")
    click.confirm(f"{what}? This cannot be undone", abort=True)
