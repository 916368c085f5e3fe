"""Where the frames come from: made at random, sent by a stock client, or meant to go deep."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from random import Random

from kafkapy.wire.api import API, ApiKey, request_header_version
from kafkapy.wire.compile import encode
from kafkapy.wire.headers import RequestHeader, write_request_header
from kafkapy.wire.schema import Message, Versions
from tests.fuzzing.exchanges import Exchanges
from tests.fuzzing.fetches import Known, fetch
from tests.fuzzing.mutations import mutate
from tests.fuzzing.seeds import Seed, frames_for
from tests.fuzzing.values import Filler

_DAMAGED_EACH = (0, 1, 2, 4)
_OTHERS = 20
_FIRST_ORDINARY_FETCH = 4


def frame_of(request: Message, version: int, correlation_id: int = 1) -> bytes:
    """Encode a request with its header, without the size in front."""
    key = request.__api_key__
    header = RequestHeader(key, version, correlation_id, "fuzzer")
    return write_request_header(header, request_header_version(key, version)) + encode(
        request, version
    )


class Frames:
    """An endless row of frames: each valid one, and some that are damaged versions of it."""

    def __init__(
        self,
        random: Random,
        versions: Mapping[ApiKey, Versions],
        topic_ids: Mapping[str, bytes],
        seeds: Iterable[Seed],
        known: Known,
    ) -> None:
        self._random = random
        self._known = known
        self._fetches = versions[ApiKey.FETCH]
        self._versions = [
            (key, version)
            for key, served in versions.items()
            for version in range(served.first, served.last + 1)
        ]
        self._filler = Filler(random, list(topic_ids.values()))
        self._exchanges = Exchanges(random, versions, topic_ids)
        self._captured = frames_for(topic_ids, seeds)

    def __iter__(self) -> Iterator[bytes]:
        random = self._random
        others = deque([b""], _OTHERS)
        while True:
            for valid in self._valid():
                yield valid
                for _ in range(random.choice(_DAMAGED_EACH)):
                    yield mutate(random, valid, random.choice(others))
                others.append(valid)

    def _valid(self) -> Iterable[bytes]:
        luck = self._random.random()
        if luck < 0.3:
            return [frame_of(*made) for made in self._exchanges.requests()]
        if luck < 0.4:
            version = self._random.randint(_FIRST_ORDINARY_FETCH, self._fetches.last)
            asked = fetch(self._random, version, self._known)
            return [frame_of(asked, version)]
        if luck < 0.65 and self._captured:
            return [self._random.choice(self._captured)]
        key, version = self._random.choice(self._versions)
        return [frame_of(self._filler.message(API[key].request, version), version)]
