"""The verdict on a run: three questions of its reader, each with a short answer first."""

from __future__ import annotations

from collections.abc import Iterator

from tfmoe.core.text import capitalise, decimals, list_words, percent, plural
from tfmoe.core.vocabulary import BACKGROUND, PWM, EvaluationRole, Stratum
from tfmoe.data.description import describe_quick
from tfmoe.figures.style import kind_label
from tfmoe.report.blocks import Answer
from tfmoe.report.headline import Scores, count_motifs
from tfmoe.report.narrative.highlights import match_sentence, searches_sentence, truth_sentences
from tfmoe.report.narrative.prose import name
from tfmoe.report.narrative.recommendation import recommend
from tfmoe.report.ranking import ROLE_WORDS, by_peaks, by_role
from tfmoe.report.run_tables import Run, RunTables

WHICH = "Which model should I use?"
MOTIFS = "What do the motifs show?"
CAREFUL = "What should I be careful about?"
FEW_SETS = 10
"""With fewer sets, only large differences between models can be shown."""
MUCH_OVERLAP = 0.2
"""Share of test positives that overlap training peaks, from which on the report warns."""


def verdict(tables: RunTables, run: Run, scores: Scores) -> list[Answer]:
    """Return the three answers; the first sentence of each is the verdict.

    Parameters
    ----------
    tables
        Tables of the run.
    run
        The run.
    scores
        Its mean AUROCs.
    """
    alpha = run.config["evaluation"]["alpha"]
    models = recommend(by_role(scores, run), by_peaks(tables, scores.kind), alpha)
    scored = (
        f"Scores are mean AUROCs on the test split, against {kind_label(scores.kind)}, over the "
        "sets that all models score."
    )
    return [
        Answer(WHICH, [*models, scored] if models else ["No set could be scored."]),
        Answer(MOTIFS, _motifs(tables, run)),
        Answer(CAREFUL, list(_cautions(tables, run, scores))),
    ]


def _motifs(tables: RunTables, run: Run) -> list[str]:
    counts = count_motifs(tables.motifs)
    if not counts.searches:
        return ["No motif was searched for."]
    lines = [match_sentence(tables, run), searches_sentence(tables, run)]
    return [*lines, *truth_sentences(tables, run)]


def _cautions(tables: RunTables, run: Run, scores: Scores) -> Iterator[str]:
    """Yield the reservations that apply to this run, the most important first."""
    yield from describe_quick(run.config)
    if run.simulated:
        yield "The data is simulated, so no number here is evidence about biology."
    yield from _few_sets(scores)
    yield from _background(scores)
    yield from _overlaps(tables)
    yield from _without_matrix(scores)
    if scores.seeds == 1:
        yield "Each network was trained once, so the effect of retraining is unknown."
    yield "A high score is no proof of binding in a cell: the models see the sequence only."


def _few_sets(scores: Scores) -> Iterator[str]:
    few = {
        role: scores.sizes[role]
        for role in EvaluationRole
        if 0 < scores.sizes.get(role, 0) < FEW_SETS
    }
    if few:
        sets = list_words(
            [f"{plural(size, 'set')} of {ROLE_WORDS[role]}" for role, size in few.items()]
        )
        yield f"With only {sets}, small differences between models cannot be shown."


def _background(scores: Scores) -> Iterator[str]:
    """Yield how well a network that never saw a peak scores, if that is better than chance."""
    for role in EvaluationRole:
        found = scores.of(role, BACKGROUND)
        if found is not None and found.auroc > 0.55:
            yield (
                f"{capitalise(name(BACKGROUND))} already has a mean AUROC of "
                f"{decimals(found.auroc)} on {ROLE_WORDS[role]}. Only what exceeds it is about "
                "binding."
            )
            return


def _overlaps(tables: RunTables) -> Iterator[str]:
    table = tables.overlaps
    own = table[(table["training_experiment"] == "any") & table["share"].notna()]
    own = own[~own["stratum"].isin(["-", Stratum.SAME_FACTOR])]
    many = own[own["share"] >= MUCH_OVERLAP]
    if not len(many):
        return
    most = many.iloc[int(many["share"].to_numpy().argmax())]
    yield (
        f"Test positives of {plural(len(many), 'unseen set')} overlap training peaks (up to "
        f"{percent(most['share'], 0)}, {most['experiment']}). Compare the results without overlaps."
    )


def _without_matrix(scores: Scores) -> Iterator[str]:
    """Yield the number of unseen sets whose factor has no matrix: there, models know nothing."""
    size = scores.sizes.get(EvaluationRole.OOD, 0)
    matrix = scores.of(EvaluationRole.OOD, PWM)
    lacking = size - (matrix.sets if matrix else 0)
    if lacking > 0 and matrix is not None:
        yield (
            f"JASPAR has no matrix for {lacking} of the {plural(size, 'set')} of unseen factors. "
            "No model can use a matrix there."
        )
