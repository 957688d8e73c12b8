"""Sequences, intervals, loci and genomes as users have them."""
