"""Programs for the Java client, each compiled against the version of it that it is about.

The clients come from Maven Central, as `java_client/pom.xml` says, into `java_client/build`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import process, reference

SUITE = Path(__file__).resolve().parents[2] / "java_client"
BUILD = SUITE / "build"
JARS = BUILD / "jars"
BUILD_TIMEOUT_S = 240


@contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time fetch and compile."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def command(main: str, version: str, sources: Sequence[Path]) -> list[str | Path]:
    """Give the command that runs a program with a version of the client.

    What is missing or older than what it is made from is fetched and compiled first; the test is
    skipped where there are no tools for that.
    """
    if reason := process.missing("java", "javac", "mvn"):
        pytest.skip(reason)
    with _lock():
        _fetch()
        classes = BUILD / f"{main}-{version}"
        client = JARS / f"kafka-clients-{version}.jar"
        others = [jar for jar in sorted(JARS.glob("*.jar")) if "kafka-clients" not in jar.name]
        path = os.pathsep.join(map(str, [classes, client, *others]))
        compiled = classes / ".compiled"
        newest = max(source.stat().st_mtime for source in [*sources, client])
        if not compiled.exists() or compiled.stat().st_mtime < newest:
            process.run(["javac", "-nowarn", "-d", classes, "-cp", path, *sources])
            compiled.touch()
    return ["java", *reference.QUICK, "-cp", path, main]


def _fetch() -> None:
    pom, fetched = SUITE / "pom.xml", JARS / ".fetched"
    if not fetched.exists() or fetched.stat().st_mtime < pom.stat().st_mtime:
        process.run(["mvn", "-q", "-B", "-f", pom, "package"], timeout_s=BUILD_TIMEOUT_S)
        fetched.touch()
