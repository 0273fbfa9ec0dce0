"""`carnet capture`: look at watched documents now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, instant, print_json
from carnet.errors import CarnetError, NotFoundError
from carnet.model.document import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.cli.context import Invocation
    from carnet.model.document import Capture, Document
    from carnet.model.drift import Alert
    from carnet.stores.contract import DocumentStore, Store

COULD_NOT_TELL = 3


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every watched document.")
@click.option("--accept", "accepting", is_flag=True, help="Let the held capture of a document count; fetch nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    invocation: Invocation,
    names: tuple[str, ...],
    everything: bool,  # noqa: FBT001 - click passes a flag
    accepting: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Capture watched documents now, whether or not they are due.

    Prints one line a document: how it ended, with lines added and removed where there is a new version, and why where
    it failed or is held. A capture that looks like a broken fetch (the page shrank by more than 70 %, or is gone) is
    held until a second one agrees; --accept does not wait for it. Exit status 3 when a capture failed.
    """
    store = invocation.store
    documents = wanted(store.documents, names, everything=everything)
    captures = accepted(store, documents, named=bool(names)) if accepting else captured(invocation, documents)
    tell(store, documents, captures, as_json=as_json)


def wanted(store: DocumentStore, names: Sequence[str], *, everything: bool) -> list[Document]:
    """The documents to capture. Raises CarnetError where there is none, or one has no address."""
    if everything == bool(names):
        raise click.UsageError("name the documents to capture, or give --all")
    if everything:
        watched = [document for document in store.documents() if document.watched]
        if not watched:
            raise CarnetError("no document is watched yet; `carnet watch URL` watches one")
        return watched
    found = {document.id: document for document in (fetched_as(store, name) for name in names)}
    return list(found.values())


def fetched_as(store: DocumentStore, name: str) -> Document:
    """The document of that name, of several the only one with an address: an imported one cannot be meant."""
    from carnet.documents.capture.tasks import fetchable  # noqa: PLC0415 - it pays for the HTTP client
    from carnet.documents.lookup import find_document  # noqa: PLC0415

    documents, wanted_name = store.documents(), name.strip().strip("/")
    named = [each for each in documents if f"/{each.full_name}".endswith(f"/{wanted_name}") and fetchable(each)]
    if len(named) == 1 and all(each.full_name != wanted_name for each in documents):
        return named[0]
    document = find_document(store, name)
    if not fetchable(document):
        raise CarnetError(
            f"{document.full_name} was imported and has no address to fetch; "
            f"carnet watch URL --collection {document.collection} --name {document.name} gives it one"
        )
    return document


def captured(invocation: Invocation, documents: Sequence[Document]) -> list[Capture]:
    """Fetch and record."""
    from carnet.documents.capture.tasks import capture_documents  # noqa: PLC0415 - it pays for the HTTP client

    return asyncio.run(capture_documents(invocation.store, documents, invocation.settings, now))


def accepted(store: Store, documents: Sequence[Document], *, named: bool) -> list[Capture]:
    """Let held captures count. A document that was named and has none is a mistake worth telling."""
    from carnet.documents.capture.tasks import accept  # noqa: PLC0415 - it pays for the HTTP client

    captures = []
    for document in documents:
        try:
            captures.append(accept(store, document))
        except NotFoundError:
            if named:
                raise
    if not captures:
        click.echo("No capture is held.")
    return captures


def now() -> datetime:
    return datetime.now(UTC)


def tell(store: Store, documents: Sequence[Document], captures: Sequence[Capture], *, as_json: bool) -> None:
    """Print what became of each document and which rules that puts in doubt; status 3 when a capture failed."""
    from carnet.policy.drift_alerts import alert_answer, alert_line  # noqa: PLC0415 - help does without

    names = {document.id: document.full_name for document in documents}
    alerts = alarming(store, documents, captures)
    if as_json:
        told = [answer(store.documents, names[each.document], each) for each in captures]
        print_json({"captures": told, "alerts": [alert_answer(one) for one in alerts]})
    else:
        width = max((len(names[each.document]) for each in captures), default=0)
        for each in captures:
            click.echo(f"{names[each.document]:{width}}  {line(store.documents, each)}")
        for alert in alerts:
            click.echo(harmless(f"drift  {alert_line(alert)}"))
    if any(each.outcome is Outcome.FAILED for each in captures):
        click.get_current_context().exit(COULD_NOT_TELL)


def alarming(store: Store, documents: Sequence[Document], captures: Sequence[Capture]) -> list[Alert]:
    """What new versions put in doubt."""
    from carnet.packs import load  # noqa: PLC0415 - help does without
    from carnet.policy.drift_alerts import judge_new  # noqa: PLC0415

    fresh = {capture.document for capture in captures if capture.outcome is Outcome.NEW}
    return judge_new(store, load(), [one for one in documents if one.id in fresh]) if fresh else []


def line(store: DocumentStore, capture: Capture) -> str:
    """How one capture ended."""
    if capture.outcome is Outcome.NEW:
        added, removed = counts(store, capture)
        gone = "" if capture.digest else ", the document is not there any more"
        return f"new        +{added} -{removed}  {instant(capture.at)} UTC{gone}"
    why = f"  {harmless(capture.why)}" if capture.why else ""
    return f"{capture.outcome:<9}{why}".rstrip()


def answer(store: DocumentStore, name: str, capture: Capture) -> dict[str, object]:
    """One capture as `--json` prints it."""
    told: dict[str, object] = {
        "document": name,
        "at": f"{capture.at:%Y-%m-%dT%H:%M:%SZ}",
        "outcome": str(capture.outcome),
        "status": capture.status,
        "why": capture.why,
        "version": capture.digest or None,
        "final_url": capture.final_url or None,
    }
    if capture.outcome is Outcome.NEW:
        told["added"], told["removed"] = counts(store, capture)
    return told


def counts(store: DocumentStore, capture: Capture) -> tuple[int, int]:
    """Lines added and removed by the version a capture made."""
    from carnet.documents.lines import numstat  # noqa: PLC0415 - it pays for libgit2

    versions = store.versions(capture.document)
    place = next((place for place, each in enumerate(versions) if each.capture == capture.id), None)
    if place is None:
        return 0, 0
    before = versions[place - 1] if place else None
    old = store.text(before.digest) if before and not before.gone else b""
    new = store.text(versions[place].digest) if not versions[place].gone else b""
    return numstat(old, new)
