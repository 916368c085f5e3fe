"""What clients saw, and whether a broker may have shown it to them.

The invariants are those that Jepsen checks of Kafka. What must survive depends on how a broker
ended: a killed one lost nothing that was acknowledged, after a power cut only what was flushed is
there. `forget` begins anew with what such an end has left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

_SLOWEST_WAKE_S = 0.2


class Place(NamedTuple):
    """A partition."""

    topic: str
    partition: int


class Value(NamedTuple):
    """What makes a record unique: its producer, and its number among the producer's there."""

    producer: str
    number: int

    def encode(self) -> bytes:
        """Give a record's value."""
        return f"{self.producer} {self.number}".encode()

    @classmethod
    def decode(cls, data: bytes | None) -> Value:
        """Read a record's value; what nobody can have written gives a value that nobody sent."""
        producer, _, number = (data or b"").decode(errors="replace").partition(" ")
        return cls(producer, int(number)) if number.isdigit() else cls(repr(data), -1)


class History:
    """Everything that clients did and saw; `violations` says what cannot be.

    Records are expected at consecutive offsets. Only where flushed and unflushed parts of a log
    survive side by side may offsets be missing.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.violations: list[str] = []
        self.idempotent: set[str] = set()
        self.acknowledged: dict[tuple[Place, int], Value] = {}
        self.read_count = 0
        self._has_lost = False
        self.now_s = now_s
        # For each partition the ends that were acknowledged, and when, both rising.
        self._ends: dict[Place, tuple[list[int], list[float]]] = {}
        self._sent: dict[Place, set[Value]] = {}
        self._read: dict[tuple[Place, int], Value] = {}
        self._committed: dict[tuple[str, Place], int] = {}
        self._attempted: dict[tuple[str, Place], set[int]] = {}
        self._owners: dict[tuple[str, int], dict[Place, str]] = {}
        self._leaders: dict[tuple[str, int], str] = {}
        self._producer_ids: set[int] = set()
        self._topics: dict[str, bool] = {}

    def violation(self, text: str) -> None:
        """Note something that must not happen."""
        self.violations.append(text)

    def forget(self, *, keeps_acknowledged: bool) -> None:
        """Expect no more of what a power cut may have taken.

        Where every acknowledgement waits for a flush, so does what readers are shown.
        """
        self._owners.clear()
        self._leaders.clear()
        if not keeps_acknowledged:
            self._has_lost = True
            self._read.clear()
            self._ends.clear()
            self.acknowledged.clear()
            self._committed.clear()

    # Producers

    def producer_id(self, producer_id: int) -> None:
        """Note an id that the broker gave out."""
        if producer_id in self._producer_ids:
            self.violation(f"producer id given twice: {producer_id}")
        self._producer_ids.add(producer_id)

    def sent(self, place: Place, values: Iterable[Value]) -> None:
        """Note records before they are sent."""
        self._sent.setdefault(place, set()).update(values)

    def acked(self, place: Place, base_offset: int, values: Sequence[Value]) -> None:
        """Note records that the broker acknowledged."""
        for offset, value in enumerate(values, base_offset):
            known = self.acknowledged.setdefault((place, offset), value)
            if known != value:
                self.violation(
                    f"two records at one offset: {known} and {value} at {place} {offset}"
                )

        ends, times_s = self._ends.setdefault(place, ([], []))
        end = base_offset + len(values)
        if not ends or end > ends[-1]:
            ends.append(end)
            times_s.append(self.now_s())

    def forgot_producer(self, name: str, place: Place) -> None:
        """Note that a sequence without a gap was taken for one with a gap."""
        if not self._has_lost:
            self.violation(f"producer forgotten: {name} in {place}")

    # Consumers

    def found_nothing(self, place: Place, position: int) -> None:
        """Note that a fetch over a quick network just came back without a record."""
        ends, times_s = self._ends.get(place, ([], []))
        index = bisect_right(ends, position)
        if index < len(ends) and times_s[index] < self.now_s() - _SLOWEST_WAKE_S:
            self.violation(f"fetch not woken: {place} had {ends[index]}, {position} was asked for")

    def read(self, place: Place, offset: int, value: Value, position: int) -> None:
        """Note a record that somebody read who had read all before `position`."""
        self.read_count += 1
        if offset != position and not self._has_lost:
            self.violation(f"offset skipped: {offset} after {position - 1} in {place}")
        if value not in self._sent.get(place, ()):
            self.violation(f"invented record: {value} at {place} {offset}")
        known = self._read.setdefault((place, offset), value)
        if known != value:
            self.violation(f"two records at one offset: {known} and {value} at {place} {offset}")

    def out_of_range(self, reader: str, place: Place, position: int) -> None:
        """Note that somebody was told that there is no such offset."""
        if not self._has_lost:
            self.violation(f"offset out of range: {position} of {place} for {reader}")

    # Groups

    def led(self, group: str, generation: int, member: str) -> None:
        """Note who was told to lead."""
        known = self._leaders.setdefault((group, generation), member)
        if known != member:
            self.violation(f"two leaders: {known} and {member} in {group} {generation}")

    def owned(self, group: str, generation: int, member: str, places: Iterable[Place]) -> None:
        """Note what a member was assigned."""
        owners = self._owners.setdefault((group, generation), {})
        for place in places:
            owner = owners.setdefault(place, member)
            if owner != member:
                self.violation(
                    f"two owners: {owner} and {member} of {place} in {group} {generation}"
                )

    def committing(self, group: str, place: Place, offset: int) -> None:
        """Note an offset before it is committed."""
        self._attempted.setdefault((group, place), set()).add(offset)

    def committed(self, group: str, place: Place, offset: int) -> None:
        """Note an offset whose commit was acknowledged."""
        known = self._committed.get((group, place), -1)
        self._committed[group, place] = max(known, offset)

    def last_committed(self, group: str, place: Place) -> int:
        """Give the offset that the group has at least; -1 without one."""
        return self._committed.get((group, place), -1)

    def fetched(self, group: str, place: Place, offset: int, at_least: int) -> None:
        """Note a committed offset that the broker told; `at_least` was known when it was asked."""
        if offset < at_least:
            self.violation(f"committed offset lost: {offset} after {at_least} of {group} {place}")
        if offset >= 0 and offset not in self._attempted.get((group, place), ()):
            self.violation(f"committed offset invented: {offset} of {group} {place}")

    # Topics

    def topic(self, name: str, exists: bool) -> None:
        """Note a topic whose creation or deletion was acknowledged."""
        self._topics[name] = exists

    def topic_unknown(self, name: str) -> None:
        """Note that the fate of a topic is not known any more."""
        self._topics.pop(name, None)

    def topics_found(self, names: Iterable[str]) -> None:
        """Check the topics that exist in the end."""
        found = set(names)
        for name, exists in self._topics.items():
            if exists != (name in found):
                self.violation(f"topic {name} {'lost' if exists else 'came back'}")

    # The end

    def final(self, logs: dict[Place, dict[int, Value]], starts: dict[Place, int]) -> None:
        """Check all that is in the partitions in the end.

        `starts` has where those start that do not at 0; all before may be gone.
        """
        for what, expected in (("acknowledged", self.acknowledged), ("read", self._read)):
            for (place, offset), value in expected.items():
                if offset >= starts.get(place, 0) and logs[place].get(offset) != value:
                    self.violation(f"{what} record lost: {value} at {place} {offset}")
        for place, log in logs.items():
            if place not in starts:  # where the first of two copies may be gone in part
                self._check_order(place, log)

    def _check_order(self, place: Place, log: dict[int, Value]) -> None:
        last: dict[str, int] = {}
        seen: set[Value] = set()
        for offset, value in log.items():
            if value in seen:
                if value.producer in self.idempotent:
                    self.violation(f"duplicate: {value} again at {place} {offset}")
                continue
            seen.add(value)
            if value.number <= last.get(value.producer, -1):
                self.violation(f"out of order: {value} at {place} {offset}")
            last[value.producer] = value.number
