"""What only the Snakefile and the rule files need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tfmoe.core.errors import TfmoeError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the message of a `TfmoeError` and end Snakemake with exit code 1.

    Snakemake would add the lines of the Snakefile through which the error came, which say nothing
    to the user whose config is at fault.
    """
    try:
        yield
    except TfmoeError as error:
        sys.stderr.write(f"tfmoe: {error}\n")
        raise SystemExit(1) from None
