"""One look for all figures: a fixed colour and marker a model, small sans-serif type, no ornament.

Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which colour-blind readers tell
apart; a marker or line style says the same again. Single experts are grey, however many there are,
and the expert of a set's own factor is black: a dozen hues would be told apart by nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from tfmoe.core.vocabulary import (
    EXPERT,
    MIXTURE,
    OWN_EXPERT,
    STRATA,
    is_expert,
    model_order,
)

matplotlib.use("Agg")
# which glyphs of a font go into a PDF is of no interest in a rule's log
logging.getLogger("fontTools").setLevel(logging.WARNING)

GREY = "#8a8a8a"
LIGHT = "#d9d9d9"
INK = "#222222"
NOTHING = "no set has positives and negatives in the test split"
BASES = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}


@dataclass(frozen=True)
class Look:
    """How a model is drawn: colour, marker, and line width in points."""

    colour: str
    marker: str
    width: float

    @property
    def size(self) -> float:
        """Size of the marker in points; a star has little area for its size."""
        return 7.0 if self.marker == "*" else 4.4


_LOOKS = {
    "moe": Look("#0072B2", "o", 1.8),
    OWN_EXPERT: Look("#000000", "D", 1.2),
    "best_expert": Look("#E69F00", "P", 1.2),
    "mean_of_experts": Look("#56B4E9", "s", 1.2),
    "mean_of_pool": Look("#332288", "p", 1.2),
    "pooled": Look("#D55E00", "^", 1.2),
    "pooled_ensemble": Look("#8C3D00", "v", 1.2),
    "pwm": Look("#CC79A7", "X", 1.2),
    "gkm": Look("#009E73", "<", 1.2),
    "background_vs_shuffle": Look("#B8A800", ">", 1.2),
}
_EXPERT_LOOK = Look(GREY, "|", 0.6)
_OTHER_LOOK = Look("#4D4D4D", "H", 1.2)
# what there is of another recipe: its mixture, and what is called `<recipe>_<model>`
_RECIPE_MODELS = (MIXTURE, "mean_of_experts", "mean_of_pool")
# both are gone through in turn; their numbers share no divisor, so that pairs repeat late
_RECIPE_COLOURS = (
    "#5D3A9B", "#882255", "#117733", "#CC6677", "#999933", "#44AA99", "#AA4499", "#A65628",
)  # fmt: skip
_RECIPE_MARKERS = ("*", "h", "d", "8", "H")
# it alone is in the paper's figures, and looks there as everywhere
_FIRST_RECIPE = "as_published"
_LABELS = {
    "moe": "mixture",
    OWN_EXPERT: "own factor's expert",
    "best_expert": "best expert",
    "mean_of_experts": "mean of experts",
    "mean_of_pool": "mean of experts and pooled",
    "pooled": "pooled network",
    "pooled_ensemble": "pooled networks, mean",
    "pwm": "JASPAR matrix",
    "gkm": "gapped k-mers",
    "background_vs_shuffle": "background vs. shuffle",
}

_RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.linewidth": 1.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # text stays text in SVG and PDF; the salt makes the SVG's ids the same each time
    "svg.fonttype": "none",
    "svg.hashsalt": "tfmoe",
    "pdf.fonttype": 42,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw with the project's settings, whatever the machine's own are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def look(model: str) -> Look:
    """Return how a model is drawn that stands in a figure without other recipes."""
    return looks([model])[model]


def looks(models: Iterable[str]) -> dict[str, Look]:
    """Return how each of a figure's models is drawn: in every figure of the same recipes alike."""
    names = list(models)
    found = {recipe for _, recipe in map(_of_recipe, names) if recipe}
    recipes = sorted(found, key=lambda name: (name != _FIRST_RECIPE, name))
    return {name: _look(name, recipes) for name in names}


def _look(model: str, recipes: Sequence[str]) -> Look:
    base, recipe = _of_recipe(model)
    if is_expert(model):
        return _EXPERT_LOOK
    if not recipe:
        return _LOOKS.get(model, _OTHER_LOOK)
    place = recipes.index(recipe) * len(_RECIPE_MODELS) + _RECIPE_MODELS.index(base)
    colour = _RECIPE_COLOURS[place % len(_RECIPE_COLOURS)]
    return Look(colour, _RECIPE_MARKERS[place % len(_RECIPE_MARKERS)], 1.2)


def is_mixture(model: str) -> bool:
    """Say whether a model is a mixture: the run's own, or that of another recipe."""
    return model == MIXTURE or model.startswith(f"{MIXTURE}_")


def label(model: str) -> str:
    """Return a model's name in words."""
    if is_expert(model):
        return f"expert {model.removeprefix(EXPERT)}"
    if model in _LABELS:
        return _LABELS[model]
    base, recipe = _of_recipe(model)
    return ", ".join([_LABELS.get(base, base), recipe]).removesuffix(", ").replace("_", " ")


def _of_recipe(model: str) -> tuple[str, str]:
    """Return what a model of another recipe is called in the run's own, and the recipe.

    A model that is no other recipe's mixture or mean is returned as it is, of the recipe "".
    """
    if model != MIXTURE and is_mixture(model):
        return MIXTURE, model.removeprefix(f"{MIXTURE}_")
    base = next((base for base in _RECIPE_MODELS[1:] if model.endswith(f"_{base}")), "")
    return (base, model.removesuffix(f"_{base}")) if base else (model, "")


def stratum_label(stratum: str) -> str:
    """Return a stratum's name in words; ``in_distribution`` is one here."""
    return STRATA.get(stratum, f"OOD, {stratum.replace('_', ' ')}")


def drawing_order(model: str) -> tuple[int, int, str]:
    """Sort key of models in legends: as in tables, with the own expert after the mixtures."""
    if model == OWN_EXPERT:
        return (0, 1, "")
    if is_mixture(model):
        return (0, 0, model)
    place, name = model_order(model)
    return (place, 0, name)


def figure_with_strip(width: float, height: float, strip: float) -> Figure:
    """Return a figure of a size in inches whose lowest `strip` inches are kept for a legend."""
    low, high = strip / height, 1 - 0.06 / height
    layout = ConstrainedLayoutEngine(rect=(0, low, 1, high - low))
    return Figure(figsize=(width, height), layout=layout)


def note_height(note: str) -> float:
    """Return how many inches a note below a figure takes; none if it is empty."""
    return 0.06 + 0.12 * (note.count("\n") + 1) if note else 0.0


def write_note(figure: Figure, note: str) -> None:
    """Write at the lower edge of a figure what it leaves out; an empty note writes nothing."""
    if note:
        written = figure.text(0.01, 0.03 / figure.get_figheight(), note, ha="left", va="bottom")
        written.set(fontsize=6.5, color="#555555", fontstyle="italic")


def write_legend(
    figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int, note: str
) -> None:
    """Write a legend at the lower edge of a figure, above its note."""
    height = note_height(note) / figure.get_figheight()
    figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, height), ncols=columns)


def empty_figure(message: str) -> Figure:
    """Return a small figure that says why there is nothing to draw."""
    figure = Figure(figsize=(5.0, 1.0))
    figure.text(0.5, 0.5, message, ha="center", va="center", color=INK)
    return figure
