from __future__ import annotations

from carnet.gateway.metrics import Counter, Gauge, Histogram, Metrics


def test_a_counter_counts_by_label() -> None:
    counter = Counter("c_total", "Things.", "what", "how")
    counter.add("a", 'q"\n\\')
    counter.add("a", 'q"\n\\', count=2)
    assert list(counter.lines()) == [
        "# HELP c_total Things.",
        "# TYPE c_total counter",
        'c_total{what="a",how="q\\"\\n\\\\"} 3',
    ]


def test_a_histogram_has_growing_buckets() -> None:
    histogram = Histogram("h", "Times.", (0.1, 1.0))
    for seconds in (0.1, 0.5, 7.0):
        histogram.observe(seconds)
    assert list(histogram.lines())[2:] == [
        'h_bucket{le="0.1"} 1', 'h_bucket{le="1.0"} 2', 'h_bucket{le="+Inf"} 3', "h_sum 7.600000", "h_count 3"
    ]  # fmt: skip


def test_a_gauge_is_asked_when_it_is_shown() -> None:
    things: list[int] = []
    gauge = Gauge("g", "Things.", things.__len__)
    things.append(1)
    assert list(gauge.lines())[-1] == "g 1"


def test_every_metric_has_a_name_of_ours() -> None:
    metrics = Metrics()
    metrics.request_bytes.add(count=5)
    names = {line.split()[2] for line in metrics.text().splitlines() if line.startswith("# TYPE")}
    assert all(name.startswith("carnet_relay_") for name in names)
    assert "carnet_relay_request_bytes_total 5\n" in metrics.text()
