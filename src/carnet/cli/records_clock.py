"""`carnet records clock`: the latest instant that has been, and taking it back where the clock was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, counted
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation


@click.command()
@click.option("--reset", is_flag=True, help="Take the present for right: the clock had been ahead.")
@click.option("--reason", default="", metavar="TEXT", help="With --reset: why; it is recorded.")
@click.pass_obj
def clock(invocation: Invocation, reason: str, *, reset: bool) -> None:
    """Tell the latest instant that has been; put it right.

    Before it nothing is kept, ended or deleted.

    Where this machine's clock was once far ahead, everything would wait until then. --reset takes the present for
    right from now on; that it was done, and why, is written into the log. It changes no record: those that were dated
    later than now are counted, and end when their dates say.
    """
    from carnet.records.clock import dated_later  # noqa: PLC0415 - help does without
    from carnet.records.clock import reset as put_right  # noqa: PLC0415

    if reset != bool(reason.strip()):
        raise click.UsageError("give both --reset and --reason TEXT, or neither")
    records, at = Records(invocation), now()
    if reset:
        last = put_right(records.store, records.keyring, at, reason.strip())
        click.echo(f"{last:%Y-%m-%d %H:%M:%S} UTC is taken back; from now on it is {at:%Y-%m-%d %H:%M:%S} UTC.")
    else:
        last = records.store.catalogue.clock() or at
        click.echo(f"The latest instant that has been: {last:%Y-%m-%d %H:%M:%S} UTC; now: {at:%Y-%m-%d %H:%M:%S} UTC.")
    late = dated_later(records.store, at)
    if late:
        click.echo(f"  {counted(late, 'record')} of later dates: kept as long as those say, unless deleted.")
