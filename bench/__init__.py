"""Programs that measure the running product, and write what they found to bench/results."""
