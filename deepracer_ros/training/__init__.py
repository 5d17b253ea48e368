"""One training run: its configuration, its processes, its evaluation."""
