"""What of a value may be shown: never a secret's."""

from __future__ import annotations

import re

HIDDEN = "set (hidden)"

_WORDS = frozenset({"KEY", "TOKEN", "SECRET", "AUTH", "PASSWORD", "PASSPHRASE", "HEADERS", "CREDENTIAL", "COOKIE"})
_SPLIT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LOOKS_SECRET = re.compile(
    r"\bsk-[\w-]{6,}|\bgh[pousr]_\w{10,}|\bgithub_pat_\w{10,}|\bxox[a-z]-[\w-]{8,}|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w.-]+|-----BEGIN |\b[Bb]earer\s+\S{6,}",
)
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]*@")
_LONE_USER = re.compile(r"://[^:/@\s]{20,}@")
_PARAMETER = re.compile(r"(?i)([?&][^=&\s]*(?:key|token|secret|password|sig)[^=&\s]*=)[^&\s]+")


def is_secret(name: str) -> bool:
    """Whether a variable's or key's name says that its value is one."""
    upper = name.upper()
    if name == upper:
        return any(word in upper for word in _WORDS)
    return any(part.upper() in _WORDS or part.upper().removesuffix("S") in _WORDS for part in _SPLIT.findall(name))


def shown(name: str, value: object) -> object:
    """The value as it may be shown, nested ones with the same care."""
    if value in ("", None) or isinstance(value, bool):
        return value
    if is_secret(name):
        return HIDDEN
    if isinstance(value, dict):
        return {key: shown(key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [shown("", one) for one in value]
    return masked(value) if isinstance(value, str) else value


def masked(text: str) -> str:
    """A text without the passwords of addresses; wholly hidden where it looks like a key."""
    if _LOOKS_SECRET.search(text):
        return HIDDEN
    return _PARAMETER.sub(r"\1***", _LONE_USER.sub("://***@", _PASSWORD.sub(r"\1:***@", text)))


def setting(name: str, value: object) -> str:
    """`NAME=value` for people; a secret's value hidden, a long one cut."""
    text = shown(name, value)
    if text == HIDDEN:
        return f"{name} {HIDDEN}"
    written = text if isinstance(text, str) else _json(text)
    return f"{name}={written}" if len(written) <= 60 else f"{name}={written[:57]}..."


def _json(value: object) -> str:
    import json  # noqa: PLC0415 - only settings that are no text need it

    return json.dumps(value, ensure_ascii=False)
