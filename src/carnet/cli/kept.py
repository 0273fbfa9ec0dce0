"""What the commands about records share: store and keys, options that say which, a process that leaves no dump."""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import click
from click.core import ParameterSource

from carnet.cli.context import on_terminal
from carnet.records.dumps import leave_no_dump

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from carnet.cli.context import Invocation
    from carnet.model.record import Scope
    from carnet.records.keyring import Keyring
    from carnet.stores.records_contract import RecordStore

F = TypeVar("F", bound="Callable[..., object]")
# A name may hold what would steer a terminal, turn its text around, or begin a line of its own.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Records:
    """The store of records with its keys, opened when they are needed."""

    invocation: Invocation

    @cached_property
    def store(self) -> RecordStore:
        leave_no_dump()
        return self.invocation.store.records

    @cached_property
    def keyring(self) -> Keyring:
        from carnet.records.keyring import Keyring  # noqa: PLC0415 - it pays for the cryptography

        return Keyring(self.store)

    @property
    def idle(self) -> timedelta:
        return self.invocation.settings.duration("records.idle")

    def scope(self, org: str, account: str, session: str, repository: str) -> Scope:
        from carnet.records.scoping import scope_of  # noqa: PLC0415

        return scope_of(self.store, org, account, session, repository)

    def resumed(self, now: datetime) -> None:
        """Finish what another process began and did not end, before anything new is begun."""
        from carnet.records.keeping import resume  # noqa: PLC0415
        from carnet.records.spool import waits  # noqa: PLC0415
        from carnet.records.surveying import Unread  # noqa: PLC0415
        from carnet.records.surveying import told as words  # noqa: PLC0415

        self.keyring.root()  # proved before anything is destroyed
        if self.store.catalogue.works() or waits(self.store.spool):
            unread = list[Unread]()
            for receipt in resume(self.store, self.keyring, now, unread):
                click.echo("A deletion that had been cut short is finished. Its receipt:", err=True)
                click.echo(json.dumps(dict(receipt.answer)), err=True)
            if unread:
                click.echo(f"carnet: what was begun before is not finished yet: {told(words(unread))}", err=True)


def said(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """An option that a script gave without a value would mean everybody's, or ask for less than was meant."""
    given = context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    if given and not value.strip():
        raise click.BadParameter("it is empty; say which is meant, or leave it out", context, parameter)
    return value


def scoped(function: F) -> F:
    """Options that say which records are meant."""
    for option in (
        click.option("--repository", default="", callback=said, metavar="R", help="Only this repository."),
        click.option("--org", default="", callback=said, metavar="NAME", help="Only this organisation."),
        click.option("--account", default="", callback=said, metavar="EMAIL", help="Only this account."),
        click.option("--session", default="", callback=said, metavar="S", help="Only this session."),
    ):
        function = option(function)
    return function


def sure(question: str, *, yes: bool) -> None:
    """Ask whoever sits at a terminal; a script has said what it wants."""
    if not yes and on_terminal() and sys.stdin.isatty():
        click.confirm(f"{question} This cannot be undone. Go on?", abort=True)


def told(name: object) -> str:
    """A name as it may stand in a line of output: it looks like nothing but a name."""
    return _STEERING.sub("\ufffd", str(name))


def typed(name: object) -> str:
    """A name as it is typed in a command that somebody may copy into a shell."""
    return shlex.quote(told(name))


def counted(number: int, noun: str, several: str = "") -> str:
    """1 record; 1,203 records."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def moment(written: object) -> str:
    """An instant of a JSON answer as people read it: 2026-11-26 12:22:08 UTC."""
    return f"{str(written)[:19].replace('T', ' ')} UTC"


def size_words(number: int) -> str:
    """Bytes as people read them: 812 B, 5.1 kB, 20 MB."""
    if number < 1000:
        return f"{number} B"
    size, unit = float(number), ""
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007 - the last one is used
        size /= 1000
        if size < 1000:
            break
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"
