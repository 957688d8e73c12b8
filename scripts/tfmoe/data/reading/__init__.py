"""Readers of user files: genomes, peaks, chromosome names and ready sequences."""
