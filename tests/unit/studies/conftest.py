"""Fixtures of the studies: figures are drawn in the style of the pipeline."""

from tests.fixtures.figures import style

__all__ = ["style"]
