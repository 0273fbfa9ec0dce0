"""`carnet account`: people, and whether they let models be improved with their data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, said, told, typed
from carnet.cli.org import CHANGED, SWITCH
from carnet.cli.printing import instant, print_columns, print_json
from carnet.cli.records_receipts import erase_whole
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.account import Account, Organisation


@click.group()
def command() -> None:
    """Accounts of people, and their consent."""


@command.command()
@click.argument("email", metavar="EMAIL")
@click.option("--org", required=True, metavar="NAME", help="Organisation it belongs to.")
@click.option("--tier", default="", metavar="TIER", help="Its tier, where that is not the organisation's.")
@click.option("--model-improvement", type=SWITCH, help="Consent to model improvement; not given is none.")
@click.pass_obj
def add(invocation: Invocation, email: str, org: str, tier: str, model_improvement: str | None) -> None:
    """Add an account to an organisation."""
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415 - help does without
    from carnet.accounts.people import add_account, new_account  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415

    store = Records(invocation).store
    directory, at = store.directory, ticked(store.catalogue, now())
    organisation = organisation_named(directory, org)
    account = add_account(directory, new_account(email, organisation, tier, at), model_improvement or "", at)
    consent = "on" if account.consent else "off"
    click.echo(f"Added {told(account.email)} to {told(organisation.name)}; model improvement {consent}.")
    _tell_commercial(organisation, account)


def _tell_commercial(organisation: Organisation, account: Account) -> None:
    if account.consent and organisation.terms == "commercial" and not organisation.dpp:
        click.echo("  Under commercial terms that makes nothing eligible for training; the partner programme does:")
        click.echo(f"  carnet org set {typed(organisation.name)} --dpp on")


@command.command()
@click.argument("email", metavar="EMAIL")
@click.argument("consent", type=SWITCH, metavar="on|off")
@click.pass_obj
def consent(invocation: Invocation, email: str, consent: str) -> None:
    """Say whether models may be improved with a person's data.

    `off` takes effect at once: no export for training holds their records any more, and what was kept five years
    because of the consent is kept 30 days from its creation. `on` changes nothing that is kept already.
    """
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records.answers import Names  # noqa: PLC0415
    from carnet.records.changing import change_consent  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    records = Records(invocation)
    account = account_named(records.store.directory, email)
    at = ticked(records.store.catalogue, now())
    records.resumed(at)
    unread = list[Unread]()
    shortened = change_consent(records.store, records.keyring, account, consent, at, unread)
    since = max((act.at for act in records.store.directory.acts(account.organisation, account.id)), default=at)
    click.echo(f"{told(account.email)}: model improvement {consent}, since {instant(since)} UTC.")
    if shortened:
        click.echo("  Nothing that is kept of it may train any more, and what the consent kept longer ends sooner:")
        click.echo(f"  carnet records list --account {told(account.email)}")
    account = account_named(records.store.directory, email)
    _tell_commercial(Names(records.store).organisations[account.organisation], account)
    refuse_unread(unread, CHANGED)


@command.command(name="list")
@click.option("--org", default="", callback=said, metavar="NAME", help="Only accounts of this organisation.")
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
                    told(r["email"]),
                    told(r["org"]),
                    str(r["tier"]),
                    f"model improvement {r['model_improvement']}{', being deleted' if r['closed'] else ''}",
                ]
                for r in rows
            ]
        )
    elif org:
        click.echo(f"{told(org)} has no accounts yet. `carnet account add EMAIL --org {typed(org)}` adds one.")
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
    state = f"{told(row['org'])}, {row['tier']}, model improvement {row['model_improvement']}"
    click.echo(f"{told(one.email)}: {state}{', being deleted' if one.closed else ''}.")
    print_columns([[f"  {instant(act.at)} UTC", act.what, act.value] for act in acts])


@command.command()
@click.argument("email", metavar="EMAIL")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.pass_obj
def delete(invocation: Invocation, email: str, *, yes: bool, as_json: bool) -> None:
    """Erase an account, its records and its consent history.

    Prints the receipt. Where some records are held, the rest is erased now and the account with them at release.
    """
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records.changing import delete_account  # noqa: PLC0415

    records = Records(invocation)
    account = account_named(records.store.directory, email)
    what = f"the account {told(account.email)} and all its records"
    doing = partial(delete_account, records.store, records.keyring, account, now)
    erase_whole(records, what, doing, now, yes=yes, as_json=as_json)
