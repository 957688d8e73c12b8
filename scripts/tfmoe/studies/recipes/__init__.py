"""Effects of recipes relative to the run's own recipe."""
