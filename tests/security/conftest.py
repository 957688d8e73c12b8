"""Fixtures of the attacks."""

from tests.fixtures.application import copied_folder, model_folder
from tests.fixtures.conditioned import fitted, run
from tests.fixtures.models import project

__all__ = ["copied_folder", "fitted", "model_folder", "project", "run"]
