"""Figures of the paper's benchmark."""
