"""`carnet search`: words in every version, with when they appeared and vanished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, instant, print_json

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.found import Found


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--collection", "-c", metavar="C", help="Only in this collection.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(invocation: Invocation, words: tuple[str, ...], collection: str | None, *, as_json: bool) -> None:
    """Find words in every version: when they appeared and vanished.

    The words are one phrase; case, white space and markup between them do not matter. Documents that hold it now come
    first.
    """
    from carnet.documents.answers import search_answer  # noqa: PLC0415 - help does without
    from carnet.documents.lookup import members_of  # noqa: PLC0415
    from carnet.documents.search import search  # noqa: PLC0415

    if collection is not None:
        members_of(invocation.store.documents, collection)
    phrase = " ".join(words)
    found = search(invocation.store.documents, phrase, collection)
    if as_json:
        print_json(search_answer(phrase, found))
        return
    for one in found:
        click.echo(describe(one))
    if not found:
        click.echo(f"No version of any document holds {harmless(phrase)!r}.")


def describe(one: Found) -> str:
    """The document and the times it held the phrase, then the place in the newest version that does."""
    times = ", ".join(
        f"{instant(spell.first_at)} UTC to {f'{instant(spell.vanished_at)} UTC' if spell.vanished_at else 'now'}"
        for spell in one.spells
    )
    place = " > ".join(one.section) or "top of the document"
    lines = [
        f"{one.document}  {'in force' if one.in_force else 'vanished'}: {times}",
        f"  {place}  line {one.line + 1}",
        f"  {one.before}[{one.match}]{one.after}",
    ]
    return "\n".join(harmless(line) for line in lines)
