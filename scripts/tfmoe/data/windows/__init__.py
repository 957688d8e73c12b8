"""Positive windows, splits, and training peaks."""
