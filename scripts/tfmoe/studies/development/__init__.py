"""Development proxy: comparison of recipes on left-out training factors."""
