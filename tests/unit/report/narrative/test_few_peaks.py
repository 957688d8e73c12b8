"""Sentences on the crossover with models that learn from few peaks."""

from tfmoe.evaluation.few_peaks import Crossover
from tfmoe.report.narrative.few_peaks import crossover_sentences


def test_a_rival_catches_up_or_does_not():
    reached = Crossover("gkm_from_scratch_", True, "100", -0.004, -0.012, 0.004, 14)
    never = Crossover("fine_tuned_", False, "all", 0.01, 0.002, 0.018, 1)
    assert crossover_sentences([reached, never]) == (
        "With 100 peaks, a gapped k-mer model trained from scratch first reaches the mean AUROC of "
        "the adapted mixture. The mixture minus that model is \u22120.004 (\u22120.012 to +0.004) "
        "there, over 14 factors, so the difference may be chance. A fine-tuned pooled network has "
        "a lower mean AUROC than the adapted mixture at each number of peaks; with all peaks, it "
        "comes closest. The mixture minus that model is +0.010 (+0.002 to +0.018) there, over 1 "
        "factor."
    )


def test_without_rivals_there_is_no_sentence():
    assert crossover_sentences([]) == ""
