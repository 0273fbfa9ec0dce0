"""`carnet records expire|rotate|verify`: the keeper's round, other keys, and whether all is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.context import Invocation
from carnet.cli.kept import Records, counted, said, told
from carnet.cli.printing import print_json
from carnet.cli.records_receipts import print_receipt, read_receipt
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.records.keeping import Round
    from carnet.stores.records_contract import RecordStore


@click.command()
@click.option("--now", "due", metavar="T", help="End what would be due then (of a date: at the end of it).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def expire(invocation: Invocation, due: str | None, *, as_json: bool) -> None:
    """End what is due: one round of the keeper.

    Finishes what was begun, too, packs what rests, and takes away what a crash left. carnet serve does all that by
    itself.
    """
    from carnet.documents.instants import parse_instant  # noqa: PLC0415 - help does without
    from carnet.records.keeping import keep  # noqa: PLC0415
    from carnet.records.surveying import refuse_unread  # noqa: PLC0415

    records = Records(invocation)
    standing = _sizes(records.store)
    done = keep(records.store, records.keyring, now(), records.idle, None if due is None else parse_instant(due))
    ended = done.ended.records + sum(standing.get(name, 0) for name in done.ended.partitions)
    if as_json:
        print_json(
            {
                "partitions": list(done.ended.partitions),
                "records": ended,
                "erased": [dict(one.answer) for one in done.receipts],
                "packed": done.packed,
                "swept": done.swept,
            }
        )
    else:
        _tell(done, ended)
    refuse_unread(done.unread, "the rest was attended to")


def _tell(done: Round, ended: int) -> None:
    dropped = f"; partitions dropped whole: {', '.join(done.ended.partitions)}" if done.ended.partitions else ""
    click.echo(f"Ended and gone: {counted(ended, 'record')}{dropped}." if ended or dropped else "Nothing was due.")
    for receipt in done.receipts:
        click.echo("What had been asked for before is done:")
        print_receipt(receipt, as_json=False)
    if done.packed or done.swept:
        left = f", {counted(done.swept, 'remnant')} of a crash removed" if done.swept else ""
        click.echo(f"  {counted(done.packed, 'object')} packed{left}.")


def _sizes(store: RecordStore) -> dict[str, int]:
    """Records by partition that can be read: of one that is dropped whole nothing is left to count."""
    from carnet.records.surveying import asked  # noqa: PLC0415

    sizes = asked(store, lambda where: sum(row.records for row in where.tallies()), [])
    return {partition.name: records for partition, records in sizes}


@click.command()
@click.option("--org", "org", default="", metavar="NAME", help="Give this organisation a new key.")
@click.option("--root", is_flag=True, help="Make a new root key; the root key's file is replaced.")
@click.pass_obj
def rotate(invocation: Invocation, org: str, *, root: bool) -> None:
    """Change keys while everything goes on.

    All keys below are wrapped by the new one, and the old one is destroyed. No record is touched.
    """
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records import rotating  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    if bool(org) == root:
        raise click.UsageError("give either --org NAME or --root")
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    if root:
        records.keyring.rotate_root()
        click.echo(
            "A new root key is in place; the old one opens nothing here any more. Copy the new one to its safe place."
        )
        return
    records.resumed(at)
    organisation = organisation_named(records.store.directory, org)
    work = rotating.begin(records.store, records.keyring, organisation.id, at)
    number = rotating.rotate(records.store, records.keyring, work, at)
    keys = counted(number, "session key")
    click.echo(f"{told(organisation.name)} has a new key; {keys} wrapped anew, and the old one is destroyed.")


@click.command()
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Check this receipt; needs no store.")
@click.option(
    "--key",
    default="",
    callback=said,
    metavar="KEY",
    help="With --receipt: the log's key, as you know it from elsewhere.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(ctx: click.Context, receipt: Path | None, key: str, *, as_json: bool) -> None:
    """Check that everything is as it was written.

    The log, every object, row and seal; exit status 1 names what is wrong. With --receipt:
    that what it says is what the log of its key committed to.
    """
    if key and not receipt:
        raise click.UsageError("--key is for --receipt FILE")
    found, good = _receipt(receipt, key) if receipt else _store(ctx.ensure_object(Invocation))
    if as_json:
        print_json({"faults": found})
    else:
        for fault in found:
            click.echo(told(fault))
        click.echo(f"{counted(len(found), 'fault')}." if found else good)
    ctx.exit(1 if found else 0)


def _store(invocation: Invocation) -> tuple[list[str], str]:
    from carnet.records.chronicle import NAME  # noqa: PLC0415
    from carnet.records.verifying import faults  # noqa: PLC0415

    records = Records(invocation)
    store = records.store
    if store.catalogue.partitions() or store.catalogue.fact(NAME):
        records.keyring.root()  # without the right one nothing can be told, of anything
    found = list(faults(store, records.keyring))
    if found:
        return found, ""
    sizes = _sizes(store)
    checked = f"{counted(sum(sizes.values()), 'record')}, {counted(store.catalogue.size(), 'log entry', 'log entries')}"
    return found, f"All is as it was written: {checked}."


def _receipt(file: Path, key: str) -> tuple[list[str], str]:
    from carnet.records.receipts import receipt_faults  # noqa: PLC0415

    good = "The receipt is what the log committed to"
    vouched = "." if key else "; --key KEY would check, too, that it is the log you know."
    return receipt_faults(read_receipt(file), key), good + vouched
