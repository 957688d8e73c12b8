"""Sentences on the crossover with models that learn from few peaks."""

from tfmoe.evaluation.few_peaks import Crossover
from tfmoe.report.narrative.few_peaks import crossover_sentences


def test_a_rival_catches_up_or_does_not():
    reached = Crossover("gkm_from_scratch_", True, "100", -0.004, -0.012, 0.004, 14)
    never = Crossover("fine_tuned_", False, "all", 0.01, 0.002, 0.018, 1)
    assert crossover_sentences([reached, never]) == (
        "To catch up with the adapted mixture means to have at least its mean AUROC. A gapped "
        "k-mer model trained from scratch catches up at 100 peaks; the difference, mixture minus "
        "rival, is \u22120.004 (\u22120.012 to +0.004) there, over 14 factors. A fine-tuned pooled "
        "network catches up at no number of peaks; the smallest difference, mixture minus rival, "
        "is +0.010 (+0.002 to +0.018), with all peaks and over 1 factor."
    )


def test_without_rivals_there_is_no_sentence():
    assert crossover_sentences([]) == ""
