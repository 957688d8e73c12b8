"""Report and summary of a run, and the pages of its factors."""
