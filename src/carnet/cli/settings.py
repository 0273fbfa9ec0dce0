"""`carnet settings`: every setting with its value and where it came from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.settings import Value


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(invocation: Invocation, *, as_json: bool) -> None:
    """List Carnet's own settings: value, origin, help.

    An option wins over the environment, the environment over the file carnet.toml
    (~/.config/carnet/carnet.toml, or the file CARNET_CONFIG names), the file over the default.
    """
    values = invocation.settings.all()
    if as_json:
        click.echo(json.dumps({"settings": [row(value) for value in values]}, indent=2))
        return
    width = max(len(value.setting.name) for value in values)
    for value in values:
        shown = concealed(value.value) or "(empty)"
        click.echo(f"{value.setting.name:{width}}  {shown}  [{value.origin}]")
        click.echo(f"{'':{width}}  {value.setting.help} {value.setting.env}")


def row(value: Value) -> dict[str, str]:
    setting = value.setting
    return {
        "name": setting.name,
        "value": concealed(value.value),
        "origin": value.origin,
        "default": setting.default,
        "env": setting.env,
        "help": setting.help,
    }


def concealed(value: str) -> str:
    """A value without the password of an address, so that the listing can be pasted into a report."""
    return re.sub(r"(://[^:/@\s]*):[^@/\s]*@", r"\1:***@", value)
