"""Headings of the report that its readers look for."""

SHORT = "In short"
PUBLISHED = "The analysis of variance as published"
FOLDED = ("Test by test", "Other kinds of negatives", "The analysis as published, set by set")
"""Parts to look things up in; the page folds them."""
