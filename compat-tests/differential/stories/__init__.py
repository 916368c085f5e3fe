"""What is asked of both brokers, by subject."""

from stories import (  # noqa: F401
    cluster,
    groups,
    producers,
    records,
    security,
    topics,
    transactions,
)
from stories.telling import STORIES, Story

__all__ = ["STORIES", "Story"]
