"""The demo's simulated genome and peaks."""
