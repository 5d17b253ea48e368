"""What the package's speed claims rest on: `python -m benchmarks`, or `make bench`."""
