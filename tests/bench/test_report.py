"""The report of the benchmark: medians, ratios, and which targets the figures meet."""

from __future__ import annotations

from bench import report, targets
from bench.__main__ import ROWS
from bench.measuring import Sample, Sizes
from bench.results import Results
from bench.targets import Target

LABEL = "Java producer, 100 B, acks=all"


def results(**figures: list[tuple[float, float | None]]) -> Results:
    """Give the value and the CPU seconds of each round by system."""
    found = Results()
    for system, samples in figures.items():
        for value, cpu_s in samples:
            found.add("java", system, Sample(LABEL, "records/s", value, cpu_s, count=1000))
    return found


def test_a_row_has_the_medians_of_all_systems_and_the_ratios_of_ours() -> None:
    found = results(
        Kafka=[(100, 4), (300, 2), (200, 3)], kfake=[(400, 1)], kafkapy=[(500, 0.3), (300, 0.1)]
    )
    head, row = report.table(found, [LABEL])
    assert dict(zip(head, row, strict=True)) == {
        "work": LABEL,
        "unit": "records/s",
        "Kafka": "200",
        "kfake": "400",
        "kafkapy": "400",
        "/ Kafka": "2.00",
        "/ kfake": "1.00",
        "CPU each": "200 µs",
        "CPU / Kafka": "0.07",
        "CPU / kfake": "0.20",
    }


def test_what_is_missing_is_a_dash() -> None:
    found = results(Kafka=[(100, None)], kfake=[(1, 1)])
    found.add("memory", "kafkapy", Sample("memory, idle", "MB", 30))
    head, row = report.table(found, ["memory, idle"])
    assert [*row] == ["memory, idle", "MB", "-", "-", "30.0", "-", "-", "-", "-", "-"]
    assert len(head) == len(row)


def test_a_duration_is_shown_in_the_unit_that_suits_it() -> None:
    shown = [report.duration(seconds) for seconds in (0.000_012_34, 0.0123, 0.123, 12.34, None)]
    assert shown == ["12.3 µs", "12.3 ms", "123 ms", "12.3 s", "-"]


def test_a_ratio_that_is_promised_is_compared_with_what_was_measured() -> None:
    target = Target(LABEL, least=1.4, other="Kafka")
    assert target.described("records/s") == f"{LABEL}: ≥ 1.4 of Kafka"
    assert target.measured(results(Kafka=[(100, 1)], kafkapy=[(150, 1)])) == 1.5
    assert target.is_met(1.4)
    assert not target.is_met(1.39)


def test_cpu_that_is_promised_is_at_most_a_part_of_the_others() -> None:
    target = Target(LABEL, most=0.8, other="kfake", attribute="cpu_s")
    assert target.described("records/s") == f"{LABEL}, CPU: ≤ 0.8 of kfake"
    measured = target.measured(results(kfake=[(100, 2)], kafkapy=[(100, 1.5)]))
    assert measured == 0.75
    assert target.is_met(measured)
    assert not target.is_met(0.81)


def test_a_figure_that_is_promised_needs_no_other_system() -> None:
    target = Target(LABEL, most=35)
    assert target.described("MB") == f"{LABEL}: ≤ 35 MB"
    assert target.measured(results(kafkapy=[(30, 1)])) == 30


def test_the_targets_name_only_what_was_measured() -> None:
    found = results(Kafka=[(100, 1)], kafkapy=[(150, 0.3)])
    assert targets.table(found) == [
        ("target", "measured", "met"),
        (f"{LABEL}: ≥ 1.4 of Kafka", "1.5", "yes"),
        (f"{LABEL}, CPU: ≤ 0.2 of Kafka", "0.3", "**no**"),
    ]


def test_the_document_has_a_table_for_each_row_that_was_run() -> None:
    found = results(Kafka=[(100, 1)], kfake=[(90, 1)], kafkapy=[(150, 0.3)])
    found.notes.append("kfake, row raw, round 1: refused")
    document = report.as_markdown(found, 3, 0.5, ROWS)
    titles = [line for line in document.splitlines() if line.startswith("## ")]
    assert titles == ["## Targets", "## Kafka's own producer and consumer", "## Left out"]
    assert "Medians of 3 rounds" in document
    tables = [line for line in document.splitlines() if line.startswith("|")]
    assert (
        f"| {LABEL} | records/s | 100 | 90.0 | 150 | 1.50 | 1.67 | 300 µs | 0.30 | 0.30 |" in tables
    )


def test_all_rows_have_a_title_and_a_description() -> None:
    assert set(ROWS) == set(report.TITLES)
    assert set(report.ONCE) <= set(ROWS)
    assert all(row.__doc__ for row in ROWS.values())


def test_a_smaller_scale_keeps_the_numbers_of_connections_and_partitions() -> None:
    assert Sizes().scaled(0.2).partitions == Sizes().partitions
    assert Sizes().scaled(0.2).active_connections == Sizes().active_connections
    assert Sizes().scaled(0.2).small_records == Sizes().small_records // 5
