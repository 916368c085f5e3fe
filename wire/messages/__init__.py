"""The messages of the protocol: one module per API, with its request and its response."""
