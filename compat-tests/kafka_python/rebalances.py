"""Rebalances that leave members what they have: of static members, and cooperative ones."""

import contextlib

from dialect import create_topic
from groups import Listener, member, settle
from harness.process import eventually
from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import FencedInstanceIdError


def static_members(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    listener = Listener()
    one = member(bootstrap, name, group_instance_id="one")
    settle([one], [4])  # so that it leads: a leader joins again when it learns of the topic
    with contextlib.closing(member(bootstrap, name, listener, group_instance_id="two")) as two:
        settle([one, two], [2, 2])
        held, rebalances = one.assignment(), listener.rebalances
        one.close()
        with contextlib.closing(member(bootstrap, name, group_instance_id="one")) as again:
            settle([again, two], [2, 2])
            return {
                "same partitions": again.assignment() == held,
                "rebalances of the other": listener.rebalances - rebalances,
                "fenced": fences(bootstrap, name, again),
            }


def fences(bootstrap: str, name: str, first: KafkaConsumer) -> bool:
    """Tell whether a second member of a name ends the first."""
    with contextlib.closing(member(bootstrap, name, group_instance_id="one")) as second:
        eventually(lambda: second.poll(timeout_ms=200) or second.assignment(), "the second is in")
        try:
            first.commit()
        except FencedInstanceIdError:
            return True
    return False


def cooperative(bootstrap: str, name: str) -> dict:
    create_topic(bootstrap, name, 4)
    options = {"partition_assignment_strategy": [CooperativeStickyAssignor]}
    listener = Listener()
    with contextlib.closing(member(bootstrap, name, listener, **options)) as first:
        settle([first], [4])
        with contextlib.closing(member(bootstrap, name, **options)) as second:
            together = settle([first, second], [2, 2])
            return {"revoked": listener.revoked, "together": together}


PLAYS = {"static_members": static_members, "cooperative": cooperative}
