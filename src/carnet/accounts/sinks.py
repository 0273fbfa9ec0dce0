"""Sinks: checked when they are added; their credentials and secrets read when they are used."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING

from carnet.accounts.upstreams import check_header, check_variable, checked_name, checked_url, sendable
from carnet.errors import CarnetError, FieldError
from carnet.model.sink import ENCODINGS, FLOWS, Sink

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "whsec_"  # noqa: S105 - how secrets of webhooks begin, so that nobody takes them for something else
SHORTEST = 24
"""Bytes of a secret."""


def check_sink(sink: Sink) -> Sink:
    """The sink as it is kept. Raises CarnetError for what could not work, or would carry reports in the clear."""
    checked_name(sink.name)
    if not sink.flows or not set(sink.flows) <= set(FLOWS):
        raise FieldError("flow", f"only {' and '.join(FLOWS)} are forwarded")
    if sink.encoding not in ENCODINGS:
        raise FieldError("encoding", f"{sink.encoding!r} is none of {', '.join(ENCODINGS)}")
    for header, variable in sink.headers:
        check_header(header, variable)
    names = [header.lower() for header, _ in sink.headers]
    if len(set(names)) < len(names):
        raise FieldError("header", "a header is given twice; a collector would take either")
    if bool(sink.webhook) != bool(sink.webhook_key_env):
        raise FieldError("webhook", "an address needs the variable with its secret (--webhook-key-env), and vice versa")
    if sink.webhook:
        check_variable("webhook-key-env", sink.webhook_key_env)
    webhook = checked_url(sink.webhook) if sink.webhook else ""
    flows = tuple(dict.fromkeys(sink.flows))
    return replace(sink, url=checked_url(sink.url), webhook=webhook, flows=flows)


def headers_of(sink: Sink, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """What lets us in at the collector. Raises CarnetError naming the variable that is missing or unusable."""
    return [(header, sendable(f"the sink {sink.name}", variable, environ)) for header, variable in sink.headers]


def secret_of(sink: Sink, environ: Mapping[str, str]) -> bytes:
    """What webhooks are signed with. Raises CarnetError naming the variable that is missing or unusable."""
    variable = sink.webhook_key_env
    text = environ.get(variable, "").strip()
    try:
        secret = base64.b64decode(text.removeprefix(SECRET), validate=True) if text.startswith(SECRET) else b""
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) < SHORTEST:
        raise CarnetError(
            f"the sink {sink.name} signs with the secret in {variable}: set it, where `carnet serve` runs, to "
            f"{SECRET} and at least {SHORTEST} random bytes in base64"
        )
    return secret
