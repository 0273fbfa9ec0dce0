"""What lies in an agent's folder and what was taken away, as plain values for `--json`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.agent.transcripts_places import shown

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.agent.secrets_scan import Sought
    from carnet.agent.transcripts import Faults
    from carnet.agent.transcripts_listing import Listing
    from carnet.agent.transcripts_purge import Count, Purged


def listing_answer(folder: Path, days: int, before: datetime, found: Listing) -> dict[str, object]:
    return {
        "folder": shown(str(folder)),
        "period_days": days,
        "older_than": before.isoformat(timespec="seconds"),
        "places": [
            {
                "id": one.place.id,
                "path": one.place.path,
                "what": one.place.title,
                "swept": one.place.swept,
                "purge": one.place.purge,
                **_count_answer(one.all),
                "oldest": instant_of(one.oldest),
                "newest": instant_of(one.newest),
                "past": _count_answer(one.past),
                "open_to_others": one.readable,
            }
            for one in found.summaries.values()
        ],
        **_faults_answer(found.faults),
    }


def purged_answer(folder: Path, before: datetime, done: Purged, *, dry_run: bool) -> dict[str, object]:
    return {
        "folder": shown(str(folder)),
        "older_than": before.isoformat(timespec="seconds"),
        "dry_run": dry_run,
        "removed": {"files": done.files, "bytes": done.bytes, "lines": done.lines},
        "places": [{"id": name, **_count_answer(count)} for name, count in done.gone.items()],
        "left": [{"why": why, "files": count.files, "bytes": count.bytes} for why, count in done.left.items()],
        **_faults_answer(done.faults),
    }


def sought_answer(folder: Path, sought: Sought, faults: Faults) -> dict[str, object]:
    return {
        "folder": shown(str(folder)),
        "files": sought.files,
        "bytes": sought.size,
        "different": sought.different,
        "counts": dict(sorted(sought.counts.items())),
        "places": [{"path": shown(path), "line": line, "what": title} for path, line, title in sought.places],
        **_faults_answer(faults),
    }


def _count_answer(count: Count) -> dict[str, int]:
    return {"files": count.files, "bytes": count.bytes, "lines": count.lines}


def _faults_answer(faults: Faults) -> dict[str, object]:
    return {"errors": [{"path": one.path, "why": one.why} for one in faults.named], "error_count": faults.count}


def instant_of(at: float | None) -> str | None:
    """An instant in RFC 3339; None where there is none, or a file's time is beyond the calendar."""
    try:
        return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None
