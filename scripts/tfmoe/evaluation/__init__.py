"""Metrics, paired tests and statistics over data sets and seeds."""
