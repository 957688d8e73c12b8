"""Effects of variants: differences between the scores of two alleles in their surroundings."""
