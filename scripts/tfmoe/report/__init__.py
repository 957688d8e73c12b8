"""The one-page report and the summary of a run."""
