"""The Kafka protocol: bytes in, objects out, and back. No I/O, no clock, no event loop."""
