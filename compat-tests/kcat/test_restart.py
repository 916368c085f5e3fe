"""A broker that is killed between two runs of kcat, which ends by itself when none is there."""

from __future__ import annotations

import pytest
from harness import process


@pytest.mark.skipif(process.missing("kcat") is not None, reason="kcat not installed")
@pytest.mark.scenario("restart")
def test_what_was_acknowledged_outlives_kill_9(restartable, unique):
    name = unique("topic")

    def kcat(*words: str, stdin: str | None = None) -> str:
        command = ["kcat", "-b", restartable.bootstrap, "-t", name, *words]
        return process.run(command, stdin=stdin, timeout_s=60).stdout

    lines = [f"{i}\n" for i in range(300)]
    for part in (lines[:100], lines[100:200], lines[200:]):
        kcat("-P", "-X", "enable.idempotence=true", stdin="".join(part))
        restartable.kill()
        restartable.start()
    assert kcat("-C", "-e", "-q") == "".join(lines)
