"""From ChIP-seq peaks to a mixture of transcription-factor experts, its evaluation and motifs.

A trained mixture is loaded by `tfmoe.load`:

>>> import tfmoe
>>> model = tfmoe.load("results/demo/model")
>>> model.factors
('ARID3A', 'FOXM1', 'GATA3')
>>> table = model.predict(["ACGT" * 26, "CCAGATAAGGTT" * 9], factor="GATA3")
>>> table[["name", "tiles"]].to_dict("list")
{'name': ['1', '2'], 'tiles': [2, 2]}
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, load

__all__ = ["Model", "__version__", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what a model needs when it is first used: torch alone takes seconds."""
    if name in ("Model", "load"):
        # by its name, so that the version of the package does not depend on all of it
        return getattr(import_module("tfmoe.application.model.model"), name)
    raise AttributeError(f"module 'tfmoe' has no attribute {name!r}")
