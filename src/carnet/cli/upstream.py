"""`carnet upstream`: where model traffic is relayed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, told
from carnet.cli.printing import print_columns, print_json
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.cli.context import Invocation
    from carnet.model.upstream import Upstream

PROVIDER = click.Choice(["anthropic", "foundry", "anthropic-aws"])


@click.group()
def command() -> None:
    """Where model traffic is relayed to, and with which credential.

    Several upstreams of a format are tried in the order of their priority, the lowest first. An organisation that has
    upstreams of its own (--org) uses only those.
    """


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--format", "format_", required=True, type=click.Choice(["messages"]), help="What is spoken there.")
@click.option("--url", required=True, metavar="URL", help="Base address; https, or http on this machine.")
@click.option("--provider", default="anthropic", show_default=True, type=PROVIDER, help="Who runs the models there.")
@click.option("--key-env", default="", metavar="VAR", help="Variable of `carnet serve` that holds the credential.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME=ENV", help="A header, and the variable with its value."
)
@click.option("--priority", default=100, show_default=True, type=click.IntRange(0, 1_000_000), help="Lowest first.")
@click.option("--org", default="", metavar="NAME", help="The only organisation it serves.")
@click.pass_obj
def add(
    invocation: Invocation,
    name: str,
    format_: str,
    url: str,
    provider: str,
    key_env: str,
    headers: tuple[str, ...],
    priority: int,
    org: str,
) -> None:
    """Add an upstream.

    The credential itself is never given here and never kept: only the name of the environment variable it is in.
    It is sent as x-api-key; for another header, such as a bearer token, use --header Authorization=VAR.
    """
    from carnet.accounts.organisations import organisation_named  # noqa: PLC0415 - help does without
    from carnet.accounts.upstreams import add_upstream  # noqa: PLC0415
    from carnet.model.upstream import Upstream  # noqa: PLC0415
    from carnet.settings import environment  # noqa: PLC0415

    store = Records(invocation).store
    owner = organisation_named(store.directory, org).id if org else 0
    given = tuple(header_pair(one) for one in headers)
    one = add_upstream(store.upstreams, Upstream(name, format_, url, provider, now(), key_env, given, priority, owner))
    click.echo(f"Added {told(one.name)}: {one.format} at {told(one.url)}, provider {one.provider}.")
    for variable in [one.key_env, *(variable for _, variable in one.headers)]:
        if variable and not environment().get(variable):
            click.echo(f"  {variable} is not set here; it must be where `carnet serve` runs.")
    if not one.key_env and not one.headers:
        click.echo("  No credential is sent there; --key-env VAR names one.")


def header_pair(text: str) -> tuple[str, str]:
    """NAME=ENV: a header, and the variable that holds its value."""
    header, equals, variable = text.partition("=")
    if not equals:
        raise click.UsageError("--header: write NAME=ENV, the header and the variable that holds its value")
    return header.strip(), variable.strip()


@command.command(name="set")
@click.argument("name", metavar="NAME")
@click.option("--enabled", type=click.Choice(["on", "off"]), help="Whether it is used.")
@click.option("--priority", type=click.IntRange(0, 1_000_000), help="Lowest first.")
@click.pass_obj
def set_(invocation: Invocation, name: str, enabled: str | None, priority: int | None) -> None:
    """Take an upstream out of use, or back, or change its place in the order."""
    from carnet.accounts.upstreams import change_upstream  # noqa: PLC0415

    if enabled is None and priority is None:
        raise click.UsageError("say what to change: --enabled or --priority")
    used = None if enabled is None else enabled == "on"
    one = change_upstream(Records(invocation).store.upstreams, name, enabled=used, priority=priority)
    click.echo(f"{told(one.name)}: {'used' if one.enabled else 'not used'}, priority {one.priority}.")


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List upstreams in the order they are tried."""
    from carnet.accounts.answers import upstream_answer  # noqa: PLC0415

    store = Records(invocation).store
    names = {one.id: one.name for one in store.directory.organisations()}
    found = store.upstreams.listed()
    if as_json:
        print_json({"upstreams": [upstream_answer(one, names) for one in found]})
    elif found:
        print_columns([_columns(one, names) for one in found])
    else:
        click.echo("No upstreams yet. `carnet upstream add NAME --format messages --url URL` adds one.")


def _columns(one: Upstream, names: Mapping[int, str]) -> list[str]:
    serves = f"only {told(names.get(one.organisation, '?'))}" if one.organisation else "everybody"
    key = f"key in {one.key_env}" if one.key_env else "no key"
    state = f"priority {one.priority}" if one.enabled else "not used"
    return [told(one.name), one.format, one.provider, state, serves, key, told(one.url)]


@command.command()
@click.argument("name", metavar="NAME")
@click.pass_obj
def remove(invocation: Invocation, name: str) -> None:
    """Forget an upstream."""
    Records(invocation).store.upstreams.remove(name)
    click.echo(f"Removed {told(name)}. What was kept of its traffic stays as it was.")
