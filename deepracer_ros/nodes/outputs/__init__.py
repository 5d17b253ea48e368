"""What the nodes offer beyond the pipeline's own topics."""
