"""One module per kind of negatives; `tfmoe.data.negatives.draw` calls them in turn."""
