"""Upstreams: checked when they are added, chosen for an organisation, their credentials read when they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carnet.accounts.keys import PATTERN, foreign
from carnet.errors import ArgumentError, CarnetError, FieldError, NotFoundError
from carnet.model.loopback import is_loopback
from carnet.model.upstream import FORMATS, PROVIDERS, Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carnet.stores.records_contract import Upstreams

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_OURS = {
    *("host", "connection", "keep-alive", "proxy-connection", "trailer", "transfer-encoding", "upgrade"),
    "te",  # codespell:ignore te
    *("content-length", "content-type", "content-encoding", "accept-encoding", "expect", "date"),
    *("proxy-authorization", "proxy-authenticate"),
}
"""Headers that say how a message is carried; what they say cannot be configured."""
LAST = 1_000_000
"""The highest number of a priority."""
_KEY_HEADER = {"anthropic": "x-api-key", "foundry": "x-api-key", "anthropic-aws": "x-api-key"}
"""Provider -> the header its key goes in."""


def add_upstream(upstreams: Upstreams, upstream: Upstream) -> Upstream:
    """Add one. Raises CarnetError for what could not work, or would carry prompts in the clear."""
    checked = check_upstream(upstream)
    upstreams.add(checked)
    return checked


def check_upstream(upstream: Upstream) -> Upstream:
    """The upstream as it is kept."""
    checked_name(upstream.name)
    if upstream.format not in FORMATS:
        raise FieldError("format", f"{upstream.format!r} is not spoken here; there is: {', '.join(FORMATS)}")
    if upstream.provider not in PROVIDERS:
        raise FieldError("provider", f"{upstream.provider!r} is none of {', '.join(PROVIDERS)}")
    if upstream.key_env:
        check_variable("key-env", upstream.key_env)
    for header, variable in upstream.headers:
        check_header(header, variable)
    names = [header.lower() for header, _ in upstream.headers]
    if upstream.key_env:
        names.append(_KEY_HEADER[upstream.provider])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CarnetError(f"the header {twice[0]} is given twice; an upstream would take either")
    checked_priority(upstream.priority)
    return replace(upstream, url=checked_url(upstream.url))


def checked_name(name: str) -> str:
    """The name of a place that something is sent to."""
    if not _NAME.fullmatch(name):
        raise ArgumentError("name", f"{name!r} is no name: up to 64 small letters, digits and any of . _ -")
    return name


def check_variable(field: str, name: str, given: str = "") -> None:
    """The name of a variable. What is none may be a credential itself, so it is not repeated."""
    if not _VARIABLE.fullmatch(name) or foreign(name) or PATTERN.search(name):
        told = (
            "name the environment variable that holds the credential, such as ANTHROPIC_API_KEY; "
            "the credential itself is never given here (what you gave was not kept)"
        )
        raise FieldError(field, told, given)


def check_header(header: str, variable: str) -> None:
    """A header that may be added, and the name of a variable."""
    if not _HEADER.fullmatch(header) or header.lower() in _OURS:
        raise FieldError("header", f"{header[:64]!r} is no header that can be added")
    check_variable("header", variable, header)


def checked_url(url: str) -> str:
    """A base address without its last slash. What is refused is not repeated: a password may be in it."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise FieldError("url", "this is no address; write https://HOST or https://HOST/PATH") from None
    if not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url) or not host or parts.scheme not in {"http", "https"}:
        raise FieldError("url", "this is no address; write https://HOST or https://HOST/PATH")
    if "@" in parts.netloc:
        raise FieldError("url", "credentials do not belong into an address; name their variable with --key-env")
    if "?" in url or "#" in url or port == 0:
        raise FieldError("url", "a base address has no query, no fragment and no port 0")
    if {".", ".."} & set(parts.path.split("/")) or "//" in parts.path or "%" in parts.path:
        raise FieldError("url", "write the path plainly, without //, dots and percent signs")
    if parts.scheme == "http" and not is_loopback(host):
        raise FieldError(
            "url", f"{host} is not on this machine, and http carries prompts and keys in the clear; write https://"
        )
    return url.rstrip("/")


def upstream_named(upstreams: Upstreams, name: str) -> Upstream:
    """The upstream. Raises NotFoundError."""
    for one in upstreams.listed():
        if one.name == name:
            return one
    raise NotFoundError(f"there is no upstream {name!r}; carnet upstream list shows all")


def change_upstream(
    upstreams: Upstreams, name: str, *, enabled: bool | None = None, priority: int | None = None
) -> Upstream:
    """Take one out of use, or back, or change its place in the order; None leaves it as it is."""
    one = upstream_named(upstreams, name)
    one = replace(
        one,
        enabled=one.enabled if enabled is None else enabled,
        priority=one.priority if priority is None else checked_priority(priority),
    )
    upstreams.change(one)
    return one


def checked_priority(priority: int) -> int:
    if not 0 <= priority <= LAST:
        raise FieldError("priority", f"{priority} is not a number from 0 to {LAST}")
    return priority


def chosen(upstreams: Sequence[Upstream], format_: str, organisation: int) -> list[Upstream]:
    """Where an organisation's traffic of a format goes, in the order to try.

    Its own upstreams, if it has any, and then no other: falling back to one that is shared would bring its data under
    terms it did not agree to, even when its own are all disabled.
    """
    there = [one for one in upstreams if one.format == format_]
    own = [one for one in there if one.organisation == organisation]
    usable = own or [one for one in there if not one.organisation]
    return sorted((one for one in usable if one.enabled), key=lambda one: (one.priority, one.name))


def credentials(upstream: Upstream, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that let us in there. Raises CarnetError naming the variable that is missing or unusable."""
    whose = f"the upstream {upstream.name}"
    found = []
    if upstream.key_env:
        found.append((_KEY_HEADER[upstream.provider], sendable(whose, upstream.key_env, environ)))
    return found + [(header, sendable(whose, variable, environ)) for header, variable in upstream.headers]


def sendable(whose: str, variable: str, environ: Mapping[str, str]) -> str:
    """The value of a variable, for a header. Raises CarnetError naming it where it is missing or unusable."""
    value = environ.get(variable, "").strip()
    if not value:
        raise CarnetError(
            f"{whose} takes its credential from {variable}, which is not set where `carnet serve` "
            "runs; set it there and start again"
        )
    if not _VALUE.fullmatch(value):
        raise CarnetError(
            f"{whose}: what {variable} holds cannot be sent in a header (a line break, or letters beyond ASCII)"
        )
    return value
