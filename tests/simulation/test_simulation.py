"""Many short runs of the whole broker, and proof that they would notice a broken one."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kafkapy.coordinator.classic import rebalance
from kafkapy.coordinator.offsets import Offsets
from kafkapy.coordinator.shard_log import ShardLog
from kafkapy.coordinator.transaction.markers import Markers
from kafkapy.coordinator.transaction.shard import TransactionShard
from kafkapy.metadata import log as metadata_log
from kafkapy.storage import retention
from kafkapy.storage.aborted import AbortedTransactions
from kafkapy.storage.cleaning import Cleaner
from kafkapy.storage.local import LocalEngine
from kafkapy.storage.log import Log
from kafkapy.storage.producers import Producers
from kafkapy.storage.watchers import Watchers
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.sync_group import SyncGroupResponse
from tests.simulation import disk, loop
from tests.simulation.crash_points import VARIANTS, Variant, crash_points
from tests.simulation.disk import SimulatedDisk
from tests.simulation.workload import Ends, Simulation

SEEDS = 300
SECONDS = 8.0
MAX_S = 20.0
# Of the operations at which a crash is tried, one in so many.
POINTS = 7
# Within so many seeds every planted bug has to show.
PATIENCE = 100

Patch = Callable[[pytest.MonkeyPatch], None]

# Coroutines of dead brokers are collected some time, and may not like it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()  # while the warnings are ignored


def test_no_seed_breaks_a_promise() -> None:
    # A slow machine tries fewer seeds rather than taking longer.
    end_s = time.monotonic() + MAX_S
    acknowledged = 0
    for seed in range(SEEDS):
        if time.monotonic() > end_s:
            break
        result = Simulation(seed, SECONDS).run()
        replay = f"python -m tests.simulation --seeds 1 --seed {seed}"
        assert not result.violations, f"{replay} --seconds-of-virtual-time {SECONDS:g}"
        acknowledged += result.counts["records acknowledged"]
    assert acknowledged > 0


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_no_crash_point_of_a_few_transactions_breaks_a_promise(variant: Variant) -> None:
    end_s = time.monotonic() + MAX_S / len(VARIANTS)
    transactions = 0
    for point, run in crash_points(0, variant, step=POINTS):
        result = run.run()
        index = VARIANTS.index(variant)
        replay = f"python -m tests.simulation --seeds 1 --crash-points --variant {index}"
        assert not result.violations, f"{replay} --point {point}"
        transactions += result.counts["transactions"]
        if time.monotonic() > end_s:
            break
    assert transactions > 0


def test_the_same_seed_gives_the_same_run() -> None:
    for seed in range(3):
        first, second = (Simulation(seed, SECONDS, keeps_trace=True).run() for _ in range(2))
        assert first.trace == second.trace
        assert first.digest == second.digest


def test_the_run_does_not_depend_on_the_process() -> None:
    # Hashes of strings and addresses of objects differ from process to process.
    program = (
        "from tests.simulation.workload import Simulation\n"
        f"print([Simulation(seed, {SECONDS}).run().digest for seed in range(6)])"
    )
    root = Path(__file__).resolve().parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_different_seeds_give_different_runs() -> None:
    assert Simulation(1, SECONDS).run().digest != Simulation(2, SECONDS).run().digest


class ForgetfulDisk(SimulatedDisk):
    """Loses what was only written when the process is killed, which no disk does."""

    def restart(self, *, lost_power: bool) -> None:
        super().restart(lost_power=True)


def _is_noticed(symptom: str, ends: Ends, new_disk: Any = SimulatedDisk) -> bool:
    for seed in range(PATIENCE):
        result = Simulation(seed, SECONDS, ends=ends, new_disk=new_disk).run()
        if any(symptom in violation for violation in result.violations):
            return True
    return False


def test_a_disk_that_forgets_what_was_written_is_noticed() -> None:
    assert _is_noticed("acknowledged record lost", Ends.KILL, ForgetfulDisk)


def _no_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disk._File, "fsync", lambda self: None)


def _show_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Log, "hold", lambda *_: None)
    patch.setattr(loop, "_SLOWEST_THREAD_S", 0.5)  # or a flush hardly ever lasts until a power cut


def _acknowledge_early(patch: pytest.MonkeyPatch) -> None:
    async def begin(self: LocalEngine, results: Any, to_flush: Any) -> None:
        for _, log in to_flush:
            asyncio.get_running_loop().create_task(self._flushes.flush(log, log.end))

    patch.setattr(LocalEngine, "_flush_appended", begin)


def _no_flush_of_metadata(patch: pytest.MonkeyPatch) -> None:
    config = msgspec.structs.replace(metadata_log._CONFIG, flush_messages=2**63 - 1)
    patch.setattr(metadata_log, "_CONFIG", config)


def _no_deduplication(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Producers, "check", lambda self, header: None)


def _no_loading_of_groups(patch: pytest.MonkeyPatch) -> None:
    load = ShardLog.load

    def ignore(self: ShardLog, *_: object) -> Any:
        return load(self, lambda *_: None, lambda *_: None)

    patch.setattr(ShardLog, "load", ignore)


def _everything_for_everybody(patch: pytest.MonkeyPatch) -> None:
    def assigned(group: Any, member: Any) -> SyncGroupResponse:
        return SyncGroupResponse(assignment=group.members[group.leader_id].assignment)

    patch.setattr(rebalance, "assigned", assigned)


def _no_wake(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Watchers, "wake", lambda self, logs: None)


def _no_mark_of_aborted_transactions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AbortedTransactions, "among", lambda *_: [])


def _open_transactions_are_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Producers, "first_unstable_offset", lambda self: None)


def _offsets_count_at_once(patch: pytest.MonkeyPatch) -> None:
    replay = Offsets.replay
    patch.setattr(
        Offsets, "replay", lambda self, key, value, at, _: replay(self, key, value, at, -1)
    )


def _a_marker_less(patch: pytest.MonkeyPatch) -> None:
    write = Markers.write

    async def skip(self: Markers, marker: Any, partitions: Any) -> Any:
        first, *others = sorted(partitions)
        return {first: ErrorCode.NONE} | await write(self, marker, others)

    patch.setattr(Markers, "write", skip)


def _compaction_takes_too_much(patch: pytest.MonkeyPatch) -> None:
    wanted = Cleaner._wanted
    patch.setattr(Cleaner, "_wanted", lambda *arguments: wanted(*arguments)[1:])


def _retention_is_early(patch: pytest.MonkeyPatch) -> None:
    enforce = retention.enforce
    patch.setattr(
        retention, "enforce", lambda log, now_ms, *rest: enforce(log, now_ms + 4000, *rest)
    )


def _deletes_more_than_was_asked_for(patch: pytest.MonkeyPatch) -> None:
    delete_before = Log.delete_before

    def delete(self: Log, offset: int) -> int:
        return delete_before(self, offset + 1 if offset < self.end else offset)

    patch.setattr(Log, "delete_before", delete)


def _reads_too_far_on(patch: pytest.MonkeyPatch) -> None:
    read = Log._read

    def skip(self: Any, offset: int, max_bytes: int, limit: int, at_least_one: bool) -> Any:
        offset += offset % 16 == 15 and offset + 1 < limit
        return read(self, offset, max_bytes, limit, at_least_one)

    patch.setattr(Log, "_read", skip)


@pytest.mark.parametrize(
    ("plant", "ends", "symptom"),
    [
        (_no_fsync, Ends.POWER_CUT, "acknowledged record lost"),
        (_show_early, Ends.POWER_CUT, "read record lost"),
        (_acknowledge_early, Ends.POWER_CUT, "acknowledged record lost"),
        (_no_flush_of_metadata, Ends.POWER_CUT, "topic"),
        (_no_deduplication, Ends.KILL, "duplicate"),
        (_no_loading_of_groups, Ends.KILL, "committed offset lost"),
        (_everything_for_everybody, Ends.KILL, "two owners"),
        (_no_wake, Ends.KILL, "fetch not woken"),
        (_no_mark_of_aborted_transactions, Ends.KILL, "uncommitted record read"),
        (_open_transactions_are_read, Ends.KILL, "uncommitted record read"),
        (_offsets_count_at_once, Ends.KILL, "not exactly once"),
        (_a_marker_less, Ends.KILL, "stuck"),
        (_compaction_takes_too_much, Ends.KILL, "key lost"),
        (_retention_is_early, Ends.KILL, "deleted too early"),
        (_deletes_more_than_was_asked_for, Ends.KILL, "deleted too much"),
        (_reads_too_far_on, Ends.KILL, "offset skipped"),
    ],
)
def test_a_planted_bug_is_noticed(
    plant: Patch, ends: Ends, symptom: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert _is_noticed(symptom, ends)


def test_a_decision_that_nobody_carries_out_is_noticed_at_some_crash_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(self: TransactionShard, now_ms: int) -> None:
        self._is_loaded = True

    monkeypatch.setattr(TransactionShard, "loaded", load)
    kill, *_ = VARIANTS
    assert any("stuck" in str(run.run().violations) for _, run in crash_points(0, kill, first=20))
