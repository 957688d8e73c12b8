"""Effect of a motif in background sequences."""
