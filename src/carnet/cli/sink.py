"""`carnet sink`: an organisation's own collector, to which what is kept of its reports is forwarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, told
from carnet.cli.printing import print_columns, print_json
from carnet.cli.rounds import now
from carnet.cli.upstream import header_pair
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.model.sink import Progress, Sink


@click.group()
def command() -> None:
    """An organisation's own OTLP collector, to which what is kept of its reports is forwarded.

    Forwarded is what intake took, scrubbed and kept: metrics and errors, never feedback, transcripts or ratings, and
    nothing of an organisation with zero data retention.
    """


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--org", required=True, metavar="NAME", help="Whose reports go there.")
@click.option("--url", required=True, metavar="URL", help="Base address; https, or http on this machine.")
@click.option(
    "--flow", "flows", multiple=True, type=click.Choice(["metrics", "errors"]), help="What goes there (default: both)."
)
@click.option(
    "--encoding", type=click.Choice(["protobuf", "json"]), default="protobuf", show_default=True, help="How it is sent."
)
@click.option(
    "--header", "headers", multiple=True, metavar="NAME=ENV", help="A header, and the variable with its value."
)
@click.option("--webhook", default="", metavar="URL", help="Where deletions are told.")
@click.option("--webhook-key-env", default="", metavar="VAR", help="Variable of `carnet serve` with its secret.")
@click.pass_obj
def add(
    invocation: Invocation,
    name: str,
    org: str,
    url: str,
    flows: tuple[str, ...],
    encoding: str,
    headers: tuple[str, ...],
    webhook: str,
    webhook_key_env: str,
) -> None:
    """Add a sink. What is kept from now on goes there.

    Credentials and secrets are never given here and never kept: only the names of the environment variables they are
    in, where `carnet serve` runs.
    """
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415 - help does without
    from carnet.accounts.sinks import check_sink  # noqa: PLC0415
    from carnet.model.sink import FLOWS, Sink  # noqa: PLC0415

    store = Records(invocation).store
    owner = organisation_named(store.directory, org)
    given = tuple(header_pair(one) for one in headers)
    chosen = flows or FLOWS
    one = check_sink(Sink(name, owner.id, url, now(), chosen, encoding, given, webhook, webhook_key_env))
    store.sinks.add(one)
    click.echo(f"Added {told(one.name)}: {' and '.join(one.flows)} of {told(owner.name)} go to {told(one.url)}.")
    if owner.zdr:
        click.echo("  Nothing goes there while the organisation has zero data retention.")
    if not one.webhook:
        click.echo("  Deletions are told nowhere; --webhook URL names where.")


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List sinks, and how far each is."""
    from carnet.accounts.answers import sink_answer  # noqa: PLC0415

    store = Records(invocation).store
    names = {one.id: one.name for one in store.directory.organisations()}
    rows = [(one, store.sinks.progress(one.name), store.sinks.waiting(one.name)) for one in store.sinks.listed()]
    if as_json:
        print_json({"sinks": [sink_answer(one, how, waiting, names) for one, how, waiting in rows]})
    elif rows:
        print_columns([_columns(one, how, waiting, names.get(one.organisation, "?")) for one, how, waiting in rows])
    else:
        click.echo("No sinks yet. `carnet sink add NAME --org NAME --url URL` adds one.")


def _columns(one: Sink, how: Progress, waiting: int, org: str) -> list[str]:
    lost = [f"{number} {what}" for number, what in ((how.refused, "refused"), (how.dropped, "dropped")) if number]
    counts = ", ".join([f"{how.sent} sent", *lost, *([f"{waiting} deletions to tell"] if waiting else [])])
    return [told(one.name), told(org), " ".join(one.flows), counts, told(how.fault) or "no fault", told(one.url)]


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--untold", is_flag=True, help="Even where deletions were not told there yet.")
@click.pass_obj
def remove(invocation: Invocation, name: str, *, untold: bool) -> None:
    """Forget a sink. What it has already stays there."""
    sinks = Records(invocation).store.sinks
    waiting = sinks.waiting(name)
    if waiting and not untold:
        raise CarnetError(
            f"{name} was not told of {waiting} deleted session{'' if waiting == 1 else 's'} yet; wait until it was, or "
            "tell it yourself and give --untold"
        )
    sinks.remove(name)
    click.echo(f"Removed {told(name)}. What it has already stays there.")
