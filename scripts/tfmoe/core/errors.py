"""Errors that the user can fix.

Each has one message that names the file, line or key, the value found, the value expected and the
remedy. Scripts print only that message. Any other exception is a bug in the program and keeps its
traceback.
"""

_CONTROLS = {code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160))}
_ESCAPES = {code: text for code, text in _CONTROLS.items() if chr(code) not in "\n\t"}


def printable(text: str) -> str:
    """Return a text with its control characters as Python writes them; line breaks and tabs stay.

    A message may quote a file's name or a line of a file. A control sequence in it would change
    the terminal on which it is shown.
    """
    return text.translate(_ESCAPES)


class TfmoeError(Exception):
    """Base class of all errors that the user can fix; its message has no control characters."""

    def __str__(self) -> str:
        return printable(super().__str__())


class ConfigError(TfmoeError):
    """A config key, or a combination of keys, cannot be used."""


class InputError(TfmoeError):
    """An input file is missing, damaged or inconsistent with the others."""


class ResourceError(TfmoeError):
    """The disk, a quota or the memory is used up, or a file system fails."""


class TrainingError(TfmoeError):
    """A network could not be trained on its data."""


class DivergenceError(TrainingError):
    """A training diverged: its loss or its logits are no longer finite."""
