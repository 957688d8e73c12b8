"""Predictions for sequences of any length."""
