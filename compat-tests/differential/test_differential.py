"""The same requests at every version, to Kafka and to ours: the answers are the same.

A story is a generator of requests that is given the answer to each. The requests of the APIs that
it is about go out at the version under test, all others at the newest. Both brokers hear the same
names; what they say is compared field by field, apart from ids, times and texts.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from harness import process
from harness.probe import Probe, comparable, differences
from stories import STORIES, Story

from kafkapy.handlers.table import TABLE
from kafkapy.wire import api
from kafkapy.wire.api import ApiKey
from kafkapy.wire.compile import EncodingError
from kafkapy.wire.messages import metadata
from kafkapy.wire.schema import Request, Response

# Kafka tells its brokers of these by its metadata log, a moment after the answer; and of the end of
# a transaction by its markers.
SPREADS = {
    ApiKey.CREATE_TOPICS, ApiKey.DELETE_TOPICS, ApiKey.CREATE_PARTITIONS, ApiKey.ALTER_CONFIGS,
    ApiKey.INCREMENTAL_ALTER_CONFIGS, ApiKey.END_TXN,
}  # fmt: skip

# API or any, what differs, and why ours is meant to be another.
MEANT: list[tuple[ApiKey | None, str, str]] = [
    (None, r"error_message: Kafka (None|''), ours '<", "ours says why in words"),
    (
        None,
        r"min\.insync\.replicas\.(config_source|synonyms)",
        "Kafka sets it for the cluster when it formats its disk; here it is a default",
    ),
    (
        ApiKey.METADATA,
        r"error_code: Kafka 3, ours 0|partitions: Kafka has 0 entries, ours 1",
        "a topic that comes into being by the question is there in the first answer",
    ),
    (
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        r"error_code: Kafka -1, ours 42",
        "a null value to set is a bad request, not an unexpected error",
    ),
    (
        ApiKey.DESCRIBE_PRODUCERS,
        r"coordinator_epoch: Kafka \d+, ours \d+",
        "a coordinator claims its log when it begins, which raises the leader's epoch",
    ),
]


def newest(probe: Probe, key: int) -> int:
    return min(probe.versions[key][1], api.API[key].versions.last)


def tell(
    probe: Probe, about: ApiKey, version: int, requests: Story, spreading_s: float
) -> Iterator[tuple]:
    """Play a story to one broker; gives the requests that count, with what was answered."""
    answer: Response | None = None
    try:
        while True:
            request = requests.send(answer)
            counts = request.__api_key__ == about
            at = version if counts else newest(probe, request.__api_key__)
            try:
                answer = probe.ask_until_ready(request, at)
            except EncodingError:  # this version cannot ask that
                answer = None
                continue
            except OSError:
                yield request, {"connection": "closed"}
                return
            if request.__api_key__ in SPREADS:
                time.sleep(spreading_s)
                await_topics(probe, request, answer)
            if counts:
                yield request, comparable(answer)
    except StopIteration:
        return


def await_topics(probe: Probe, request: Request, answer: Response) -> None:
    """Wait until a topic that was created is known where it is used."""
    if request.__api_key__ != ApiKey.CREATE_TOPICS or request.validate_only:
        return
    topics = [
        metadata.MetadataRequestTopic(bytes(16), topic.name)
        for topic in answer.topics
        if not topic.error_code
    ]
    question = metadata.MetadataRequest(topics, False)
    at = newest(probe, ApiKey.METADATA)
    process.eventually(
        lambda: not any(topic.error_code for topic in probe.ask(question, at).topics),
        "the topic is known",
    )


# Kafka lists Produce from 0, for clients that look there, but answers it from 3.
FIRST = {ApiKey.PRODUCE: 3}


def versions_of(key: ApiKey) -> range:
    advertised = api.API[key].advertised
    return range(FIRST.get(key, advertised.first), advertised.last + 1)


# Versions at which more changes than names of fields; the lowest, the highest and the first
# flexible one of an API are compared too.
TURNING_POINTS = {
    ApiKey.PRODUCE: (8,),  # says which records are to blame
    ApiKey.FETCH: (5, 7, 9, 13),  # log start, sessions, leader epochs, topic ids
    ApiKey.LIST_OFFSETS: (4, 7, 8, 9),  # leader epochs, then further names of offsets
    ApiKey.METADATA: (4, 7, 8, 10),  # leave to create, epochs, operations, topic ids
    ApiKey.CREATE_TOPICS: (4,),  # counts may be left to the broker
    ApiKey.DESCRIBE_CONFIGS: (3,),  # types and documentation
    ApiKey.DESCRIBE_LOG_DIRS: (4,),  # sizes of the disk
    ApiKey.INIT_PRODUCER_ID: (3,),  # ids are kept with a new epoch
    ApiKey.FIND_COORDINATOR: (1, 4),  # kinds of keys, many keys
    ApiKey.JOIN_GROUP: (4, 5),  # a member id first, static members
    ApiKey.LEAVE_GROUP: (3,),  # many members
    ApiKey.LIST_GROUPS: (4,),  # by state
    ApiKey.OFFSET_COMMIT: (7,),  # static members
    ApiKey.OFFSET_FETCH: (2, 7, 8, 9),  # all topics, stable offsets, many groups, members
}


def telling_versions_of(key: ApiKey) -> list[int]:
    every = versions_of(key)
    chosen = {every[0], every[-1], api.API[key].flexible.first, *TURNING_POINTS.get(key, ())}
    return [version for version in every if version in chosen]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "tell_it" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-versions")
        cases = [
            pytest.param(key, version, tell, id=f"{key.name.lower()}-v{version}-{tell.__name__}")
            for key, tellers in STORIES.items()
            for version in (versions_of(key) if every else telling_versions_of(key))
            for tell in tellers
        ]
        metafunc.parametrize(("key", "version", "tell_it"), cases)


def test_every_api_is_compared() -> None:
    told_elsewhere = {ApiKey.API_VERSIONS}
    assert STORIES.keys() | told_elsewhere == TABLE.keys()


def test_answers_are_the_same(
    key: ApiKey,
    version: int,
    tell_it: Callable[[str], Story],
    probes: tuple[Probe, Probe],
    meant: dict[str, str],
) -> None:
    for probe in probes:
        first, last = probe.versions.get(key, (0, -1))
        if not first <= version <= last:
            pytest.skip(f"{key.name} {version} is not served by both")
    name = f"diff-{uuid.uuid4().hex[:10]}"
    told = [
        list(tell(probe, key, version, tell_it(name), spreading_s))
        for probe, spreading_s in zip(probes, (0.1, 0.0), strict=True)
    ]
    found = []
    for number, ((request, kafka), (_, ours)) in enumerate(zip(*told, strict=False), 1):
        for answer in (kafka, ours):
            keep_own_groups(answer, name)
        for difference in differences(kafka, ours):
            if reason := reason_for(key, difference):
                where = re.sub(r"diff-\w+|\d+", "…", difference.partition(":")[0])
                meant[f"{key.name} {where}"] = reason
            else:
                found.append(f"{number} {type(request).__name__}{difference}")
    assert not found, "\n" + "\n".join(found)


def keep_own_groups(answer: dict, name: str) -> None:
    """Another group of a shared broker is none of this story."""
    if answer.get("groups") and "group_type" in answer["groups"][0]:
        answer["groups"] = [g for g in answer["groups"] if g["group_id"].startswith(name)]


def reason_for(key: ApiKey, difference: str) -> str | None:
    for api_key, where, reason in MEANT:
        if api_key in (None, key) and re.search(where, difference):
            return reason
    return None
