"""What a short text may be, and what it may not be."""

from __future__ import annotations

import pytest

from carnet.gateway.intake import words

HOSTILE = (
    "/home/ann/secret.py", "C:\\Users\\ann", "~/notes", "file:///etc/passwd", "\\\\host\\share", "src/main.rs",
    "secret.py", "notes.md", "id_rsa.pem", "app.test.TSX", ".env",
    "please fix the login", "def login(user):", "x = 1", "return;", "a\nb", "a\x00b", "", "é", "ann@acme.test",
    "ghp_" + "a1B2" * 9, "sk-ant-api03-" + "x" * 30, "AKIA" + "Q7" * 8, "a1b2c3d4e5f6g7h8i9j0k1", "x" * 65,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("check", [words.word, words.name, words.version, words.release, words.dotted])
def test_paths_code_prompts_and_keys_are_no_words(check: words.Check, text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize("check", words.CHECKS.values())
@pytest.mark.parametrize("value", [None, [], {}, ["word"], {"a": "b"}, b"word", object()])
def test_what_is_no_plain_value_is_none(check: words.Check, value: object) -> None:
    assert check(value) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("word", "claude-sonnet-4-20250514"), ("word", "us.anthropic.claude-opus-4-1-20250805-v1:0"),
        ("word", "xterm-256color"), ("name", "claude_code.token.usage"), ("name", "tengu_api_success"),
        ("name", "com.anthropic.claude_code.events"), ("version", "2.1.197"), ("version", "6.1.0-39-amd64"),
        ("release", "carnet@1.2.3"), ("dotted", "builtins.ValueError"), ("dotted", "JSONDecodeError"),
        ("id", "d0d0d0d0-aaaa-4bbb-8ccc-121212121212"), ("id", "a" * 32), ("number", 5), ("number", -0.5),
        ("flag", True), ("time", "2026-04-01T09:30:15.123Z"), ("time", 1_790_000_000.5), ("level", "error"),
    ],
)  # fmt: skip
def test_what_agents_do_report_is_kept_as_it_is(kind: str, value: object) -> None:
    assert words.CHECKS[kind](value) == value


@pytest.mark.parametrize(("text", "number"), [("16", 16), ("-1.5", -1.5), ("1790000000000000000", 1790000000000000000)])
def test_a_number_may_be_written_as_text(text: str, number: float) -> None:
    assert words.number(text) == number


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 << 64, "1e5", "0x10", "١", "9" * 30, True, " 1"])
def test_what_is_no_number_of_ours_is_none(value: object) -> None:
    assert words.number(value) is None


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("False", False), ("yes", None), ("1", None)])
def test_a_switch_may_be_written_as_a_word(text: str, flag: bool | None) -> None:  # noqa: FBT001 - a value like others
    assert words.flag(text) is flag


def test_an_instant_is_no_sentence() -> None:
    assert words.moment("2026-04-01T09:30 in the morning") is None
    assert words.level("Error: /home/ann") is None
