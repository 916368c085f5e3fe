"""Kafka's own command line tools, each a JVM of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import process, reference


@pytest.fixture
def tool(kafka_jars: Path, bootstrap: str) -> Callable[..., str]:
    """Run one tool against the broker and give what it wrote to standard output."""

    def run(
        main_class: str,
        *words: object,
        first: str | None = None,
        stdin: str | None = None,
        check: bool = True,
        timeout_s: float = 90,
    ) -> str:
        command = [] if first is None else [first]
        command = reference.java(main_class, *command, "--bootstrap-server", bootstrap, *words)
        done = process.run(command, stdin=stdin, check=check, timeout_s=timeout_s)
        return done.stdout if check else done.stdout + done.stderr

    return run


@pytest.fixture
def topic(tool: Callable[..., str], unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a topic with Kafka's tool and give its name."""

    def create(partitions: int = 1, **configs: str) -> str:
        name = unique("topic")
        options: list[object] = []
        for key, value in configs.items():
            options += ["--config", f"{key.replace('_', '.')}={value}"]
        command = "org.apache.kafka.tools.TopicCommand"
        tool(command, "--create", "--topic", name, "--partitions", partitions, *options)
        return name

    return create
