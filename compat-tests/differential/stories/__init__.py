"""What is asked of both brokers, by subject."""

from stories import cluster, groups, producers, records, topics, transactions  # noqa: F401
from stories.telling import STORIES, Story

__all__ = ["STORIES", "Story"]
