"""`carnet records expire|rotate|verify`: the keeper's round, other keys, and whether all is as it was written."""

from __future__ import annotations

from pathlib import Path

import click

from carnet.cli.context import Invocation
from carnet.cli.kept import Records
from carnet.cli.printing import harmless, print_json
from carnet.cli.records_receipts import read_receipt
from carnet.cli.rounds import now


@click.command()
@click.option("--now", "due", metavar="T", help="End what would be due at this instant; leaves no mark on the clock.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def expire(invocation: Invocation, due: str | None, *, as_json: bool) -> None:
    """One round of the keeper: end what is due, finish what was begun, pack what rests, tidy up after a crash."""
    from carnet.documents.instants import parse_instant  # noqa: PLC0415 - help does without
    from carnet.records.keeping import keep  # noqa: PLC0415

    records = Records(invocation)
    done = keep(records.store, records.keyring, now(), records.idle, parse_instant(due) if due else None)
    if as_json:
        print_json(
            {
                "partitions": list(done.ended.partitions),
                "records": done.ended.records,
                "erased": [dict(one.answer) for one in done.receipts],
                "packed": done.packed,
                "swept": done.swept,
            }
        )
        return
    dropped = ", ".join(done.ended.partitions) or "none"
    click.echo(f"Ended: {done.ended.records} records one by one; whole partitions: {dropped}.")
    click.echo(
        f"  {done.packed} objects packed, {done.swept} left by a crash removed, {len(done.receipts)} erasures done."
    )


@click.command()
@click.option("--org", "org", default="", metavar="NAME", help="A new key for this organisation.")
@click.option("--root", is_flag=True, help="A new root key.")
@click.pass_obj
def rotate(invocation: Invocation, org: str, *, root: bool) -> None:
    """Wrap all keys by a new one and destroy the old one, while everything goes on."""
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records import rotating  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    if bool(org) == root:
        raise click.UsageError("give either --org NAME or --root")
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    if root:
        records.keyring.rotate_root()
        click.echo("A new root key is in place; the old one opens nothing any more.")
        return
    records.resumed(at)
    organisation = organisation_named(records.store.directory, org)
    work = rotating.begin(records.store, records.keyring, organisation.id, at)
    number = rotating.rotate(records.store, records.keyring, work, at)
    click.echo(f"{number} session keys of {organisation.name} are under its new key; the old one is destroyed.")


@click.command()
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Check this receipt; needs no store.")
@click.option("--key", default="", metavar="KEY", help="With --receipt: the log's key, as you were told it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(ctx: click.Context, receipt: Path | None, key: str, *, as_json: bool) -> None:
    """Check the log, every object and row, and one seal of each session. Exit status 1 names what is wrong."""
    found = _receipt(receipt, key) if receipt else _store(ctx.ensure_object(Invocation))
    if as_json:
        print_json({"faults": found})
    else:
        for fault in found:
            click.echo(harmless(fault))
        click.echo(f"{len(found)} faults." if found else "All is as it was written.")
    ctx.exit(1 if found else 0)


def _store(invocation: Invocation) -> list[str]:
    from carnet.records.verifying import faults  # noqa: PLC0415

    records = Records(invocation)
    return list(faults(records.store, records.keyring))


def _receipt(file: Path, key: str) -> list[str]:
    from carnet.records.receipts import receipt_faults  # noqa: PLC0415

    return receipt_faults(read_receipt(file), key)
