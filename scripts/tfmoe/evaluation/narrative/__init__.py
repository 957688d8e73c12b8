"""The report of the statistics in words, written from the tables by rules."""
