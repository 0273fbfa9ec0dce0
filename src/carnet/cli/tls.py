"""`carnet tls`: a certificate for clients on other machines, and the authority they are to trust."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import told
from carnet.cli.printing import instant, print_json
from carnet.cli.rounds import now

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.settings import Settings


@click.group()
def command() -> None:
    """A certificate for clients on other machines: on loopback none is needed."""


@command.command()
@click.option("--dir", "folder", metavar="DIR", help="Where to put the files (default: tls in the data folder).")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Name or address clients use; may be repeated.")
@click.pass_obj
def init(invocation: Invocation, folder: str | None, hosts: tuple[str, ...]) -> None:
    """Make an authority and a certificate signed by it.

    With --host the authority is worth nothing for any other host name, so that clients risk little by trusting it.
    Nothing is overwritten. When the certificate has expired, move server.pem and server.key away and run this again:
    the authority stays, and clients need nothing new.
    """
    from carnet.gateway.certificates import CA, make_files  # noqa: PLC0415 - help does without
    from carnet.gateway.tls import CERTIFICATE, KEY  # noqa: PLC0415

    place = _folder(invocation.settings, folder)
    new = make_files(place, hosts, "" if hosts else socket.gethostname(), now())
    for line in _made(place, CERTIFICATE) if not new else [*_made(place, CA), *_made(place, CERTIFICATE)]:
        click.echo(line)
    if folder is not None:
        click.echo("Say where they are (carnet.toml, or CARNET_TLS_CERTIFICATE and CARNET_TLS_KEY):")
        click.echo(f"  tls.certificate = {_quoted(place / CERTIFICATE)}")
        click.echo(f"  tls.key = {_quoted(place / KEY)}")
    if new:
        click.echo(f"Hand out {told(place / CA)}, that file alone. Clients name their copy of it:")
        click.echo("  export NODE_EXTRA_CA_CERTS=ca.pem    Claude Code, and whatever else runs on Node")
        click.echo("  export SSL_CERT_FILE=ca.pem          Python and OpenSSL (instead of the system's own)")


@command.command()
@click.option("--dir", "folder", metavar="DIR", help="Where the files are (default: those the settings name).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(invocation: Invocation, folder: str | None, *, as_json: bool) -> None:
    """Show the certificate and the authority: for whom, until when, their fingerprints."""
    from carnet.gateway.certificates import CA, fingerprint, hosts_of, read_certificate  # noqa: PLC0415
    from carnet.gateway.tls import CERTIFICATE  # noqa: PLC0415

    place = _folder(invocation.settings, folder)
    named = invocation.settings["tls.certificate"] if folder is None else ""
    files = [Path(named).expanduser()] if named else [place / CERTIFICATE]
    files += [files[0].with_name(CA)] if files[0].with_name(CA).exists() else []
    if as_json:
        print_json({"certificates": [_answer(file) for file in files]})
        return
    for file in files:
        one = read_certificate(file)
        expired = " (expired)" if one.not_valid_after_utc < now() else ""
        click.echo(told(file))
        click.echo(f"  for        {', '.join(hosts_of(one)) or 'signing certificates'}")
        click.echo(f"  until      {instant(one.not_valid_after_utc)} UTC{expired}")
        click.echo(f"  SHA-256    {fingerprint(one)}")


def _folder(settings: Settings, folder: str | None) -> Path:
    from carnet.gateway.tls import FOLDER  # noqa: PLC0415

    if folder == "":
        raise click.BadParameter("an empty name is no folder (an unset variable?)", param_hint="--dir")
    return settings.data / FOLDER if folder is None else Path(folder).expanduser().absolute()


def _made(place: Path, name: str) -> list[str]:
    from carnet.gateway.certificates import hosts_of, read_certificate  # noqa: PLC0415

    one = read_certificate(place / name)
    what = f"for {', '.join(hosts_of(one))}" if hosts_of(one) else "the authority"
    return [f"Made {told(place / name)}: {what}, until {instant(one.not_valid_after_utc)} UTC."]


def _answer(file: Path) -> dict[str, object]:
    from carnet.documents.instants import written  # noqa: PLC0415
    from carnet.gateway.certificates import fingerprint, hosts_of, read_certificate  # noqa: PLC0415

    one = read_certificate(file)
    return {
        "file": str(file),
        "hosts": hosts_of(one),
        "until": written(one.not_valid_after_utc),
        "expired": one.not_valid_after_utc < now(),
        "sha256": fingerprint(one),
    }


def _quoted(path: Path) -> str:
    return f'"{path}"' if '"' not in str(path) else shlex.quote(str(path))
