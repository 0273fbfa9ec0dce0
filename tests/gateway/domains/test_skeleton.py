"""Names that look alike have one skeleton; names that do not, have two."""

from __future__ import annotations

import pytest

from carnet.gateway.domains.skeleton import FILE, ascii_skeleton_bytes, skeleton, table


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("сосо.com", "coco.com"),  # all Cyrillic
        ("pаypal.com", "paypal.com"),  # one Cyrillic letter
        ("googlе.com", "google.com"),
        ("αpple.com", "apple.com"),  # Greek
        ("kıtap.com", "kitap.com"),
        ("rnicrosoft.com", "microsoft.com"),
        ("paypa1.com", "paypal.com"),
    ],
)
def test_alike(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("münchen.de", "munchen.de"), ("example.com", "example.org"), ("ex-ample.com", "example.com")]
)
def test_not_alike(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_bytes_and_text_agree() -> None:
    text = "m0st-1ike.example"
    assert ascii_skeleton_bytes(text.encode()) == skeleton(text).encode()
    rows = {point: text for point, text in table().items() if point < 128}
    assert rows == {ord("0"): "O", ord("1"): "l", ord("m"): "rn"}


def test_a_skeleton_of_labels_is_the_skeletons_of_each() -> None:
    for text in ("раураӏ.münchen.com", "a.b.c"):
        assert skeleton(text) == ".".join(skeleton(label) for label in text.split("."))


def test_the_data_comes_with_its_licence() -> None:
    assert "Unicode, Inc." in FILE.read_text("ascii")
    assert "permission notice" in (FILE.parent / "UNICODE-LICENSE.txt").read_text("utf-8")
