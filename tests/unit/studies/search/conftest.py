"""Fixtures of the models tests."""

from tests.fixtures.models import compute, project, reference, sequences, settings

__all__ = ["settings", "sequences", "compute", "project", "reference"]
