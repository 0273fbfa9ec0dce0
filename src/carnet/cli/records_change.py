"""`carnet records delete|hold|release`: taking records away, and what may not be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, scoped, sure
from carnet.cli.printing import harmless
from carnet.cli.records_receipts import print_receipt
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation


@click.command()
@scoped
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.pass_obj
def delete(
    invocation: Invocation, session: str, account: str, org: str, repository: str, *, yes: bool, as_json: bool
) -> None:
    """Erase records: their keys first, then rows, bytes and free pages; prints the receipt.

    What is held is erased when it is released. The accounts stay: `carnet account delete` takes one away.
    """
    if not (session or account or org or repository):
        raise click.UsageError("say what to erase: --session, --account, --org or --repository")
    from carnet.records import erasing  # noqa: PLC0415 - help does without
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.scoping import one_owner, sessions_of  # noqa: PLC0415

    records = Records(invocation)
    records.resumed(ticked(records.store.catalogue, now()))
    scope = records.scope(org, account, session, repository)
    if session:
        scope, sessions = one_owner(records.store, scope)
    else:
        sessions = sessions_of(records.store, scope)
    given = {"session": session, "account": account, "organisation": org, "repository": repository}
    words = {kind: name for kind, name in given.items() if name}
    what = ", ".join(f"{kind} {name}" for kind, name in words.items())
    sure(harmless(f"Erase all records of {what}: {len(sessions)} sessions?"), yes=yes)
    work = erasing.begin(records.store, scope, now(), words)
    print_receipt(erasing.erase(records.store, records.keyring, work, now), as_json=as_json)


@click.command()
@scoped
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.pass_obj
def hold(invocation: Invocation, session: str, account: str, org: str, repository: str, reason: str) -> None:
    """Hold a session: neither expiry nor deletion takes its records away until it is released."""
    from carnet.records import holding  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.scoping import one_owner  # noqa: PLC0415

    _check(session, reason)
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    records.resumed(at)
    _, sessions = one_owner(records.store, records.scope(org, account, session, repository))
    placed = holding.hold(records.store, records.keyring, sessions, reason.strip(), at)
    click.echo(harmless(f"Held: session {session}, because: {placed[0].reason}"))


@click.command()
@scoped
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.pass_obj
def release(invocation: Invocation, session: str, account: str, org: str, repository: str, reason: str) -> None:
    """Release a session: what was to end, or to be erased, meanwhile is erased now."""
    from carnet.records import holding  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.keeping import resume  # noqa: PLC0415
    from carnet.records.scoping import one_owner  # noqa: PLC0415

    _check(session, reason)
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    _, sessions = one_owner(records.store, records.scope(org, account, session, repository))
    holding.release(records.store, records.keyring, sessions, reason.strip(), at)
    click.echo(harmless(f"Released: session {session}."))
    for receipt in resume(records.store, records.keyring, at):
        if not receipt.queued:
            click.echo("What had been asked for meanwhile is done:")
            print_receipt(receipt, as_json=False)


def _check(session: str, reason: str) -> None:
    if not session:
        raise click.UsageError("say which session: --session S")
    if not reason.strip():
        raise click.UsageError("--reason: a hold without a reason is none")
