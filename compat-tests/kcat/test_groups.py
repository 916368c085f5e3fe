"""Members of a group, each a kcat of its own."""

from __future__ import annotations

import pytest
from harness import process

FAST = ("-u", "-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=300")


@pytest.fixture
def member(start):
    """Start a member of the group that is called like the topic."""

    def join(name: str, *options: str):
        words = [word for option in options for word in ("-X", option)]
        return start(*FAST, *words, "-G", name, name)

    return join


def settle(members, wanted: list[int]) -> None:
    def shared() -> bool:
        held = [member.share for member in members]
        alone = len(set().union(*held)) == sum(map(len, held))
        return alone and sorted(map(len, held)) == wanted

    process.eventually(shared, f"shares of {wanted}", 45)


@pytest.mark.scenario("groups")
def test_a_group_of_three_shares_the_partitions(topic, member):
    name = topic(partitions=6)
    members = [member(name) for _ in range(3)]
    settle(members, [2, 2, 2])
    process.stop(members.pop().process)
    settle(members, [3, 3])


@pytest.mark.scenario("killed member")
def test_the_share_of_a_member_that_was_killed_goes_to_the_other(topic, member):
    name = topic(partitions=4)
    one, two = member(name), member(name)
    settle([one, two], [2, 2])
    two.process.kill()
    settle([one], [4])


@pytest.mark.scenario("more members")
def test_of_more_members_than_partitions_one_has_none(topic, member):
    name = topic(partitions=2)
    members = [member(name) for _ in range(3)]
    process.eventually(lambda: all(it.rebalances for it in members), "all have joined", 45)
    settle(members, [0, 1, 1])


@pytest.mark.scenario("static members")
def test_a_static_member_comes_back_and_a_second_of_its_name_fences_it(topic, member):
    name = topic(partitions=4)
    one, two = member(name, "group.instance.id=one"), member(name, "group.instance.id=two")
    settle([one, two], [2, 2])
    held, rebalances = one.share, two.rebalances
    process.stop(one.process)
    again = member(name, "group.instance.id=one")
    settle([again, two], [2, 2])
    assert again.share == held
    assert two.rebalances == rebalances
    member(name, "group.instance.id=one")
    process.eventually(lambda: any("fenced" in line for line in again.said), "it is fenced")


@pytest.mark.scenario("cooperative")
def test_a_member_keeps_what_the_other_does_not_get(topic, member):
    name = topic(partitions=4)
    strategy = "partition.assignment.strategy=cooperative-sticky"
    first = member(name, strategy)
    settle([first], [4])
    second = member(name, strategy)
    settle([first, second], [2, 2])
    (revoked,) = [line for line in first.said if "incremental revoke" in line]
    assert "incremental revoke of 2 partition(s)" in revoked
