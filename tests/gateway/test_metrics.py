"""What is counted, in the exposition format; a parser of Prometheus's own makers reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from carnet.gateway.board import Board
from carnet.gateway.cells import Cells
from carnet.gateway.metrics import CLIENTS, FAMILIES, Counter, Family, Histogram, Metrics, exposition

if TYPE_CHECKING:
    from pathlib import Path

THINGS = Family("c_total", "Things.", ("what", "how"))


def test_a_counter_counts_by_label() -> None:
    counter = Counter(Cells.private(), THINGS)
    counter.add("a", 'q"\n\\')
    counter.add("a", 'q"\n\\', count=2)
    assert counter.counts == {("a", 'q"\n\\'): 3}
    assert list(THINGS.lines(dict(counter.counts))) == [
        "# HELP c_total Things.",
        "# TYPE c_total counter",
        'c_total{what="a",how="q\\"\\n\\\\"} 3',
    ]


def test_a_histogram_has_growing_buckets() -> None:
    family = Family("h", "Times.", ("le",), "sum", (0.1, 1.0))
    cells = Cells.private()
    histogram = Histogram(cells, family)
    for seconds in (0.1, 0.5, 7.0):
        histogram.observe(seconds)
    numbers = {tuple(name.split("\x1f")[1:]): value for (_, name), value in cells.all()}
    assert list(family.lines(numbers))[2:] == [
        'h_bucket{le="0.1"} 1', 'h_bucket{le="1.0"} 2', 'h_bucket{le="+Inf"} 3', "h_sum 7.600000", "h_count 3"
    ]  # fmt: skip


def test_a_number_of_the_present_is_looked_at_when_it_is_shown() -> None:
    things: list[int] = []
    metrics = Metrics()
    metrics.watch(CLIENTS, things.__len__)
    things.append(1)
    assert "\ncarnet_relay_connections 1\n" in metrics.text()


def test_every_metric_has_a_name_of_ours_and_is_shown_before_anything_was_counted() -> None:
    names = {line.split()[2] for line in Metrics().text().splitlines() if line.startswith("# TYPE")}
    assert names == {family.name for family in FAMILIES}
    assert all(name.startswith("carnet_relay_") for name in names)


def test_any_process_answers_for_all_and_a_restart_takes_nothing_away(tmp_path: Path) -> None:
    board = Board.make(tmp_path / "board")
    one, two = Metrics(board, 0), Metrics(board, 1)
    for each, number in ((one, 3), (two, 4)):
        each.request_bytes.add(count=number)
        each.seconds.observe(0.02)
    assert one.text() == two.text()
    board.free(0)
    again = Metrics(board, 0)
    again.request_bytes.add(count=1)
    text = two.text()
    assert "carnet_relay_request_bytes_total 8\n" in text
    assert "carnet_relay_exchange_seconds_count 2\n" in text
    assert "carnet_relay_processes 2\n" in text


def test_a_parser_of_another_maker_reads_every_family_and_label() -> None:
    metrics = Metrics()
    metrics.exchanges.add("messages", "complete", count=5)
    metrics.upstream_faults.add('odd "name"', "refused")
    metrics.first_byte.observe(0.3)
    families = {one.name: one for one in text_string_to_metric_families(metrics.text())}
    assert len(families) == len(FAMILIES)
    (sample,) = families["carnet_relay_exchanges"].samples
    assert (sample.labels, sample.value) == ({"route": "messages", "how": "complete"}, 5.0)
    (fault,) = families["carnet_relay_upstream_faults"].samples
    assert fault.labels["upstream"] == 'odd "name"'
    buckets = families["carnet_relay_first_byte_seconds"]
    assert buckets.type == "histogram"
    assert [one.value for one in buckets.samples if one.labels.get("le") in {"0.25", "0.5", "+Inf"}] == [0.0, 1.0, 1.0]


def test_numbers_of_a_newer_process_that_this_one_does_not_know_are_left_out() -> None:
    assert "unheard" not in exposition({("sum", "carnet_relay_unheard_total"): 1.0})
