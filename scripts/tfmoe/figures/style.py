"""Shared style of the figures: one colour and marker per model, small sans-serif type.

Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which colour-blind readers can
distinguish; markers and line styles repeat the distinction. All single experts are grey, because
nobody can distinguish a dozen hues. The expert of a set's own factor is black.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend

from tfmoe.core.vocabulary import (
    ADAPTED,
    ALL_PEAKS,
    BACKGROUND,
    BEST_EXPERT,
    CONDITIONED,
    ENSEMBLE_SUM,
    EQUAL_SUM,
    EXPERT,
    FINE_TUNED,
    GKM,
    KINDS,
    KMERS_MATRIX,
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    MODELS,
    OWN_EXPERT,
    PEAK_MODELS,
    POOLED,
    POOLED_ENSEMBLE,
    PWM,
    SCRATCH,
    STRATA,
    EvaluationRole,
    Kind,
    Stratum,
    is_expert,
    learned_from,
    model_order,
)
from tfmoe.evaluation.sets import EvaluationSet

matplotlib.use("Agg")
# keeps the list of embedded glyphs out of the log
logging.getLogger("fontTools").setLevel(logging.WARNING)

GREY = "#8a8a8a"
LIGHT = "#d9d9d9"
INK = "#222222"
SMALLEST = 6.0
"""Smallest type in points: 8 pixels of a browser where a figure has its natural size."""
SIZES_AT = 1.02
"""Place of numbers of sequences to the right of an axis, as a share of its width."""
NOTHING = "no set has positives and negatives in the test split"
POOLED_NETWORK = re.compile(r"pooled(?:_(?P<number>\d+))?")
"""Name of a pooled network in the mixture's pool."""


@dataclass(frozen=True)
class Look:
    """Look of a model: colour, marker, and line width in points."""

    colour: str
    marker: str
    width: float

    @property
    def size(self) -> float:
        """Size of the marker in points; a star has little area for its size."""
        return 7.0 if self.marker == "*" else 4.4


ROLES: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "in-distribution",
    EvaluationRole.SAME_FACTOR: "other cells",
    EvaluationRole.OOD: "OOD",
    EvaluationRole.ADAPTED: "OOD, with peaks",
}
"""Labels of the roles of evaluation sets, in the order in which they are drawn."""
_LOOKS = {
    MIXTURE: Look("#0072B2", "o", 1.8),
    CONDITIONED: Look("#B2182B", "*", 1.8),
    ADAPTED: Look("#B2182B", "o", 1.8),
    FINE_TUNED: Look("#D55E00", "^", 1.2),
    SCRATCH: Look("#009E73", "<", 1.2),
    EQUAL_SUM: Look("#6A3D9A", "h", 1.2),
    KMERS_MATRIX: Look("#7A8B00", "d", 1.2),
    ENSEMBLE_SUM: Look("#5C4033", "8", 1.2),
    OWN_EXPERT: Look("#000000", "D", 1.2),
    BEST_EXPERT: Look("#E69F00", "P", 1.2),
    MEAN_OF_EXPERTS: Look("#56B4E9", "s", 1.2),
    MEAN_OF_POOL: Look("#332288", "p", 1.2),
    POOLED: Look("#D55E00", "^", 1.2),
    POOLED_ENSEMBLE: Look("#8C3D00", "v", 1.2),
    PWM: Look("#CC79A7", "X", 1.2),
    GKM: Look("#009E73", "<", 1.2),
    BACKGROUND: Look("#B8A800", ">", 1.2),
}
_EXPERT_LOOK = Look(GREY, "|", 0.6)
_OTHER_LOOK = Look("#4D4D4D", "H", 1.2)
# models of another recipe: `moe_<recipe>`, and `<recipe>_<model>` for the two means
_RECIPE_MODELS = (MIXTURE, MEAN_OF_EXPERTS, MEAN_OF_POOL)
# models take colours and markers in turn; 8 and 5 are coprime, so that pairs repeat late
_RECIPE_COLOURS = (
    "#5D3A9B", "#882255", "#117733", "#CC6677", "#999933", "#44AA99", "#AA4499", "#A65628",
)  # fmt: skip
_RECIPE_MARKERS = ("*", "h", "d", "8", "H")
# the only other recipe in the paper's figures: it comes first and so always looks the same
_FIRST_RECIPE = "as_published"

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
    # a name with dollar signs, such as that of a sequence, is no formula
    "text.parse_math": False,
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
    # keeps text as text in SVG and PDF; the salt makes the ids of an SVG reproducible
    "svg.fonttype": "none",
    "svg.hashsalt": "tfmoe",
    "pdf.fonttype": 42,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw with the project's settings and ignore those of the machine."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def look(model: str) -> Look:
    """Return the look of a model in a figure without other recipes."""
    return looks([model])[model]


def looks(models: Iterable[str]) -> dict[str, Look]:
    """Return the look of each model of a figure; it depends on the recipes in the figure only."""
    names = list(models)
    found = {recipe for _, recipe in map(_split_recipe, names) if recipe}
    recipes = sorted(found, key=lambda name: (name != _FIRST_RECIPE, name))
    return {name: _look(name, recipes) for name in names}


def _look(model: str, recipes: Sequence[str]) -> Look:
    base, recipe = _split_recipe(model)
    if is_expert(model):
        return _EXPERT_LOOK
    if learned := learned_from(model):
        return _LOOKS[learned[0]]
    if not recipe:
        return _LOOKS.get(model, _OTHER_LOOK)
    index = recipes.index(recipe) * len(_RECIPE_MODELS) + _RECIPE_MODELS.index(base)
    colour = _RECIPE_COLOURS[index % len(_RECIPE_COLOURS)]
    return Look(colour, _RECIPE_MARKERS[index % len(_RECIPE_MARKERS)], 1.2)


def is_mixture(model: str) -> bool:
    """Return whether a model is a mixture of the run's own or another recipe."""
    return model == MIXTURE or model.startswith(f"{MIXTURE}_")


def peaks_label(number: str) -> str:
    """Return the label of a number of peaks, or of all peaks."""
    return "all peaks" if number == ALL_PEAKS else f"{number} peaks"


def label(model: str) -> str:
    """Return the short label of a model."""
    if is_expert(model):
        return f"expert {model.removeprefix(EXPERT)}"
    if model in MODELS:
        return MODELS[model]
    if model in PEAK_MODELS:
        return PEAK_MODELS[model]
    if learned := learned_from(model):
        return f"{PEAK_MODELS[learned[0]]}, {peaks_label(learned[1])}"
    base, recipe = _split_recipe(model)
    return ", ".join([MODELS.get(base, base), recipe]).removesuffix(", ").replace("_", " ")


def network_label(network: str) -> str:
    """Return the label of a network of the mixture's pool: an expert's is its own name."""
    found = POOLED_NETWORK.fullmatch(network)
    return f"{MODELS[POOLED]} {found['number'] or ''}".rstrip() if found else network


def _split_recipe(model: str) -> tuple[str, str]:
    """Split a mixture or mean of another recipe into its own recipe's model and the recipe.

    The recipe is "" for any other model, which is returned unchanged.
    """
    if model in MODELS or learned_from(model):
        return model, ""
    if is_mixture(model):
        return MIXTURE, model.removeprefix(f"{MIXTURE}_")
    base = next((base for base in _RECIPE_MODELS[1:] if model.endswith(f"_{base}")), "")
    return (base, model.removesuffix(f"_{base}")) if base else (model, "")


def stratum_label(stratum: str) -> str:
    """Return the label of a stratum, or of ``in_distribution``."""
    known = stratum in STRATA
    return STRATA[Stratum(stratum)] if known else f"OOD, {stratum.replace('_', ' ')}"


def row_label(found: EvaluationSet, positives: float | None) -> str:
    """Return the label of a set with the number of its positives, if it is known."""
    return found.name if positives is None else f"{found.name} (n = {positives:,.0f})"


def kind_label(kind: str) -> str:
    """Return the label of a kind of negatives; an unknown kind is its own label."""
    return KINDS[Kind(kind)] if kind in KINDS else kind


def drawing_order(model: str) -> tuple[int, int, str]:
    """Sort key of models in legends: the order of tables, with the own expert after mixtures."""
    if model == OWN_EXPERT:
        return (0, 1, "")
    if is_mixture(model):
        return (0, 0, model)
    place, name = model_order(model)
    return (place, 0, name)


def figure_with_strip(width: float, height: float, strip: float) -> Figure:
    """Return a figure of a size in inches, with its lowest `strip` inches free for a legend."""
    low, high = strip / height, 1 - 0.06 / height
    layout = ConstrainedLayoutEngine(rect=(0, low, 1, high - low))
    return Figure(figsize=(width, height), layout=layout)


def note_height(note: str) -> float:
    """Return the height in inches of a note below a figure; 0 for an empty note."""
    return 0.06 + 0.12 * (note.count("\n") + 1) if note else 0.0


def write_note(figure: Figure, note: str) -> None:
    """Write a note at the lower edge of a figure; an empty note is left out."""
    if note:
        written = figure.text(0.01, 0.03 / figure.get_figheight(), note, ha="left", va="bottom")
        written.set(fontsize=6.5, color="#555555", fontstyle="italic")


def write_legend(
    figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int, note: str
) -> Legend:
    """Write a legend at the lower edge of a figure, above its note, and return it."""
    height = note_height(note) / figure.get_figheight()
    return figure.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0, height), ncols=columns
    )


def empty_figure(message: str) -> Figure:
    """Return a small figure with the reason why there is nothing to draw."""
    figure = Figure(figsize=(5.0, 1.0))
    figure.text(0.5, 0.5, message, ha="center", va="center", color=INK)
    return figure
