"""Negatives of five kinds and the exact dinucleotide shuffle."""
