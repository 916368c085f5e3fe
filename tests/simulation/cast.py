"""Who takes part in a run, and on which topics."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from tests.simulation.checker import History, Place
from tests.simulation.clients import Client, Consumer, IdempotentProducer, Producer
from tests.simulation.committed import CommittedReader
from tests.simulation.keyed import KeyedProducer, KeyedTransactions, Table, TableReader
from tests.simulation.ledger import Ledger
from tests.simulation.members import Admin, Member
from tests.simulation.network import Network
from tests.simulation.transactions import TransactionalProducer, Transformer
from tests.simulation.trimmed import Starts, TrimmedProducer, TrimmedReader, Trimmer

GROUP = "readers"
TRANSFORMERS = "transformers"
_RETENTION_S = 5
# So small that a segment takes a few batches.
_SEGMENT_BYTES = "500"


class Cast:
    """The clients of a run, what they know in common, and the topics that they use.

    `events` are read by a group, `accounts` and what is made of them, `outputs`, are written in
    transactions. `table` is compacted; `recent` is deleted by age or size, `trimmed` on request.
    """

    partitions = {
        "events": 3,
        "accounts": 3,
        "outputs": 2,
        "table": 1,
        "recent": 1,
        "trimmed": 1,
    }

    def __init__(
        self, network: Network, history: History, random: Random, *, has_transactions: bool
    ) -> None:
        self.history = history
        self.has_transactions = has_transactions
        self.events = self._places("events")
        self.accounts = self._places("accounts")
        self.outputs = self._places("outputs")
        self.table = self._places("table")
        self.recent = self._places("recent")
        self.trimmed = self._places("trimmed")
        self.ledger = Ledger(history)
        self.keys = Table(history)
        # What a compaction removes cannot be found in the end.
        self.key_ledger = Ledger(history)
        self._network = network
        self._random = random
        self._is_kept_by_size = random.random() < 0.3
        age_s = -math.inf if self._is_kept_by_size else _RETENTION_S
        self.starts = Starts(history, dict.fromkeys(self.recent, age_s))
        self.clients = self._new_clients()

    def _places(self, topic: str) -> list[Place]:
        return [Place(topic, index) for index in range(self.partitions[topic])]

    def topics(self) -> list[tuple[str, int, dict[str, str]]]:
        """Give the topics with their partitions and settings."""
        retention = {"retention_ms": str(_RETENTION_S * 1000)}
        if self._is_kept_by_size:
            retention = {"retention_bytes": "2000"}
        small = {"internal_segment_bytes": _SEGMENT_BYTES, "file_delete_delay_ms": "1000"}
        compacted = {
            "cleanup_policy": "compact",
            "min_cleanable_dirty_ratio": "0.1",
            "delete_retention_ms": "1500",
        }
        settings = {
            "table": small | compacted,
            "recent": small | retention,
            "trimmed": small,
        }
        return [
            (name, count, settings.get(name, {}))
            for name, count in self.partitions.items()
            if count
        ]

    def forget(self, *, keeps_acknowledged: bool) -> None:
        """Expect no more of what a power cut may have taken."""
        self.history.forget(keeps_acknowledged=keeps_acknowledged)
        self.starts.forget()
        if not keeps_acknowledged:
            self.keys.forget()

    def of_one(self, name: str) -> tuple[str, Network, History, Random]:
        """Give what every client is made with."""
        return name, self._network, self.history, Random(self._random.getrandbits(64))

    def counts(self) -> dict[str, int]:
        """Tell how much was done, by what it was."""
        idempotent = [client for client in self.clients if isinstance(client, IdempotentProducer)]
        readers = [client for client in self.clients if isinstance(client, TrimmedReader)]
        return {
            "records acknowledged": len(self.history.acknowledged),
            "read": self.history.read_count,
            "gaps in sequences": sum(producer.gaps for producer in idempotent),
            "transactions": len(self.ledger) + len(self.key_ledger),
            "cycles of writes": self.ledger.write_cycles,
            "compacted away": self.keys.compacted,
            "deleted": self.starts.deleted,
            "readers set back to the start": sum(reader.resets for reader in readers),
        }

    # Clients

    def _new_clients(self) -> list[Client]:
        random = self._random
        clients: list[Client] = [Admin(*self.of_one("admin"))]
        for index in range(random.randint(1, 2)):
            name = f"idempotent{index}"
            clients.append(IdempotentProducer(*self.of_one(name), places=self.events))
        for index in range(random.randint(0, 2)):
            acks = random.choice((-1, 1, 0))
            name = f"producer{index}"
            clients.append(Producer(*self.of_one(name), places=self.events, acks=acks))
        clients.append(Consumer(*self.of_one("consumer"), places=self.events))
        clients += self._keepers()
        if self.has_transactions:
            clients += self._transactional()
        has_static = random.random() < 0.3
        for index in range(random.randint(1, 4)):
            name = f"member{index}"
            instance_id = name if has_static and index % 2 else None
            clients.append(
                Member(*self.of_one(name), group=GROUP, places=self.events, instance_id=instance_id)
            )
        return clients

    def _keepers(self) -> list[Client]:
        """Make the clients of the topics that do not keep everything."""
        clients: list[Client] = []
        for index in range(self._random.randint(1, 2)):
            clients.append(self._keyed(f"keyed{index}"))
        clients.append(self.table_reader("table-reader"))
        clients.append(self._trimmed("trimmed-writer"))
        clients.append(self.trimmed_reader("trimmed-reader"))
        clients.append(Trimmer(*self.of_one("trimmer"), places=self.trimmed, starts=self.starts))
        return clients

    def _keyed(self, name: str) -> KeyedProducer:
        return KeyedProducer(*self.of_one(name), places=self.table, table=self.keys)

    def _trimmed(self, name: str) -> TrimmedProducer:
        places = self.recent + self.trimmed
        return TrimmedProducer(*self.of_one(name), places=places, acks=-1, starts=self.starts)

    def closing_writers(self) -> list[tuple[Producer, list[Place]]]:
        """Give who writes something to each partition in the end.

        So everybody has to come so far, and nobody waits before offsets that have no records.
        """
        return [
            (Producer(*self.of_one("closing"), places=self.events, acks=-1), self.events),
            (self._keyed("closing-keyed"), self.table),
            (self._trimmed("closing-trimmed"), self.recent + self.trimmed),
        ]

    def _transactional(self) -> list[Client]:
        clients: list[Client] = []
        for index in range(self._random.randint(0, 2)):
            args = self.of_one(f"transactional{index}")
            clients.append(TransactionalProducer(*args, places=self.accounts, ledger=self.ledger))
        if self._random.random() < 0.5:
            clients.append(self.transformer("transformer"))
        if self._random.random() < 0.5:
            clients.append(
                KeyedTransactions(
                    *self.of_one("keyed-transactional"),
                    places=self.table,
                    ledger=self.key_ledger,
                    table=self.keys,
                )
            )
        clients.append(self.auditor("auditor"))
        return clients

    def transformer(self, name: str, **options: Any) -> Transformer:
        """Give who makes outputs of what is in the accounts."""
        return Transformer(
            *self.of_one(name),
            sources=self.accounts,
            group=TRANSFORMERS,
            places=self.outputs,
            ledger=self.ledger,
            **options,
        )

    def auditor(self, name: str) -> CommittedReader:
        """Give a reader of all that transactions write."""
        places = self.accounts + self.outputs
        return CommittedReader(*self.of_one(name), places=places, ledger=self.ledger)

    def table_reader(self, name: str) -> TableReader:
        """Give a reader of the compacted topic."""
        return TableReader(
            *self.of_one(name), places=self.table, table=self.keys, ledger=self.key_ledger
        )

    def trimmed_reader(self, name: str) -> TrimmedReader:
        """Give a reader of the topics whose fronts are deleted."""
        places = self.recent + self.trimmed
        return TrimmedReader(*self.of_one(name), places=places, starts=self.starts)
