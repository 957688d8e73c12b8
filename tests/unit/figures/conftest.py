"""Fixtures of the tests of the figures."""

from tests.fixtures.figures import gates, predictions, sets, style

__all__ = ["style", "sets", "predictions", "gates"]
