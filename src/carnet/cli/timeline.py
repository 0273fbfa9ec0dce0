"""`carnet timeline`: when a document, or a collection, changed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

import click

from carnet.cli.printing import instant, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from carnet.cli.context import Invocation
    from carnet.model.timeline import CollectionEntry, DocumentEntry
    from carnet.stores.contract import Store
    from carnet.web.days import Day, Touched

    Range = tuple[datetime | None, datetime | None]

Entry = TypeVar("Entry")


@click.command()
@click.argument("document", required=False)
@click.option("--collection", "-c", metavar="C", help="The timeline of a whole collection: one entry a day.")
@click.option("--since", metavar="D", help="From this day or instant on (UTC).")
@click.option("--until", metavar="D", help="Up to this day or instant, included (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, oldest entry first.")
@click.pass_obj
def command(
    invocation: Invocation,
    document: str | None,
    collection: str | None,
    since: str | None,
    until: str | None,
    *,
    as_json: bool,
) -> None:
    """When a document, or a collection, changed.

    A document has one entry a version, a collection one for each UTC day on which any document of it changed.
    Newest first: added and removed lines, as `git diff --numstat` counts them. Without either, the only collection
    there is beside the example.
    """
    if document is not None and collection is not None:
        raise click.UsageError("name a document, or give --collection C, not both")
    span = read_range(since, until)
    if document is not None:
        of_document(invocation.store, document, span, as_json=as_json)
    else:
        name = only_collection(invocation.store) if collection is None else collection
        of_collection(invocation, name, span, as_json=as_json)


def only_collection(store: Store) -> str:
    """The collection that is meant where none is named. Raises UsageError where it could be another."""
    documents = store.documents.documents()
    names = {each.collection for each in documents if not each.example} or {each.collection for each in documents}
    if len(names) != 1:
        known = f" ({', '.join(sorted(names))})" if names else "; there is none yet"
        raise click.UsageError(f"name a document, or give --collection C{known}")
    return names.pop()


def read_range(since: str | None, until: str | None) -> Range:
    from carnet.documents.instants import parse_since, parse_until  # noqa: PLC0415 - help does without

    first, last = since and parse_since(since), until and parse_until(until)
    if first and last and first > last:
        raise click.UsageError(f"--since {since} is after --until {until}")
    return first or None, last or None


def of_document(store: Store, name: str, span: Range, *, as_json: bool) -> None:
    from carnet.documents.answers import timeline_answer  # noqa: PLC0415 - help does without
    from carnet.documents.lookup import find_document  # noqa: PLC0415
    from carnet.documents.timeline import document_timeline  # noqa: PLC0415

    document = find_document(store.documents, name)
    entries = document_timeline(store.documents, document, *span)
    if as_json:
        print_json(timeline_answer(entries))
    elif not entries:
        click.echo(f"{document.full_name} has no version{in_range(span)}.")
    else:
        by_year(list(reversed(entries)), lambda entry: entry.version.at, describe)


def of_collection(invocation: Invocation, collection: str, span: Range, *, as_json: bool) -> None:
    from carnet.documents.answers import timeline_answer  # noqa: PLC0415 - help does without
    from carnet.documents.lookup import members_of  # noqa: PLC0415
    from carnet.documents.timeline import collection_timeline  # noqa: PLC0415

    store = invocation.store.documents
    members_of(store, collection)
    entries = collection_timeline(store, collection, *span)
    if as_json:
        print_json(timeline_answer(entries))
    elif not entries:
        click.echo(f"{collection} has no version{in_range(span)}.")
    else:
        days = read_days(invocation, collection, entries)
        by_year(list(reversed(days)), lambda day: day.at, lambda day: ", ".join(touch(one) for one in day.touched))


def read_days(invocation: Invocation, collection: str, entries: Sequence[CollectionEntry]) -> list[Day]:
    from carnet.web.days import days_of  # noqa: PLC0415 - the page's own reading, so both say the same
    from carnet.web.site import Site  # noqa: PLC0415

    return days_of(Site(invocation.store, invocation.settings), collection, entries, None)


def in_range(span: Range) -> str:
    since, until = span
    said = (f" from {instant(since)} UTC on" if since else "") + (f" until {instant(until)} UTC" if until else "")
    return said or " yet"


def by_year(entries: Sequence[Entry], at: Callable[[Entry], datetime], say: Callable[[Entry], str]) -> None:
    """Entries under their years and months, each with weekday, day and time."""
    for month, members in groupby(entries, key=lambda entry: f"{at(entry):%Y %B}"):
        click.echo(month)
        for entry in members:
            click.echo(f"  {at(entry):%a %d %H:%M}  {say(entry)}")


def describe(entry: DocumentEntry) -> str:
    step, version = entry.transition, entry.version
    marks = [f"+{step.added} -{step.removed}"]
    marks += ["cosmetic"] * step.cosmetic
    marks += [f"reverts to version {step.reverts}"] if step.reverts is not None else []
    marks += ["carries instructions to agents"] * step.injected
    marks += ["gone"] * version.gone
    return "  ".join([*marks, version.digest[:12] if not version.gone else ""]).rstrip()


def touch(one: Touched) -> str:
    marks = {
        "cosmetic": one.cosmetic,
        "reverts": one.reverts,
        "carries instructions to agents": one.injected,
        "gone": one.gone,
    }
    notes = [word for word, holds in marks.items() if holds]
    return f"{one.document.name} +{one.added} -{one.removed}" + (f" ({', '.join(notes)})" if notes else "")
