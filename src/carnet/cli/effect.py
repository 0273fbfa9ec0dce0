"""`carnet effect`: what the documents' changes between two dates change in behaviour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from carnet.cli.context import Invocation
    from carnet.model.rule import Rule
    from carnet.packs import Pack
    from carnet.policy.compile import Tables
    from carnet.policy.effect import RuleChanges, Shift
    from carnet.stores.contract import DocumentStore


@click.command()
@click.argument("span", metavar="OLD..NEW")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--pack", "pack", metavar="P", default="claude-code", show_default=True, help="Whose rules.")
@click.pass_obj
def command(
    invocation: Invocation,
    span: str,
    as_json: bool,  # noqa: FBT001 - click passes a flag
    pack: str,
) -> int:
    """Tell what changed in behaviour between two dates.

    The documents that read otherwise, the rules that began, ended or cite other sentences now, and in how many of all
    contexts each flow's verdict, recipients, retention, training and encryption change. Ends with 1 where any does,
    with 0 where none does. OLD and NEW are dates or instants (UTC); each means the end of its day.
    """
    from carnet.packs import named  # noqa: PLC0415 - help does without
    from carnet.policy.compile import compile_tables  # noqa: PLC0415
    from carnet.policy.effect import rule_changes, shifts  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    chosen = named(pack)
    old, new = days(span, datetime.now(UTC).date())
    tables = tuple(compile_tables(rulebook(chosen), day) for day in (old, new))
    changes, found = rule_changes(*tables), shifts(*tables)
    store = invocation.standing_store
    documents = changed(store.documents, chosen, old, new) if store else []
    if as_json:
        print_answer((old, new), documents, changes, found, tables)
    else:
        print_text((old, new), documents, changes, found, tables)
    return int(bool(found))


def days(span: str, today: date) -> tuple[date, date]:
    """The two days of a span. Raises CarnetError for what is no span, or one that goes backwards."""
    from carnet.policy.contexts import as_day  # noqa: PLC0415 - help does without

    old, dots, new = span.partition("..")
    if not dots or not old:
        raise CarnetError(f"{span!r} is no span of days; write OLD..NEW, such as 2026-04-22..2026-04-23")
    found = as_day(old, today), as_day(new or None, today)
    if found[0] > found[1]:
        raise CarnetError(f"{span}: the first day is later than the second; write {found[1]}..{found[0]}")
    return found


def changed(store: DocumentStore, pack: Pack, old: date, new: date) -> list[dict[str, object]]:
    """The pack's documents that read otherwise, with the lines that came and went."""
    from carnet.documents.compare import version_text  # noqa: PLC0415 - it pays for libgit2
    from carnet.documents.lines import numstat  # noqa: PLC0415
    from carnet.policy.effect_answers import changed_answer  # noqa: PLC0415
    from carnet.policy.history import changed_documents  # noqa: PLC0415

    return [
        changed_answer(one, *numstat(version_text(store, one.old), version_text(store, one.new)))
        for one in changed_documents(store, pack, old, new)
    ]


def print_answer(
    span: tuple[date, date],
    documents: Sequence[dict[str, object]],
    changes: RuleChanges,
    found: Sequence[Shift],
    tables: Sequence[Tables],
) -> None:
    from carnet.cli.printing import print_json  # noqa: PLC0415 - only --json needs it
    from carnet.policy.effect_answers import effect_answer, shift_answer  # noqa: PLC0415

    print_json(effect_answer(span, documents, changes, [shift_answer(one, tables) for one in found]))


def print_text(
    span: tuple[date, date],
    documents: Sequence[dict[str, object]],
    changes: RuleChanges,
    found: Sequence[Shift],
    tables: Sequence[Tables],
) -> None:
    from carnet.cli.printing import harmless  # noqa: PLC0415 - help does without
    from carnet.policy.effect_answers import shift_line  # noqa: PLC0415

    told = [f"{one['document']} +{one['added']} -{one['removed']}" for one in documents]
    click.echo(f"{span[0]} -> {span[1]}")
    click.echo(harmless(f"Documents  {', '.join(told) or 'none captured here reads otherwise'}"))
    print_rules("added", changes.added)
    print_rules("ended", changes.ended)
    print_rules("cites other sentences", changes.recited)
    click.echo("Effect")
    for one in found:
        click.echo(harmless(f"  {shift_line(one, tables)}"))
    if not found:
        click.echo("  none: no flow's verdict, recipients, retention, training or encryption changes in any context")


def print_rules(how: str, rules: Sequence[Rule]) -> None:
    from carnet.policy.effect_answers import own_rules  # noqa: PLC0415 - help does without

    for rule in own_rules(rules):
        click.echo(f"Rule {how}  {rule.id}  {rule.means}")
