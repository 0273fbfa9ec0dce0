"""`carnet gateway`: what any gateway does to the traffic that goes through it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless, print_columns, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from carnet.gateway.conformance.check import Check, Line
    from carnet.gateway.conformance.target import Target
    from carnet.gateway.conformance.trial import Trial


@click.group()
def command() -> None:
    """Gateways of the Messages format, ours and others."""


@command.command()
@click.argument("url", metavar="URL")
@click.option("--key", default="", metavar="KEY", help="What the gateway wants to be shown.")
@click.option("--key-env", default="", metavar="VAR", help="The same, in a variable: not seen in lists of processes.")
@click.option("--model", default="claude-opus-4-8", show_default=True, help="Model that is asked for.")
@click.option("--upstream-port", default=0, type=click.IntRange(0, 65535), help="Port of our upstream (default: any).")
@click.option("--upstream-host", default="127.0.0.1", show_default=True, metavar="HOST", help="Where it listens.")
@click.option("--remote", is_flag=True, help="The gateway may be on another machine.")
@click.option("--only", multiple=True, metavar="ID", help="Only checks whose id begins so; may be repeated.")
@click.option(
    "--wait", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds to wait for the gateway."
)
@click.option(
    "--patience", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for each answer."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def conformance(
    url: str,
    key: str,
    key_env: str,
    model: str,
    upstream_port: int,
    upstream_host: str,
    only: tuple[str, ...],
    wait: float,
    patience: float,
    *,
    remote: bool,
    as_json: bool,
) -> int:
    """Check what a gateway at URL does to model traffic.

    An upstream of our own is started; its address is printed, and the gateway must be pointed at it. Requests then go
    through the gateway, and what arrived and what came back is compared with what was sent. Nothing but model requests
    is sent; a gateway that keeps exchanges keeps these, under KEY.

    Exit status: 0 all passed, 1 findings, 3 could not tell.
    """
    from carnet.gateway.conformance.target import target_at  # noqa: PLC0415 - help does without
    from carnet.gateway.conformance.trial import Trial  # noqa: PLC0415
    from carnet.gateway.conformance.upstream import Upstream  # noqa: PLC0415

    target = target_at(url)
    if not (target.near or remote):
        raise click.UsageError(f"{harmless(target.host)} is not this machine; say --remote if it is meant")
    trial = Trial(target, Upstream(), _key(key, key_env), model, patience, _context(target))
    checks = _chosen(only)
    lines, upstream = asyncio.run(_carry_out(trial, checks, (upstream_host, upstream_port), wait))
    return _print(lines, url, upstream, as_json=as_json)


def _key(key: str, variable: str) -> bytes:
    from carnet.settings import environment  # noqa: PLC0415

    if key and variable:
        raise click.UsageError("--key and --key-env: give one of them")
    if variable and not environment().get(variable):
        raise click.UsageError(f"--key-env: {variable} is not set")
    shown = key or (environment()[variable] if variable else "")
    if not shown.isascii() or not shown.isprintable() or shown != shown.strip():
        raise click.UsageError("--key: no header can carry it")
    return shown.encode()


def _context(target: Target) -> ssl.SSLContext | None:
    from ssl import create_default_context  # noqa: PLC0415 - help does without

    return create_default_context() if target.tls else None


def _chosen(only: Sequence[str]) -> list[Check]:
    from carnet.gateway.conformance.suite import CHECKS  # noqa: PLC0415

    for begun in only:
        if not any(one.id.startswith(begun) for one in CHECKS):
            raise click.UsageError(f"--only: no check begins with {harmless(begun)}")
    return [one for one in CHECKS if not only or one.id.startswith(tuple(only))]


async def _carry_out(trial: Trial, checks: Sequence[Check], at: tuple[str, int], wait: float) -> tuple[list[Line], str]:
    from carnet.gateway.conformance.suite import UnrelatedError, carried_out, reach  # noqa: PLC0415

    host, port = at
    try:
        port = await trial.upstream.start(host, port)
    except OSError as error:
        raise CarnetError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    upstream = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    click.echo(f"Upstream: {upstream}  (the gateway must send its requests there)", err=True)
    try:
        await reach(trial, wait)
        return [line async for line in carried_out(trial, checks)], upstream
    except UnrelatedError as error:
        raise CouldNotTellError(
            f"{error}\n  Point the gateway at {upstream} and show it a key that it knows."
        ) from None
    finally:
        await trial.upstream.stop()


class CouldNotTellError(CarnetError):
    """Raised when the gateway does not send to our upstream: nothing can be said about it."""

    exit_code = 3


def _print(lines: Sequence[Line], url: str, upstream: str, *, as_json: bool) -> int:
    from carnet.gateway.conformance.check import Mark  # noqa: PLC0415
    from carnet.gateway.conformance.suite import status  # noqa: PLC0415

    counts = {mark: sum(line.told.mark is mark for line in lines) for mark in Mark}
    if as_json:
        rows = [
            {
                "id": line.check.id,
                "basis": line.check.basis,
                "asks": line.check.asks,
                "result": line.told.mark,
                "seen": line.told.seen,
            }
            for line in lines
        ]
        totals = {mark.replace(" ", "_"): count for mark, count in counts.items()}
        print_json({"url": url, "upstream": upstream, "checks": rows, "totals": totals})
    else:
        head = ("RESULT", "CHECK", "ASKED BY", "WHAT IS ASKED", "SEEN")
        cells = [(o.told.mark, o.check.id, o.check.basis, o.check.asks, o.told.seen) for o in lines]
        print_columns([head, *cells])
        click.echo(", ".join(f"{count} {mark}" for mark, count in counts.items() if count))
    return status(lines)
