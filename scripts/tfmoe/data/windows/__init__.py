"""Positive windows, the splits, and merged training peaks."""
