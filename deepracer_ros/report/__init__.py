"""The reports of a run: terminal view, curves, plots of the track, and videos."""
