"""Figures and tables of the paper's benchmark."""
