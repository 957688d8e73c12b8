"""The card of a model, and comparisons of cards and runs."""
