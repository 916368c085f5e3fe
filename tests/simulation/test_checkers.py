"""Planted histories: what must not be is noticed, and what may be is not."""

from __future__ import annotations

from typing import Any

import pytest

from kafkapy.wire.records.record import Record
from tests.simulation.checker import History, Place, Value
from tests.simulation.committed import Seen
from tests.simulation.keyed import Table
from tests.simulation.ledger import Ledger, cycles
from tests.simulation.trimmed import Starts

P, Q = Place("accounts", 0), Place("accounts", 1)
OUT = Place("outputs", 0)


def value(number: int) -> Value:
    return Value("producer", number)


@pytest.fixture
def history() -> History:
    return History(lambda: 0.0)


class Book:
    """Transactions, and the logs that they leave: each is named by its first record."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.ledger = Ledger(history)
        self.logs: dict[Place, dict[int, Value]] = {P: {}, Q: {}}
        self.marks: dict[Place, dict[int, Value]] = {P: {}, Q: {}}

    def transaction(self, *written: tuple[Place, int, int], took: tuple[int, ...] = ()) -> int:
        """Note a committed transaction that wrote values at offsets of partitions."""
        transaction = self.ledger.begin()
        for place, offset, number in written:
            self.ledger.wrote(transaction, place, [value(number)])
            self.logs[place][offset] = value(number)
        self.ledger.took(transaction, [value(number) for number in took])
        self.ledger.committing(transaction)
        self.ledger.committed(transaction)
        return transaction

    def mark(self, place: Place, offset: int, number: int) -> None:
        self.marks[place][offset] = value(number)

    def violations(self) -> list[str]:
        logs = {place: dict(sorted(log.items())) for place, log in self.logs.items()}
        self.ledger.final(logs, self.marks)
        return self.history.violations


@pytest.fixture
def book(history: History) -> Book:
    return Book(history)


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({}, []),
        ({1: {2}, 2: {3}}, []),
        ({1: {1}}, []),
        ({1: {2}, 2: {1}}, [{1, 2}]),
        ({0: {1}, 1: {2}, 2: {3}, 3: {1, 4}, 4: {5}, 5: {4}}, [{4, 5}, {1, 2, 3}]),
        ({1: {2, 3}, 2: {4}, 3: {4}, 4: set()}, []),
    ],
)
def test_cycles_are_the_components_of_several_nodes(graph: Any, found: Any) -> None:
    assert cycles(graph) == found


def test_transactions_one_after_the_other_are_fine(book: Book) -> None:
    book.transaction((P, 0, 1), (Q, 0, 2))
    book.transaction((P, 2, 3), (Q, 2, 4), took=(1, 2))
    book.mark(P, 1, 1)
    book.mark(Q, 1, 2)
    assert book.violations() == []


def test_two_that_read_from_each_other_are_noticed(book: Book) -> None:
    book.transaction((P, 0, 1), took=(2,))
    book.transaction((Q, 0, 2), took=(1,))
    assert book.violations() == ["cycle of transactions: [0, 1]"]


def test_a_long_cycle_of_reads_is_noticed(book: Book) -> None:
    book.transaction((P, 0, 1), took=(3,))
    book.transaction((Q, 0, 2), took=(1,))
    book.transaction((P, 1, 3), took=(2,))
    assert book.violations() == ["cycle of transactions: [0, 1, 2]"]


def test_two_that_followed_each_other_in_opposite_orders_are_noticed(book: Book) -> None:
    book.transaction((P, 0, 1), (Q, 2, 2))
    book.transaction((Q, 0, 3), (P, 2, 4))
    book.mark(P, 1, 1)
    book.mark(Q, 1, 3)
    assert book.violations() == ["cycle of transactions: [0, 1]"]


def test_a_read_against_the_order_of_markers_is_noticed(book: Book) -> None:
    book.transaction((P, 0, 1), took=(2,))
    book.transaction((P, 2, 3), (Q, 0, 2))
    book.mark(P, 1, 1)
    assert book.violations() == ["cycle of transactions: [0, 1]"]


def test_writes_that_overlap_in_opposite_orders_are_counted_only(book: Book) -> None:
    book.transaction((P, 0, 1), (Q, 1, 2))
    book.transaction((Q, 0, 3), (P, 1, 4))
    for place in (P, Q):
        book.mark(place, 2, 1 if place is P else 3)
        book.mark(place, 3, 4 if place is P else 2)
    assert book.violations() == []
    assert book.ledger.write_cycles == 1


def test_a_transaction_of_which_a_part_is_missing_is_noticed(book: Book) -> None:
    book.transaction((P, 0, 1), (Q, 0, 2))
    del book.logs[Q][0]
    [violation] = book.violations()
    assert violation.startswith("committed records lost")


def test_a_part_of_a_transaction_in_doubt_is_noticed(book: Book) -> None:
    transaction = book.ledger.begin()
    book.ledger.wrote(transaction, P, [value(1), value(2)])
    book.ledger.committing(transaction)
    book.logs[P][0] = value(1)
    [violation] = book.violations()
    assert violation.startswith("half a transaction")


def test_an_aborted_read_is_noticed(book: Book) -> None:
    transaction = book.ledger.begin()
    book.ledger.wrote(transaction, P, [value(1)])
    book.ledger.read(value(1))
    assert book.history.violations[0].startswith("uncommitted record read")


def test_a_reader_that_passed_by_a_committed_record_is_noticed(book: Book) -> None:
    logs = {P: {0: value(1), 2: value(2)}}
    book.ledger.final_view("reader", {P: {0: value(1)}}, {P: 2}, logs)
    assert book.history.violations == []
    book.ledger.final_view("reader", {P: {0: value(1)}}, {P: 3}, logs)
    assert book.history.violations[0].startswith("passed by")


def test_a_record_that_was_read_and_is_gone_is_noticed(book: Book) -> None:
    book.ledger.final_view("reader", {P: {0: value(1)}}, {P: 1}, {P: {}})
    assert book.history.violations[0].startswith("vanished")


@pytest.mark.parametrize(
    ("position", "is_visible", "is_fine"),
    [(2, True, True), (1, True, False), (3, True, False), (0, False, True), (2, False, False)],
)
def test_what_is_consumed_is_what_was_made_of_it(
    book: Book, position: int, is_visible: bool, is_fine: bool
) -> None:
    transaction = book.ledger.begin()
    book.ledger.wrote(transaction, OUT, [value(7)])
    book.ledger.consumed(transaction, P, [0, 1])
    logs = {P: {0: value(0), 1: value(1), 2: value(2)}, OUT: {0: value(7)} if is_visible else {}}
    book.ledger.final_consumed(logs, {P: position})
    assert (book.history.violations == []) is is_fine


def test_a_record_consumed_twice_is_noticed(book: Book) -> None:
    for number in (7, 8):
        transaction = book.ledger.begin()
        book.ledger.wrote(transaction, OUT, [value(number)])
        book.ledger.consumed(transaction, P, [0])
    logs = {P: {0: value(0)}, OUT: {0: value(7), 1: value(8)}}
    book.ledger.final_consumed(logs, {P: 1})
    assert book.history.violations[0].startswith("not exactly once")


def test_a_read_record_that_is_gone_in_the_end_is_noticed(history: History) -> None:
    history.sent(P, [value(0), value(1)])
    history.read(P, 0, value(0), 0)
    history.read(P, 1, value(1), 1)
    history.final({P: {1: value(1)}}, {P: 1})
    assert history.violations == []
    history.final({P: {0: value(0)}}, {})
    assert history.violations[0].startswith("read record lost")


# Compaction


def keyed(number: int, is_tombstone: bool = False) -> Record:
    return Record(0, 0, b"key", None if is_tombstone else value(number).encode(), ())


@pytest.mark.parametrize(
    ("found", "is_tombstone", "symptom"),
    [
        ({b"key": 5}, False, ""),
        ({b"key": 9}, False, ""),
        ({b"key": 4}, False, "lost its last value"),
        ({}, False, "key lost"),
        ({}, True, ""),
        ({b"key": 5}, True, ""),
        ({b"key": 4}, True, "came back"),
    ],
)
def test_the_last_value_of_a_key_must_be_there(
    history: History, found: dict[bytes, int], is_tombstone: bool, symptom: str
) -> None:
    table = Table(history)
    table.wrote(P, 4, [keyed(0), keyed(1, is_tombstone)])
    table.wrote(P, 1, [keyed(2)])
    seen = {key: Seen(P, offset, key, None) for key, offset in found.items()}
    table.scanned(P, seen, table.last(P))
    assert [symptom in violation for violation in history.violations] == [True] * bool(symptom)


# Starts


def found_at(starts: Starts, place: Place, start: int, *, is_acknowledged: bool = False) -> None:
    starts.found(place, start, starts.known(place), is_acknowledged=is_acknowledged)


def test_a_start_that_moves_back_is_noticed(history: History) -> None:
    starts = Starts(history, {})
    starts.asking(P, 10)
    found_at(starts, P, 7)
    found_at(starts, P, 7)
    assert history.violations == []
    found_at(starts, P, 6)
    assert "moved back" in history.violations[0]


@pytest.mark.parametrize("is_acknowledged", [False, True])
def test_a_crash_undoes_no_deletion_that_was_acknowledged(
    history: History, is_acknowledged: bool
) -> None:
    starts = Starts(history, {})
    starts.asking(P, 10)
    found_at(starts, P, 7, is_acknowledged=is_acknowledged)
    starts.crash()
    found_at(starts, P, 0)
    assert bool(history.violations) is is_acknowledged


def test_more_deleted_than_was_asked_for_is_noticed(history: History) -> None:
    starts = Starts(history, {})
    starts.asking(P, 7)
    found_at(starts, P, 8)
    assert "deleted too much" in history.violations[0]


@pytest.mark.parametrize(("now_s", "is_fine"), [(6.0, True), (1.0, False)])
def test_a_young_record_that_is_gone_is_noticed(
    history: History, now_s: float, is_fine: bool
) -> None:
    starts = Starts(history, {P: 5.0})
    starts.sent(P, [value(0)])
    history.acked(P, 0, [value(0)])
    history.now_s = lambda: now_s
    found_at(starts, P, 1)
    assert (history.violations == []) is is_fine
