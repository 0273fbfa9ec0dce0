"""Upstreams: where requests go, with which credential, and in which order they are tried."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yarl import URL

from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from carnet.gateway.heads import Pair

PROVIDERS = ("anthropic", "foundry", "anthropic-aws")
FAILOVER = frozenset({502, 503, 529})
"""Answers by which an upstream says that it processed nothing. Where another upstream is left, that one is asked
instead; the last one's answer goes to the client as it came. A 500 or 504 may follow work that was done: never.
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One place that speaks a format."""

    name: str
    format: str
    tls: bool
    host: str
    port: int
    prefix: bytes
    """Of every path, without a slash at its end; mostly empty."""
    credential: tuple[Pair, ...] = field(repr=False, default=())
    """Headers that take the place of the client's credential."""
    provider: str = "anthropic"
    place: str = field(init=False, compare=False, repr=False)
    """Whose connections it may use: one of the same name may lie elsewhere after a change."""
    authority: bytes = field(init=False, compare=False, repr=False)
    """Value of Host."""
    shown: bytes = field(init=False, compare=False, repr=False)
    """The credential as lines of a head."""
    named: frozenset[bytes] = field(init=False, compare=False, repr=False)
    """Lower-case names of the headers in `credential`: what a client says in them does not go on."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", frozenset(name.lower() for name, _ in self.credential))
        object.__setattr__(self, "place", f"{self.name} {self.tls:d} {self.host} {self.port}")
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.tls else 80)
        object.__setattr__(self, "authority", (host if usual else f"{host}:{self.port}").encode())
        object.__setattr__(self, "shown", b"\r\n".join(b"%b: %b" % pair for pair in self.credential))

    @property
    def url(self) -> URL:
        """Where it is, for the choice of a proxy."""
        return URL.build(scheme="https" if self.tls else "http", host=self.host, port=self.port)


def upstream_at(
    name: str, url: str, credential: Sequence[Pair] = (), speaks: str = "messages", provider: str = "anthropic"
) -> Upstream:  # fmt: skip
    """An upstream by its address. Raises CarnetError naming what is wrong with it."""
    host, port, tls, prefix = read_base(url, f"upstream {name}")
    if provider not in PROVIDERS:
        raise CarnetError(f"upstream {name}: provider {provider!r} is none of {', '.join(PROVIDERS)}")
    for header, value in credential:
        if not re.fullmatch(rb"[A-Za-z0-9-]+", header) or not re.fullmatch(
            rb"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value
        ):
            raise CarnetError(f"upstream {name}: its credential has characters that no header can carry")
    return Upstream(name, speaks, tls, host, port, prefix, tuple(credential), provider)


def read_base(url: str, whose: str) -> tuple[str, int, bool, bytes]:
    """Host, port, whether TLS is spoken, and the path in front of every other, of a base address.

    Raises CarnetError naming what is wrong with it.
    """
    try:
        read = URL(url)
        host, port = read.host, read.port
    except ValueError:
        host = port = None
    if not host or not port or read.scheme not in {"http", "https"}:
        raise CarnetError(f"{whose}: {url!r} is no http or https address")
    if read.user is not None or read.query_string or read.fragment:
        raise CarnetError(f"{whose}: its address may have a path, but no user, query or fragment")
    return host, port, read.scheme == "https", read.raw_path.rstrip("/").encode()


class Upstreams:
    """All upstreams by name, and which could not be reached lately."""

    def __init__(self, known: Iterable[Upstream], down_for: float) -> None:
        self.known = {upstream.name: upstream for upstream in known}
        self._down_for = down_for
        self.down: dict[str, float] = {}
        """Those that could not be reached and have not answered since: name -> until when others go before it."""

    def ways(self, names: Sequence[str], speaks: str, now: float) -> list[Upstream]:
        """Those of these names that speak the format, in order; what was down lately comes last, not never."""
        if len(names) == 1:
            one = self.known.get(names[0])
            return [one] if one is not None and one.format == speaks else []
        found = [self.known[name] for name in names if name in self.known]
        return sorted((one for one in found if one.format == speaks), key=lambda one: self.down.get(one.name, 0) > now)

    def replace(self, known: Iterable[Upstream]) -> None:
        """Know these from now on, and no other. Exchanges that were sent go on."""
        self.known = {upstream.name: upstream for upstream in known}

    def failed(self, upstream: Upstream, now: float) -> None:
        self.down[upstream.name] = now + self._down_for

    def answered(self, upstream: Upstream) -> None:
        if self.down:
            self.down.pop(upstream.name, None)
