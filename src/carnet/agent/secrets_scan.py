"""Finding secrets of known shapes in what an agent wrote down: how many and where, never what they are."""

from __future__ import annotations

import hashlib
import os
import secrets as randomness
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

PIECE = 1 << 20
LONGEST = 4096
"""Bytes a secret may have, its keyword included: what two pieces share, so that none is cut in two."""
BEFORE = 64
"""Bytes looked at before a keyword."""
MOST_PLACES = 20
MOST_SEEN = 100_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of secret looks like."""

    id: str
    title: str
    keyword: bytes
    """Fixed bytes that stand in every one."""
    pattern: str
    """RE2 syntax; the keyword is part of it."""


SHAPES = (
    Shape("anthropic-key", "Anthropic key", b"sk-ant-", r"\bsk-ant-[a-z]+\d{2}-[A-Za-z0-9_-]{80,}"),
    Shape("openai-key", "OpenAI key", b"sk-proj-", r"\bsk-proj-[A-Za-z0-9_-]{40,}"),
    Shape("aws-key", "AWS access key", b"AKIA", r"\bAKIA[A-Z2-7]{16}\b"),
    Shape("aws-session-key", "AWS session key", b"ASIA", r"\bASIA[A-Z2-7]{16}\b"),
    Shape("aws-secret", "AWS secret key", b"aws_secret_access_key", r"aws_secret_access_key\W{1,8}[A-Za-z0-9/+]{40}\b"),
    Shape("aws-secret", "AWS secret key", b"AWS_SECRET_ACCESS_KEY", r"AWS_SECRET_ACCESS_KEY\W{1,8}[A-Za-z0-9/+]{40}\b"),
    Shape("github-token", "GitHub token", b"ghp_", r"\bghp_[A-Za-z0-9]{36}\b"),
    Shape("github-token", "GitHub token", b"gho_", r"\bgho_[A-Za-z0-9]{36}\b"),
    Shape("github-token", "GitHub token", b"ghu_", r"\bghu_[A-Za-z0-9]{36}\b"),
    Shape("github-token", "GitHub token", b"ghs_", r"\bghs_[A-Za-z0-9]{36}\b"),
    Shape("github-token", "GitHub token", b"ghr_", r"\bghr_[A-Za-z0-9]{36}\b"),
    Shape("github-token", "GitHub token", b"github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{59,}"),
    Shape("gitlab-token", "GitLab token", b"glpat-", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    Shape("slack-token", "Slack token", b"xox", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    Shape("slack-hook", "Slack webhook", b"hooks.slack.com", r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{20,}"),
    Shape("google-key", "Google API key", b"AIza", r"\bAIza[A-Za-z0-9_-]{35}"),
    Shape("stripe-key", "Stripe key", b"k_live_", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    Shape("npm-token", "npm token", b"npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    Shape("pypi-token", "PyPI token", b"pypi-AgE", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    Shape("huggingface-token", "Hugging Face token", b"hf_", r"\bhf_[A-Za-z]{34}\b"),
    Shape("sendgrid-key", "SendGrid key", b"SG.", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    Shape("private-key", "private key", b"PRIVATE KEY-----", r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----"),
    Shape(
        "web-token", "signed web token", b"eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"
    ),
)
ADDRESS = Shape(
    "address-password",
    "password in an address",
    b"://",
    r"://[\w.%+-]{1,64}:[^\s@/:\"'\\<>${}*]{6,128}@[\w.-]+",
)
"""Every address has its keyword, so it is searched for by its pattern alone."""
EXAMPLE_ADDRESSES = (b"user:pass", b":password@", b":changeme@", b":secret@", b"xxxxxx")


@dataclass(slots=True)
class Budget:
    """How much work a search may be; what it did not look at is told."""

    left: int
    """Bytes that may still be read."""
    until: float
    """Instant of `clock` at which it ends."""
    clock: Callable[[], float]

    def spent(self) -> bool:
        """Whether nothing may be read any more."""
        return self.left <= 0 or self.clock() >= self.until

    def take(self, size: int) -> int:
        """How many of so many bytes may still be read."""
        granted = 0 if self.clock() >= self.until else min(size, self.left)
        self.left -= granted
        return granted


@dataclass(slots=True)
class Sought:
    """What a search found."""

    counts: dict[str, int] = field(default_factory=dict)
    """Occurrences by the title of their shape."""
    places: list[tuple[str, int, str]] = field(default_factory=list)
    """(path, line, title) of the first ones."""
    different: int = 0
    """How many of them differ from each other."""
    seen: set[bytes] = field(default_factory=set)
    salt: bytes = field(default_factory=lambda: randomness.token_bytes(16))
    files: int = 0
    size: int = 0
    """Bytes that were looked at."""
    most: int = MOST_PLACES
    """Places that are remembered."""

    def add(self, path: str, line: int, title: str, value: bytes) -> None:
        self.counts[title] = self.counts.get(title, 0) + 1
        if len(self.places) < self.most:
            self.places.append((path, line, title))
        told = hashlib.blake2b(value, key=self.salt, digest_size=16).digest()  # a value itself is never kept
        if told not in self.seen and len(self.seen) < MOST_SEEN:
            self.seen.add(told)
            self.different += 1


class Match(Protocol):
    """What both engines' matches tell."""

    def start(self) -> int: ...
    def end(self) -> int: ...


Find = Callable[[bytes], Iterable[Match]]


@cache
def _ready() -> tuple[Callable[[bytes], list[tuple[int, int, int]]], tuple[Find, ...], Find]:
    import ahocorasick_rs  # noqa: PLC0415 - only a search pays for it

    finder = ahocorasick_rs.BytesAhoCorasick([shape.keyword for shape in SHAPES])
    patterns = tuple(_compiled(shape) for shape in SHAPES)
    return finder.find_matches_as_indexes, patterns, _compiled(ADDRESS)


def _compiled(shape: Shape) -> Find:
    import re2  # noqa: PLC0415 - linear in its input, whatever a transcript holds

    find: Find = re2.compile(shape.pattern.encode()).finditer  # type: ignore[no-untyped-call]
    return find


def scan(file: BinaryIO, path: str, budget: Budget, sought: Sought) -> bool:
    """Search one file from its beginning. False where the budget ended before the file did."""
    kept, line, sought.files = b"", 1, sought.files + 1
    while True:
        granted = budget.take(PIECE)
        if not granted:
            return not file.read(1)
        piece = file.read(granted)
        budget.left += granted - len(piece)
        sought.size += len(piece)
        text = kept + piece
        ended = len(piece) < granted
        edge = len(text) if ended else max(0, len(text) - LONGEST)
        for start, title, value in _secrets(text, edge):
            sought.add(path, line + text.count(b"\n", 0, start), title, value)
        if ended:
            return True
        kept, line = text[edge:], line + text.count(b"\n", 0, edge)


def _secrets(text: bytes, edge: int) -> Iterator[tuple[int, str, bytes]]:
    """(start, title, value) of secrets that begin before the edge: the rest is looked at with the next piece."""
    find, patterns, addresses = _ready()
    ends: dict[str, int] = {}
    for number, at, _ in find(text):
        shape = SHAPES[number]
        low = max(0, at - BEFORE, ends.get(shape.id, 0))
        for match in patterns[number](text[low : at + LONGEST]):
            start, end = low + match.start(), low + match.end()
            if start <= at < end:
                ends[shape.id] = end
                if start < edge:
                    yield start, shape.title, text[start:end]
                break
            if start > at:
                break
    for match in addresses(text):
        value = text[match.start() : match.end()]
        if match.start() < edge and not any(one in value.lower() for one in EXAMPLE_ADDRESSES):
            yield match.start(), ADDRESS.title, value


def bounded(seconds: float, size: int, clock: Callable[[], float]) -> Budget:
    """A budget that begins now."""
    return Budget(size, clock() + seconds, clock)


def open_regular(folder: int, name: str) -> BinaryIO:
    """A regular file in an open folder, not through a link."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(os.open(name, flags, dir_fd=folder), "rb")
