"""Motif discovery, confirmation and the check against JASPAR."""
