"""The part of a model's card about its adaptation to a factor."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from tfmoe.application.adapt.files import Adapted
from tfmoe.application.card.text import ADAPTED, card_parts, markdown
from tfmoe.application.model.folder import CARD, CARD_DATA
from tfmoe.core.files import read_json, write_json, write_text


def adaptation_sentences(adapted: Adapted) -> list[str]:
    """Return the paragraphs of the part."""
    interval = ""
    if adapted.low is not None and adapted.high is not None:
        interval = f" ({adapted.level:.0%} interval {adapted.low:.3f} to {adapted.high:.3f})"
    return [
        f"This model was adapted to {adapted.factor}, with {adapted.peaks} of its peaks and "
        f"{adapted.negatives} genomic negatives that match them in GC content. Asked about "
        f"{adapted.factor}, or about no factor, it answers with the adapted mixture; asked about "
        "another factor, it answers as before.",
        f"Expected AUROC on such peaks against such negatives: {adapted.auroc:.3f}{interval}, by "
        "five-fold cross-validation over the given windows; windows that overlap share a fold. "
        "The interval covers the variation of the windows, not that of the choice of the peaks; "
        "weaker peaks are harder to distinguish from negatives. Probabilities refer to equal "
        "numbers of peaks and negatives. All other metrics and thresholds of this card are those "
        "of the model before the adaptation.",
    ]


def add_to_card(adapted: Adapted, folder: Path) -> None:
    """Add the part to the card in a model folder, if there is a card."""
    path = folder / CARD_DATA
    if not path.is_file():
        return
    entry = {**asdict(adapted), "text": adaptation_sentences(adapted)}
    card = {**read_json(path), ADAPTED: entry}
    write_json(card, path)
    write_text(markdown(card["name"], card_parts(card)), folder / CARD)
