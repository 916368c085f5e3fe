"""Testcontainers for Java: its classes for Kafka's images, with our image in their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness import process

HERE = Path(__file__).parent / "java"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
BUILD_TIMEOUT_S = 600

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_S + 200)


@pytest.fixture(scope="session")
def jars() -> Path:
    """Testcontainers and a client, fetched once, and again when their versions have changed."""
    if reason := process.missing("java", "javac", "mvn"):
        pytest.skip(reason)
    pom, folder = HERE / "pom.xml", HERE / "build" / "jars"
    fetched = folder / ".fetched"
    if not fetched.exists() or fetched.stat().st_mtime < pom.stat().st_mtime:
        command = ["mvn", "-q", "-B", "-f", pom, PLUGIN, f"-DoutputDirectory={folder}"]
        process.run(command, timeout_s=BUILD_TIMEOUT_S)
        fetched.touch()
    return folder


@pytest.mark.parametrize("kind", ["apache", "confluent", "legacy"])
def test_a_class_for_kafkas_images_starts_ours(image: str, jars: Path, kind: str) -> None:
    # Where the engine is; when the tests run in a container themselves it is looked for in vain.
    environment = {"TESTCONTAINERS_HOST_OVERRIDE": "localhost", **os.environ}
    options = ["-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    command = ["java", *options, "-cp", f"{jars}/*", HERE / "Container.java", image, kind]
    done = process.run(command, env=environment, timeout_s=150)
    assert done.stdout == "hello\n"
