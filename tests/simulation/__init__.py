"""The whole broker and its clients in one process, on virtual time, all from one seed."""
