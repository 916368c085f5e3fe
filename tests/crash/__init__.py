"""A real broker, killed again and again under stock clients: `python -m tests.crash`."""
