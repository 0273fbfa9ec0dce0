"""What a short text may be: words that cannot be code, a prompt, a path or a secret. Every check gives back what may be
kept, or None, and then nothing of the value is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from carnet.gateway.intake.secrets import is_secret

LONGEST = 64
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.:-][A-Za-z0-9_]+)*", re.ASCII)
_VERSION = re.compile(r"v?\d[0-9A-Za-z.+-]{0,31}", re.ASCII)
_ID = re.compile(r"[0-9a-fA-F-]{8,64}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]{5,18}(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,18})?", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_RELEASE = re.compile(r"(?:[A-Za-z][\w-]*@)?v?\d[0-9A-Za-z.+-]*", re.ASCII)
_FILE = re.compile(
    r"\.(?:pyi?|ipynb|[cm]?[jt]sx?|json[lc5]?|ya?ml|toml|md|mdx|txt|rst|log|env|pem|key|crt|html?|s?css|vue|svelte|go|rs"
    r"|java|kts?|c|h|cc|cpp|hpp|cs|rb|php|sh|bash|zsh|sql|swift|scala|lua|pl|r|lock|cfg|ini|conf|xml|csv|tsv|parquet"
    r"|docx?|xlsx?|pdf|db|sqlite|zip|tar|gz|tgz|whl|so|dll|exe|bin|png|jpe?g|svg|gitignore|dockerfile)$",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
"""Letters and digits mixed as nobody names anything: a key, or something encoded."""
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])")


def innocent(text: str) -> bool:
    """Whether a short text that has the characters of a word neither names a file nor looks like a key."""
    if len(text) > LONGEST or _FILE.search(text):
        return False
    if any(_MIXED.match(run) for run in _RUN.findall(text)):
        return False
    return not is_secret(text)


def word(value: object) -> str | None:
    return _word(value) if isinstance(value, str) and len(value) <= LONGEST else None


def name(value: object) -> str | None:
    """A name of an event, a metric, an attribute."""
    return _name(value) if isinstance(value, str) and len(value) <= LONGEST else None


def version(value: object) -> str | None:
    return _version(value) if isinstance(value, str) and len(value) <= LONGEST else None


def release(value: object) -> str | None:
    """A version, or one behind the name of a package."""
    return _release(value) if isinstance(value, str) and len(value) <= LONGEST else None


def dotted(value: object) -> str | None:
    """A name as code has it: of a class, a module, a function."""
    return _dotted(value) if isinstance(value, str) and len(value) <= LONGEST else None


def identity(value: object) -> str | None:
    """Hexadecimal digits, as in a UUID or a trace id."""
    return _identity(value) if isinstance(value, str) and len(value) <= LONGEST else None


def _remembered(pattern: re.Pattern[str], also: Callable[[str], bool]) -> Callable[[str], str | None]:
    """The text where it is one; the same few are asked about again and again."""

    @lru_cache(maxsize=1 << 13)
    def check(text: str) -> str | None:
        return text if pattern.fullmatch(text) and also(text) else None

    return check


_word, _name, _version = (_remembered(one, innocent) for one in (_WORD, _NAME, _VERSION))
_release, _dotted = (_remembered(one, innocent) for one in (_RELEASE, _DOTTED))
_identity = _remembered(_ID, bool)


def number(value: object) -> int | float | None:
    """A number, also one that was written as text."""
    if type(value) is int or type(value) is float:
        return value if -_MOST < value < _MOST else None  # no number that is none passes this
    if isinstance(value, str) and len(value) <= 40 and _NUMBER.fullmatch(value):
        return number(float(value) if "." in value else int(value))
    return None


_MOST = 1 << 64


def flag(value: object) -> bool | None:
    """True or false, also as a word."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) and len(value) < 6 else None


def moment(value: object) -> str | int | float | None:
    """An instant: seconds since 1970, or written out."""
    if isinstance(value, str) and len(value) <= 40 and _TIME.fullmatch(value):
        return value
    return number(value)


def level(value: object) -> str | None:
    text = value.lower() if isinstance(value, str) and len(value) < 12 else ""
    return text if text in _LEVELS else None


_LEVELS = {"fatal", "critical", "error", "warning", "warn", "info", "log", "debug", "trace"}
Check = Callable[[object], object]
CHECKS: Mapping[str, Check] = {
    "word": word, "name": name, "version": version, "release": release, "dotted": dotted, "id": identity,
    "number": number, "flag": flag, "time": moment, "level": level,
}  # fmt: skip
"""The kinds of values that a list may name."""
