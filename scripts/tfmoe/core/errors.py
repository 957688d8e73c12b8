"""Errors that a user can mend.

Each carries one message that names the file, line or key, what was found, what was expected and the
remedy. Scripts print that message and nothing else; any other exception is a fault of the program
and keeps its traceback.
"""


class TfmoeError(Exception):
    """Base of all errors that the user can mend."""


class ConfigError(TfmoeError):
    """A key of the config, or a combination of keys, cannot be used."""


class InputError(TfmoeError):
    """An input file is missing, damaged, or does not fit the others."""


class TrainingError(TfmoeError):
    """A network could not be trained on the data it was given."""


class DivergenceError(TrainingError):
    """A training diverged: its loss or its logits are no longer finite."""
