"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

# A property takes the time that it takes: machines differ. CI tries the same examples every time,
# so that a change is never blamed for what it did not do; elsewhere each run tries new ones.
settings.register_profile("kafkapy", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kafkapy")

# Tests import helpers as `tests.…`, whichever way pytest is started.
ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
