r"""Backslash escapes in formats and delimiters: `\n`, `\t`, `\x00` and the like."""

from __future__ import annotations

import re

_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}
_PATTERN = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)


def unescape(text: str) -> bytes:
    """Give the bytes that are meant; an unknown escape stands for itself."""
    done, parts = 0, []
    for match in _PATTERN.finditer(text):
        parts.append(text[done : match.start()].encode())
        code, letter = match.groups()
        known = bytes.fromhex(code) if code else _ESCAPES.get(letter)
        parts.append(match[0].encode() if known is None else known)
        done = match.end()
    return b"".join([*parts, text[done:].encode()])
