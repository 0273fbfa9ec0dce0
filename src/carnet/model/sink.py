"""Sinks: collectors of organisations, to which what was kept of their reports is forwarded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

FLOWS = ("metrics", "errors")
"""What may be forwarded. Feedback, transcripts and ratings never are."""
ENCODINGS = ("protobuf", "json")


@dataclass(frozen=True, slots=True)
class Sink:
    """An OTLP collector of one organisation, with what it asks for and how far it is."""

    name: str
    organisation: int
    url: str
    """Base address; /v1/logs and /v1/metrics are appended."""
    created: datetime
    flows: tuple[str, ...] = FLOWS
    encoding: str = "protobuf"
    headers: tuple[tuple[str, str], ...] = ()
    """(header, environment variable) pairs; the values are read when they are used and never kept."""
    webhook: str = ""
    """Where deletions are told; empty: nowhere."""
    webhook_key_env: str = ""
    """Environment variable with the secret that webhooks are signed with."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sink is."""

    through: datetime
    """Everything created before this instant is done with."""
    sent: int = 0
    """Records the collector took."""
    refused: int = 0
    """Records it said it will never take."""
    dropped: int = 0
    """Records that waited too long for it."""
    fault: str = ""
    """Why nothing gets through now; empty: it does."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A session, by its pseudonym, whose deletion a sink has not been told yet."""

    id: int
    sink: str
    session: str
