"""Kafka's tool for log files reads what our broker has written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import own, process, reference

DUMP = "org.apache.kafka.tools.DumpLogSegments"
TOOLS = "org.apache.kafka.tools"


@pytest.fixture
def dump(kafka_jars: Path) -> Callable[..., str]:
    def run(*words: object) -> str:
        return process.run(reference.java(DUMP, *words)).stdout

    return run


def test_segments_indexes_and_internal_topics_are_sound(
    kafka_jars: Path, restartable: own.OwnBroker, dump: Callable[..., str], tmp_path: Path
) -> None:
    at = ("--bootstrap-server", restartable.bootstrap)
    process.run(
        reference.java(f"{TOOLS}.VerifiableProducer", *at, "--topic", "t", "--max-messages", 2000)
    )
    process.run(
        reference.java(
            f"{TOOLS}.VerifiableConsumer", *at, "--topic", "t", "--max-messages", 2000,
            "--group-id", "g", "--reset-policy", "earliest",
        )
    )  # fmt: skip
    restartable.stop()
    data = tmp_path / "data"
    log, index, times = (data / "t-0" / f"{0:020}.{end}" for end in ("log", "index", "timeindex"))
    shown = dump("--files", log, "--print-data-log", "--deep-iteration")
    payloads = re.findall(r"payload: (\d+)", shown)
    assert list(map(int, payloads)) == list(range(2000))
    assert set(re.findall(r"isvalid: (\w+)", shown)) == {"true"}
    for file in (index, times):
        assert "Mismatch" not in dump("--files", file, "--index-sanity-check")
    (offsets,) = [it for it in data.glob("__consumer_offsets-*/*.log") if it.stat().st_size]
    assert '"group":"g"' in dump("--files", offsets, "--offsets-decoder")
    metadata = data / "__cluster_metadata-0" / f"{0:020}.log"
    assert '"type":"TOPIC_RECORD"' in dump("--files", metadata, "--cluster-metadata-decoder")
