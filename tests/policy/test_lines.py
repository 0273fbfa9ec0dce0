from __future__ import annotations

import json

from carnet.policy.lines import Answerer
from tests.policy.books import DAY, claude

FIELDS = ["flow", "verdict", "necessity", "purposes", "recipients", "retention", "training", "transit", "at_rest"]
FIELDS += ["rule", "means", "citations", "also", "assumed", "missing"]


def answers(*lines: bytes) -> tuple[list[dict[str, object]], int]:
    answerer = Answerer(claude(), DAY)
    return [json.loads(one) for one in answerer.answers(lines)], answerer.faults


def test_every_flow_is_answered_in_the_packs_order_with_the_fields_of_the_design() -> None:
    found, faults = answers(b'{"provider":"bedrock"}\n')
    flows = found[0]["flows"]
    assert isinstance(flows, list)
    assert [one["flow"] for one in flows] == [flow.id for flow in claude().flows]
    assert list(flows[0]) == FIELDS
    assert faults == 0


def test_a_bad_line_gives_an_error_with_its_number_and_the_rest_go_on() -> None:
    found, faults = answers(
        b"{}\n",
        b"{nonsense\n",
        b'{"provider":"x"}\n',
        b"[]\n",
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b"{}\n",
        b'{"provider":"\xff"}\n',
    )
    assert [("error" in one, one.get("line")) for one in found] == [
        (False, None), (True, 2), (True, 3), (True, 4), (True, 5), (True, 6), (False, None), (True, 8),
    ]  # fmt: skip
    assert faults == 6


def test_a_blank_line_has_no_answer_and_keeps_the_numbers() -> None:
    found, _ = answers(b"\n", b"nope\n")
    assert [one["line"] for one in found] == [2]


def test_a_remembered_answer_is_the_same_as_a_fresh_one() -> None:
    lines = [b'{"provider":"bedrock"}\n', b'{"provider":"anthropic"}\n', b'{ "provider" : "bedrock" }\n']
    fresh = [answers(line)[0][0] for line in lines]
    again, _ = answers(*lines, *lines)
    assert again == fresh + fresh
