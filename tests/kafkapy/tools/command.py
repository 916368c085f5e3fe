"""What a test sees of a command that ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Ended]


def masked(text: str) -> str:
    """Replace what differs from run to run; the columns stay where they are."""
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", text)
    return re.sub(r"(?m)^(ID|CLUSTER-ID)( +)[\w+/-]{22}$", r"\1\2<id>", text)
