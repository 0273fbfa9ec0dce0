"""Reading the dates and instants people write. All times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from carnet.errors import CarnetError

_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?P<part>\.\d{1,6})?)?"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
FORMS = "2026-04-22, 2026-04-22T03:58 or 2026-04-22T03:58:10Z"


def parse_instant(text: str) -> datetime:
    """The last moment of what is named: of the day for a date, of the minute for hours and minutes.

    Pages show minutes; what a page calls 03:58 is found under 03:58 whatever its seconds are.
    """
    return _span(text)[1]


def parse_since(text: str) -> datetime:
    """The first moment of what is named, for the early end of a range."""
    return _span(text)[0]


def parse_until(text: str) -> datetime:
    """The last moment of what is named, for the late end of a range (both ends are included)."""
    return _span(text)[1]


def is_instant(text: str) -> bool:
    """True for a text that has the form of a date or an instant."""
    return _WRITTEN.fullmatch(text.strip()) is not None


def written(instant: datetime) -> str:
    """An instant as JSON answers write it: RFC 3339, UTC, a fraction only where there is one."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _span(text: str) -> tuple[datetime, datetime]:
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise CarnetError(f"{text!r} is no date or instant; write {FORMS} (UTC)")
    try:
        start = _start(found)
        return start, start + _length(found) - timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise CarnetError(f"{text!r} is no date or instant: {error}; write {FORMS} (UTC)") from None


def _start(found: re.Match[str]) -> datetime:
    zone = (found["zone"] or "Z").upper().replace("UTC", "Z").replace("Z", "+00:00")
    time = f"{found['hour'] or '00'}:{found['minute'] or '00'}:{found['second'] or '00'}{found['part'] or ''}"
    return datetime.fromisoformat(f"{found['day']}T{_padded(time)}{zone}").astimezone(UTC)


def _padded(time: str) -> str:
    whole, dot, part = time.partition(".")
    return f"{whole}.{part:0<6}" if dot else whole


def _length(found: re.Match[str]) -> timedelta:
    if found["part"]:
        return timedelta(microseconds=10 ** (7 - len(found["part"])))
    if found["second"]:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if found["hour"] else timedelta(days=1)
