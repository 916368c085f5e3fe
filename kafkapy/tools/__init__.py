"""Commands for a person's hands: topics, groups, configs and records of any Kafka.

They need the packages of the extra `cli`, which nothing else of kafkapy imports.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_PACKAGES = ("click", "confluent_kafka", "kafka", "rich")


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` begin with; returns its exit status."""
    try:
        from kafkapy.tools.app import main

        return main(arguments)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        needs = f"`kafkapy {arguments[0]}` needs {error.name}"
        print(f"kafkapy: {needs}: in a clone, pip install '.[cli]' installs it.", file=sys.stderr)
        return 1
