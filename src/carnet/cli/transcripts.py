"""`carnet transcripts`: what an agent left on this machine, and taking it away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.context import on_terminal
from carnet.cli.printing import print_columns, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.agent.transcripts import Faults
    from carnet.agent.transcripts_listing import Listing, Summary
    from carnet.agent.transcripts_places import Places
    from carnet.agent.transcripts_projects import Project
    from carnet.agent.transcripts_purge import Purged

UNITS = ("bytes", "KB", "MB", "GB", "TB")
MOST_PLACES = 100_000
"""Places of secrets that are listed; all are counted."""
SWEPT = {
    "age": "by age",
    "sweep": "at every cleanup",
    "newest": "all but the newest",
    "exit": "when the session ends",
    "logout": "at sign-out",
    "never": "never",
}


def where(command: Callable[..., object]) -> Callable[..., object]:
    """The options that say whose folder is meant."""
    for option in (
        click.option("--pack", metavar="P", default="claude-code", show_default=True, help="Whose agent."),
        click.option("--folder", type=click.Path(path_type=Path), metavar="DIR", help="The agent's folder itself."),
        click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="Another home than this one."),
    ):
        command = option(command)
    return command


@click.group()
def command() -> None:
    """List or take away what an agent left on this machine."""


@command.command("list")
@where
@click.option("--older-than", metavar="AGE", help="Age (30d) or day that counts as past the period.")
@click.option("--project", metavar="P", help="Only this project: its directory, or its folder's name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(
    home: Path | None, folder: Path | None, pack: str, older_than: str | None, project: str | None, *, as_json: bool
) -> None:
    """What lies in the agent's folder: how much, how old, and who takes it away."""
    from carnet.agent.transcripts_listing import listing, own_period  # noqa: PLC0415 - help does without

    lies, places = agent_folder(home, folder, pack)
    days = own_period(lies, places)
    before = cutoff(older_than, days, datetime.now(UTC))
    found = listing(lies, places, before.timestamp(), chosen_project(lies, places, project))
    if as_json:
        from carnet.agent.transcripts_answers import listing_answer  # noqa: PLC0415 - only --json needs it

        print_json(listing_answer(lies, days, before, found))
    else:
        _print_listing(lies, days, found)
    _end(found.faults, quiet=as_json)


@command.command()
@where
@click.option("--older-than", metavar="AGE", help="Age (30d, 12h) or day; default: the agent's own period.")
@click.option("--project", metavar="P", help="Only this project: its directory, or its folder's name.")
@click.option("--place", "named", metavar="ID", multiple=True, help="Only this place (see list); may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--force", is_flag=True, help="Also what was written in the last minutes.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def purge(
    home: Path | None,
    folder: Path | None,
    pack: str,
    older_than: str | None,
    project: str | None,
    named: tuple[str, ...],
    *,
    dry_run: bool,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take away what the agent's own cleanup leaves behind.

    A session goes as a whole, by the age of its newest file; prompts in the history go line by line.
    Settings, credentials and what people wrote are never touched, and no symbolic link is followed.
    """
    from carnet.agent import transcripts_purge as purging  # noqa: PLC0415 - help does without
    from carnet.agent.transcripts_listing import own_period  # noqa: PLC0415

    lies, places = agent_folder(home, folder, pack)
    now = datetime.now(UTC)
    before = cutoff(older_than, own_period(lies, places), now)
    choice = purging.Choice(
        before.timestamp(),
        float("inf") if force else now.timestamp() - purging.IN_USE,
        chosen_project(lies, places, project),
        frozenset(places.named(name).id for name in named),
    )
    done = purging.purge(lies, places, choice)
    if not dry_run and (done.files or done.lines):
        ask(done, lies, yes=yes)
        done = purging.purge(lies, places, choice, purging.REMOVE)
    _say_purged(lies, before, done, dry_run=dry_run, as_json=as_json)
    _end(done.faults, quiet=as_json)


@command.command()
@where
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--quiet", is_flag=True, help="Say nothing, unless something could not be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sweep(home: Path | None, folder: Path | None, pack: str, *, dry_run: bool, quiet: bool, as_json: bool) -> None:
    """Keep the period that the settings name (cleanupPeriodDays), without the agent and without asking: for cron.

    Takes away what the agent's own cleanup would, once it is older. The user's and managed settings count; where
    they cannot be read or do not count, nothing is taken away.

    Exit status: 0 done, 3 the period cannot be told, or a part could not be removed.
    """
    from carnet.agent.keeping.sweeping import sweep as sweep_folder  # noqa: PLC0415 - help does without
    from carnet.agent.transcripts_purge import COUNT, REMOVE  # noqa: PLC0415

    lies, places = agent_folder(home, folder, pack)
    now = datetime.now(UTC)
    before = cutoff(None, kept_days(home, folder, pack), now)
    done = sweep_folder(lies, places, (now - before).days, now.timestamp(), COUNT if dry_run else REMOVE)
    if as_json or not quiet:
        _say_purged(lies, before, done, dry_run=dry_run, as_json=as_json)
    _end(done.faults, quiet=as_json)


def kept_days(home: Path | None, folder: Path | None, pack: str) -> int:
    """Days that the user's and managed settings keep transcripts. Raises PeriodError where they do not tell."""
    from dataclasses import replace  # noqa: PLC0415 - help does without

    from carnet.agent.keeping.sweeping import period  # noqa: PLC0415
    from carnet.agent.layout import layout  # noqa: PLC0415
    from carnet.agent.machine import read_machine  # noqa: PLC0415
    from carnet.cli.here import sources_here, with_policies  # noqa: PLC0415
    from carnet.packs import named  # noqa: PLC0415

    lies, places = agent_folder(home, folder, pack)
    known = layout(named(pack))
    if known is None:
        return places.period_days
    sources = sources_here(str(home) if home is not None else None, None, str(home or Path.home()))
    if folder is not None:
        environ = {**sources.environ, known.files.folder_variable: str(lies.absolute())}
        sources = replace(sources, environ=environ, own_home=True)
    return period(read_machine(with_policies(sources, known), known, datetime.now(UTC).date()), places)


@command.command()
@where
@click.option("--project", metavar="P", help="Only this project: its directory, or its folder's name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def secrets(home: Path | None, folder: Path | None, pack: str, project: str | None, *, as_json: bool) -> int:
    """Search everything that was said for secrets of known shapes: where they stand, never what they are.

    Exit status: 0 none found, 1 some, 3 a part could not be read.
    """
    from carnet.agent.local_data import search_folder  # noqa: PLC0415 - help does without
    from carnet.agent.secrets_scan import Sought  # noqa: PLC0415
    from carnet.agent.transcripts_places import shown  # noqa: PLC0415

    lies, places = agent_folder(home, folder, pack)
    sought = Sought(most=MOST_PLACES)
    faults = search_folder(lies, places, chosen_project(lies, places, project), sought)
    if as_json:
        from carnet.agent.transcripts_answers import sought_answer  # noqa: PLC0415 - only --json needs it

        print_json(sought_answer(lies, sought, faults))
    else:
        print_columns([[title, f"{shown(path)}:{line}"] for path, line, title in sought.places])
        found = sum(sought.counts.values())
        click.echo(f"{found:,} places, {sought.different:,} different secrets in {sought.files:,} files.")
    _end(faults, quiet=as_json)
    return 1 if sought.counts else 0


def agent_folder(home: Path | None, folder: Path | None, pack: str) -> tuple[Path, Places]:
    """The agent's folder: named itself, or by the variable for it, or in a home."""
    from carnet.agent.transcripts_places import read_places  # noqa: PLC0415 - help does without
    from carnet.packs import named  # noqa: PLC0415
    from carnet.settings import environment  # noqa: PLC0415

    places = read_places(named(pack).folder)
    if folder is not None:
        return folder, places
    told = environment().get(places.variable) if home is None else None
    return Path(told) if told else (home or Path.home()) / places.folder, places


def chosen_project(folder: Path, places: Places, project: str | None) -> Project | None:
    from carnet.agent.transcripts_projects import find_project  # noqa: PLC0415 - most calls name none

    return None if project is None else find_project(folder, places, project, Path.cwd())


def cutoff(text: str | None, days: int, now: datetime) -> datetime:
    """The instant before which things are old: an age, or a day (its beginning, UTC)."""
    from carnet.settings import parse_duration  # noqa: PLC0415

    try:
        return now - (timedelta(days=days) if text is None else parse_duration(text))
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
    except ValueError:
        return _day(text or "")


def _day(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CarnetError(f"--older-than {text!r} is neither an age such as 30d or 12h nor a day") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def ask(done: Purged, folder: Path, *, yes: bool) -> None:
    """What is taken away cannot be brought back: ask on a terminal, want --yes elsewhere."""
    what = f"Delete {amount(done)} from {folder}"
    if not yes and not on_terminal():
        raise CarnetError(f"{what}. This cannot be undone; give --yes to do it, or --dry-run to look first")
    if not yes:
        click.confirm(f"{what}? This cannot be undone", abort=True)


def amount(done: Purged) -> str:
    parts = [f"{done.files:,} file{'' if done.files == 1 else 's'}"] if done.files or not done.lines else []
    if done.lines:
        parts.append(f"{done.lines:,} typed prompt{'' if done.lines == 1 else 's'}")
    return f"{' and '.join(parts)} ({size(done.bytes)})"


def size(number: int) -> str:
    """A number of bytes as people read it."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number:,} bytes" if unit == 0 else f"{value:.1f} {UNITS[unit]}"


def _print_listing(folder: Path, days: int, found: Listing) -> None:
    from carnet.agent.transcripts_places import shown  # noqa: PLC0415

    rows = [_row(summary) for summary in found.summaries.values()]
    total = sum(summary.all.bytes for summary in found.summaries.values())
    click.echo(
        f"{shown(str(folder))}: {size(total)}; the agent's own cleanup keeps {days} days, and runs only with it\n"
    )
    print_columns([["place", "files", "size", "oldest", "newest", "past the period", "swept", "what"], *rows])


def _row(summary: Summary) -> list[str]:
    past, lines = summary.past, summary.past.lines
    return [
        summary.place.id,
        f"{summary.all.files:,}",
        size(summary.all.bytes),
        _date(summary.oldest),
        _date(summary.newest),
        "-" if not (past.files or lines) else f"{past.files or lines:,}{' lines' if lines else ''}, {size(past.bytes)}",
        SWEPT[summary.place.swept],
        summary.place.title,
    ]


def _date(at: float | None) -> str:
    from carnet.agent.transcripts_answers import instant_of  # noqa: PLC0415

    return "-" if (told := instant_of(at)) is None else told[:10]


def _say_purged(folder: Path, before: datetime, done: Purged, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        from carnet.agent.transcripts_answers import purged_answer  # noqa: PLC0415 - only --json needs it

        print_json(purged_answer(folder, before, done, dry_run=dry_run))
        return
    for name, count in done.gone.items():
        many = f"{count.lines:,} lines" if count.lines else f"{count.files:,} files"
        click.echo(f"  {name}: {many}, {size(count.bytes)}")
    click.echo(f"{'Would delete' if dry_run else 'Deleted'} {amount(done)} older than {before:%Y-%m-%d %H:%M} UTC.")
    for reason, count in done.left.items():
        click.echo(f"Left {count.files:,} files ({size(count.bytes)}): {reason}.")


def _end(faults: Faults, *, quiet: bool) -> None:
    """Name what could not be done; the status says that the answer is not whole."""
    if not faults.count:
        return
    if not quiet:
        for fault in faults.named:
            click.echo(f"carnet: {fault.path}: {fault.why}", err=True)
    raise CouldNotError(f"{faults.count:,} places could not be read or removed; the rest went on")


class CouldNotError(CarnetError):
    """Raised when part of the folder could not be read or removed."""

    exit_code = 3
