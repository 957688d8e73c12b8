"""Figures of the audit."""
