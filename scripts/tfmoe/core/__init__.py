"""Configuration, errors, seeds, files: what every stage stands on."""
