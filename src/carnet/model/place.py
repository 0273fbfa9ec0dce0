"""What lies in an agent's folder on a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of file in the agent's folder, and who takes it away."""

    id: str
    path: str
    """Pattern below the folder: `*` is within one part, a last `**` is everything below."""
    title: str
    """What it is, in our own words."""
    swept: str = "never"
    """`age`, `sweep`, `newest`, `exit`, `logout` or `never`: what the agent's own cleanup does."""
    purge: str = "never"
    """`asked`, `named` (only when asked for by its id) or `never`."""
    project: int | None = None
    """Which part of the path names the project, counted from 0."""
    session: int | None = None
    kind: str = "data"
    """`data`, or `configuration`: what people wrote or installed, neither listed nor touched."""


@dataclass(frozen=True, slots=True)
class Held:
    """One file that lies there."""

    parts: tuple[str, ...]
    """Path below the folder; names that are no UTF-8 carry surrogates."""
    place: Place
    size: int
    modified: float
    """Of the newest file of its session, which stays or goes as one; seconds since 1970."""
    mode: int
    own_modified: float

    @property
    def path(self) -> str:
        return "/".join(self.parts)

    @property
    def project(self) -> str:
        """The project's folder name; empty where the place has none."""
        at = self.place.project
        return self.parts[at] if at is not None and at < len(self.parts) - 1 else ""

    @property
    def session(self) -> str:
        """The session's id; empty where the place has none."""
        at = self.place.session
        return self.parts[at].removesuffix(".jsonl") if at is not None and at < len(self.parts) else ""
