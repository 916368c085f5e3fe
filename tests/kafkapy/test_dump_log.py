"""`kafkapy dump-log`: the lines for each kind of file of a partition."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kafkapy import dump_log
from kafkapy.__main__ import main
from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import OsDisk
from kafkapy.storage.engine import Append, LogId, Origin
from kafkapy.storage.local import LocalEngine
from kafkapy.wire.compression import Compression
from kafkapy.wire.internal.coordinator_records import encode_record
from kafkapy.wire.internal.offsets import OffsetCommitKey, OffsetCommitValue
from kafkapy.wire.records.control import EndTxnMarker, build_end_txn_marker
from kafkapy.wire.records.record import Record, build_batch

LOG = LogId("orders", 0, bytes(range(16)))
NOW_MS = 1_700_000_000_000
FIRST = "00000000000000000000"


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    """A partition with batches of several kinds, and an aborted transaction."""
    asyncio.run(_fill(tmp_path))
    return tmp_path / "orders-0"


async def _fill(directory: Path) -> None:
    engine = LocalEngine(OsDisk(directory), now_ms=lambda: NOW_MS)
    await engine.start()
    await engine.create([LOG], LogConfig(index_interval_bytes=10))
    plain = [
        Record(timestamp_ms=NOW_MS, key=b"k", value=b"v", headers=(("trace", b"1"),)),
        Record(timestamp_ms=NOW_MS + 1, value=None),
    ]
    transactional = build_batch(
        [Record(timestamp_ms=NOW_MS + 2, key=b"t", value=b"x")],
        producer_id=7,
        producer_epoch=1,
        base_sequence=0,
        is_transactional=True,
    )
    marker = build_end_txn_marker(
        EndTxnMarker(False, 3), producer_id=7, producer_epoch=1, timestamp_ms=NOW_MS + 3
    )
    for records, origin in (
        (build_batch(plain, compression=Compression.GZIP), Origin.CLIENT),
        (transactional, Origin.CLIENT),
        (marker, Origin.COORDINATOR),
    ):
        await engine.append([Append(LOG, records, origin)])
    await engine.close()


def dump(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    assert main(["dump-log", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_segment_is_shown_batch_by_batch(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = dump(capsys, partition / f"{FIRST}.log")
    assert lines[:2] == [f"Dumping {partition}/{FIRST}.log", "Log starting offset: 0"]
    assert len(lines) == 5
    assert lines[2].startswith(
        "baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 "
        "producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false "
        f"deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: {NOW_MS + 1} "
    )
    assert lines[2].endswith(" isvalid: true")
    assert "compresscodec: gzip" in lines[2]


def test_records_are_shown_with_their_data(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = dump(capsys, "--print-data-log", partition / f"{FIRST}.log")
    assert [line for line in lines if line.startswith("|")] == [
        f"| offset: 0 CreateTime: {NOW_MS} keySize: 1 valueSize: 1 sequence: -1 "
        "headerKeys: [trace] key: k payload: v",
        f"| offset: 1 CreateTime: {NOW_MS + 1} keySize: -1 valueSize: -1 sequence: -1 "
        "headerKeys: []",
        f"| offset: 2 CreateTime: {NOW_MS + 2} keySize: 1 valueSize: 1 sequence: 0 "
        "headerKeys: [] key: t payload: x",
        f"| offset: 3 CreateTime: {NOW_MS + 3} keySize: 4 valueSize: 6 sequence: -1 "
        "headerKeys: [] endTxnMarker: ABORT coordinatorEpoch: 3",
    ]


def test_the_other_files_are_shown_entry_by_entry(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dump(capsys, partition / f"{FIRST}.index")[1].startswith("offset: 2 position: ")
    assert dump(capsys, partition / f"{FIRST}.timeindex")[1:] == [
        f"timestamp: {NOW_MS + 2} offset: 2",
        f"timestamp: {NOW_MS + 3} offset: 3",
    ]
    assert dump(capsys, partition / f"{FIRST}.txnindex")[1:] == [
        "version: 0 producerId: 7 firstOffset: 2 lastOffset: 3 lastStableOffset: 4"
    ]
    assert dump(capsys, partition / "00000000000000000004.snapshot")[1:] == [
        "producerId: 7 producerEpoch: 1 coordinatorEpoch: 3 "
        f"currentTxnFirstOffset: OptionalLong.empty lastTimestamp: {NOW_MS + 3} firstSequence: 0 "
        f"lastSequence: 0 lastOffset: 2 offsetDelta: 0 timestamp: {NOW_MS + 3}"
    ]


def test_the_space_that_kafka_reserves_for_an_index_is_not_shown(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = partition / f"{FIRST}.timeindex"
    entries = dump(capsys, path)
    path.write_bytes(path.read_bytes() + bytes(1200))
    assert dump(capsys, path) == entries
    path.write_bytes(b"")
    assert dump(capsys, path)[1:] == [f"{path} is empty."]


def test_damage_is_shown_and_ends_with_status_1(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = partition / f"{FIRST}.log"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content + b"cut off")
    assert dump_log.run([str(path), str(partition / "missing.log")]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines()[2].endswith(" isvalid: false")
    assert f"Found 7 invalid bytes at the end of {FIRST}.log" in printed.out
    assert "missing.log" in printed.err


def test_committed_offsets_are_decoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = OffsetCommitValue(offset=5, leader_epoch=1, metadata="m", commit_timestamp=NOW_MS)
    encoded = [
        encode_record(OffsetCommitKey(group="g", topic="t", partition=2), value, 3),
        encode_record(OffsetCommitKey(group="g", topic="t", partition=2), None, 3),
    ]
    path = tmp_path / f"{FIRST}.log"
    path.write_bytes(build_batch([Record(key=key, value=content) for key, content in encoded]))
    lines = dump(capsys, "--offsets-decoder", path)
    key = '{"type":"1","data":{"group":"g","topic":"t","partition":2}}'
    assert lines[3].endswith(
        f' key: {key} payload: {{"version":"3","data":{{"offset":5,"leaderEpoch":1,"metadata":"m",'
        f'"commitTimestamp":{NOW_MS}}}}}'
    )
    assert lines[4].endswith(f" key: {key} payload: <DELETE>")


def test_a_record_of_an_unknown_type_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{FIRST}.log"
    key, _ = encode_record(OffsetCommitKey(group="g", topic="t", partition=2), None, 3)
    path.write_bytes(build_batch([Record(key=b"\x7f\xff"), Record(key=b""), Record(key=key)]))
    lines = dump(capsys, "--offsets-decoder", path)
    assert "key: cannot be decoded" in lines[3]
    assert "key: cannot be decoded" in lines[4]
    assert lines[5].endswith("payload: <DELETE>")


@pytest.mark.kafka_jars
@pytest.mark.skipif("KAFKA_CLASSPATH" not in os.environ, reason="needs Kafka's own jars")
def test_the_lines_are_those_of_kafkas_own_tool(
    partition: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [name for name in sorted(os.listdir(partition)) if name[0] == "0"]
    paths = ",".join(f"{partition}/{name}" for name in names)
    theirs = subprocess.run(
        [
            shutil.which("java") or "java",
            *("-cp", os.environ["KAFKA_CLASSPATH"], "org.apache.kafka.tools.DumpLogSegments"),
            *("--print-data-log", "--files", paths),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = dump(capsys, "--print-data-log", paths)
    assert [line.rstrip() for line in ours] == [
        line.rstrip() for line in theirs.stdout.splitlines()
    ]
