"""Starts the processes and servers of a run on this machine, and restarts them if they die."""
