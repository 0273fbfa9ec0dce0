"""Hosts in one form, whatever they are written as; and what is no host is said without being repeated."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.model.host import read_host


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.Com.", "example.com"),
        ("r3---sn-a.example.com", "r3---sn-a.example.com"),
        ("my_site.example.com", "my_site.example.com"),
        ("localhost", "localhost"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("8.8.8.8", "8.8.8.8"),
        ("[2001:DB8::0:1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_host_is_read_in_its_one_form(text: str, name: str) -> None:
    assert read_host(text).name == name


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("MÜNCHEN.de", "xn--mnchen-3ya.de", "münchen.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de", "münchen.de"),
        ("faß.de", "xn--fa-hia.de", "faß.de"),  # not transitional: it is not fass.de
        ("ex\u3002com", "ex.com", "ex.com"),
        ("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost", "localhost"),
    ],
)
def test_other_scripts_come_out_as_a_labels(text: str, name: str, shown: str) -> None:
    found = read_host(text)
    assert (found.name, found.shown) == (name, shown)


@pytest.mark.parametrize(
    "text",
    ["127.1", "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1", "017700000001", "127.0.0.01", "0x7f.0.0.1."],
)
def test_an_address_is_known_however_it_is_written(text: str) -> None:
    found = read_host(text)
    assert (str(found.address), found.usual) == ("127.0.0.1", False)


@pytest.mark.parametrize("text", ["127.0.0.1", "１２７.0.0.1", "127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1"])
def test_full_width_and_circled_digits_are_digits(text: str) -> None:
    assert str(read_host(text).address) == "127.0.0.1"


@given(
    st.lists(
        st.sampled_from(["0", "1", "7", "127", "0x7f", "0177", "255", "256", "65535", "08"]), min_size=1, max_size=4
    )
)
def test_what_is_read_as_an_address_is_the_one_that_the_system_would_dial(parts: list[str]) -> None:
    text = ".".join(parts)
    try:
        dialled = socket.inet_ntoa(socket.inet_aton(text))
    except OSError:
        dialled = ""
    try:
        read = str(read_host(text).address)
    except ValueError:
        read = ""
    assert read == dialled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 253"),
        ("https://example.com", "URL"),
        ("https://example.com/a?b", "URL"),
        ("example.com/path", "path"),
        ("example.com:443", "port"),
        ("user@example.com", "@"),
        ("user:pw@example.com", "@"),
        ("example.com?x=1", "query"),
        ("example.com#x", "fragment"),
        ("example.com\\x", "backslash"),
        ("example .com", "blanks"),
        ("example.com\n", "blanks"),
        ("localhost\0.example.com", "blanks"),
        ("a..com", "no host name"),
        (".com", "no host name"),
        ("..", "no host name"),
        ("-a.com", "no host name"),
        ("a-.com", "no host name"),
        ("%31.com", "no host name"),
        ("a" * 64 + ".com", "no host name"),
        ("a." * 127 + "com", "no host name"),
        ("a" * 5000, "1 to 253"),
        ("1.2.3.4.5", "IPv4"),
        ("1.2.3.256", "IPv4"),
        ("example.123", "IPv4"),
        ("4294967296", "IPv4"),
        ("fe80::1%lo", "zone"),
        ("[fe80::1%25lo]", "zone"),
        ("[::1]:80", "port"),
        ("::ffff:1.2.3.4.5", "port"),
        ("xn--a.com", "IDNA"),
        ("☃.example", "IDNA"),
        ("a\u200db.example", "IDNA"),
        ("\ud800.example", "IDNA"),
        ("é" * 300 + ".example", "IDNA"),
        ("ex\u3002com/x", "IDNA"),
    ],
)
def test_what_is_no_host_is_said_and_not_repeated(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_host(text)
    assert len(text) < 4 or text not in str(refused.value)


@given(st.text(max_size=80))
def test_any_text_is_a_host_in_its_one_form_or_refused(text: str) -> None:
    with suppress(ValueError):
        found = read_host(text)
        assert found.name.isascii()
        assert _again(found.name) == found.name


def _again(name: str) -> str:
    try:
        return read_host(name).name
    except ValueError:
        return "refused"
