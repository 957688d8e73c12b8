"""Few peaks of a factor that no expert has seen, with negatives, to adapt the mixture to it."""
