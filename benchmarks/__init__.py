"""The benchmarks behind the package's figures of speed: `python -m benchmarks`, or `make bench`."""
