"""Figures, each with the table that it is drawn from."""
