"""`meta.properties`: whose data a directory holds."""

from __future__ import annotations

import pytest

from kafkapy.meta_properties import load_cluster_id
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.errors import DiskError


def never() -> str:
    raise AssertionError("a new id was asked for")


def test_a_new_directory_gets_an_id_that_it_keeps() -> None:
    disk = MemoryDisk()
    assert load_cluster_id(disk, 1, None, lambda: "new") == "new"
    assert load_cluster_id(disk, 1, None, never) == "new"
    assert load_cluster_id(disk, 1, "new", never) == "new"


def test_the_id_can_be_chosen() -> None:
    disk = MemoryDisk()
    assert load_cluster_id(disk, 1, "mine", never) == "mine"
    assert load_cluster_id(disk, 1, None, never) == "mine"


def test_the_directory_of_another_node_or_cluster_is_refused() -> None:
    disk = MemoryDisk()
    load_cluster_id(disk, 1, "mine", never)
    with pytest.raises(DiskError, match=r"node\.id 1"):
        load_cluster_id(disk, 2, None, never)
    with pytest.raises(DiskError, match="cluster mine"):
        load_cluster_id(disk, 1, "other", never)


def test_a_file_of_kafkas_is_understood() -> None:
    disk = MemoryDisk()
    content = b"#\n#Mon Jan 01\ncluster.id=MkU3\nversion=1\ndirectory.id=x\nnode.id=1\n"
    disk.replace("meta.properties", content)
    assert load_cluster_id(disk, 1, None, never) == "MkU3"
    assert disk.read("meta.properties") == content


def test_a_file_that_is_no_text_is_refused() -> None:
    disk = MemoryDisk()
    disk.replace("meta.properties", b"cluster.id=\xff")
    with pytest.raises(DiskError, match="damaged"):
        load_cluster_id(disk, 1, None, never)
