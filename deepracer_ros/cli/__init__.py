"""The console script `deepracer`: one module per command."""
