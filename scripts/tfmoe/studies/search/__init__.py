"""Search for hyper-parameters on validation data."""
