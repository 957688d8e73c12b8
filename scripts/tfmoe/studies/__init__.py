"""Optional studies of a run; the main pipeline does not import them."""
