"""`carnet pack`: check a pack, and help to write one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from carnet.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.cli.context import Invocation
    from carnet.model.document import Document, Sentence, Version
    from carnet.model.rule import Rule
    from carnet.packs import Pack
    from carnet.policy.rulebook import Rulebook
    from carnet.stores.contract import DocumentStore


@click.group()
def command() -> None:
    """Check a pack, and help to write one (see docs/packs.md)."""


@command.command()
@click.argument("pack", default="claude-code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(invocation: Invocation, pack: str, as_json: bool) -> int:  # noqa: FBT001 - click passes a flag
    """Check a pack against the documents captured here. PACK is a pack's id or its folder.

    Citations are found in the versions they name; no rule is dead; every flow has a default; every sentence of the
    sections that rules cite is cited or marked as no rule; the pack's cases pass; dates neither overlap nor reverse;
    no sentence of a document stands in the pack. Ends with 1 where anything is found. What was never captured here
    cannot be checked and is counted.
    """
    from carnet.cli.pack_check import examine, print_report, report_answer  # noqa: PLC0415 - help does without
    from carnet.cli.printing import print_json  # noqa: PLC0415

    chosen = pack_at(pack)
    store = invocation.standing_store
    report = examine(chosen, store.documents if store else None, datetime.now(UTC).date())
    if as_json:
        print_json(report_answer(report))
    else:
        print_report(report)
    return int(bool(report.findings))


def pack_at(name: str) -> Pack:
    """The pack of that id, or in that folder."""
    from pathlib import Path  # noqa: PLC0415 - help does without

    from carnet.packs import named  # noqa: PLC0415
    from carnet.packs.loading import read_pack  # noqa: PLC0415

    return read_pack(Path(name)) if (Path(name) / "pack.toml").is_file() else named(name)


@command.command()
@click.argument("document")
@click.option("--section", "-s", required=True, metavar="S", help="Heading right above the sentences ('' is the top).")
@click.option("--as-of", "as_of", metavar="D", help="The version in force then (default: the newest).")
@click.option("--pack", "pack", metavar="P", help="Pack or its folder (default: the one the document belongs to).")
@click.pass_obj
def cite(invocation: Invocation, document: str, section: str, as_of: str | None, pack: str | None) -> None:
    """Show the sentences of a section, each with the citation to paste into a rule.

    The sentence is shown from this store; what is to be pasted holds its fingerprint only, as every pack does.
    """
    from carnet.documents.lookup import find_document, version_for  # noqa: PLC0415 - help does without
    from carnet.documents.sentences import sentences  # noqa: PLC0415
    from carnet.policy.quoting import innermost  # noqa: PLC0415

    store = invocation.store.documents
    found = find_document(store, document)
    version = version_for(store, found, as_of) if as_of else newest(store, found)
    every = sentences(store.text(version.digest) if not version.gone else b"")
    wanted = [one for one in every if innermost(one) == section]
    if not wanted:
        raise NotFoundError(no_section(section, found, [innermost(one) for one in every]))
    print_citations(store, found, version, wanted, book_of(store, found, pack))


def newest(store: DocumentStore, document: Document) -> Version:
    """The newest version. Raises NotFoundError where there is none yet."""
    versions = store.versions(document.id)
    if not versions:
        raise NotFoundError(f"{document.full_name} has no version yet: carnet capture {document.full_name}")
    return versions[-1]


def no_section(section: str, document: Document, sections: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    there = list(dict.fromkeys(sections))
    near = get_close_matches(section, there, 3, 0.4) or there
    return f"no sentence of {document.full_name} stands under {section!r}; sections: {', '.join(map(repr, near))}"


def book_of(store: DocumentStore, document: Document, pack: str | None) -> Rulebook | None:
    """The rules that may cite a document already; None where no pack knows it yet."""
    from carnet.packs import load  # noqa: PLC0415 - help does without
    from carnet.policy.history import covering  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    chosen = pack_at(pack) if pack else covering(store, document, load())
    return rulebook(chosen) if chosen else None


def print_citations(
    store: DocumentStore, document: Document, version: Version, wanted: Sequence[Sentence], book: Rulebook | None
) -> None:
    """Each sentence with its fingerprint, since when it stands, who cites it, and the TOML that cites it."""
    from carnet.cli.printing import harmless  # noqa: PLC0415 - help does without
    from carnet.policy.coverage import first_seen  # noqa: PLC0415
    from carnet.policy.quoting import innermost  # noqa: PLC0415

    since = first_seen(store, document, version.at.date())
    click.echo(f"# {document.full_name} {version.at:%Y-%m-%d %H:%M} UTC, version {version.digest[:16]}")
    for one in wanted:
        first = since.get((innermost(one), one.fingerprint), version)
        by = citing(book, document.name, one.fingerprint)
        click.echo(harmless(f"\n# {one.text}"))
        click.echo(f"# since {first.at:%Y-%m-%d}; {'cited by ' + ', '.join(by) if by else 'no rule cites it'}")
        click.echo(harmless(toml_of(document.name, one, first)))


def citing(book: Rulebook | None, document: str, fingerprint: str) -> list[str]:
    """Ids of the rules that cite a sentence."""
    rules: Sequence[Rule] = book.rules if book else ()
    return [
        rule.id
        for rule in rules
        if "/" not in rule.id and any(c.document == document and c.fingerprint == fingerprint for c in rule.cites)
    ]


def toml_of(document: str, sentence: Sentence, first: Version) -> str:
    """What an author pastes below a rule: never the sentence itself."""
    import json  # noqa: PLC0415 - a TOML basic string is written as JSON writes one

    from carnet.policy.quoting import innermost  # noqa: PLC0415

    return (
        f"[[rule.cites]]\ndocument = {json.dumps(document)}\n"
        f"section = {json.dumps(innermost(sentence), ensure_ascii=False)}\n"
        f'fingerprint = "{sentence.fingerprint}"\nversion = "{first.digest[:16]}"\nsince = {first.at:%Y-%m-%d}'
    )
