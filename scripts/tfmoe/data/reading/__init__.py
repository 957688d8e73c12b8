"""Readers of user files: genomes, peaks, chromosome names, sequences."""
