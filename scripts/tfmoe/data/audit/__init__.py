"""Audits: leakage between sets and splits, and detectability of the negatives."""
