"""The command `tfmoe`: a trained mixture applied from the command line."""
