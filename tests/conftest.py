"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# A property takes the time that it takes: machines differ. CI tries the same examples every time,
# so that a change is never blamed for what it did not do; elsewhere each run tries new ones.
settings.register_profile("kafkapy", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("kafkapy")
