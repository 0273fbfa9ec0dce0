"""Which of many values counts."""

from __future__ import annotations

import pytest

from carnet.agent.precedence import choose_managed, effective_env, effective_settings, joined
from carnet.model.machine import LAYERS, Located, Source

from .homes import NEW, OLD, claude

KNOWN = claude()
NOW = KNOWN.at(NEW, None)


def source(layer: str, tier: str = "", env: dict[str, str] | None = None, **values: object) -> Source:
    """A file that was read."""
    file = f"/{layer}{tier}.json"
    return Source(
        layer,
        file,
        "read",
        tier,
        {key: Located(value, layer, file, 1) for key, value in values.items()},
        {key: Located(value, layer, file, 2) for key, value in (env or {}).items()},
    )


def effective(*sources: Source) -> dict[str, object]:
    return {key: one.value for key, one in effective_settings(sources, KNOWN, NOW).items()}


def test_the_order_is_managed_local_project_user() -> None:
    layers = ("user", "project", "local", "managed")
    for count in range(1, 5):
        found = effective_settings(
            [source(layer, cleanupPeriodDays=n) for n, layer in enumerate(layers[:count])], KNOWN, NOW
        )
        assert found["cleanupPeriodDays"].layer == layers[count - 1]
        assert [old.layer for old in found["cleanupPeriodDays"].shadowed] == list(layers[: count - 1])[::-1]


def test_the_order_of_the_files_on_the_disk_does_not_matter_between_layers() -> None:
    assert effective(source("managed", x=1), source("user", x=2)) == effective(
        source("user", x=2), source("managed", x=1)
    )


def test_objects_are_joined_and_lists_lose_repeats() -> None:
    lower = {"allow": ["A", "B"], "network": {"a": 1}}
    upper = {"allow": ["C", "A"], "network": {"b": 2}}

    assert effective(source("user", permissions=lower), source("project", permissions=upper)) == {
        "permissions": {"allow": ["A", "B", "C"], "network": {"a": 1, "b": 2}}
    }


def test_chains_of_models_are_taken_whole() -> None:
    assert effective(source("user", fallbackModel=["a"]), source("project", fallbackModel=["b"])) == {
        "fallbackModel": ["b"]
    }
    assert effective(source("user", availableModels=["a"]), source("project", availableModels=["b"])) == {
        "availableModels": ["a", "b"]
    }
    assert effective(source("user", availableModels=["a"]), source("managed", availableModels=["b"])) == {
        "availableModels": ["b"]
    }


def test_values_of_different_kinds_replace_each_other() -> None:
    assert joined({"a": 1}, [1]) == [1]
    assert joined([1], 2) == 2
    assert joined([1, True], [True, 1, {}, {}]) == [1, True, {}, {}]


@pytest.mark.parametrize(
    ("key", "strict", "layer"),
    [("disableClaudeAiConnectors", True, "user"), ("remoteControlAtStartup", False, "project")],
)
def test_a_stricter_value_wins_from_below(key: str, strict: bool, layer: str) -> None:  # noqa: FBT001 - data
    lower, upper = source(layer, "", None, **{key: strict}), source("managed", "", None, **{key: not strict})
    found = effective_settings([lower, upper], KNOWN, NOW)

    assert found[key].value is strict
    assert found[key].shadowed[0].layer == "managed"


def test_a_value_that_is_not_stricter_does_not() -> None:
    assert effective(source("user", remoteControlAtStartup=False), source("managed", remoteControlAtStartup=True)) == {
        "remoteControlAtStartup": True
    }


def test_a_variable_of_settings_replaces_that_of_the_process_even_by_nothing() -> None:
    process = {"A": Located("1", "process"), "B": Located("2", "process")}
    found = effective_env([source("user", env={"A": ""})], process, NOW)

    assert (found["A"].value, found["A"].layer, found["A"].shadowed) == ("", "user", (process["A"],))
    assert found["B"] == process["B"]


def test_shadowed_variables_come_next_best_first() -> None:
    process = {"A": Located("0", "process")}
    found = effective_env([source(layer, env={"A": layer}) for layer in ("user", "project", "local")], process, NOW)

    assert [old.layer for old in found["A"].shadowed] == ["project", "user", "process"]


def test_void_files_do_not_count() -> None:
    void = Source("user", "/f", "void", "", {"x": Located(1, "user")}, {"A": Located("1", "user")})

    assert effective(void) == {}
    assert effective_env([void], {}, NOW) == {}


def test_the_first_managed_source_with_a_key_shadows_the_rest() -> None:
    chosen = choose_managed([source("managed", "file", x=1), source("managed", "remote", y=2)], NOW, {})

    assert {one.tier: one.state for one in chosen} == {"file": "shadowed", "remote": "read"}
    assert effective(*chosen) == {"y": 2}


def test_an_empty_managed_source_shadows_nothing() -> None:
    chosen = choose_managed([source("managed", "file", x=1), source("managed", "remote")], NOW, {})

    assert effective(*chosen) == {"x": 1}


def test_variables_of_all_managed_sources_are_joined_since_a_day() -> None:
    sources = [
        source("managed", "file", {"A": "file", "B": "file"}, x=1),
        source("managed", "remote", {"A": "remote"}, y=2),
    ]
    env = effective_env(choose_managed(sources, NOW, {}), {}, NOW)
    before = KNOWN.at(OLD, None)

    assert {name: one.value for name, one in env.items()} == {"A": "remote", "B": "file"}
    assert set(effective_env(choose_managed(sources, before, {}), {}, before)) == {"A"}


def test_a_variable_of_the_process_undoes_the_joining() -> None:
    sources = [source("managed", "file", {"B": "file"}), source("managed", "remote", {"A": "remote"})]
    chosen = choose_managed(sources, NOW, {"CLAUDE_CODE_DISABLE_ADMIN_ENV_UNION": "1"})

    assert set(effective_env(chosen, {}, NOW)) == {"A"}


def test_the_collectors_variables_are_taken_from_one_source_together() -> None:
    sources = [
        source("managed", "file", {"OTEL_EXPORTER_OTLP_ENDPOINT": "file", "OTEL_LOG_USER_PROMPTS": "1", "B": "1"}),
        source("managed", "remote", {"OTEL_LOGS_EXPORTER": "otlp"}),
    ]

    assert set(effective_env(choose_managed(sources, NOW, {}), {}, NOW)) == {"OTEL_LOGS_EXPORTER", "B"}


def test_every_layer_but_the_process_has_its_place() -> None:
    assert set(NOW.layers) == set(LAYERS) - {"process"}
