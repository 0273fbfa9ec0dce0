"""`carnet records`: what is kept, until when, and taking it away."""

from __future__ import annotations

import click

from carnet.cli import records_change, records_clock, records_keep, records_list, records_put, records_receipts


@click.group()
def command() -> None:
    """What is kept: sealed, for as long as the rules say, and provably gone afterwards."""


for _command in (
    records_put.put,
    records_list.list_,
    records_list.show,
    records_list.stats,
    records_list.export,
    records_change.delete,
    records_change.hold,
    records_change.release,
    records_receipts.receipts,
    records_keep.expire,
    records_keep.rotate,
    records_keep.verify,
    records_clock.clock,
):
    command.add_command(_command)
