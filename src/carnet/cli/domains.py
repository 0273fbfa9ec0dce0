"""`carnet domains`: whether a host may be fetched from, and the lists that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, print_columns, print_json
from carnet.cli.rounds import now
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.gateway.domains.shelf import Shelf, Shelved


@click.group()
def command() -> None:
    """Which hosts may be fetched from: ask about one, look at the lists.

    The same is answered to agents by GET /api/web/domain_info?domain=HOST on the web port.
    """


@command.command()
@click.argument("host", metavar="HOST")
@click.option("--org", default="", metavar="NAME", help="With the lists of this organisation, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(invocation: Invocation, host: str, org: str, *, as_json: bool) -> int:
    """Say whether a host may be fetched from, why, and which line of which list decided.

    Exit status: 0 it may, 1 it may not, 2 this is no host name, 3 a list cannot be read.
    """
    from carnet.gateway.domains.judging import Book, decide  # noqa: PLC0415 - help does without
    from carnet.gateway.domains.lists import ListError  # noqa: PLC0415
    from carnet.model.host import read_host  # noqa: PLC0415

    try:
        asked = read_host(host)
    except ValueError as error:
        raise CarnetError(f"HOST: {error}") from None
    try:
        found = decide(asked, Book.of(_shelf(invocation).lists(), org))
    except ListError as error:
        raise UnreadableError(str(error)) from None
    if as_json:
        answer = {"domain": host, "can_fetch": found.can_fetch, "name": asked.name, "reason": found.reason}
        print_json({**answer, "why": found.words, "decided_by": found.place or None})
    else:
        verdict = "may be fetched from" if found.can_fetch else "may not be fetched from"
        click.echo(f"{asked.shown} {verdict}: {found.words} ({found.reason})")
        if found.place:
            click.echo(f"  {harmless(found.place)}")
    return 0 if found.can_fetch else 1


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def lists(invocation: Invocation, *, as_json: bool) -> int:
    """Read every list and say what it holds, or what is wrong with it.

    Exit status: 0 all can be read, 3 one cannot.
    """
    shelved = _shelf(invocation).refresh()
    if as_json:
        from carnet.web.pages.domains import list_answer  # noqa: PLC0415 - only --json needs it

        print_json({"lists": [list_answer(one) for one in shelved]})
    elif shelved:
        print_columns([["for", "of", "format", "names", "memory", "read in", "file"], *map(_row, shelved)])
    else:
        click.echo("No lists yet. The setting intake.domains.lists (CARNET_DOMAINS_LISTS) names files.")
    faults = [one.fault for one in shelved if one.fault]
    for fault in faults if not as_json else ():
        click.echo(f"carnet: {harmless(fault)}", err=True)
    return 3 if faults else 0


def _shelf(invocation: Invocation) -> Shelf:
    from carnet.gateway.domains.shelf import Shelf  # noqa: PLC0415

    return Shelf.of(invocation.settings, now, lambda _: None)


def _row(one: Shelved) -> list[str]:
    found, wanted = one.list, one.wanted
    told = (
        [found.form, f"{found.names.count:,}", f"{found.names.bytes / 1e6:.1f} MB", f"{found.seconds:.1f} s"]
        if found
        else ["-", "-", "-", "-"]
    )
    return [wanted.role, wanted.organisation or "everybody", *told, harmless(str(wanted.path))]


class UnreadableError(CarnetError):
    """Raised when a list cannot be read, so that nothing can be told."""

    exit_code = 3
