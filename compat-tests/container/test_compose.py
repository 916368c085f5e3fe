"""The example for Compose."""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from pathlib import Path

import pytest
from harness import process

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.timeout(700)


@pytest.fixture
def compose(image: str) -> list[str]:
    """The command of Compose, as the plugin or by itself."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if process.missing(*command[:1]) is None:
            done = subprocess.run([*command, "version"], capture_output=True)
            if done.returncode == 0:
                project = f"kafkapy-{uuid.uuid4().hex[:10]}"
                return [*command, "-p", project, "-f", str(EXAMPLES / "compose.yaml")]
    pytest.skip("Compose is not installed")


def test_the_client_of_the_example_gets_its_record(compose: list[str]) -> None:
    if os.environ.get("KAFKAPY_BASE_IMAGE"):
        pytest.skip("the example builds from its own base image")
    with socket.socket() as sock:
        if sock.connect_ex(("127.0.0.1", 9092)) == 0:
            pytest.skip("port 9092, which the example takes, is in use")
    try:
        words = ["up", "--build", "--exit-code-from", "client"]
        done = process.run([*compose, *words], timeout_s=600)
        assert "received hello" in done.stdout
    finally:
        process.run([*compose, "down", "--volumes"], timeout_s=60)
