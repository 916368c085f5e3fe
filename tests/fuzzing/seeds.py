"""Frames that stock clients have sent, as `capture` recorded them.

The file has a line for each frame: the client, and the frame in hexadecimal. Where the id of a
topic was there is a placeholder, because the ids of topics are different in each broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

SEEDS_PATH = Path(__file__).parent / "captured" / "frames.txt"


class Seed(NamedTuple):
    """A frame of a client, without its size."""

    client: str
    frame: bytes


def placeholder(topic: str) -> bytes:
    """What stands for the id of a topic: 16 bytes that are nothing else."""
    return f"<id {topic}>".encode().ljust(16, b"=")


def read_seeds() -> list[Seed]:
    """Read all frames; none where nothing has been captured yet."""
    if not SEEDS_PATH.exists():
        return []
    lines = SEEDS_PATH.read_text().splitlines()
    return [Seed(client, bytes.fromhex(frame)) for client, frame in map(str.split, lines)]


def write_seeds(seeds: Iterable[Seed]) -> None:
    """Write all frames, in an order that shows in a diff what has changed."""
    SEEDS_PATH.parent.mkdir(exist_ok=True)
    lines = [f"{client} {frame.hex()}\n" for client, frame in sorted(seeds)]
    SEEDS_PATH.write_text("".join(lines))


def frames_for(topic_ids: Mapping[str, bytes], seeds: Iterable[Seed]) -> list[bytes]:
    """Give the frames with the ids that topics have in a broker."""
    frames = [seed.frame for seed in seeds]
    for topic, topic_id in topic_ids.items():
        mark = placeholder(topic)
        frames = [frame.replace(mark, topic_id) for frame in frames]
    return frames
