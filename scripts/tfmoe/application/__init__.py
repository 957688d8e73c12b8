"""The trained mixture, applied to sequences, loci and variants."""
