"""Ready sequences, which have no genome coordinates."""
