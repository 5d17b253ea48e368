"""The console script `deepracer`."""
