"""Fixtures of the tests that run the workflow."""

from tests.fixtures.small_run import small

__all__ = ["small"]
