"""`carnet drift`: which rules a new version of a document puts in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.cli.context import Invocation
    from carnet.model.document import Document
    from carnet.model.drift import Drift
    from carnet.packs import Pack
    from carnet.stores.contract import DocumentStore


@click.command()
@click.argument("document", required=False)
@click.argument("span", metavar="[OLD..NEW]", required=False)
@click.option("--pack", "pack", metavar="P", help="Whose rules (default: those of the pack the document belongs to).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    invocation: Invocation,
    document: str | None,
    span: str | None,
    pack: str | None,
    as_json: bool,  # noqa: FBT001 - click passes a flag
) -> int:
    """Tell which rules a version of a document puts in doubt, judged by the rules known at OLD.

    A rule is stale when a sentence it cites has vanished; new sentences that no rule covers, in sections that rules
    cite, are a second, lower signal. Cosmetic versions are silent. Rules are never changed by this. Without OLD..NEW:
    the last two versions. Without a document: what captures have found so far. Ends with 1 where there is anything.
    """
    from carnet.packs import load, named  # noqa: PLC0415 - help does without

    packs = [named(pack)] if pack else load()
    if document is None:
        return tell_recorded(invocation, packs, as_json=as_json)
    from carnet.documents.compare import version_text  # noqa: PLC0415 - it pays for libgit2
    from carnet.documents.lookup import find_document, pair_for  # noqa: PLC0415
    from carnet.policy.drift import drift  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    store = invocation.store.documents
    found = find_document(store, document)
    book = rulebook(pack_of(store, found, packs))
    old, new = pair_for(store, found, span)
    texts = version_text(store, old), version_text(store, new)
    judged = drift(found.name, *texts, book.rules, old.at.date())
    if as_json:
        from carnet.cli.printing import print_json  # noqa: PLC0415
        from carnet.policy.drift_answers import drift_answer  # noqa: PLC0415

        print_json(drift_answer(found.full_name, old, new, judged))
    else:
        print_drift(f"{found.full_name} {old.at:%Y-%m-%d %H:%M} -> {new.at:%Y-%m-%d %H:%M} UTC", judged)
    return int(bool(judged.stale or judged.uncovered))


def pack_of(store: DocumentStore, document: Document, packs: list[Pack]) -> Pack:
    """The pack whose rules speak of a document. Raises CarnetError where none does."""
    from carnet.policy.history import covering  # noqa: PLC0415 - help does without

    pack = covering(store, document, packs)
    if pack is None:
        raise CarnetError(
            f"no rule speaks of {document.full_name}: it belongs to none of the packs {', '.join(p.id for p in packs)}"
        )
    return pack


def tell_recorded(invocation: Invocation, packs: list[Pack], *, as_json: bool) -> int:
    """What captures have found so far, newest first."""
    from carnet.policy.drift_alerts import alert_answer, alert_line, recorded  # noqa: PLC0415 - help does without

    store = invocation.standing_store
    found = recorded(store, packs) if store else []
    if as_json:
        from carnet.cli.printing import print_json  # noqa: PLC0415

        print_json({"alerts": [alert_answer(one) for one in found]})
        return int(bool(found))
    for one in found:
        click.echo(alert_line(one))
    if not found:
        click.echo("No capture has put a rule in doubt.")
    return int(bool(found))


def print_drift(title: str, found: Drift) -> None:
    from carnet.cli.printing import harmless  # noqa: PLC0415 - help does without

    click.echo(harmless(title))
    for line in lines_of(found):
        click.echo(harmless(f"  {line}".rstrip()))


def lines_of(found: Drift) -> Iterator[str]:
    """What a drift says, readable."""
    if found.cosmetic:
        yield "cosmetic: the sentences are the same"
    elif not found.stale and not found.uncovered:
        yield "nothing: every cited sentence stands, and no new one in the sections that rules cite"
    for one in found.stale:
        state = "reworded" if one.reworded else "stale"
        yield f"{state:<10}{one.rule.id}   {one.rule.means}"
        yield f"{'':<10}- {one.sentence.text}   ({one.citation.section or 'top'}, {one.citation.fingerprint})"
        if one.successor is not None:
            yield f"{'':<10}+ {one.successor.text}   ({one.successor.fingerprint})"
    for sentence in found.uncovered:
        section = sentence.section[-1] if sentence.section else "top"
        yield f"{'uncovered':<10}{sentence.text}   ({section}, {sentence.fingerprint}, line {sentence.line + 1})"
