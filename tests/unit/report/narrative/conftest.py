"""Fixtures of the tests of the narrative."""

from tests.fixtures.evaluation import make_adapted, make_results, make_run, settings

__all__ = ["settings", "make_run", "make_adapted", "make_results"]
