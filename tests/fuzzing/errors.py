"""What all parts of the fuzzer raise."""

from __future__ import annotations


class FuzzError(AssertionError):
    """The broker did what it must not do."""
