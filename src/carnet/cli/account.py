"""`carnet account`: people, and whether they let models be improved with their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, sure
from carnet.cli.printing import harmless, instant, print_columns, print_json
from carnet.cli.records_receipts import print_receipt
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation

SWITCH = click.Choice(["on", "off"])


@click.group()
def command() -> None:
    """Accounts of people, and their consent."""


@command.command()
@click.argument("email", metavar="EMAIL")
@click.option("--org", required=True, metavar="NAME", help="Organisation it belongs to.")
@click.option("--tier", default="", metavar="TIER", help="Its tier, where it is not the organisation's.")
@click.option("--model-improvement", type=SWITCH, help="The person's consent; not given is none.")
@click.pass_obj
def add(invocation: Invocation, email: str, org: str, tier: str, model_improvement: str | None) -> None:
    """Add an account."""
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415 - help does without
    from carnet.accounts.people import add_account, new_account  # noqa: PLC0415

    directory = Records(invocation).store.directory
    organisation, at = organisation_named(directory, org), now()
    account = add_account(directory, new_account(email, organisation, tier, at), model_improvement or "", at)
    click.echo(f"Added {account.email} to {organisation.name}; model improvement {'on' if account.consent else 'off'}.")


@command.command()
@click.argument("email", metavar="EMAIL")
@click.argument("consent", type=SWITCH, metavar="on|off")
@click.pass_obj
def consent(invocation: Invocation, email: str, consent: str) -> None:
    """Write down that a person lets models be improved with their data, or not any more.

    `off` takes effect at once: no export holds their records any more, and what was kept five years because of the
    consent is kept 30 days from its creation. `on` changes nothing that is kept already.
    """
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records.changing import change_consent  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    records = Records(invocation)
    account = account_named(records.store.directory, email)
    at = ticked(records.store.catalogue, now())
    records.resumed(at)
    shortened = change_consent(records.store, records.keyring, account, consent, at)
    click.echo(f"{account.email}: model improvement {consent}, since {instant(at)} UTC.")
    if shortened:
        click.echo(f"  {shortened} chunks of what is kept already end sooner; carnet records list shows when.")


@command.command(name="list")
@click.option("--org", default="", metavar="NAME", help="Only accounts of this organisation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, org: str, *, as_json: bool) -> None:
    """List accounts."""
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records.answers import Names, account_answer  # noqa: PLC0415

    store = Records(invocation).store
    found = store.directory.accounts(organisation_named(store.directory, org).id if org else None)
    names = Names(store)
    if as_json:
        print_json({"accounts": [account_answer(one, names) for one in found]})
    elif found:
        rows = [account_answer(one, names) for one in found]
        print_columns(
            [
                [
                    harmless(str(r["email"])),
                    str(r["org"]),
                    str(r["tier"]),
                    f"model improvement {r['model_improvement']}",
                ]
                for r in rows
            ]
        )
    else:
        click.echo("No accounts yet. `carnet account add EMAIL --org NAME` adds one.")


@command.command()
@click.argument("email", metavar="EMAIL")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(invocation: Invocation, email: str, *, as_json: bool) -> None:
    """Show an account with its consent history."""
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records.answers import Names, account_answer, acts_answer  # noqa: PLC0415

    store = Records(invocation).store
    one = account_named(store.directory, email)
    row, acts = account_answer(one, Names(store)), store.directory.acts(one.organisation, one.id)
    if as_json:
        print_json({**row, "history": acts_answer(acts)})
        return
    click.echo(f"{one.email}: {row['org']}, {row['tier']}, model improvement {row['model_improvement']}.")
    print_columns([[f"  {instant(act.at)} UTC", act.what, act.value] for act in acts])


@command.command()
@click.argument("email", metavar="EMAIL")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.pass_obj
def delete(invocation: Invocation, email: str, *, yes: bool, as_json: bool) -> None:
    """Erase an account with all its records and its consent history, and print the receipt."""
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records.changing import delete_account  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    records = Records(invocation)
    account = account_named(records.store.directory, email)
    sure(f"Erase the account {account.email} with all its records?", yes=yes)
    records.resumed(ticked(records.store.catalogue, now()))
    print_receipt(delete_account(records.store, records.keyring, account, now), as_json=as_json)
