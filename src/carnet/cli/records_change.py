"""`carnet records delete|hold|release`: taking records away, and what may not be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, counted, scoped, sure, told
from carnet.cli.printing import instant
from carnet.cli.records_receipts import print_receipt, scope_words
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.record import Session


@click.command()
@scoped
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.pass_obj
def delete(
    invocation: Invocation, session: str, account: str, org: str, repository: str, *, yes: bool, as_json: bool
) -> None:
    """Erase records of a session, account or organisation.

    Their keys go first, then rows, bytes and free pages; prints the receipt. Several options narrow each other.
    What is held is erased when it is released. Accounts stay: carnet account delete takes one away.
    """
    if not (session or account or org or repository):
        raise click.UsageError("say what to erase: --session, --account, --org or --repository")
    from carnet.records import erasing  # noqa: PLC0415 - help does without
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.scoping import narrowed, words_of  # noqa: PLC0415
    from carnet.records.surveying import Unread  # noqa: PLC0415

    records, unread = Records(invocation), list[Unread]()
    records.resumed(ticked(records.store.catalogue, now()))
    names = {"org": org, "account": account, "session": session, "repository": repository}
    scope, sessions = narrowed(records.store, names, unread)
    words = words_of(names)
    sure(f"Erase all records of {scope_words(words)}: {counted(len(sessions), 'session')}?", yes=yes)
    work = erasing.begin(records.store, scope, now(), words)
    print_receipt(erasing.erase(records.store, records.keyring, work, now), as_json=as_json)


@click.command()
@scoped
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.pass_obj
def hold(invocation: Invocation, session: str, account: str, org: str, repository: str, reason: str) -> None:
    """Hold a session: it outlives expiry and deletion.

    Neither takes its records away until it is released, nor those that are still to come. Give --account where
    several accounts have a session of that name.
    """
    from carnet.records import holding  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.scoping import one_owner  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    _check(session, reason)
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    records.resumed(at)
    unread = list[Unread]()
    _, sessions = one_owner(records.store, records.scope(org, account, session, repository), unread)
    if not sessions:
        refuse_unread(unread, f"nothing of the session {session!r} is in what can be read")
    placed = holding.hold(records.store, records.keyring, sessions, reason.strip(), at)
    before = "" if placed[0].placed == at else f" already, since {instant(placed[0].placed)} UTC"
    click.echo(f"Held{before}: {_whose(records, sessions[0])}, because: {told(placed[0].reason)}")
    click.echo("  Nothing of it ends or is erased until carnet records release.")


@click.command()
@scoped
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.pass_obj
def release(invocation: Invocation, session: str, account: str, org: str, repository: str, reason: str) -> None:
    """Release a session that was held.

    What was to end, or to be erased, meanwhile is erased now; the rest goes on as if it had never been held.
    """
    from carnet.records import holding  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.keeping import resume  # noqa: PLC0415
    from carnet.records.scoping import one_owner, sessions_of  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    _check(session, reason)
    records = Records(invocation)
    at = ticked(records.store.catalogue, now())
    unread = list[Unread]()
    scope, sessions = one_owner(records.store, records.scope(org, account, session, repository), unread)
    if not sessions:
        refuse_unread(unread, f"nothing of the session {session!r} is in what can be read")
    whose = _whose(records, sessions[0])
    holding.release(records.store, records.keyring, sessions, reason.strip(), at)
    click.echo(f"Released: {whose}.")
    for receipt in resume(records.store, records.keyring, at, unread):
        click.echo("What had been asked for meanwhile is done:")
        print_receipt(receipt, as_json=False)
    if not any(scope.covers(one) for one in sessions_of(records.store, scope, unread)) and not unread:
        click.echo("  Nothing of it is left: it was to be erased, or its time had passed.")
    refuse_unread(unread, "what was to be ended or erased meanwhile may not all be")


def _whose(records: Records, session: Session) -> str:
    from carnet.records.answers import Names  # noqa: PLC0415

    names = Names(records.store)
    owner = names.account(session.account) or names.organisation(session.organisation)
    return f"session {told(session.name)} of {told(owner)}"


def _check(session: str, reason: str) -> None:
    if not session:
        raise click.UsageError("say which session: --session S")
    if not reason.strip():
        raise click.UsageError("--reason: say why; it is recorded")
