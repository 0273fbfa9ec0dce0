"""`carnet sign-in`: a fresh one-time link to the administration pages of the Carnet that runs here."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless
from carnet.cli.serve import with_options
from carnet.errors import BusyError, CarnetError
from carnet.model.loopback import is_loopback
from carnet.web.admin_token import NAME, read_token

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.settings import Settings

LONGEST = 10_000


@click.command()
@click.option(
    "--port", metavar="N", type=click.IntRange(1, 65535), help="Port `carnet serve` was started with (default: 8417)."
)
@click.pass_obj
def command(invocation: Invocation, port: int | None) -> None:
    """Print a one-time sign-in link for the administration pages.

    Asks the `carnet serve` that runs on this data folder. The link works once, within ten minutes.
    """
    settings = with_options(invocation.settings, None, port)
    if not is_loopback(settings["web.host"]):
        raise CarnetError(
            f"web.host is {settings['web.host']}: administration pages are shown on loopback only, "
            "so there is nothing to sign in to"
        )
    token = read_token(settings.data)
    require_server(invocation)
    click.echo(harmless(fresh_link(settings, token)))


def require_server(invocation: Invocation) -> None:
    """Raise CarnetError unless a server runs on this data folder: a stranger on its port must not get the token."""
    try:
        with invocation.store.role("web"):
            pass
    except BusyError:
        return
    raise CarnetError(f"no Carnet serves the data in {invocation.settings.data}; start one: carnet serve")


def fresh_link(settings: Settings, token: str) -> str:
    """Ask the running server for a link."""
    host = settings["web.host"].strip("[]")
    place = f"[{host}]:{settings['web.port']}" if ":" in host else f"{host}:{settings['web.port']}"
    # http.client: no proxy of the environment sees the token, no redirect carries it away
    connection = http.client.HTTPConnection(host, settings.whole("web.port"), timeout=10)
    try:
        headers = {"Host": place, "Origin": f"http://{place}", "Authorization": f"Bearer {token}"}
        connection.request("POST", "/api/sign-in-links", headers=headers)
        answer = connection.getresponse()
        return link_in(answer.status, answer.read(LONGEST), place, settings)
    except (OSError, http.client.HTTPException) as error:
        raise CarnetError(
            f"no Carnet answers at http://{place} ({error}); name the port it was started with: carnet sign-in --port N"
        ) from error
    finally:
        connection.close()


def link_in(status: int, body: bytes, place: str, settings: Settings) -> str:
    """The link in a server's answer. Raises CarnetError for any other answer."""
    if status == 401:
        raise CarnetError(
            f"the Carnet at http://{place} does not know the token in {settings.data / NAME}: "
            "it serves other data, or the file was changed since it started"
        )
    try:
        link = json.loads(body)["link"]
    except (ValueError, LookupError, TypeError):
        link = None
    if status != 201 or not isinstance(link, str):
        raise CarnetError(f"what answers at http://{place} is no Carnet with a sign-in (status {status})")
    return link
