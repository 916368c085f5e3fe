"""The owner of a key is the same as Java computes."""

import pytest

from kafkapy.coordinator.partitioner import java_hash_code, partition_for, utf16_units


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ("a", 97),
        ("hello", 99162322),
        ("orders", -1008770331),
        ("ü", 252),
        ("😀", 1772899),
        ("polygenelubricants", -(2**31)),
    ],
)
def test_the_hash_of_a_string_is_javas(text: str, code: int) -> None:
    assert java_hash_code(text) == code


def test_a_negative_hash_counts_by_its_absolute_value() -> None:
    assert partition_for("orders", 50) == 1008770331 % 50


def test_the_hash_that_has_no_absolute_value_belongs_to_partition_0() -> None:
    assert partition_for("polygenelubricants", 7) == 0


def test_characters_beyond_the_basic_plane_count_twice() -> None:
    assert [utf16_units(text) for text in ("abc", "ü", "😀")] == [3, 1, 2]
