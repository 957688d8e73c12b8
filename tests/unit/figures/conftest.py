"""Fixtures of the figures tests."""

from tests.fixtures.figures import gates, predictions, sets, style

__all__ = ["style", "sets", "predictions", "gates"]
