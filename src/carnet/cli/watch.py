"""`carnet watch`: put a document on the watch list, and look at it at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

import click

from carnet.cli.capture import captured, tell
from carnet.errors import CarnetError
from carnet.model.document import Document, Media
from carnet.settings import parse_duration

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.stores.contract import DocumentStore

SHORTEST = timedelta(minutes=1)


@click.command()
@click.argument("url", metavar="URL")
@click.option("--name", metavar="N", help="Name within the collection (default: the last part of the address).")
@click.option("--collection", "-c", metavar="C", help="Collection it belongs to (default: watched).")
@click.option("--every", metavar="TIME", help="Time between two captures, such as 30m (default: watch.every).")
@click.option(
    "--media", type=click.Choice([media.value for media in Media]), help="Kind of text (default: what the server says)."
)
@click.option("--selector", default="", metavar="CSS", help="Part of the page that is the document (web pages).")
@click.option("--filter", "filters", multiple=True, metavar="CSS", help="Part of the page to leave out; repeatable.")
@click.option("--render", type=click.Choice(["browser"]), help="Render the page in a browser first (carnet[browser]).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    invocation: Invocation,
    url: str,
    name: str | None,
    collection: str | None,
    every: str | None,
    media: str | None,
    selector: str,
    filters: tuple[str, ...],
    render: str | None,
    as_json: bool,  # noqa: FBT001 - click passes a flag
) -> None:
    """Watch the document at an address, and capture it at once.

    Given again for a document that is watched already, it changes what was given. `carnet serve` captures watched
    documents when they are due. Exit status 3 when the first capture failed; the document is watched all the same.
    """
    address, store = checked(url), invocation.store.documents
    wished = Document(
        id=0,
        collection=named(collection, "--collection") if collection else collection_of(store, address),
        name=named(name, "--name") if name else name_of(address),
        url=address,
        media=Media(media) if media else None,
        every=duration(every),
        selector=selector,
        filters=filters,
        browser=render == "browser",
        watched=True,
    )
    document = watched(store, wished, renamed=name is not None)
    if not as_json:
        click.echo(f"Watching {document.full_name} at {document.url}")
    tell(invocation.store, [document], captured(invocation, [document]), as_json=as_json)


def collection_of(store: DocumentStore, url: str) -> str:
    """Where an address belongs when nobody says so: where it is watched already, else with the others."""
    return next((document.collection for document in store.documents() if document.url == url), "watched")


def watched(store: DocumentStore, wished: Document, *, renamed: bool) -> Document:
    """The document, on the watch list. Raises CarnetError where its name belongs to another address."""
    found = store.add_document(wished)
    if found.url != wished.url and not (renamed and is_imported(found)):
        text = f"{found.full_name} is already {found.url}; give another --name, or --collection, for {wished.url}"
        raise CarnetError(text + (f"; --name {found.name} goes on with its history" if is_imported(found) else ""))
    if renamed and found.name != wished.name:
        raise CarnetError(f"{wished.url} is already watched as {found.full_name}; leave out --name to change it")
    changed = replace(wished, id=found.id, name=found.name, example=found.example)
    given = replace(
        changed,
        media=wished.media or found.media,
        every=wished.every or found.every,
        selector=wished.selector or found.selector,
        filters=wished.filters or found.filters,
        browser=wished.browser or found.browser,
    )
    if given != found:
        store.change_document(given)
    return given


def is_imported(document: Document) -> bool:
    """Whether a document came by an import and has no address yet; whoever names it may give it one."""
    return document.url.startswith("import:") and not document.example


def checked(url: str) -> str:
    """An address that can be watched, without a fragment. Raises CarnetError for one that cannot."""
    from carnet.documents.capture.fetch import checked as parsed  # noqa: PLC0415 - it pays for the HTTP client

    url = url.strip()
    return str(parsed(url if "://" in url else f"https://{url}"))


def name_of(url: str) -> str:
    """Name of a document by its address: the last part of the path without suffix, else the host."""
    rest = url.split("://", 1)[-1].partition("?")[0].rstrip("/")
    host, _, path = rest.partition("/")
    last = unquote(path.rpartition("/")[2])
    stem = last.rpartition(".")[0] or last
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in stem).strip("-.") or host


def named(text: str, option: str) -> str:
    """A name that can be told apart on a command line. Raises CarnetError otherwise."""
    parts = text.split("/") if option == "--name" else [text]
    if any(not part.strip() or part in {".", ".."} or not part.isprintable() for part in parts) or "/" in parts[0]:
        raise CarnetError(f"{option} {text!r} is no name: use letters, digits, `-`, `_` and `.`")
    return text


def duration(text: str | None) -> timedelta | None:
    """A length of time between captures. Raises CarnetError for one that is none, or is too short."""
    if text is None:
        return None
    try:
        every = parse_duration(text)
    except ValueError as error:
        raise CarnetError(f"--every: {error}") from error
    if every < SHORTEST:
        raise CarnetError(f"--every {text}: a document is captured at most once a minute")
    return every
