"""`carnet diff`: two versions of a document, compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, print_json

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.difference import Comparison
    from carnet.model.document import Document, Version
    from carnet.policy.history_effect import DocumentEffect
    from carnet.stores.contract import DocumentStore


@click.command()
@click.argument("document")
@click.argument("span", metavar="[OLD..NEW]", required=False)
@click.option("--stat", "form", flag_value="stat", help="Only the counts.")
@click.option("--json", "form", flag_value="json", help="Print JSON: hunks with sections, sentences and word spans.")
@click.option("--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write one HTML file (- is a pipe).")
@click.pass_obj
def command(invocation: Invocation, document: str, span: str | None, form: str | None, html: str | None) -> int:
    """Compare two versions of a document.

    OLD and NEW are dates, instants (UTC) or the first digits of a version; without them, the last two versions.
    A date means that day's entry, or else the version in force at the end of that day. Ends with 1 where there is a
    difference, with 0 where there is none.
    """
    from carnet.documents.lookup import find_document, pair_for  # noqa: PLC0415 - help does without

    if html is not None and form is not None:
        raise click.UsageError(f"give either --html or --{form}")
    if html == "":
        raise click.UsageError("--html wants the name of a file")
    store = invocation.store.documents
    found = find_document(store, document)
    old, new = pair_for(store, found, span)
    tell(store, found, old, new, "html" if html else form or "text", html)
    return int((old.digest, old.gone) != (new.digest, new.gone))


def tell(store: DocumentStore, document: Document, old: Version, new: Version, form: str, file: str | None) -> None:
    from carnet.documents.answers import comparison_answer  # noqa: PLC0415 - help does without
    from carnet.documents.compare import compare, version_text  # noqa: PLC0415
    from carnet.documents.render.counts import counts_line  # noqa: PLC0415

    texts = version_text(store, old), version_text(store, new)
    comparison = compare(document.full_name, old, new, *texts)
    if form == "stat":
        click.echo(counts_line(comparison))
        return
    effect = effect_of(store, document, (old, new), texts)
    match form:
        case "json":
            print_json({**comparison_answer(comparison), "effect": effect_json(effect)})
        case "html" if file is not None:
            write_html(comparison, texts, document, file, effect)
            click.echo(counts_line(comparison), err=True)
        case _:
            print_text(comparison, texts)
            print_effect(effect)


def effect_of(
    store: DocumentStore, document: Document, versions: tuple[Version, Version], texts: tuple[bytes, bytes]
) -> DocumentEffect | None:
    """What the change does to the rules of the pack that covers the document; None where none does."""
    from carnet.packs import load  # noqa: PLC0415 - help does without
    from carnet.policy.history import covering  # noqa: PLC0415

    pack = covering(store, document, load())
    if pack is None:
        return None
    from carnet.policy.history_effect import document_effect  # noqa: PLC0415 - few documents have one
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    return document_effect(rulebook(pack), document.name, versions, texts)


def effect_json(effect: DocumentEffect | None) -> dict[str, object] | None:
    from carnet.policy.history_effect import document_effect_answer  # noqa: PLC0415 - only --json needs it

    return document_effect_answer(effect) if effect else None


def print_effect(effect: DocumentEffect | None) -> None:
    """The closing section: what it means for the rules, and in how many contexts a verdict changes."""
    from carnet.policy.history_effect import effect_lines  # noqa: PLC0415 - only text needs it

    for number, line in enumerate(effect_lines(effect) if effect else ()):
        click.echo(harmless(f"  {line}" if number else f"\nEffect  {line}"))


def write_html(
    comparison: Comparison,
    texts: tuple[bytes, bytes],
    document: Document,
    file: str,
    effect: DocumentEffect | None = None,
) -> None:
    from carnet.documents.render.closing import closing_html  # noqa: PLC0415 - only --html needs it
    from carnet.documents.render.page import comparison_page  # noqa: PLC0415
    from carnet.policy.history_effect import effect_lines  # noqa: PLC0415

    closing = closing_html("Effect", effect_lines(effect)) if effect else ""
    page = comparison_page(comparison, *texts, document.media, closing)
    if file == "-":
        click.echo(page, nl=False)
    else:
        Path(file).write_text(page, "utf-8")


def print_text(comparison: Comparison, texts: tuple[bytes, bytes]) -> None:
    from carnet.documents.render.terminal import print_comparison, style_for  # noqa: PLC0415 - only text needs it
    from carnet.settings import environment  # noqa: PLC0415

    print_comparison(comparison, *texts, sys.stdout, style=style_for(sys.stdout, environment()))
