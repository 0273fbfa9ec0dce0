"""A small invented history for the reading commands: two documents of one collection, five versions in all."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carnet.model.document import Document, Media, Observation
from carnet.settings import load
from carnet.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "# Keeping\n\n## Logs\n\nLogs stay for 30 days.\nNobody else reads them.\n"
SECOND = "# Keeping\n\n## Logs\n\nLogs stay for 60 days.\nNobody else reads them.\nAsk to see yours.\n"
OTHER = "# Training\n\nNothing is used to train models.\n"
TEXTS: dict[str, list[tuple[datetime, str | None]]] = {
    "keeping": [
        (datetime(2031, 5, 6, 8, 30, 5, tzinfo=UTC), FIRST),
        (datetime(2031, 6, 2, 17, 15, tzinfo=UTC), SECOND),
        (datetime(2032, 1, 9, 4, 0, tzinfo=UTC), FIRST),
    ],
    "training": [(datetime(2031, 6, 2, 9, 45, tzinfo=UTC), OTHER), (datetime(2032, 2, 1, 0, 1, tzinfo=UTC), None)],
}


def fill(data: Path) -> None:
    """Write the history into the store of a data folder."""
    settings = load({}, data / "none.toml").with_option("data", str(data))
    with closing(open_store(settings)) as store:
        for name, versions in TEXTS.items():
            document = store.documents.add_document(
                Document(0, "juniper", name, f"https://juniper.example/{name}.md", Media.MARKDOWN)
            )
            store.documents.record(
                [
                    Observation(document.id, at, text.encode() if text is not None else None, source="folder test")
                    for at, text in versions
                ]
            )
