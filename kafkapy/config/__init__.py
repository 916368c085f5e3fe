"""Configuration: every key of Kafka 4.3, and what its settings mean for this broker."""
