"""kcat as a command, and as members of a group that run side by side."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest
from harness import process
from harness.probe import Probe

from kafkapy.wire.messages import create_topics, metadata


@pytest.fixture
def kcat(bootstrap: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run kcat to its end."""
    if reason := process.missing("kcat"):
        pytest.skip(reason)

    def run(*words: str, stdin: str | bytes | None = None, check: bool = True):
        command = ["kcat", "-b", bootstrap, *words]
        return process.run(command, stdin=stdin, timeout_s=60, check=check)

    return run


@pytest.fixture
def topic(bootstrap: str, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic, which kcat has no command for, and give its name."""

    def create(partitions: int = 1, **configs: str) -> str:
        name = unique("topic")
        settings = [
            create_topics.CreatableTopicConfig(key.replace("_", "."), value)
            for key, value in configs.items()
        ]
        new = create_topics.CreatableTopic(name, partitions, 1, [], settings)
        asked = metadata.MetadataRequest([metadata.MetadataRequestTopic(bytes(16), name)], False)
        with contextlib.closing(Probe(bootstrap)) as probe:
            (made,) = probe.ask(create_topics.CreateTopicsRequest([new]), 5).topics
            assert not made.error_code, made
            process.eventually(
                lambda: not probe.ask(asked, 9).topics[0].error_code, "the topic is known"
            )
        return name

    return create


class Running:
    """kcat in the background: what it writes is read as it comes."""

    def __init__(self, bootstrap: str, *words: str) -> None:
        self.process = subprocess.Popen(
            ["kcat", "-b", bootstrap, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.said: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.said))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))

    def write(self, text: str) -> None:
        self.process.stdin.write(text)
        self.process.stdin.flush()

    @property
    def share(self) -> set[int]:
        """The partitions that it was given last, as a member of a group."""
        held: set[int] = set()
        for line in self.said:
            named = {int(number) for number in re.findall(r" \[(\d+)\]", line)}
            if "rebalanced: incremental assignment" in line:
                held |= named
            elif "rebalanced: incremental revoke" in line:
                held -= named
            elif "rebalanced" in line:
                held = named if "assigned: " in line else set()
        return held

    @property
    def rebalances(self) -> int:
        return sum("rebalanced" in line for line in self.said)

    def end(self) -> int:
        """Let it come to its end, which it does when there is no more to read from."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        code = self.process.wait(30)
        for reader in self._readers:
            reader.join(10)
        return code


@pytest.fixture
def start(bootstrap: str) -> Iterator[Callable[..., Running]]:
    """Start kcat, against another broker when `at` names one; what still runs is ended."""
    if reason := process.missing("kcat"):
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:

        def start(*words: str, at: str | None = None) -> Running:
            running = Running(at or bootstrap, *words)
            stack.callback(process.stop, running.process)
            return running

        yield start
