"""The features of the cluster: what formats and behaviour its nodes agreed on (KIP-584).

Only what works is listed: a client that sees a level of `transaction.version`, say, uses it.
"""

from __future__ import annotations

from collections.abc import Mapping

from kafkapy.wire.schema import Versions

METADATA_VERSION = "metadata.version"
TRANSACTION_VERSION = "transaction.version"

# The metadata log is written in the formats of Kafka 4.3 (level 30), and in no older ones.
# With level 2 of transactions every transaction has an epoch of its own (KIP-890).
SUPPORTED_FEATURES: Mapping[str, Versions] = {
    METADATA_VERSION: Versions(30, 30),
    TRANSACTION_VERSION: Versions(0, 2),
}
