"""The simulated genome and peaks of the demo."""
