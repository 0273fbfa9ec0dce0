"""How pages say instants, counts and spans of time; the filters of the templates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from carnet.documents.instants import written

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def long_instant(at: datetime) -> str:
    """`2026-04-22 03:58 UTC`."""
    return f"{at.astimezone(UTC).isoformat(' ', 'minutes')[:16]} UTC"


def day_label(at: datetime) -> str:
    """`Thu 23 18:19`, the label of a timeline entry."""
    at = at.astimezone(UTC)
    return f"{DAYS[at.weekday()]} {at.day} {at:%H:%M}"


def day_only(at: datetime) -> str:
    """`2026-04-22`."""
    return at.astimezone(UTC).date().isoformat()


def breakable(name: str) -> Markup:
    """A long name that may break where a person would break it; escaped."""
    return Markup("<wbr>").join(re.split(r"(?<=[_=: .@/])|(?<=[a-z])(?=[A-Z])", name))


def month_label(at: datetime) -> str:
    """`April 2026`."""
    return f"{MONTHS[at.month - 1]} {at.year}"


def moment(text: object) -> Markup:
    """An instant that an answer wrote, as pages show one; escaped, whatever it is."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return escape(text or "–")
    return Markup('<time datetime="{}">{}</time>').format(rfc3339(at), long_instant(at))


def rfc3339(at: datetime) -> str:
    """`2026-04-23T18:19:36Z`, as every JSON answer and `datetime` attribute writes it."""
    return written(at)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 document`, `12 documents`, `1,204 captures`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def lasting(span: timedelta) -> str:
    """`34 days`, `18 hours`, `5 minutes`: rounded down, the largest unit that has at least two."""
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def ahead(at: datetime, now: datetime) -> str:
    """How far ahead an instant is: `in 29 days`, `in 5 months`, `in 4 years 11 months`; `due` once it has come."""
    if at <= now:
        return "due"
    days = (at - now).days
    if days < 92:
        return f"in {lasting(at - now)}"
    months = (at.year - now.year) * 12 + at.month - now.month - ((at.day, at.time()) < (now.day, now.time()))
    years, months = divmod(months, 12)
    parts = [counted(years, "year")] * (years > 0) + [counted(months, "month")] * (months > 0)
    return f"in {' '.join(parts)}"


def size_label(size: int) -> str:
    """`812 bytes`, `33.6 kB`, `1.2 MB`, `20.5 GB`."""
    if size < 1_000:
        return counted(size, "byte")
    for unit, most in (("kB", 1_000_000), ("MB", 1_000_000_000)):
        if size < most:
            return f"{size / (most // 1_000):,.1f} {unit}"
    return f"{size / 1_000_000_000:,.1f} GB"
