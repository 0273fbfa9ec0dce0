"""What an organisation wants of an agent's data flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Want:
    """An organisation's own policy; what it does not name is all the same to it."""

    file: str
    """Where it was read, for messages."""
    flows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Flow -> verdicts that are as wanted, the best first."""
    local_days: int | None = None
    """Longest time that local transcripts may be kept."""
    retention: str | None = None
    """Longest retention class at any recipient."""
    training: bool | None = None
    """Whether data may be eligible for training."""
    recipients: tuple[str, ...] | None = None
    """Who may receive anything; None: anybody."""
    hosts: tuple[str, ...] | None = None
    """Hosts (with `*`) that settings and variables may name; None: any."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings keys and the values they must have."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables and the values they must have."""
