"""Explanation of the score of one window."""
