"""The broker with a disk that notes what was flushed: `python -m tests.crash.broker SIDE ...`.

What follows the directory of the journal is what `kafkapy` takes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kafkapy import __main__ as command
from tests.crash.journal import JournaledDisk


def main() -> int:
    """Run the broker; returns its exit status."""
    side = Path(sys.argv[1])
    command.OsDisk = lambda root: JournaledDisk(root, side)  # type: ignore[assignment,misc]
    return command.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
