"""Adaptation of a model to a factor by its peaks."""
