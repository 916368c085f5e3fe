"""The scenarios of `harness.programs` with kafka-python 2.0: `compat.py BOOTSTRAP SCENARIO NAME`.

What is said as to the newest release is in `../kafka_python`.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE / "build" / "site"
sys.path[1:1] = [str(LIBRARY), str(HERE.parent / "kafka_python"), str(HERE.parent / "support")]

import admin  # noqa: E402
import consume  # noqa: E402
import errors  # noqa: E402
import groups  # noqa: E402
import produce  # noqa: E402
from harness import player  # noqa: E402

if __name__ == "__main__":
    player.main(produce.PLAYS | consume.PLAYS | groups.PLAYS | admin.PLAYS | errors.PLAYS)
