"""The model folder, and the mixture loaded from it."""
