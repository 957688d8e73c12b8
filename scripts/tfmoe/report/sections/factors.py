"""Section with one card per factor: its motif, its scores, and a link to its page."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import quote

import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.core.text import MISSING, interval, whole
from tfmoe.core.vocabulary import CONDITIONED, MIXTURE, OWN_EXPERT, PWM, Stratum
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.style import kind_label, label, stratum_label
from tfmoe.report.blocks import Block, Card, Cards, Paragraph, Section
from tfmoe.report.findings import MotifTables, find
from tfmoe.report.headline import Scores
from tfmoe.report.pictures import data_uri
from tfmoe.report.render import packed
from tfmoe.report.run_tables import Run, RunTables

FOLDER = "factors"
SHOWN = (OWN_EXPERT, CONDITIONED, MIXTURE, PWM)


def factors_section(
    tables: RunTables, motifs: MotifTables, run: Run, scores: Scores, logos: Path, page: Pathlike
) -> Section:
    """Return the section.

    Parameters
    ----------
    tables, motifs
        Tables of the run.
    run
        The run.
    scores
        Its mean AUROCs.
    logos
        Folder of the patterns' logos.
    page
        Path of the report, next to the folder of the factors' pages.
    """
    factors = [own.factor for own in run.sets]
    cards = []
    for found in run.sets:
        link, inside = factor_link(found.factor, factors, page)
        finding = find(found, motifs)
        logo = logos / f"{finding.experiment}.{finding.model}.{finding.pattern}.png"
        peaks = count_peaks(tables.windows, found.experiment)
        card = Card(
            title=found.name,
            subtitle=relation(found.stratum),
            link=link,
            packed=inside,
            sentence=" ".join(finding.sentences),
            facts=[*scores_of(found, scores.per_set), ("peaks", peaks)],
            # only the first patterns of a search have a logo
            image=data_uri(logo) if logo.is_file() else "",
            alternative=finding.alternative,
        )
        cards.append(card)
    lead = (
        "Each logo shows a motif above its match in JASPAR. It is the motif that the factor's "
        "expert found or, for an unseen factor, the expert's motif that explains it best. AUROCs "
        f"are on the test split against {kind_label(scores.kind)}, with their 95 % intervals over "
        "sequences. The name leads to the factor's page."
    )
    blocks: list[Block] = [Paragraph(lead), Cards(cards)]
    return Section("factors", "The factors", blocks)


def factor_link(factor: str, factors: list[str], page: Pathlike) -> tuple[str, str]:
    """Return the address of a factor's page, from the report and inside Snakemake's zip file.

    Parameters
    ----------
    factor
        The factor.
    factors
        Factors of all sets, in order; those that differ only in case share a page.
    page
        Path of the report.
    """
    name = next(own for own in factors if own.upper() == factor.upper())
    path = PurePosixPath(page).parent / FOLDER / f"{name}.html"
    return f"{FOLDER}/{quote(name)}.html", packed(path)


def relation(stratum: str) -> str:
    """Return a factor's relation to the training factors in plain words."""
    if stratum == Stratum.IN_DISTRIBUTION:
        return "known factor, with an expert of its own"
    if stratum == Stratum.SAME_FACTOR:
        return "known factor, in other cells"
    return stratum_label(stratum).replace("OOD", "unseen factor")


def scores_of(found: EvaluationSet, per_set: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the AUROC of own expert, mixtures and matrix with its interval over sequences.

    Parameters
    ----------
    found
        The set.
    per_set
        Means over seeds, see `tfmoe.report.headline.Scores`.
    """
    rows = per_set[per_set["experiment"] == found.experiment].set_index("model")
    facts = []
    for model in SHOWN:
        if model not in set(per_set["model"]) or (model == OWN_EXPERT and not found.expert):
            continue
        value = MISSING
        if model in rows.index:
            row = rows.loc[model]
            value = interval(row["auroc"], row["auroc_low"], row["auroc_high"], 2)
        facts.append((label(model), value))
    return facts


def count_peaks(windows: pd.DataFrame, experiment: str) -> str:
    """Return the number of peaks that gave a window; the files of an experiment have a row each."""
    own = windows[windows["experiment"] == experiment]
    return whole(own["kept"].sum()) if len(own) else MISSING
