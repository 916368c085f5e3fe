"""librdkafka as the system packages it, used from C."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import process, programs

HERE = Path(__file__).parent
# librdkafka's own code where there is no offset to go on from, and no policy to find one.
OTHERWISE = {"out_of_range": {"code": -140}}


@pytest.fixture(scope="session")
def program() -> Path:
    """The program, built anew when its source has changed."""
    if reason := process.missing("make", "cc"):
        pytest.skip(reason)
    probe = ["cc", "-xc", "-E", "-"]
    if process.run(probe, stdin="#include <librdkafka/rdkafka.h>", check=False).returncode:
        pytest.skip("the headers of librdkafka are not installed")
    process.run(["make", "-C", HERE])
    return HERE / "build" / "compat"


@pytest.mark.parametrize("scenario", programs.played(HERE, "c"))
def test_librdkafka_sees(request, program, scenario):
    expected = programs.SCENARIOS[scenario].seen | OTHERWISE.get(scenario, {})
    assert programs.play(request, [program], scenario) == expected
