"""The Java client of four ages: one program, compiled against each of them.

A virtual machine takes longer to start than a scenario runs, so that one goes through all
scenarios of a version, and each test looks at what one of them saw.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import process, reference

HERE = Path(__file__).parent
BUILD = HERE / "build"
# From the newest to the oldest that knows headers and has an AdminClient.
VERSIONS = ["4.3.1", "2.8.2", "1.1.1", "0.11.0.3"]
CODECS = {"4.3.1": "none gzip snappy lz4 zstd", "2.8.2": "none gzip snappy lz4 zstd"}
EXPECTED = {
    "resume": {"committed": 8, "next": 8},
    "rebalance": {"together": [2, 2], "alone": [4]},
    "admin": {"partitions": 3, "end": 5, "before": "60000", "after": "120000"},
    "times": {"early": 0, "between": 1, "late": None},
    "unknown_topic": {"error": "UnknownTopicOrPartitionException"},
    "too_large": {"error": "RecordTooLargeException"},
}
BUILD_TIMEOUT_S = 240

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 60)


def expected(version: str) -> dict[str, dict]:
    codecs = CODECS.get(version, "none gzip snappy lz4").split()
    return {f"round_trip:{codec}": {"records": 200} for codec in codecs} | EXPECTED


def cases() -> Iterator[object]:
    dropped = pytest.mark.xfail(
        bool(os.environ.get("BOOTSTRAP")), reason="Kafka 4 does not serve these versions (KIP-896)"
    )
    for version in VERSIONS:
        for scenario in expected(version):
            marks = [dropped] if (version, scenario) == ("0.11.0.3", "admin") else []
            yield pytest.param(version, scenario, marks=marks)


@pytest.fixture(scope="session")
def jars() -> Path:
    """The clients of all versions, fetched once, and again when the list of them has changed."""
    if reason := process.missing("java", "javac", "mvn"):
        pytest.skip(reason)
    pom, fetched = HERE / "pom.xml", BUILD / "jars" / ".fetched"
    if not fetched.exists() or fetched.stat().st_mtime < pom.stat().st_mtime:
        process.run(["mvn", "-q", "-B", "-f", pom, "package"], timeout_s=BUILD_TIMEOUT_S)
        fetched.touch()
    return fetched.parent


def compiled(version: str, jars: Path) -> str:
    """Give the class path of the program for a version, compiled when a source has changed."""
    classes = BUILD / version
    dialect = "1" if version.startswith("0.") else version.partition(".")[0]
    sources = [HERE / "Compat.java", HERE / "versions" / dialect / "Versions.java"]
    client = jars / f"kafka-clients-{version}.jar"
    others = [jar for jar in sorted(jars.glob("*.jar")) if "kafka-clients" not in jar.name]
    path = os.pathsep.join(map(str, [classes, client, *others]))
    program = classes / "Compat.class"
    newest = max(source.stat().st_mtime for source in [*sources, client])
    if not program.exists() or program.stat().st_mtime < newest:
        process.run(["javac", "-nowarn", "-d", classes, "-cp", path, *sources])
    return path


@pytest.fixture(scope="session")
def seen(jars: Path, bootstrap: str) -> Callable[[str, str], dict]:
    """Give what a scenario saw with the client of a version."""
    runs: dict[str, tuple[dict, str]] = {}

    def run(version: str) -> tuple[dict, str]:
        words = ["-cp", compiled(version, jars), "Compat", bootstrap, f"java-{os.urandom(6).hex()}"]
        command = ["java", *reference.QUICK, *words, *expected(version)]
        done = process.run(command, check=False)
        lines: dict = {}
        for line in done.stdout.splitlines():
            lines |= json.loads(line)
        return lines, done.stderr

    def result(version: str, scenario: str) -> dict:
        if version not in runs:
            runs[version] = run(version)
        lines, errors = runs[version]
        assert scenario in lines, errors[-3000:]
        return lines[scenario]

    return result


@pytest.mark.parametrize(("version", "scenario"), list(cases()))
def test_a_scenario_goes_as_with_kafka(seen, version, scenario):
    assert seen(version, scenario) == expected(version)[scenario]
