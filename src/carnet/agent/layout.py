"""Where an agent keeps its settings, which of them wins and what shape each has: a pack's settings.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date  # noqa: TC003 - msgspec reads the annotation
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from carnet.errors import CarnetError
from carnet.policy.facts import version_key

if TYPE_CHECKING:
    from carnet.packs import Pack

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Files:
    """Names of files and folders."""

    folder: str
    folder_variable: str
    user: str
    remote: str
    project: str
    local: str
    managed: str
    managed_parts: str
    state: str
    program: str


@dataclass(frozen=True, slots=True)
class System:
    """Where an operating system keeps what an administrator manages."""

    managed: str
    preferences: str = ""
    domain: str = ""
    registry: str = ""
    registry_value: str = ""


@dataclass(frozen=True, slots=True)
class Precedence:
    """Which layer wins, from a day or a version of the client on."""

    layers: tuple[str, ...]
    """Highest first."""
    managed: tuple[str, ...]
    """Managed sources; the first that says anything wins."""
    managed_env: str
    """`merged`: each variable from the first source that has it; `first`: only the winning source's."""
    local_at: str
    """`repository` or `start`: where the local file is looked for."""
    since: date | None = None
    client: str = ""
    first_when: str = ""
    """Variable of the process that makes `managed_env` be `first`."""
    unit: tuple[str, ...] = ()
    """Patterns of variables that are taken from one managed source together."""


@dataclass(frozen=True, slots=True)
class Stricter:
    """A value that wins from a layer that otherwise would not."""

    key: str
    value: bool
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists that are not joined with those of lower layers."""

    whole: tuple[str, ...]
    whole_when_managed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """Variables of a project that count before its folder is trusted, as patterns."""

    safe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """How the provider is chosen."""

    default: str
    gateway: str
    base_url: str
    hosts: tuple[str, ...]
    switches: dict[str, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """Names that findings look for."""

    key_variable: str
    token_variable: str
    redirects: tuple[str, ...]
    unverified_tls: tuple[str, ...]
    preflight: str
    preflight_rule: str
    cleanup: str
    cleanup_default: int
    telemetry: str
    collector: tuple[str, ...]
    content: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What values a key takes, and what another value does."""

    kind: str
    one_of: tuple[str, ...] = ()
    lenient: bool = False
    """Another value is ignored alone; otherwise it voids the file."""
    null_ignored: bool = False


@dataclass(frozen=True, eq=False)
class Layout:
    """Everything the audit knows about where and how an agent is set up."""

    files: Files
    systems: dict[str, System]
    precedence: tuple[Precedence, ...]
    """Newest first."""
    lists: Lists
    trust: Trust
    stricter: tuple[Stricter, ...]
    provider: Provider
    credentials: tuple[tuple[str, str], ...]
    """(fact, sign-in) pairs: the first fact that is set tells."""
    watch: Watch
    environment: frozenset[str]
    """Every variable the documents name."""
    shapes: dict[str, Shape]
    """By dotted key."""

    def at(self, day: date, client: str | None) -> Precedence:
        """The precedence of a client of that version or, where it is not known, of that day."""
        version = version_key(client) if client else None
        for row in self.precedence:
            floor = version_key(row.client) if row.client else None
            if version is not None and floor is not None:
                if version >= floor:
                    return row
            elif floor is None or row.since is None or row.since <= day:
                return row
        return self.precedence[-1]


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    is_: str = msgspec.field(name="is")
    keys: tuple[str, ...]
    one_of: tuple[str, ...] = ()
    otherwise: str = ""
    null: str = ""


class _Credential(msgspec.Struct, forbid_unknown_fields=True):
    fact: str
    is_: str = msgspec.field(name="is")


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    names: tuple[str, ...]


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    """settings.toml."""

    schema: int
    files: Files
    systems: dict[str, System]
    precedence: tuple[Precedence, ...]
    trust: Trust
    lists: Lists
    provider: Provider
    watch: Watch
    environment: _Names
    shape: tuple[_Shape, ...] = ()
    stricter: tuple[Stricter, ...] = ()
    credential: tuple[_Credential, ...] = ()


@cache
def layout(pack: Pack) -> Layout | None:
    """The pack's layout; None for a pack that describes no machine. Raises CarnetError naming the file."""
    file = pack.folder / "settings.toml"
    try:
        read = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _Settings)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CarnetError(f"{file}: the pack's file cannot be read: {error}") from error
    if read.schema != SCHEMA:
        raise CarnetError(f"{file}: has schema {read.schema}; this Carnet reads schema {SCHEMA}")
    return Layout(
        files=read.files,
        systems=read.systems,
        precedence=read.precedence,
        lists=read.lists,
        trust=read.trust,
        stricter=read.stricter,
        provider=read.provider,
        credentials=tuple((row.fact, row.is_) for row in read.credential),
        watch=read.watch,
        environment=frozenset(read.environment.names),
        shapes={
            key: Shape(row.is_, row.one_of, row.otherwise == "ignored", row.null == "ignored")
            for row in read.shape
            for key in row.keys
        },
    )
