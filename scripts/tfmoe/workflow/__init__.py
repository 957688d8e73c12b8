"""Plan of a run: jobs, inputs and code fingerprints. Imported by rules only."""
