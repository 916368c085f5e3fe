"""What clients have asked: a bounded log of the requests that reached a broker."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

from kafkapy.wire.api import API, ApiKey
from kafkapy.wire.compile import decode
from kafkapy.wire.headers import RequestHeader
from kafkapy.wire.schema import ZERO_UUID, Buffer, Message, Request, Struct

# Of what is logged the newest is kept, up to whichever comes first.
_MAX_REQUESTS = 10_000
_MAX_BYTES = 32 << 20
_TOPIC_RESOURCE = 2

TopicNames = Callable[[bytes], str | None]


class LoggedRequest:
    """One request as it came: `api` is the name of its API, `time_ms` the broker's time.

    `request` is a message of `kafkapy.wire.messages`, decoded when it is looked at.
    """

    def __init__(
        self, header: RequestHeader, frame: Buffer, body: int, time_ms: int, name_of: TopicNames
    ) -> None:
        self.key = ApiKey(header.api_key)
        self.api = API[header.api_key].name
        self.version = header.api_version
        self.client_id = header.client_id
        self.time_ms = time_ms
        self.size = len(frame)
        self._frame = frame
        self._body = body
        self._name_of = name_of

    @cached_property
    def request(self) -> Request:
        """The request itself."""
        return self.decode()

    def decode(self) -> Request:
        """Give a copy of the request that may be changed."""
        request: Request = decode(API[self.key].request, self._frame, self.version, self._body)
        return request

    @cached_property
    def topics(self) -> frozenset[str]:
        """The topics that it names, or whose ids it names."""
        return frozenset(_topics(self.request, self._name_of))

    def __repr__(self) -> str:
        return f"{self.api} v{self.version} of {self.client_id!r}: {self.request!r}"


class RequestLog:
    """The last requests, oldest first; to be read from any thread."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(self.filter())

    def __len__(self) -> int:
        return len(self._requests)

    def __getitem__(self, index: int) -> LoggedRequest:
        with self._changed:
            return self._requests[index]

    def filter(
        self,
        api: str | ApiKey | None = None,
        *,
        client_id: str | None = None,
        topic: str | None = None,
    ) -> list[LoggedRequest]:
        """List the requests of an API, of a client, that name a topic.

        Raises ValueError for an unknown API: a misspelled one would never be found.
        """
        key = None if api is None else parse_api(api)
        with self._changed:
            found = list(self._requests)
        return [
            each
            for each in found
            if (key is None or each.key == key)
            and (client_id is None or each.client_id == client_id)
            and (topic is None or topic in each.topics)
        ]

    def wait(
        self,
        api: str | ApiKey | None = None,
        *,
        client_id: str | None = None,
        topic: str | None = None,
        count: int = 1,
        timeout: float = 10.0,
    ) -> list[LoggedRequest]:
        """Wait until there are `count` such requests. Raises TimeoutError, and as `filter` does."""
        deadline = time.monotonic() + timeout
        while True:
            seen = len(self)
            found = self.filter(api, client_id=client_id, topic=topic)
            if len(found) >= count:
                return found
            with self._changed:
                left = deadline - time.monotonic()
                if len(self._requests) == seen and not self._changed.wait(left):
                    raise TimeoutError(f"{len(found)} of {count} requests came in {timeout} s")

    def add(self, logged: LoggedRequest) -> None:
        """Keep a request, and forget the oldest ones if there are too many."""
        with self._changed:
            self._requests.append(logged)
            self._bytes += logged.size
            while len(self._requests) > _MAX_REQUESTS or self._bytes > _MAX_BYTES:
                self._bytes -= self._requests.popleft().size
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget all requests."""
        with self._changed:
            self._requests.clear()
            self._bytes = 0


def parse_api(api: str | ApiKey) -> ApiKey:
    """Read the name of an API, as Kafka writes it: `Produce`. Raises ValueError."""
    if isinstance(api, ApiKey):
        return api
    for key in ApiKey:
        if API[key].name == api:
            return key
    raise ValueError(f"there is no API {api!r}; names are those of Kafka's protocol: 'Produce'")


def _topics(message: Message | Struct, name_of: TopicNames) -> Iterator[str]:
    """Find topics by the names of the fields, which are the same in all messages."""
    for field in message.__fields__:
        value = getattr(message, field.name)
        if not isinstance(value, list):
            continue
        holds_topics = "topic" in field.name and "forgotten" not in field.name
        for element in value:
            if isinstance(element, Struct):
                yield from _topics(element, name_of)
                yield from _topic(element, name_of, holds_topics)
            elif holds_topics and isinstance(element, str):
                yield element


def _topic(element: Struct, name_of: TopicNames, is_topic: bool) -> Iterator[str]:
    if is_topic:
        name = getattr(element, "name", None) or getattr(element, "topic", None)
        topic_id = getattr(element, "topic_id", ZERO_UUID)
        if not name and topic_id != ZERO_UUID:
            name = name_of(topic_id)
        if name:
            yield name
    elif getattr(element, "resource_type", None) == _TOPIC_RESOURCE:
        yield getattr(element, "resource_name", "")
