"""Experience in Redis: binary segments, atomic appends, and reading that uses each segment exactly once."""
