"""How bytes that are not UTF-8 become a string: as in Java, by replacement characters.

One bad byte becomes three good ones. A string that could outgrow the longest one of the protocol,
so that no response could quote it, is refused instead.
"""

from __future__ import annotations

import codecs

LONGEST_STRING_BYTES = 32767
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_GROWTH = 3

# The name for `bytes.decode`. What is refused raises UnicodeDecodeError.
REPLACE = "kafkapy.replace"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError) or (
        len(error.object) * _GROWTH > LONGEST_STRING_BYTES
    ):
        raise error
    return _REPLACEMENT, error.end


codecs.register_error(REPLACE, _replace)
