"""`carnet org`: organisations, their terms, and what they decided about what is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, counted, told, typed
from carnet.cli.limits import limits, options
from carnet.cli.printing import instant, print_columns, print_json
from carnet.cli.records_receipts import erase_whole
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.cli.limits import Limit
    from carnet.model.account import Organisation

SWITCH = click.Choice(["on", "off"])
CHANGED = "the change stands, but what is kept already was not all gone through; that is done once it can be"
"""What it means where something cannot be read."""


@click.group()
def command() -> None:
    """Organisations: their terms, and what they decided about what is kept.

    Accounts belong to an organisation, and its terms decide what may be kept of them, for how long, and what for.
    """


@command.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--terms", required=True, type=click.Choice(["commercial", "consumer"]), help="Its terms with the vendor."
)
@click.option(
    "--tier", required=True, metavar="TIER", help="team, enterprise, api, gov (commercial); free, pro, max (consumer)."
)
@click.pass_obj
def add(invocation: Invocation, name: str, terms: str, tier: str) -> None:
    """Add an organisation.

    Zero data retention and the partner programme are off until somebody turns them on: carnet org set.
    """
    from carnet.accounts.organisations import add_organisation  # noqa: PLC0415 - help does without

    one = add_organisation(Records(invocation).store.directory, name, terms, tier, now())
    click.echo(f"Added {told(one.name)}: {one.terms} terms, {one.tier}.")
    click.echo(f"  carnet account add EMAIL --org {typed(one.name)} adds its people.")


@command.command(name="set")
@click.argument("name", metavar="NAME")
@click.option("--zdr", type=SWITCH, help="Zero data retention: nothing more is kept at all (enterprise only).")
@click.option("--dpp", type=SWITCH, help="Partner programme: records may improve models (commercial terms).")
@click.option("--product-feedback", type=SWITCH, help="Whether feedback and surveys are kept.")
@click.option(
    "--keep", multiple=True, metavar="FLOW=CLASS", help="Keep a flow shorter, as inference=days7; FLOW= takes it back."
)
@click.option(
    "--recording",
    type=click.Choice(["required", "wanted"]),
    help="Where an exchange cannot be recorded now: required refuses it, wanted lets it pass.",
)
@limits
@click.pass_obj
def set_(
    invocation: Invocation,
    /,
    name: str,
    zdr: str | None,
    dpp: str | None,
    product_feedback: str | None,
    keep: tuple[str, ...],
    recording: str | None,
    **limited: Limit,
) -> None:
    """Change what an organisation decided.

    Each change is a dated act: carnet org show lists them. What is kept already may only end sooner by it, never
    later. CLASS is none, days30, months6, years5 or the like, and never longer than the rules say. Limits are for all
    its keys together, and hold beside those of each key.
    """
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records.changing import change_organisation  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    given = {"zdr": zdr, "dpp": dpp, "product-feedback": product_feedback}
    switches = {word: value == "on" for word, value in given.items() if value is not None}
    caps = options(limited)
    if not switches and not keep and not recording and not caps:
        raise click.UsageError(
            "say what to change: --zdr, --dpp, --product-feedback, --keep or --recording, or a limit such as --at-once"
        )
    records = Records(invocation)
    organisation = organisation_named(records.store.directory, name)
    at = ticked(records.store.catalogue, now())
    records.resumed(at)
    kept, unread = dict(_pair(one) for one in keep), list[Unread]()
    shortened = change_organisation(
        records.store, records.keyring, organisation, switches, kept, at, recording or "", caps, unread
    )
    _tell(organisation_named(records.store.directory, name))
    if shortened:
        click.echo("  Some of what is kept already ends sooner, or may train no more: carnet records list shows what.")
    if switches.get("zdr"):
        click.echo(
            "  Nothing more is kept from now on. What was kept before is still there, and ends when it was to end;"
        )
        click.echo(f"  carnet records delete --org {typed(name)} erases it now.")
    refuse_unread(unread, CHANGED)


def _pair(text: str) -> tuple[str, str]:
    flow, equals, retention = text.partition("=")
    if not equals or not flow:
        raise click.UsageError(f"--keep {text}: write FLOW=CLASS, such as inference=days7")
    return flow.strip(), retention.strip()


def _tell(one: Organisation) -> None:
    click.echo(f"{told(one.name)}: {', '.join(_state(one))}.")


def _state(one: Organisation) -> list[str]:
    from carnet.accounts.caps import caps_words  # noqa: PLC0415

    words = [f"{one.terms} terms", one.tier]
    words += ["zero data retention"] if one.zdr else []
    words += ["partner programme"] if one.dpp else []
    words += [] if one.product_feedback else ["no product feedback"]
    words += [f"{flow} kept {retention}" for flow, retention in one.keep]
    words += ["passes unrecorded where it cannot be recorded"] if one.recording == "wanted" else []
    words += caps_words(one.caps)
    return [*words, "being deleted"] if one.closed else words


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List organisations."""
    from carnet.records.answers import organisation_answer  # noqa: PLC0415

    store = Records(invocation).store
    found = store.directory.organisations()
    if as_json:
        print_json({"organisations": [organisation_answer(store, one) for one in found]})
    elif found:
        print_columns(
            [
                [told(one.name), counted(len(store.directory.accounts(one.id)), "account"), ", ".join(_state(one))]
                for one in found
            ]
        )
    else:
        click.echo("No organisations yet. `carnet org add NAME --terms commercial --tier team` adds one.")


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(invocation: Invocation, name: str, *, as_json: bool) -> None:
    """Show an organisation with what it decided, and when."""
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records.answers import acts_answer, organisation_answer  # noqa: PLC0415

    store = Records(invocation).store
    one = organisation_named(store.directory, name)
    acts = store.directory.acts(one.id, 0)
    if as_json:
        print_json({**organisation_answer(store, one), "acts": acts_answer(acts)})
        return
    _tell(one)
    print_columns([[f"  {instant(act.at)} UTC", act.what, act.value] for act in acts])


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.pass_obj
def delete(invocation: Invocation, name: str, *, yes: bool, as_json: bool) -> None:
    """Erase an organisation, its accounts and all their records.

    Prints the receipt. Where some records are held, the rest is erased now and the organisation with them at release.
    """
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415
    from carnet.records.changing import delete_organisation  # noqa: PLC0415

    records = Records(invocation)
    organisation = organisation_named(records.store.directory, name)
    accounts = counted(len(records.store.directory.accounts(organisation.id)), "account")
    what = f"the organisation {told(name)}, its {accounts} and all their records"
    doing = partial(delete_organisation, records.store, records.keyring, organisation, now)
    erase_whole(records, what, doing, now, yes=yes, as_json=as_json)
