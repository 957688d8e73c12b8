"""Effects of recipes, compared with the run's own."""
