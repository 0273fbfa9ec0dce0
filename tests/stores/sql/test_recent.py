from __future__ import annotations

from carnet.stores.sql.recent import RecentTexts


def test_the_text_used_longest_ago_goes_first() -> None:
    recent = RecentTexts(10)
    recent.put(b"a", b"12345")
    recent.put(b"b", b"1234")
    recent.get(b"a")
    recent.put(b"c", b"123")
    assert [recent.get(digest) for digest in (b"a", b"b", b"c")] == [b"12345", None, b"123"]


def test_a_text_larger_than_all_room_drives_nothing_out() -> None:
    recent = RecentTexts(10)
    recent.put(b"a", b"12345")
    recent.put(b"b", b"x" * 11)
    assert (recent.get(b"a"), recent.get(b"b")) == (b"12345", None)


def test_a_text_put_twice_takes_its_room_once() -> None:
    recent = RecentTexts(10)
    for _ in range(5):
        recent.put(b"a", b"12345")
    recent.put(b"b", b"12345")
    assert (recent.get(b"a"), recent.get(b"b")) == (b"12345", b"12345")


def test_a_text_let_go_makes_room() -> None:
    recent = RecentTexts(10)
    recent.put(b"a", b"12345")
    recent.put(b"b", b"12345")
    recent.drop(b"a")
    recent.drop(b"never put")
    recent.put(b"c", b"12345")
    assert [recent.get(digest) for digest in (b"a", b"b", b"c")] == [None, b"12345", b"12345"]
