"""Experience in Redis: binary segments, one atomic append, exactly once into the gradient."""
