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
# From the newest to the oldest that asks for the versions of requests: the folders of
# `java_client/versions` that are about each.
VERSIONS = {
    "4.3.1": ("since_0.11", "since_2", "4"),
    "2.8.2": ("since_0.11", "since_2", "2"),
    "1.0.2": ("since_0.11", "0.11_and_1", "before_2", "1"),
    "0.11.0.3": ("since_0.11", "0.11_and_1", "before_2", "0.11"),
    "0.10.2.2": ("before_2", "0.10"),
}


def sources(version: str) -> list[Path]:
    """Give the program that plays the scenarios, as a version of the client needs it."""
    folders = [SUITE / "scenarios", *(SUITE / "versions" / name for name in VERSIONS[version])]
    return [file for folder in folders for file in sorted(folder.glob("*.java"))]


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
