"""`carnet key`: keys for clients of the relay and the intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, told
from carnet.cli.printing import instant, print_columns, print_json
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from datetime import datetime

    from carnet.cli.context import Invocation
    from carnet.model.account import Caller

SCOPE = click.Choice(["relay", "intake", "own"])


@click.group()
def command() -> None:
    """Keys for clients: ANTHROPIC_AUTH_TOKEN of an agent that goes through the relay.

    A key belongs to an account, and what passes with it is kept under that account's terms.
    """


@command.command()
@click.option("--account", required=True, metavar="EMAIL", help="Whose key it is.")
@click.option("--expires", default="", metavar="D", help="Last day it works (2026-12-31), or for how long (90d).")
@click.option(
    "--scope", "scopes", multiple=True, type=SCOPE, help="What it may do (may be repeated; not given: all three)."
)
@click.option("--name", default="", metavar="TEXT", help="What to call it in listings.")
@click.pass_obj
def create(invocation: Invocation, account: str, expires: str, scopes: tuple[str, ...], name: str) -> None:
    """Make a key and print it: this once, as only a hash of it is kept.

    relay lets model traffic pass, intake takes reports, own shows and changes what is kept about the account.
    """
    from carnet.accounts.keys import make_key  # noqa: PLC0415 - help does without
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.model.account import SCOPES  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    store = Records(invocation).store
    at = ticked(store.catalogue, now())
    holder = account_named(store.directory, account)
    until = _end(expires, at) if expires else None
    key, text = make_key(store.api_keys, holder, scopes or SCOPES, until, name, at)
    click.echo(text)
    ends = f"until {instant(until)} UTC" if until else "until it is revoked"
    click.echo(f"Key {key.id} of {told(holder.email)} for {', '.join(key.scopes)}, {ends}. Shown this once.", err=True)


def _end(text: str, at: datetime) -> datetime:
    """The last moment of a day or instant, or after a length of time."""
    from carnet.documents.instants import is_instant, parse_until  # noqa: PLC0415
    from carnet.errors import CarnetError  # noqa: PLC0415
    from carnet.settings import parse_duration  # noqa: PLC0415

    if is_instant(text):
        return parse_until(text)
    try:
        return at + parse_duration(text.strip())
    except ValueError:
        raise CarnetError(
            f"--expires {text!r}: write a day such as 2026-12-31, or a length of time such as 90d"
        ) from None


@command.command(name="list")
@click.option("--account", default="", metavar="EMAIL", help="Only keys of this account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, account: str, *, as_json: bool) -> None:
    """List keys: whose, what for, until when, and the last day each was used."""
    from carnet.accounts.people import account_named  # noqa: PLC0415

    store = Records(invocation).store
    found = store.api_keys.listed(account_named(store.directory, account).id if account else None)
    rows = [key_answer(one, now()) for one in found]
    if as_json:
        print_json({"keys": rows})
    elif rows:
        print_columns([_columns(row) for row in rows])
    else:
        click.echo(f"No keys yet. `carnet key create --account {told(account) or 'EMAIL'}` makes one.")


def key_answer(caller: Caller, at: datetime) -> dict[str, object]:
    """A key as JSON answers give it."""
    from carnet.accounts.keys import standing  # noqa: PLC0415
    from carnet.documents.instants import written  # noqa: PLC0415

    key = caller.key
    return {
        "id": key.id,
        "account": caller.account.email,
        "org": caller.organisation.name,
        "scopes": list(key.scopes),
        "name": key.name,
        "state": standing(caller, at),
        "created": written(key.created),
        "expires": written(key.expires) if key.expires else None,
        "revoked": written(key.revoked) if key.revoked else None,
        "last_used": key.used.isoformat() if key.used else None,
    }


def _columns(row: dict[str, object]) -> list[str]:
    ends = f"until {str(row['expires'])[:10]}" if row["expires"] else ""
    scopes = row["scopes"]
    return [
        str(row["id"]),
        told(row["account"]),
        ",".join(scopes) if isinstance(scopes, list) else "",
        str(row["state"]),
        ends,
        f"last used {row['last_used']}" if row["last_used"] else "never used",
        told(row["name"]),
    ]


@command.command()
@click.argument("key", metavar="ID")
@click.pass_obj
def revoke(invocation: Invocation, key: str) -> None:
    """Make a key worthless, within a second, in every process.

    ID is the key's id as carnet key list shows it. A whole key is taken too, for one found where it should not be.
    """
    from carnet.accounts.keys import id_named  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    store = Records(invocation).store
    at = ticked(store.catalogue, now())
    gone = store.api_keys.revoke(id_named(key), at)
    since = gone.revoked or at
    click.echo(f"Key {gone.id} is revoked since {instant(since)} UTC. What was kept under it stays as it was.")
