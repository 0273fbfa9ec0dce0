"""`carnet key`: keys for clients of the relay and the intake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, told
from carnet.cli.limits import limits, options
from carnet.cli.printing import instant, print_columns, print_json
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.cli.limits import Limit

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
    "--scope",
    "scopes",
    multiple=True,
    type=SCOPE,
    help="What it may do (may be repeated; not given: relay and intake).",
)
@click.option("--name", default="", metavar="TEXT", help="What to call it in listings.")
@limits
@click.pass_obj
def create(
    invocation: Invocation,
    /,
    account: str,
    expires: str,
    scopes: tuple[str, ...],
    name: str,
    **given: Limit,
) -> None:
    """Make a key and print it: this once, as only a hash of it is kept.

    relay lets model traffic pass, intake takes reports. own lets its holder see, export and delete what is kept about
    the account and change its consent: it is never given unless asked for, and belongs into no agent's environment.
    """
    from carnet.accounts.keys import last_moment, make_key  # noqa: PLC0415 - help does without
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.model.account import USUAL_SCOPES  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    store = Records(invocation).store
    at = ticked(store.catalogue, now())
    holder = account_named(store.directory, account)
    until = last_moment(expires, at) if expires else None
    caps = {one: value for one, value in options(given).items() if value is not None}
    key, text = make_key(store.api_keys, holder, scopes or USUAL_SCOPES, until, name, at, caps=caps)
    click.echo(text)
    ends = f"until {instant(until)} UTC" if until else "until it is revoked"
    click.echo(f"Key {key.id} of {told(holder.email)} for {', '.join(key.scopes)}, {ends}. Shown this once.", err=True)


@command.command(name="list")
@click.option("--account", default=None, metavar="EMAIL", help="Only keys of this account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, account: str | None, *, as_json: bool) -> None:
    """List keys: whose, what for, until when, and the last day each was used."""
    from carnet.accounts.answers import key_answer  # noqa: PLC0415
    from carnet.accounts.people import account_named  # noqa: PLC0415

    store = Records(invocation).store
    found = store.api_keys.listed(account_named(store.directory, account).id if account is not None else None)
    rows = [key_answer(one, now()) for one in found]
    if as_json:
        print_json({"keys": rows})
    elif rows:
        print_columns([_columns(row) for row in rows])
    else:
        click.echo(f"No keys yet. `carnet key create --account {told(account or 'EMAIL')}` makes one.")


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
        ", ".join(f"{name.replace('_', ' ')}: {value:,}" for name, value in _limits(row).items() if value is not None),
        told(row["name"]),
    ]


def _limits(row: dict[str, object]) -> dict[str, int | None]:
    found = row["limits"]
    return found if isinstance(found, dict) else {}


@command.command(name="set")
@click.argument("key", metavar="ID")
@limits
@click.pass_obj
def set_(invocation: Invocation, /, key: str, **given: Limit) -> None:
    """Change what a key may use of the relay, within a second, in every process.

    What is not set for a key is as the settings relay.* say. Limits of its organisation hold beside its own.
    """
    from carnet.accounts.caps import caps_words, limit_key  # noqa: PLC0415
    from carnet.accounts.keys import id_named  # noqa: PLC0415

    changes = options(given)
    if not changes:
        raise click.UsageError("say what to change: --requests-per-minute, --tokens-per-minute or --at-once")
    one = limit_key(Records(invocation).store.api_keys, id_named(key), changes)
    click.echo(f"Key {one.id}: {', '.join(caps_words(one.caps)) or 'limits as the settings say'}.")


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
