"""Records as they travel and are stored: batches, the records in them, and the older formats."""
