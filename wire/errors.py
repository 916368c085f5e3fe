"""Everything that can be wrong with bytes that claim to be Kafka's."""


class WireError(ValueError):
    """The base of all errors that this package raises for bad input."""


class MalformedError(WireError):
    """A message that ends too early, or a length or a count that cannot be true."""


class UnsupportedVersionError(WireError):
    """A message or record version that was never defined."""


class FrameTooLargeError(WireError):
    """A frame whose announced size is negative or above the limit."""


class CorruptRecordError(WireError):
    """A record batch whose size, magic, checksum or structure is wrong."""


class MessageTooLargeError(WireError):
    """A message of a message set that is larger than the caller takes."""


class UnsupportedCompressionError(WireError):
    """A compression type that is unknown, or not allowed at this magic."""


class DecompressionError(WireError):
    """Compressed records that do not decompress, or that expand beyond the allowed size."""
