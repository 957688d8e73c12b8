"""Fixtures of the tests of the models."""

from tests.fixtures.models import compute, project, reference, sequences, settings

__all__ = ["settings", "sequences", "compute", "project", "reference"]
