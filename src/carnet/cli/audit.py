"""`carnet audit`: what leaves this machine, what decided it and where, and what is not as it seems."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, print_columns, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from carnet.agent.audit import Audit
    from carnet.agent.decided import Decided
    from carnet.agent.layout import Layout
    from carnet.agent.sources import Sources
    from carnet.model.machine import Machine

SYSTEMS = {"darwin": "darwin", "win32": "windows", "cygwin": "windows"}


@click.command()
@click.option("--home", "home", metavar="DIR", help="Home to read instead of this account's.")
@click.option("--managed", "managed", metavar="DIR", help="Folder of managed settings instead of the system's.")
@click.option("--project", "project", metavar="DIR", help="Folder the agent is started in (default: this one).")
@click.option("--as-of", "as_of", metavar="D", help="Rules of this day (default: today).")
@click.option("--facts", "facts_file", metavar="FILE", help="TOML file of facts no machine shows: tier, org.zdr, ...")
@click.option("--if", "given", metavar="FACT=VALUE", multiple=True, help="One such fact, or a different value.")
@click.option("--pack", "pack", metavar="P", default="claude-code", show_default=True, help="Which agent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-v", "--verbose", "verbose", is_flag=True, help="Also files, shadowed values, fixes in full.")
@click.option("--quiet", "quiet", is_flag=True, help="Only the summary line.")
def command(
    *,
    home: str | None,
    managed: str | None,
    project: str | None,
    as_of: str | None,
    facts_file: str | None,
    given: Sequence[str],
    pack: str,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> int:
    """Audit this machine: every flow's verdict, what decided it and where it is set, and findings.

    Reads the environment and the settings files of every layer, and writes nothing. Facts that
    no machine shows (account tier, the organisation's agreements) come from --facts or --if;
    without them what depends on them is unknown, which is never shown as off.

    Exit status: 0 nothing to do, 1 findings, 2 usage, 3 could not tell.
    """
    from carnet.policy.contexts import as_day  # noqa: PLC0415 - help does without

    now = datetime.now(UTC)
    day = as_day(as_of, now.date())
    facts = {**_facts_file(facts_file), **_supposed(given)}
    found = examine(pack, sources_here(home, managed, project), day, facts, now)
    if as_json:
        from carnet.agent.answers import audit_answer  # noqa: PLC0415

        print_json(audit_answer(found))
    elif quiet:
        click.echo(summary(found))
    else:
        show(found, Path(found.machine.home))
        if verbose:
            show_files(found)
    return 1 if found.actionable else 0


def examine(pack: str, sources: Sources, day: date, facts: Mapping[str, object], now: datetime) -> Audit:
    """Read and judge one machine."""
    from carnet.agent.audit import audit  # noqa: PLC0415 - help does without
    from carnet.agent.layout import layout  # noqa: PLC0415
    from carnet.agent.local_data import local_findings  # noqa: PLC0415
    from carnet.agent.machine import assuming, read_machine  # noqa: PLC0415
    from carnet.packs import named  # noqa: PLC0415
    from carnet.policy.compile import compile_tables  # noqa: PLC0415
    from carnet.policy.contexts import read_context  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    chosen = named(pack)
    known = layout(chosen)
    if known is None:
        raise CarnetError(f"the pack {pack} does not say where its agent keeps settings, so nothing can be audited")
    book = rulebook(chosen)
    version = facts.get("client_version")
    sources = with_policies(sources, known)
    machine = assuming(read_machine(sources, known, day, str(version) if version else None), known, facts)
    context = read_context({**machine.facts(), "as_of": day}, book, day)
    left = local_findings(sources.home, context.facts, now, pack)
    return audit(machine, known, compile_tables(book, day), context, left)


def sources_here(home: str | None, managed: str | None, project: str | None) -> Sources:
    """What of this machine is to be read: folders given on the command line, else this account's own."""
    from carnet.agent.sources import Sources  # noqa: PLC0415
    from carnet.settings import environment  # noqa: PLC0415

    environ = environment()
    return Sources(
        home=_folder(home, "--home") if home is not None else Path.home(),
        project=_folder(project, "--project") if project is not None else Path.cwd(),
        environ=environ,
        system=SYSTEMS.get(sys.platform, "linux"),
        managed=_folder(managed, "--managed") if managed is not None else None,
        user=environ.get("USER", ""),
        own_home=home is None,
    )


def _folder(text: str, option: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not text or not path.is_dir():
        raise CarnetError(f"{option} {text}: no such folder")
    return path


def with_policies(sources: Sources, layout: Layout) -> Sources:
    """Policies in the Windows registry, which no folder holds."""
    if sys.platform != "win32" or sources.managed is not None:
        return sources
    from dataclasses import replace  # noqa: PLC0415

    from carnet.agent.registry import policies  # noqa: PLC0415

    return replace(sources, policies=policies(layout.systems["windows"]))


def _facts_file(text: str | None) -> dict[str, object]:
    """Facts an administrator declares. Raises CarnetError naming the file."""
    if text is None:
        return {}
    import tomllib  # noqa: PLC0415

    from carnet.policy.facts import flatten  # noqa: PLC0415

    try:
        return flatten(tomllib.loads(Path(text).read_text("utf-8")))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CarnetError(f"--facts {text}: cannot be read as TOML: {reason}") from error


def _supposed(given: Sequence[str]) -> Mapping[str, object]:
    if not given:
        return {}
    from carnet.cli.supposing import overlay  # noqa: PLC0415

    return overlay(given)


def show(audit: Audit, home: Path) -> None:
    """The table, the findings, the summary."""
    click.echo(header(audit))
    click.echo()
    rows: list[tuple[str, ...]] = [("  flow", "verdict", "decided by", "where", "kept")]
    rows += [_row(one, home) for one in audit.decided]
    print_columns(rows)
    for finding in audit.findings:
        click.echo()
        click.echo(harmless(f"{finding.severity:6}  {finding.id}  {tilde(finding.where, home)}"))
        click.echo(harmless(f"        {tilde(finding.title, home)}"))
        click.echo(harmless(f"        fix: {finding.fix}"))
    click.echo()
    click.echo(summary(audit))


def header(audit: Audit) -> str:
    """Whose machine, which terms, the rules of which day."""
    facts = audit.context.facts
    tier = facts.get("tier")
    terms = {"free": "consumer", "pro": "consumer", "max": "consumer"}.get(str(tier), "commercial")
    told = f"{tier} tier, {terms} terms" if tier else "tier not known"
    where = f"provider {facts['provider']}" if facts.get("provider") else "provider not known"
    client = f", client {facts['client_version']}" if facts.get("client_version") else ""
    return f"{audit.pack} on this machine - {told}, {where}{client} - rules as of {audit.context.day}"


def _row(one: Decided, home: Path) -> tuple[str, ...]:
    where = ", ".join(tilde(origin, home) for origin in one.origins) or "-"
    return tuple(harmless(cell) for cell in (f"  {one.verdict.flow}", one.verdict.verdict, one.by, where, one.kept))


def summary(audit: Audit) -> str:
    """How much there is to read, and how to read on."""
    notes = len(audit.findings) - len(audit.actionable)
    parts = [_count(len(audit.actionable), "finding")]
    parts += [_count(notes, "note")] if notes else []
    parts += [f"{len(audit.unknown)} unknown"] if audit.unknown else []
    flow = next((v.flow for v in audit.unknown), None) or next((f.flows[0] for f in audit.findings if f.flows), None)
    return f"{', '.join(parts)}." + (f" Explain one: carnet explain {flow}" if flow else "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def show_files(audit: Audit) -> None:
    """Every file that was looked for, and every value that another one shadows."""
    home = Path(audit.machine.home)
    click.echo()
    rows = [(f"  {s.layer}", s.state, tilde(s.file, home), s.why) for s in audit.machine.sources]
    print_columns([[harmless(cell) for cell in row] for row in rows])
    for line in shadowed(audit.machine, home):
        click.echo(harmless(line))


def shadowed(machine: Machine, home: Path) -> list[str]:
    """One line for each value that does not count."""
    from carnet.agent.secrets import setting  # noqa: PLC0415

    return [
        f"  {setting(name, old.value)}  {tilde(old.place, home)}  shadowed by {tilde(located.place, home)}"
        for name, located in (*machine.env.items(), *machine.settings.items())
        for old in located.shadowed
    ]


def tilde(text: str, home: Path) -> str:
    """A text with the home's path as `~`."""
    return text.replace(f"{home}/", "~/")
