"""Foundations of every stage: configuration, errors, seeds, files and the shared vocabulary."""
