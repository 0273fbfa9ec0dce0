"""The keeper beside the pages: it makes no store of records, and does what is due on the one there is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.cli.keeper import TIDY_EVERY, Keeper, line
from carnet.records.expiring import Ended
from carnet.records.keeping import Round
from tests.records.kept import NOW, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings
    from carnet.stores.contract import Store


async def test_where_no_record_was_ever_kept_nothing_is_made(store: Store, settings: Settings, data: Path) -> None:
    assert await Keeper()(store, settings, NOW) == ""
    assert not (data / "records").exists()
    assert not (data / "keys").exists()


async def test_what_is_due_ends(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records).settle()
    shelf.kept()
    keeper = Keeper()

    assert await keeper(store, settings, NOW + timedelta(days=1)) == "1 object packed"
    assert len(shelf.everything()) == 1
    assert await keeper(store, settings, NOW + timedelta(days=30)) == "1 record ended"
    assert shelf.everything() == []


async def test_what_a_crash_left_is_removed_at_the_first_round_and_once_a_day(store: Store, settings: Settings) -> None:
    shelf = Shelf(store.records).settle()
    shelf.kept()
    keeper = Keeper()
    partition = shelf.everything()[0].partition

    def leave() -> None:
        store.records.objects.put(f"bodies/{partition}/left", b"left")

    leave()
    assert await keeper(store, settings, NOW) == "1 thing left by a crash removed"
    leave()
    assert await keeper(store, settings, NOW + timedelta(minutes=1)) == ""
    assert await keeper(store, settings, NOW + TIDY_EVERY) == "1 object packed, 1 thing left by a crash removed"


def test_a_round_in_which_nothing_was_due_says_nothing() -> None:
    assert line(Round(Ended((), 0), (), 0), 0) == ""
    assert line(Round(Ended(("days30-2026-05-01",), 0), (), 0), 0) == "1 partition dropped whole"
