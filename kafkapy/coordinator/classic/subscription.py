"""Which topics the members of a consumer group subscribe to.

The only place where the coordinator looks into a member's metadata, and only for protocol type
`consumer`: the offsets of a topic that is being consumed must not be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable

from kafkapy.wire import compile as codec
from kafkapy.wire.errors import WireError
from kafkapy.wire.internal.consumer_protocol import ConsumerProtocolSubscription

_VERSION_BYTES = 2


def subscribed_topics(metadata: Iterable[bytes]) -> frozenset[str] | None:
    """Read the topics of all members' subscriptions; None where one of them cannot be read."""
    topics: set[str] = set()
    try:
        for subscription in metadata:
            # Every later version starts like version 0, which holds the topics.
            topics.update(
                codec.decode(ConsumerProtocolSubscription, subscription, 0, _VERSION_BYTES).topics
            )
    except WireError:
        return None
    return frozenset(topics)
