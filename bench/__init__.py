"""kafkapy and Apache Kafka, doing the same work in turns on the same machine.

Start it with `make bench`, or `python -m bench --help`. It is no part of what is installed.
"""

import sys
from pathlib import Path

# How brokers are started is shared with the suites of the stock clients.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "compat-tests" / "support"))
