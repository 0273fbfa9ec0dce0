"""Upstreams: where model traffic goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FORMATS = ("messages",)
PROVIDERS = ("anthropic", "foundry", "anthropic-aws")
"""Who runs the models behind an upstream that speaks the Messages format."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A place that model traffic is relayed to."""

    name: str
    format: str
    """What is spoken there, one of FORMATS."""
    url: str
    """Base address; the path of a request is appended."""
    provider: str
    """What records of its exchanges give as their provider, one of PROVIDERS."""
    created: datetime
    key_env: str = ""
    """Environment variable with the credential, read when it is used; the credential itself is never kept."""
    headers: tuple[tuple[str, str], ...] = ()
    """(header, environment variable) pairs sent as well."""
    priority: int = 100
    """The lowest is tried first."""
    organisation: int = 0
    """Id of the only organisation it serves; 0: every one that has none of its own."""
    enabled: bool = True
