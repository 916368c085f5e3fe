"""What clients are seen to do: the columns of the report card, in its order."""

from __future__ import annotations

from collections.abc import Mapping

SCENARIOS = {
    "codecs": "records come back as they went, without compression and with each codec",
    "acks": "every setting of acks",
    "idempotence": "an idempotent producer",
    "headers": "keys, headers and times of records",
    "tombstones": "a null value is not an empty one",
    "large": "records of megabytes, and those above the limit of their topic",
    "volume": "thousands of records in many batches",
    "partitioning": "partitions chosen by hand and by key",
    "timestamps": "stamps on append, offsets by time",
    "auto-creation": "a topic comes into being when it is written",
    "consume from": "the beginning, the end, an offset, a time; out of range",
    "seek": "positions moved and told",
    "groups": "members share the partitions, come and go",
    "killed member": "the share of a member that was killed goes to the others",
    "more members": "more members than partitions: some have none",
    "static members": "a member comes back to its partitions, a second of its name is fenced",
    "cooperative": "cooperative rebalances",
    "commits": "the next member goes on where the last one committed",
    "restart": "what was acknowledged outlives kill -9",
    "admin topics": "topics are created, listed, described and deleted",
    "admin partitions": "partitions are added",
    "admin configs": "configs are described and altered",
    "admin records": "records are deleted up to an offset",
    "admin groups": "groups are listed, described and deleted; their offsets are altered",
    "admin offsets": "offsets are listed by specification",
    "admin cluster": "the cluster, its brokers and log directories describe themselves",
    "errors": "what is refused is refused with Kafka's error",
    "transactions": "what a transaction wrote is read committed",
    "KIP-848": "groups of the newer consumer protocol",
}


def of_parameters(parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Give what a test shows whose parameter `scenario` names one of those that programs play."""
    from harness import programs  # it names these columns

    found = programs.SCENARIOS.get(str(parameters.get("scenario")))
    return found.shows if found else ()
