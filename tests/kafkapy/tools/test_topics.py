"""`kafkapy topics` against a broker: what it prints, and what it says when it cannot."""

from __future__ import annotations

import json

from tests.kafkapy.tools.command import Run, masked


def test_topics_are_created_listed_and_deleted(kafkapy: Run) -> None:
    created = kafkapy("topics create list-b list-a -p 3 -r 1")
    assert created.lines == ["Created topic list-b.", "Created topic list-a."]
    assert kafkapy("topics list").out == (
        "NAME    PARTITIONS  REPLICAS\n"
        "list-a           3         1\n"
        "list-b           3         1\n"
    )  # fmt: skip
    deleted = kafkapy("topics delete list-a list-b")
    assert deleted.lines == ["Deleted topic list-a.", "Deleted topic list-b."]
    assert kafkapy("topics list").lines == ["NAME  PARTITIONS  REPLICAS"]


def test_a_description_shows_configs_and_partitions(kafkapy: Run) -> None:
    kafkapy("topics create described -p 2 -c retention.ms=1000 -c cleanup.policy=compact")
    kafkapy("produce described -p 1 -k key", stdin=b"one\ntwo\n")
    assert masked(kafkapy("topics describe described").out) == (
        "NAME        described\n"
        "ID          <id>\n"
        "PARTITIONS  2\n"
        "REPLICAS    1\n"
        "INTERNAL    no\n"
        "CONFIGS     cleanup.policy=compact,retention.ms=1000\n"
        "\n"
        "PARTITION  LEADER  REPLICAS  ISR  START-OFFSET  END-OFFSET\n"
        "        0       1  1         1               0           0\n"
        "        1       1  1         1               0           2\n"
    )


def test_a_description_in_json_has_the_same_facts(kafkapy: Run) -> None:
    kafkapy("topics create in-json -c retention.ms=1000")
    (topic,) = json.loads(kafkapy("topics describe in-json --json").out)
    assert (topic["name"], topic["partitions"]) == ("in-json", 1)
    assert topic["configs"] == {"retention.ms": "1000"}
    place = {"partition": 0, "leader": 1, "replicas": [1], "isr": [1]}
    assert topic["layout"] == [{**place, "start_offset": 0, "end_offset": 0}]


def test_internal_topics_are_listed_when_asked_for(kafkapy: Run) -> None:
    kafkapy("topics create for-a-group")
    kafkapy("consume for-a-group -g some-group -eq")
    assert "__consumer_offsets" not in kafkapy("topics list").out
    assert "__consumer_offsets" in kafkapy("topics list --internal").out


def test_partitions_are_added(kafkapy: Run) -> None:
    kafkapy("topics create grown -p 1")
    assert kafkapy("topics alter grown -p 4").out == "Topic grown now has 4 partitions.\n"
    refused = kafkapy("topics alter grown -p 2", status=1)
    assert refused.err.startswith("kafkapy: grown: INVALID_PARTITIONS: ")


def test_offsets_show_bounds_or_the_place_of_a_time(kafkapy: Run) -> None:
    kafkapy("topics create offsets -p 2")
    kafkapy("produce offsets -p 1", stdin=b"a\nb\n")
    assert kafkapy("topics offsets offsets").out == (
        "TOPIC    PARTITION  START-OFFSET  END-OFFSET  RECORDS\n"
        "offsets          0             0           0        0\n"
        "offsets          1             0           2        2\n"
    )
    assert kafkapy("topics offsets offsets:1 --time 2020-01-01T00:00:00").lines[1].split()[2] == "0"
    assert kafkapy("topics offsets offsets:1 --time max-timestamp").lines[1].split()[2] in "01"
    assert kafkapy("topics offsets offsets --time 2100-01-01 --json").out.count("null") == 4


def test_an_error_is_one_sentence_with_the_name_of_kafkas_error(kafkapy: Run) -> None:
    kafkapy("topics create twice")
    again = kafkapy("topics create once twice", status=1)
    assert again.out == "Created topic once.\n"
    assert again.err == "kafkapy: twice: TOPIC_ALREADY_EXISTS: Topic 'twice' already exists.\n"
    missing = kafkapy("topics describe missing", status=1)
    assert missing.err.startswith("kafkapy: missing: UNKNOWN_TOPIC_OR_PARTITION: ")
    assert missing.err.count("\n") == 1


def test_what_is_already_so_can_be_no_error(kafkapy: Run) -> None:
    kafkapy("topics create there --if-not-exists")
    assert kafkapy("topics create there --if-not-exists").out == ""
    assert kafkapy("topics delete not-there --if-exists").out == ""


def test_a_dry_run_creates_nothing(kafkapy: Run) -> None:
    assert kafkapy("topics create dry --dry-run").out == "Could create topic dry.\n"
    assert "dry" not in kafkapy("topics list").out


def test_a_misuse_ends_with_2_and_says_how_to_use_it(kafkapy: Run) -> None:
    assert kafkapy("topics create", status=2).err.startswith("Usage: kafkapy topics create")
    assert "Usage: kafkapy topics offsets" in kafkapy("topics offsets a:x", status=2).err
