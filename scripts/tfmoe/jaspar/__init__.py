"""JASPAR matrices: reading, choosing and scanning with them."""
