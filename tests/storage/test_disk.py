"""Both disks behave alike; the files of one are files."""

import os

import pytest

from kafkapy.storage.disk import MemoryDisk, OsDisk


def test_appends_of_any_size_and_number_of_pieces_arrive_in_order(disk):
    file = disk.open("file")
    pieces = [b"head", memoryview(b"x" * 200_000), bytearray(b"tail")]
    file.append(pieces)
    file.append([b"a", b"b"])
    file.append([b""])
    expected = b"".join(bytes(piece) for piece in pieces) + b"ab"
    assert disk.read("file") == expected
    assert disk.size("file") == len(expected)
    assert file.pread(8, 200_000) == expected[200_000:200_008]
    assert file.pread(100, len(expected) - 3) == expected[-3:]
    file.fsync()
    file.close()


def test_an_append_after_a_truncation_goes_to_the_new_end(disk):
    file = disk.open("file")
    file.append([b"abcdef"])
    file.truncate(2)
    file.append([b"x"])
    file.close()
    assert disk.read("file") == b"abx"


def test_a_missing_file_has_no_size_and_cannot_be_read(disk):
    assert disk.size("absent") == -1
    with pytest.raises(FileNotFoundError):
        disk.read("absent")
    with pytest.raises(FileNotFoundError):
        disk.rename("absent", "present")
    disk.remove("absent")


def test_directories_are_listed_renamed_and_removed_with_their_files(disk):
    disk.mkdir("a")
    with pytest.raises(FileExistsError):
        disk.mkdir("a")
    disk.replace("a/one", b"1", sync=True)
    disk.replace("a/two", b"2")
    disk.replace("a/two", b"3")
    disk.replace("top", b"")
    assert disk.list() == ["a", "top"]
    disk.rename("a", "b")
    assert disk.list("b") == ["one", "two"]
    assert disk.read("b/two") == b"3"
    disk.rename("b/one", "b/uno")
    disk.sync_directory("b")
    assert disk.list("b") == ["two", "uno"]
    disk.remove("b/uno")
    disk.remove("b")
    assert disk.list() == ["top"]
    with pytest.raises(FileNotFoundError):
        disk.open("b/two")


def test_a_disk_tells_its_size_or_that_it_has_none(disk):
    total, free = disk.usage()
    assert (total == free == -1) if isinstance(disk, MemoryDisk) else 0 < free <= total
    assert str(disk)


def test_a_clone_is_independent():
    disk = MemoryDisk()
    disk.mkdir("a")
    disk.replace("a/one", b"1")
    copy = disk.clone()
    copy.open("a/one").append([b"2"])
    disk.remove("a")
    assert copy.read("a/one") == b"12"


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_write_that_stops_short_is_gone_on_with(tmp_path, monkeypatch, size):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, memoryview(data)[: size // 3]))
    content = bytes(number % 251 for number in range(size))
    file = OsDisk(tmp_path).open("file")
    file.append([content, b"tail"])
    file.close()
    assert (tmp_path / "file").read_bytes() == content + b"tail"


def test_the_parts_of_a_large_write_end_where_the_blocks_of_the_file_do(tmp_path, monkeypatch):
    file = OsDisk(tmp_path).open("file")
    file.append([b"x" * 1000])
    ends, write = [1000], os.write

    def note(fd, data):
        written = write(fd, data)
        ends.append(ends[-1] + written)
        return written

    monkeypatch.setattr(os, "write", note)
    file.append([b"head", b"y" * 200_000])
    file.close()
    assert ends == [1000, 1004, 1 << 16, 2 << 16, 3 << 16, 201_004]
