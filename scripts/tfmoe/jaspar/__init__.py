"""JASPAR matrices: reading, assignment to factors, and scanning."""
