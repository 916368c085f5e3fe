"""Transactions of the Java client: the newest, with an epoch for each of them, and an older."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness import process, reference

HERE = Path(__file__).parent
POM = HERE.parent / "java_client" / "pom.xml"
JARS = HERE.parent / "java_client" / "build" / "jars"
BUILD_TIMEOUT_S = 240

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 60)


@pytest.fixture(scope="session")
def jars() -> Path:
    """The clients that the suite of the Java client fetches, too."""
    if reason := process.missing("java", "javac", "mvn"):
        pytest.skip(reason)
    if not (JARS / "kafka-clients-4.3.1.jar").exists():
        process.run(["mvn", "-q", "-B", "-f", POM, "package"], timeout_s=BUILD_TIMEOUT_S)
    return JARS


@pytest.mark.parametrize("version", ["4.3.1", "2.8.2"])
def test_a_scenario_goes_as_with_kafka(version, jars, bootstrap, tmp_path):
    client = jars / f"kafka-clients-{version}.jar"
    others = [jar for jar in sorted(jars.glob("*.jar")) if "kafka-clients" not in jar.name]
    path = os.pathsep.join(map(str, [tmp_path, client, *others]))
    process.run(["javac", "-nowarn", "-d", tmp_path, "-cp", path, HERE / "Transactions.java"])
    command = ["java", *reference.QUICK, "-cp", path, "Transactions"]
    done = process.run([*command, bootstrap, f"java-{os.urandom(6).hex()}"], timeout_s=120)
    assert done.stdout.splitlines() == [
        "outcomes 0,2,4",
        "zombie new fenced",
        "copied 0!,1!,2!,3! 5",
    ]
