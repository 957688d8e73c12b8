"""Optional studies, which the main pipeline does not import."""
