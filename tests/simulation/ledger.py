"""What transactions did, and whether any order of them explains it.

A transaction is decided at one moment. It precedes another one that read what it wrote, and one
whose first record in some partition comes after its own marker there: all decisions have one order,
so a cycle among these cannot be (Adya: G1c). Kafka does not isolate writes: the records of two
transactions may well come in opposite orders in two partitions (G0). Jepsen allows that too; here
it is only counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from tests.simulation.checker import History, Place, Value

Logs = Mapping[Place, Mapping[int, Value]]
Graph = dict[Hashable, set[Hashable]]


class Ledger:
    """The transactions of a run: of a committed one all records are read, of another none."""

    def __init__(self, history: History) -> None:
        self.write_cycles = 0
        self._history = history
        self._written: list[set[tuple[Place, Value]]] = []
        self._took: list[set[Value]] = []
        self._consumed: dict[int, dict[Place, list[int]]] = {}
        self._transaction_of: dict[Value, int] = {}
        self._may_be_read: set[int] = set()
        self._committed: set[int] = set()

    def __len__(self) -> int:
        return len(self._written)

    def begin(self) -> int:
        """Give a new transaction."""
        self._written.append(set())
        self._took.append(set())
        return len(self._written) - 1

    def wrote(self, transaction: int, place: Place, values: Iterable[Value]) -> None:
        """Note records before they are sent."""
        for value in values:
            self._written[transaction].add((place, value))
            self._transaction_of[value] = transaction

    def took(self, transaction: int, values: Iterable[Value]) -> None:
        """Note committed records that were read in a transaction."""
        self._took[transaction].update(values)

    def consumed(self, transaction: int, place: Place, offsets: Iterable[int]) -> None:
        """Note records which a transaction makes something of, whose offsets it commits."""
        self._consumed.setdefault(transaction, {}).setdefault(place, []).extend(offsets)

    def committing(self, transaction: int) -> None:
        """Note a transaction, all of whose records were acknowledged, before its commit is sent."""
        self._may_be_read.add(transaction)

    def committed(self, transaction: int) -> None:
        """Note a commit that was acknowledged."""
        self._committed.add(transaction)

    def read(self, value: Value) -> None:
        """Note a record that a reader of committed ones saw."""
        transaction = self._transaction_of.get(value)
        if transaction is not None and transaction not in self._may_be_read:
            self._history.violation(f"uncommitted record read: {value} of {transaction}")

    # The end

    def final(self, logs: Logs, marks: Mapping[Place, Mapping[int, Value]]) -> None:
        """Check all that can be read in the end.

        `marks` has the offset of each marker of a commit, with a record that it made count.
        """
        found = {(place, value) for place, log in logs.items() for value in log.values()}
        visible = set()
        for transaction, written in enumerate(self._written):
            missing = written - found
            if transaction in self._committed and missing:
                self._history.violation(f"committed records lost: {missing} of {transaction}")
            elif missing and missing != written:
                self._history.violation(f"half a transaction: {transaction} lacks {missing}")
            elif written and not missing:
                visible.add(transaction)
        for cycle in cycles(self._decisions(visible, logs, marks)):
            transactions = sorted(node for node in cycle if isinstance(node, int))
            self._history.violation(f"cycle of transactions: {transactions}")
        self.write_cycles = len(cycles(self._overwrites(logs)))

    def _decisions(
        self, visible: set[int], logs: Logs, marks: Mapping[Place, Mapping[int, Value]]
    ) -> Graph:
        """Make the graph of what must have been decided before what."""
        graph: Graph = {}
        for reader in visible:
            for value in self._took[reader]:
                writer = self._transaction_of.get(value)
                if writer is not None and writer != reader:
                    graph.setdefault(writer, set()).add(reader)
        for place, log in logs.items():
            begun: dict[int, int] = {}
            for offset, value in log.items():
                begun.setdefault(self._transaction_of[value], offset)
            events = [(offset, transaction, True) for transaction, offset in begun.items()]
            for offset, value in marks.get(place, {}).items():
                events.append((offset, self._transaction_of[value], False))
            self._chain(graph, place, sorted(events))
        return graph

    @staticmethod
    def _chain(graph: Graph, place: Place, events: list[tuple[int, int, bool]]) -> None:
        """Put the markers before the beginnings that follow them, with an edge per event."""
        last = (place, -1)
        for offset, transaction, is_beginning in events:
            event = (place, offset)
            graph.setdefault(last, set()).add(event)
            if is_beginning:
                graph.setdefault(event, set()).add(transaction)
            else:
                graph.setdefault(transaction, set()).add(event)
            last = event

    def _overwrites(self, logs: Logs) -> Graph:
        """Make the graph of whose record comes right before whose."""
        graph: Graph = {}
        for log in logs.values():
            last = None
            for value in log.values():
                transaction = self._transaction_of[value]
                if last is not None and last != transaction:
                    graph.setdefault(last, set()).add(transaction)
                last = transaction
        return graph

    def final_view(self, name: str, view: Logs, ends: Mapping[Place, int], logs: Logs) -> None:
        """Check that a reader did not pass by a record that counts (Adya: G1b)."""
        for place, log in view.items():
            for offset, value in logs[place].items():
                if offset < ends[place] and offset not in log:
                    self._history.violation(f"passed by: {name} missed {value} at {place} {offset}")
            for offset, value in log.items():
                if logs[place].get(offset) != value:
                    self._history.violation(f"vanished: {name} saw {value} at {place} {offset}")

    def final_consumed(self, logs: Logs, positions: Mapping[Place, int]) -> None:
        """Check that records were consumed once, which is as far as offsets were committed."""
        found = {value for log in logs.values() for value in log.values()}
        consumed: dict[Place, list[int]] = {place: [] for place in positions}
        for transaction, inputs in self._consumed.items():
            if any(value in found for _, value in self._written[transaction]):
                for place, offsets in inputs.items():
                    consumed[place] += offsets
        for place, position in positions.items():
            expected = [offset for offset in logs[place] if offset < position]
            if sorted(consumed[place]) != expected:
                difference = set(consumed[place]) ^ set(expected)
                self._history.violation(
                    f"not exactly once: {place} up to {position}: {sorted(difference)[:5]}"
                )


def cycles(graph: Graph) -> list[set[Hashable]]:
    """Find the strongly connected components of more than one node (Tarjan)."""
    index: dict[Hashable, int] = {}
    low: dict[Hashable, int] = {}
    stack: list[Hashable] = []
    waiting: set[Hashable] = set()
    found = []
    for root in graph:
        path = [] if root in index else [(root, iter(graph[root]))]
        while path:
            node, following = path[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            for other in following:
                if other not in index:
                    path.append((other, iter(graph.get(other, ()))))
                    break
                if other in waiting:
                    low[node] = min(low[node], low[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    component = set(stack[stack.index(node) :])
                    del stack[stack.index(node) :]
                    waiting -= component
                    if len(component) > 1:
                        found.append(component)
    return found
