"""Sentences of the report, the summary and the statistics report."""
