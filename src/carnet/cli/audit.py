"""`carnet audit`: what leaves this machine, what decided it and where, and what is not as it seems."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.agent.audit import Audit
    from carnet.agent.sources import Sources
    from carnet.model.want import Want


@click.command()
@click.option("--home", metavar="DIR", help="Home to read instead of this account's.")
@click.option("--managed", metavar="DIR", help="Folder of managed settings instead of the system's.")
@click.option("--project", metavar="DIR", help="Folder the agent is started in (default: this one).")
@click.option("--as-of", "as_of", metavar="D", help="Rules of this day (default: today).")
@click.option("--want", "want_file", metavar="FILE", help="What the organisation wants (TOML).")
@click.option("--facts", "declared", metavar="FILE", help="Facts no machine shows (TOML): tier, org.zdr, ...")
@click.option("--if", "given", metavar="FACT=VALUE", multiple=True, help="One such fact, or a different value.")
@click.option("--pack", metavar="P", default="claude-code", show_default=True, help="Which agent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--sarif", "sarif_file", metavar="FILE", help="Write findings as SARIF 2.1; the page goes to stderr.")
@click.option("-v", "--verbose", "verbose", is_flag=True, help="Also every file and every shadowed value.")
@click.option("--quiet", is_flag=True, help="Only the summary line.")
def command(
    *,
    home: str | None,
    managed: str | None,
    project: str | None,
    as_of: str | None,
    want_file: str | None,
    declared: str | None,
    given: Sequence[str],
    pack: str,
    as_json: bool,
    sarif_file: str | None,
    verbose: bool,
    quiet: bool,
) -> int:
    """Audit this machine: every flow's verdict, what decided it and where it is set, and findings.

    Reads the environment and the settings files of every layer, and changes none. Facts that
    no machine shows (account tier, the organisation's agreements) come from --facts or --if;
    without them what depends on them is unknown, which is never shown as off.

    Exit status: 0 nothing to do, 1 findings, 2 usage, 3 could not tell (a flow that --want names is unknown).
    """
    from carnet.cli.here import facts_file, sources_here, supposed  # noqa: PLC0415 - help does without

    if as_json and sarif_file is not None:
        raise CarnetError("--json and --sarif are two answers; ask for one")
    facts = {**facts_file(declared), **supposed(given)}
    found = examine(pack, sources_here(home, managed, project), as_of, facts, want_file)
    if as_json:
        from carnet.agent.answers import audit_answer  # noqa: PLC0415

        print_json(audit_answer(found))
    else:
        _print(found, verbose=verbose, quiet=quiet, beside=sarif_file is not None)
    if sarif_file is not None:
        _write_sarif(found, sarif_file)
    return _status(found)


def examine(
    pack: str, sources: Sources, as_of: str | None, facts: Mapping[str, object], want_file: str | None = None
) -> Audit:
    """Read and judge one machine."""
    from carnet.agent.audit import audit  # noqa: PLC0415 - help does without
    from carnet.agent.layout import layout  # noqa: PLC0415
    from carnet.agent.local_data import local_findings  # noqa: PLC0415
    from carnet.agent.machine import assuming, read_machine  # noqa: PLC0415
    from carnet.agent.sources import folder  # noqa: PLC0415
    from carnet.cli.here import with_policies  # noqa: PLC0415
    from carnet.packs import named  # noqa: PLC0415
    from carnet.policy.compile import compile_tables  # noqa: PLC0415
    from carnet.policy.contexts import as_day, read_context  # noqa: PLC0415
    from carnet.policy.rulebook import rulebook  # noqa: PLC0415

    now = datetime.now(UTC)
    day = as_day(as_of, now.date())
    chosen = named(pack)
    known = layout(chosen)
    if known is None:
        raise CarnetError(f"the pack {pack} does not say where its agent keeps settings, so nothing can be audited")
    book = rulebook(chosen)
    want = _want(want_file, [flow.id for flow in book.flows])
    version = facts.get("client_version")
    sources = with_policies(sources, known)
    machine = assuming(read_machine(sources, known, day, str(version) if version else None), known, facts)
    context = read_context({**machine.facts(), "as_of": day}, book, day)
    left = local_findings(folder(sources, known), context.facts, now, pack)
    return audit(machine, known, compile_tables(book, day), context, left, want)


def _want(file: str | None, flows: Sequence[str]) -> Want | None:
    if file is None:
        return None
    from carnet.agent.want import read_want  # noqa: PLC0415

    return read_want(Path(file), flows)


def _print(audit: Audit, *, verbose: bool, quiet: bool, beside: bool) -> None:
    from carnet.cli.audit_table import details, page, summary  # noqa: PLC0415

    lines = [summary(audit)] if quiet else [*page(audit), *(details(audit) if verbose else [])]
    click.echo("\n".join(lines), err=beside)


def _write_sarif(audit: Audit, file: str) -> None:
    import json  # noqa: PLC0415

    from carnet.agent.sarif import sarif  # noqa: PLC0415

    text = json.dumps(sarif(audit), indent=2) + "\n"
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        raise CarnetError(f"--sarif {file}: cannot be written: {error.strerror or error}") from error


def _status(audit: Audit) -> int:
    from carnet.agent.want_compare import UNKNOWN  # noqa: PLC0415

    if any(finding.id == UNKNOWN for finding in audit.findings):
        return 3
    return 1 if audit.actionable else 0
