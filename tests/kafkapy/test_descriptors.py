"""The limit of open files, on which it depends how many logs may stay open."""

import subprocess
import sys

import pytest

from kafkapy import descriptors

resource = pytest.importorskip("resource")

_PROGRAM = """
import resource
from kafkapy import descriptors

_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
print(descriptors.limit(), descriptors.for_segments())
descriptors.raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard)
"""


def test_the_limit_is_raised_as_far_as_the_process_may():
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["100", "64", "True"]


def test_a_limit_that_cannot_be_raised_stays(monkeypatch):
    asked = []

    def refuse(_, limits):
        asked.append(limits)
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    descriptors.raise_limit()
    assert [wanted for wanted, _ in asked] == [resource.RLIM_INFINITY, 10240]


def test_a_limit_above_the_fallback_is_not_lowered(monkeypatch):
    asked = []

    def refuse(_, limits):
        asked.append(limits)
        raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (20_000, 1 << 20))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    descriptors.raise_limit()
    assert [wanted for wanted, _ in asked] == [1 << 20]


def test_half_of_the_files_are_left_for_connections(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4096, 4096))
    assert descriptors.for_segments() == 2048
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert descriptors.for_segments() == 1 << 19
