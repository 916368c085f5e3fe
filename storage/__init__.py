"""The log: partitions, batches, offsets, and the engines that keep them."""
