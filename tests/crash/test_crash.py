"""A short series of kills, and proof that what a power cut takes is noticed."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from kafkapy.storage.disk import OsDisk
from tests.crash.journal import JournaledDisk, cut
from tests.crash.rounds import Rounds

ROUNDS = 3


@pytest.mark.parametrize("cuts_power", [False, True])
def test_a_killed_broker_keeps_what_it_acknowledged(tmp_path: Path, cuts_power: bool) -> None:
    outcome = Rounds(tmp_path, seed=1, cuts_power=cuts_power).run(ROUNDS)
    assert outcome.violations == []
    assert outcome.counts["kills"] >= ROUNDS
    assert outcome.counts["records acknowledged"] > 0
    assert outcome.counts["read"] >= outcome.counts["records acknowledged"]


class Files:
    """A journaled directory, and what a power cut leaves of it in the worst of some cases."""

    def __init__(self, path: Path) -> None:
        self.root = path / "data"
        self.side = path / "side"
        self.disk = JournaledDisk(str(self.root), self.side)

    def write(self, name: str, content: bytes, *, sync: bool) -> None:
        file = self.disk.open(name)
        file.append([content])
        if sync:
            file.fsync()
        file.close()

    def cut(self, seed: int) -> dict[str, bytes]:
        cut(self.root, self.side, Random(seed))
        disk = OsDisk(self.root)
        return {name: disk.read(name) for name in disk.list()}


@pytest.mark.parametrize("seed", range(20))
def test_what_was_flushed_survives_every_cut(tmp_path: Path, seed: int) -> None:
    files = Files(tmp_path)
    files.write("log", b"flushed", sync=True)
    files.disk.replace("small", b"content", sync=True)
    files.disk.sync_directory("")
    files.write("log", b" and not", sync=False)
    found = files.cut(seed)
    assert found["log"].startswith(b"flushed")
    assert found["small"] == b"content"


def test_some_cut_takes_what_was_not_flushed(tmp_path: Path) -> None:
    outcomes = set()
    for seed in range(20):
        files = Files(tmp_path / str(seed))
        files.write("log", b"flushed", sync=True)
        files.disk.sync_directory("")
        files.write("log", b" and not", sync=False)
        outcomes.add(files.cut(seed)["log"])
    assert {b"flushed", b"flushed and not", b"flushed" + bytes(8)} <= outcomes


@pytest.mark.parametrize("is_synced", [False, True])
def test_a_name_survives_when_its_directory_was_synced(tmp_path: Path, is_synced: bool) -> None:
    outcomes = set()
    for seed in range(20):
        files = Files(tmp_path / str(seed))
        files.write("log", b"flushed", sync=True)
        if is_synced:
            files.disk.sync_directory("")
        outcomes.add("log" in files.cut(seed))
    assert outcomes == ({True} if is_synced else {False, True})


def test_some_cut_undoes_what_no_sync_of_the_directory_followed(tmp_path: Path) -> None:
    outcomes = set()
    for seed in range(20):
        files = Files(tmp_path / str(seed))
        files.write("old", b"old", sync=True)
        files.write("gone", b"gone", sync=True)
        files.disk.sync_directory("")
        files.disk.replace("old", b"new", sync=True)
        files.disk.remove("gone")
        found = files.cut(seed)
        outcomes.add((found["old"], "gone" in found))
    assert outcomes == {(b"new", False), (b"old", True)}


def test_what_is_there_at_a_start_is_durable(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.disk.mkdir("orders-0")
    files.write("orders-0/log", b"written", sync=False)
    for seed in range(20):
        again = Files(tmp_path)
        cut(again.root, again.side, Random(seed))
        assert (again.root / "orders-0" / "log").read_bytes() == b"written"
