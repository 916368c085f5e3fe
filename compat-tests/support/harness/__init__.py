"""What the suites and the benchmark share: brokers as processes, and clients in other languages."""
