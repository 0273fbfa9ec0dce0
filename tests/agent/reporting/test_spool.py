"""What waits on the disk is sealed, private, bounded, and gone when it may not be sent."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from carnet.agent.reporting.nouns import Parcel
from carnet.agent.reporting.spool import KEY_FILE, Spool

if TYPE_CHECKING:
    from pathlib import Path

CANARY = b"canary-words-of-a-report"


def parcel(flow: str = "metrics", body: bytes = CANARY) -> Parcel:
    return Parcel(flow, "/v1/metrics", "application/json", body)


def spool(tmp_path: Path, most: int = 100_000, to: str = "http://127.0.0.1:1") -> Spool:
    return Spool(tmp_path / "spool", to, most, 7)


def test_nothing_is_made_before_something_waits(tmp_path: Path) -> None:
    one = spool(tmp_path)

    assert (one.names(), one.discard({"metrics"}), one.sweep(time.time())) == ([], 0, 0)
    assert not one.folder.exists()


def test_what_was_put_comes_out_oldest_first_and_then_is_gone(tmp_path: Path) -> None:
    one = spool(tmp_path)
    assert one.add(parcel(body=b"second"), 2)
    assert one.add(parcel("errors", b"first\nwith a line"), 1)

    names = one.names()

    assert [one.read(name) for name in names] == [parcel("errors", b"first\nwith a line"), parcel(body=b"second")]
    assert [one.remove(name) for name in names] == [True, True]
    assert one.names() == []


def test_nothing_is_in_the_clear_and_nobody_else_may_look(tmp_path: Path) -> None:
    one = spool(tmp_path)
    assert one.add(parcel(), 1)

    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700
    for path in one.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert CANARY not in path.read_bytes()


def test_another_process_reads_it_with_the_same_key(tmp_path: Path) -> None:
    first, second = spool(tmp_path), spool(tmp_path)
    assert first.add(parcel(), 1)
    assert second.add(parcel("errors"), 2)

    assert [one.flow for name in first.names() if (one := first.read(name))] == ["metrics", "errors"]


@pytest.mark.parametrize("harm", ["cut", "flip", "rename", "empty"])
def test_what_was_tampered_with_is_nothing(tmp_path: Path, harm: str) -> None:
    one = spool(tmp_path)
    one.add(parcel(), 1)
    path = one.folder / one.names()[0]
    raw = path.read_bytes()
    if harm == "rename":
        path.rename(path.with_name(path.name.replace("metrics", "errors")))
    else:
        path.write_bytes({"cut": raw[:-1], "flip": raw[:-1] + bytes([raw[-1] ^ 1]), "empty": b""}[harm])

    assert one.read(one.names()[0]) is None


def test_the_oldest_make_room_and_what_is_larger_than_all_is_not_kept(tmp_path: Path) -> None:
    one = spool(tmp_path, 1000)
    for at in range(20):
        assert one.add(parcel(body=b"%d" % at + b"x" * 200), at)
    assert not one.add(parcel(body=b"y" * 1000), 99)

    bodies = [kept.body[:2] for name in one.names() if (kept := one.read(name))]
    assert bodies == [b"17", b"18", b"19"]
    assert sum(path.stat().st_size for path in one.folder.glob("*.sealed")) <= 1000


def test_discarding_takes_one_flow_and_leaves_the_others(tmp_path: Path) -> None:
    one = spool(tmp_path)
    for at, flow in enumerate(["metrics", "errors", "transcript-share", "metrics"]):
        one.add(parcel(flow), at)

    assert one.discard({"metrics", "transcript-share"}) == 3
    assert [kept.flow for name in one.names() if (kept := one.read(name))] == ["errors"]


def test_the_sweep_gives_up_what_is_old_and_what_was_torn(tmp_path: Path) -> None:
    one, now = spool(tmp_path), time.time()
    one.add(parcel(), int((now - 8 * 86_400) * 1e9))
    one.add(parcel(), int(now * 1e9))
    torn = one.folder / "1-x-metrics.sealed.part"
    torn.write_bytes(b"half")
    os.utime(torn, (1, 1))

    assert one.sweep(now) == 1
    assert len(one.names()) == 1
    assert not torn.exists()


def test_a_key_that_others_could_have_read_is_not_used(tmp_path: Path) -> None:
    spool(tmp_path).add(parcel(), 1)
    (tmp_path / "spool" / KEY_FILE).chmod(0o644)

    assert not spool(tmp_path).add(parcel(), 2)


def test_a_key_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir(0o700)
    other = tmp_path / "other"
    other.write_bytes(b"k" * 32)
    other.chmod(0o600)
    (folder / KEY_FILE).symlink_to(other)

    assert not spool(tmp_path).add(parcel(), 1)


def test_a_folder_that_others_may_write_in_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o777)

    assert not spool(tmp_path).add(parcel(), 1)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = spool(tmp_path)
    one.add(parcel(), 1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)

    assert not one.add(parcel(), 2)
    assert sorted(path.suffix for path in one.folder.iterdir()) == [".key", ".sealed"]


def test_two_that_empty_it_do_not_meet(tmp_path: Path) -> None:
    one, other = spool(tmp_path), spool(tmp_path)
    one.add(parcel(), 1)

    with one.alone() as first, other.alone() as second:
        assert (first, second) == (True, False)
    with other.alone() as again:
        assert again


def test_nobody_is_alone_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with spool(tmp_path).alone() as alone:
        assert not alone


def test_what_was_meant_for_one_collector_goes_to_no_other_but_ends_with_the_rest(tmp_path: Path) -> None:
    one, other = spool(tmp_path), spool(tmp_path, to="http://127.0.0.1:2")
    one.add(parcel(), 1)
    one.add(parcel("errors"), 2)

    assert (len(one.names()), other.names()) == (2, [])
    assert other.discard({"metrics"}) == 1
    assert other.sweep(time.time()) == 1
    assert one.names() == []
