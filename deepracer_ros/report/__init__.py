"""What a person sees of a run: terminal view, curves, track plots, video."""
