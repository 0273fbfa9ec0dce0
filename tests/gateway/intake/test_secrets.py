"""Secrets of known shapes are found wherever they stand; what is none stays."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carnet.gateway.intake.secrets import Shape, begun_at, cleaned, finder, is_secret, without

LETTERS = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3cD6fG9hJ2kL5nP8qR1sT4uV7wX0yZ3bC6eF9gH2jK5mN8pQ1rS"
HEX = "0123456789abcdef" * 5
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join([LETTERS[:64]] * 60) + "\n-----END RSA PRIVATE KEY-----"
SAMPLES = {
    "anthropic-key": "sk-ant-api03-" + LETTERS,
    "openai-key": "sk-proj-" + LETTERS,
    "openrouter-key": "sk-or-v1-" + HEX[:64],
    "carnet-key": "ck_abcdefg2_" + LETTERS[:46],
    "aws-access-key": "AKIAQ2W3E4R5T6Y7U2I3",
    "aws-secret": "aws_secret_access_key = " + LETTERS[:40],
    "github-token": "ghp_" + LETTERS[:36],
    "github-fine-token": "github_pat_" + LETTERS,
    "gitlab-token": "glpat-" + LETTERS[:20],
    "slack-token": "xoxb-123456789012-" + LETTERS[:24],
    "slack-hook": "https://hooks.slack.com/services/T012ABCDE/B012ABCDE/" + LETTERS[:24],
    "discord-hook": "https://discord.com/api/webhooks/123456789012345678/" + LETTERS[:68],
    "google-key": "AIza" + LETTERS[:35],
    "google-oauth": "GOCSPX-" + LETTERS[:28],
    "azure-storage-key": "AccountKey=" + LETTERS + "==",
    "azure-client-secret": "abc8Q~" + LETTERS[:34],
    "stripe-key": "sk_live_" + LETTERS[:24],
    "npm-token": "npm_" + LETTERS[:36],
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + LETTERS,
    "rubygems-key": "rubygems_" + HEX[:48],
    "docker-token": "dckr_pat_" + LETTERS[:27],
    "huggingface-token": "hf_" + LETTERS[:34],
    "sendgrid-key": "SG." + LETTERS[:22] + "." + LETTERS[:43],
    "mailgun-key": "key-" + HEX[:32],
    "digitalocean-token": "dop_v1_" + HEX[:64],
    "databricks-token": "dapi" + HEX[:32],
    "shopify-token": "shpat_" + HEX[:32],
    "linear-key": "lin_api_" + LETTERS[:40],
    "notion-token": "ntn_" + LETTERS[:46],
    "atlassian-token": "ATATT3" + LETTERS,
    "postman-key": "PMAK-" + HEX[:24] + "-" + HEX[:34],
    "grafana-token": "glsa_" + LETTERS[:32] + "_" + HEX[:8],
    "sentry-token": "sntryu_" + HEX[:64],
    "vault-token": "hvs." + LETTERS[:24],
    "age-key": "AGE-SECRET-KEY-1" + (LETTERS[:58]).upper(),
    "groq-key": "gsk_" + LETTERS[:52],
    "xai-key": "xai-" + LETTERS[:80],
    "replicate-token": "r8_" + LETTERS[:37],
    "telegram-token": "123456789:AA" + LETTERS[:33],
    "private-key": PEM,
    "web-token": f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:40]}.{LETTERS[:43]}",
    "bearer": "Authorization: Bearer " + LETTERS[:30],
    "cookie": "Cookie: session=" + LETTERS[:30],
    "address-password": "postgres://ann:hunter2hunter@db.test/x",
    "assignment": "API_KEY='" + LETTERS[:20] + "'",
}


def test_every_shape_has_a_sample() -> None:
    assert set(SAMPLES) == {one.id for one in finder().shapes}


@pytest.mark.parametrize("shape", SAMPLES)
@pytest.mark.parametrize("around", ["{}", "see {} there", "\\n{}\\n", 'x = "{}"', "é{}é", "a\n{}\nb", "\x00{}\x00"])
def test_a_secret_is_taken_out_wherever_it_stands(shape: str, around: str) -> None:
    counts: Counter[str] = Counter()
    text = without(around.format(SAMPLES[shape]), counts)
    assert LETTERS[10:20] not in text
    assert HEX[8:24] not in text
    assert "hunter2" not in text
    assert "Q2W3E4R5" not in text
    assert "[removed: " in text
    assert counts.total() >= 1


@pytest.mark.parametrize(
    "text",
    [
        "the token budget is fine, and the secret of good tea is time",
        "password: see the vault",
        "sk-learn and task-ant-farm",
        "https://example.test/a?b=c",
        "git@github.test:acme/app.git",
        "max_tokens=4096",
        "-----BEGIN CERTIFICATE-----",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without(text) == text
    assert not is_secret(text)


def test_a_key_of_any_length_is_taken_out_whole() -> None:
    lines = base64.b64encode(bytes(range(256)) * 200).decode()
    text = f"before\n-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\nafter"
    assert without(text) == "before\n[removed: private-key]\nafter"
    cut = f"-----BEGIN PRIVATE KEY-----\n{lines}"
    assert without(cut) == "[removed: private-key]"


def test_many_of_them_in_one_text_are_all_taken_out() -> None:
    text = "".join(f"line {number}: {SAMPLES['github-token']}\n" for number in range(3000))
    counts: Counter[str] = Counter()
    assert "ghp_" not in without(text, counts)
    assert counts == {"github-token": 3000}


def test_texts_in_json_are_looked_at_as_they_read_and_names_too() -> None:
    key = SAMPLES["anthropic-key"]
    escaped = json.loads('"\\u0073k-ant-' + key[7:] + '"')
    value = {"a": [1, None, {"b": f"x\n{key}"}], key: True, "c": escaped, "d": "plain"}
    counts: Counter[str] = Counter()
    told = cleaned(value, counts)
    assert told == {
        "a": [1, None, {"b": "x\n[removed: anthropic-key]"}],
        "[removed: anthropic-key]": True,
        "c": "[removed: anthropic-key]",
        "d": "plain",
    }
    assert counts == {"anthropic-key": 3}


def test_what_has_none_comes_back_as_the_same_object() -> None:
    value = {"a": ["words", 1.5, False]}
    assert cleaned(value, Counter()) is value


def test_half_a_surrogate_pair_hides_nothing() -> None:
    assert without("\ud800 " + SAMPLES["github-token"]) == "? [removed: github-token]"


FIRST = [one for one in finder().shapes if one.at is not None]
PIECES = st.lists(
    st.sampled_from(
        [*(SAMPLES[one.id] for one in FIRST), *(SAMPLES[one.id][:9] for one in FIRST), "token", "secret", "=", ": '",
         " ", "\n", "\x00", "_", "ck_", "eyJ", "é", "PassWord", "A" * 13, "b" * 600, "key-", "."]
    ),
    max_size=12,
)  # fmt: skip


@given(PIECES)
@example(["token=" * 400])
@settings(max_examples=200)
def test_what_begins_with_its_keyword_is_found_as_by_a_search_through_everything(pieces: list[str]) -> None:
    text = "".join(pieces).encode()
    spans = [
        (one.end(1) if shape.keep else one.start(), one.end(), shape.id) for shape in FIRST for one in shape.find(text)
    ]
    assert sorted(one for shape in FIRST for one in _found(shape, text)) == sorted(spans)


def _found(shape: Shape, text: bytes) -> list[tuple[int, int, str]]:
    known = finder()
    number = known.shapes.index(shape)
    hits = [at for keyword, at, _ in known.keywords(text.lower()) if known.of_keyword[keyword] == number]
    assert shape.at is not None
    return list(begun_at(text, shape, shape.at, hits))


def test_a_text_that_is_all_keyword_takes_no_longer_than_its_length() -> None:
    counts: Counter[str] = Counter()
    without("token=" * 300_000, counts)
    assert counts == {"assignment": 1}


def test_the_same_text_in_many_places_is_counted_in_each() -> None:
    counts: Counter[str] = Counter()
    told = cleaned([{"role": "user", "text": SAMPLES["npm-token"]}] * 50, counts)
    assert told == [{"role": "user", "text": "[removed: npm-token]"}] * 50
    assert counts == {"npm-token": 50}
