"""Places the parts of a run on this machine and starts them again."""
