"""Scores along a genome, and hits."""
