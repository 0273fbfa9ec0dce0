"""`carnet fix`: the change of the user's settings that makes the verdicts as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.context import on_terminal
from carnet.cli.printing import harmless, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from carnet.agent.fix import Change, Plan
    from carnet.agent.fix_files import Target
    from carnet.agent.layout import Layout
    from carnet.agent.sources import Sources
    from carnet.model.machine import Machine
    from carnet.model.want import Want
    from carnet.packs import Pack
    from carnet.policy.compile import Tables
    from carnet.policy.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Bench:
    """What a change is planned and proved with."""

    pack: Pack
    layout: Layout
    sources: Sources
    day: date
    facts: Mapping[str, object]
    """Facts that no machine shows."""
    book: Rulebook
    tables: Tables

    @property
    def version(self) -> str | None:
        told = self.facts.get("client_version")
        return str(told) if told else None


@click.command()
@click.option("--want", "want_file", type=click.Path(path_type=Path), metavar="FILE", help="The policy (TOML).")
@click.option("--home", metavar="DIR", help="Home to change instead of this account's.")
@click.option("--managed", metavar="DIR", help="Folder of managed settings instead of the system's.")
@click.option("--project", metavar="DIR", help="Folder the agent is started in (default: this one).")
@click.option("--as-of", "as_of", metavar="D", help="Rules of this day (default: today).")
@click.option(
    "--if", "given", metavar="FACT=VALUE", multiple=True, help="A fact that no machine shows, such as tier=pro."
)
@click.option("--pack", metavar="P", default="claude-code", show_default=True, help="Which agent.")
@click.option("--write", "write_it", is_flag=True, help="Apply the change, with a backup beside the file.")
@click.option("--follow", "follow_it", is_flag=True, help="Change the file though a link leads out of the home.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    want_file: Path | None,
    home: str | None,
    managed: str | None,
    project: str | None,
    as_of: str | None,
    given: Sequence[str],
    pack: str,
    write_it: bool,
    follow_it: bool,
    as_json: bool,
) -> int:
    """Print the change of the user's settings file that makes the verdicts as wanted.

    The smallest set of controls is chosen, a flow's own before one that does more; what else they
    change is named. Without --want, opt-outs are repaired that do not do what their owner thinks.
    Nothing is written without --write.

    Exit status: 0 nothing to change, or written and as wanted; 1 a change is printed; 2 usage;
    3 something wanted is out of this file's reach.
    """
    from carnet.agent.fix_files import find_target, patch, write  # noqa: PLC0415 - help does without
    from carnet.agent.sources import folder  # noqa: PLC0415

    now = datetime.now(UTC)
    bench = _bench(pack, (home, managed, project), as_of, given, now)
    file = folder(bench.sources, bench.layout) / bench.layout.files.user
    target = find_target(file, bench.sources.home, frozenset({file}) if follow_it else frozenset())
    plan, text = _planned(bench, file, target, want_file)
    changed = text != target.text
    shown = patch(target, text) if changed else ""
    backup = write(target, text, now) if changed and write_it else None
    if as_json:
        print_json(_answer(file, plan, shown, written=changed and write_it, backup=backup))
    else:
        _say(file, plan, shown, written=changed and write_it, backup=backup)
    return 3 if plan.unreachable else 1 if changed and not write_it else 0


def _bench(
    pack: str,
    folders: tuple[str | None, str | None, str | None],
    as_of: str | None,
    given: Sequence[str],
    now: datetime,
) -> Bench:
    from carnet.agent.layout import layout  # noqa: PLC0415 - help does without
    from carnet.cli.here import sources_here, with_policies  # noqa: PLC0415
    from carnet.cli.supposing import overlay  # noqa: PLC0415
    from carnet.packs import named  # noqa: PLC0415
    from carnet.policy.compile import compile_tables  # noqa: PLC0415
    from carnet.policy.contexts import as_day  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    chosen = named(pack)
    known = layout(chosen)
    if known is None:
        raise CarnetError(f"the pack {pack} does not say where its agent keeps settings, so nothing can be changed")
    day = as_day(as_of, now.date())
    book = rulebook(chosen)
    sources = with_policies(sources_here(*folders), known)
    return Bench(chosen, known, sources, day, overlay(given), book, compile_tables(book, day))


def _planned(bench: Bench, file: Path, target: Target, want_file: Path | None) -> tuple[Plan, str]:
    """The plan, and the file's text after it; what the text cannot bring about is in the plan's `unreachable`."""
    from carnet.agent.fix import plan  # noqa: PLC0415 - help does without
    from carnet.agent.fix_proof import changed_text  # noqa: PLC0415
    from carnet.agent.want import read_want  # noqa: PLC0415

    mends, text = _mended(bench, file, target.text)
    machine = _machine(bench, file, text)
    if want_file is None:
        want = _own_wishes(bench, machine)
    else:
        want = read_want(want_file, [flow.id for flow in bench.book.flows])
    found = plan(bench.tables, machine, _facts(bench, machine), want)
    text = changed_text(text, found.changes, str(file))
    return _proved(bench, file, text, want, _with(found, mends)), text


def _mended(bench: Bench, file: Path, text: str) -> tuple[list[Change], str]:
    """The file's text without any key that voids it: a key may come to light only when another is gone."""
    from carnet.agent.fix_proof import changed_text, repairs  # noqa: PLC0415

    taken: list[Change] = []
    machine = _machine(bench, file, None)
    while mends := [one for one in repairs(machine, file) if one not in taken]:
        text = changed_text(text, mends, str(file))
        taken += mends
        machine = _machine(bench, file, text)
    return taken, text


def _with(plan: Plan, mends: Sequence[Change]) -> Plan:
    from dataclasses import replace  # noqa: PLC0415

    return replace(plan, changes=(*mends, *plan.changes))


def _machine(bench: Bench, file: Path, text: str | None) -> Machine:
    """The machine as it is, or as it would be with another text in the file."""
    from carnet.agent.fix_proof import machine_with  # noqa: PLC0415
    from carnet.agent.machine import assuming, read_machine  # noqa: PLC0415

    if text is None:
        machine = read_machine(bench.sources, bench.layout, bench.day, bench.version)
    else:
        machine = machine_with(bench.sources, bench.layout, bench.day, bench.version, (file, text))
    return assuming(machine, bench.layout, bench.facts)


def _facts(bench: Bench, machine: Machine) -> Mapping[str, object]:
    from carnet.policy.contexts import read_context  # noqa: PLC0415

    return read_context({**machine.facts(), "as_of": bench.day}, bench.book, bench.day).facts


def _own_wishes(bench: Bench, machine: Machine) -> Want:
    from carnet.agent.audit import audit  # noqa: PLC0415
    from carnet.agent.fix_proof import own_wishes  # noqa: PLC0415
    from carnet.policy.contexts import Context  # noqa: PLC0415

    context = Context(bench.day, _facts(bench, machine))
    return own_wishes(audit(machine, bench.layout, bench.tables, context).findings)


def _proved(bench: Bench, file: Path, text: str, want: Want, plan: Plan) -> Plan:
    """The plan, with whatever a fresh look at the machine as it would be still finds not as wanted."""
    from dataclasses import replace  # noqa: PLC0415

    from carnet.agent.want_compare import compare_want  # noqa: PLC0415
    from carnet.policy.resolve import resolve  # noqa: PLC0415

    machine = _machine(bench, file, text)
    verdicts = resolve(bench.tables, _facts(bench, machine))
    found = compare_want(want, verdicts, machine, bench.book.controls)
    told = " ".join(plan.unreachable)
    more = tuple(f"{one.title} {one.fix}" for one in found if not any(f"{flow} stays" in told for flow in one.flows))
    return replace(plan, unreachable=(*plan.unreachable, *more))


def _say(file: Path, plan: Plan, patch: str, *, written: bool, backup: Path | None) -> None:
    # what a program applies stays as it is, carriage returns included; what a person reads steers no terminal
    shown = harmless(patch) if on_terminal() else patch
    click.echo(shown or "Nothing to change.", nl=not patch)
    for effect in plan.effects:
        click.echo(harmless(f"side effect of {effect.by}: {effect.what}"), err=True)
    for one in plan.unreachable:
        click.echo(harmless(f"not reached: {one}"), err=True)
    if written:
        kept = f"; as it was: {backup}" if backup is not None else ""
        click.echo(harmless(f"Written {file}{kept}"), err=True)
    elif patch:
        click.echo("Nothing was written; --write applies it.", err=True)


def _answer(file: Path, plan: Plan, patch: str, *, written: bool, backup: Path | None) -> dict[str, object]:
    from carnet.agent.transcripts_places import shown  # noqa: PLC0415

    return {
        "file": shown(str(file)),
        "patch": patch,
        "changes": [
            {"key": ".".join(one.path), "value": one.value, "remove": one.value is None} for one in plan.changes
        ],
        "effects": [{"by": one.by, "what": one.what} for one in plan.effects],
        "unreachable": list(plan.unreachable),
        "written": written,
        "backup": None if backup is None else shown(str(backup)),
    }
