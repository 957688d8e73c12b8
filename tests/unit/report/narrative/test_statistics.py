import re
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.evaluation.power import DIFFERENCES
from tfmoe.evaluation.statistics import Statistics, run_tests
from tfmoe.report.narrative.claims import claims
from tfmoe.report.narrative.limits import limits, strictest
from tfmoe.report.narrative.scope import Scope, find_scopes
from tfmoe.report.narrative.statistics import write_report
from tfmoe.report.narrative.titles import FOLDED
from tfmoe.report.narrative.trust import caution, trust

OOD = Scope("ood", "genomic", "all")
NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+\.\d+(?:e[-+]\d+)?|(?<![\w.])[-+]?\d+e[-+]\d+")


@pytest.fixture
def make_report(make_results, settings):
    def build(edit=lambda statistics: statistics, **how):
        result, statistics = make_results(**how)
        statistics = edit(statistics)
        text = write_report(statistics, result.metrics, result.best_expert, settings)
        return text, statistics

    return build


def set_values(name, statistics, scope=OOD, **values):
    """Change columns of a table on the sets of a scope; of one rival, if `other` is among them."""
    table = getattr(statistics, name).copy()
    rows = np.ones(len(table), bool)
    for key in ("role", "negatives", "subset", "stratum"):
        if key in table:
            rows &= table[key] == getattr(scope, key)
    if "other" in values:
        rows &= table["other"] == values.pop("other")
    for column, value in values.items():
        table.loc[rows, column] = value
    return replace(statistics, **{name: table})


def part(text, title):
    return text[text.index(f"## {title}") :].split("\n## ", 1)[0]


def short(text, who="Factors that no expert has seen (OOD)"):
    """Return the bullets of one role in the first part."""
    block = part(text, "In short")
    return block[block.index(f"**{who}**") :].split("\n\n")[1]


def is_in(number, known):
    mantissa, _, exponent = number.partition("e")
    digits = len(mantissa.split(".")[1]) if "." in mantissa else 0
    last_digit = 10.0 ** (int(exponent or 0) - digits)
    return np.abs(known - float(number)).min(initial=np.inf) <= 0.5001 * last_digit


def numbers_of(*tables):
    found = [table.select_dtypes("number").to_numpy(float).ravel() for table in tables]
    known = np.concatenate(found)
    return known[np.isfinite(known)]


def test_every_decimal_stands_in_a_table(make_report, settings):
    text, statistics = make_report()
    tables = [getattr(statistics, field.name) for field in fields(Statistics)]
    shares = [100 * statistics.null_simulation["false_positive_rate"].dropna()]
    shares += [100 * statistics.variance_components["share_of_difference"].dropna()]
    level = 100 * settings.alpha
    own = [settings.alpha, settings.margin, *DIFFERENCES, level, 0.7 * level, 1.3 * level]
    known = np.concatenate([numbers_of(*tables), *shares, own])
    numbers = NUMBER.findall(text.replace("arXiv 2507.09754", ""))
    assert len(numbers) > 200
    assert [number for number in numbers if not is_in(number, known)] == []


def test_what_is_said_of_a_pair_stands_in_its_own_rows(make_report):
    text, statistics = make_report()
    names = {"expert A": "expert_A", "expert B": "expert_B", "the pooled network": "pooled"}
    names |= {"the mean of the experts": "mean_of_experts"}
    pattern = "|".join(names)
    checked = 0
    for role, who in (
        ("ood", "Factors that no expert has seen (OOD)"),
        ("in_distribution", "Factors that have an expert"),
    ):
        pairs = statistics.pairwise
        pairs = pairs[(pairs["role"] == role) & (pairs["negatives"] == "genomic")]
        for line in short(text, who).splitlines():
            for found in re.finditer(
                rf"({pattern})(?: \(best on validation\))? ([-+(][^;]*)", line
            ):
                known = numbers_of(pairs[pairs["other"] == names[found[1]]])
                for number in NUMBER.findall(found[2]):
                    assert is_in(number, known), (found[0], number)
                    checked += 1
    assert checked >= 2 * 4 * 4


def test_a_number_that_is_in_no_table_is_noticed():
    assert not is_in("0.123", np.array([0.1246, 0.1224]))
    assert is_in("+0.123", np.array([0.12349]))
    assert is_in("1.2e-05", np.array([1.24e-5]))
    assert NUMBER.findall("p = 1e-05 and -0.02 (3)") == ["1e-05", "-0.02"]


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("better", "The mixture is **better than** the pooled network +0.012 (-0.002 to +0.027), "),
        ("worse", "The mixture is **worse than** the pooled network +0.012 (-0.002 to +0.027), "),
        (
            "equivalent",
            "The mixture is **equivalent to** (they differ by less than 0.01, either way) the "
            "pooled network +0.012 (-0.002 to +0.027), p = 0.0021",
        ),
        (
            "not_worse",
            "The mixture is **not worse than** (if at all, by less than 0.01) the pooled network "
            "+0.012 (-0.002 to +0.027), p = 0.0011",
        ),
        (
            "not_distinguishable",
            "The mixture **cannot be told apart from** the pooled network +0.012 ",
        ),
    ],
)
def test_sentence_follows_the_verdict(make_report, verdict, sentence):
    values = {"difference": 0.0123, "low": -0.0021, "high": 0.0267, "p_holm": 0.0312}
    values |= {"p_equivalence_holm": 0.0021, "p_not_worse_holm": 0.0011}

    def edit(statistics):
        others = set_values("pairwise", statistics, verdict="not_tested", note="skipped: so")
        return set_values("pairwise", others, other="pooled", verdict=verdict, **values)

    text, _ = make_report(edit)
    first, second = short(text).splitlines()[:2]
    assert first.startswith(f"- {sentence}")
    if verdict in ("better", "worse", "not_distinguishable"):
        assert first.endswith("p = 0.031.")
    assert second == (
        "- The mixture was **not compared** with expert A, expert B and the mean of the experts: "
        "so."
    )


def test_many_experts_of_one_verdict_are_a_range(make_report):
    _, statistics = make_report()
    pairs = statistics.pairwise
    numbers = {"C": (-0.2, 0.01), "D": (-0.1, 0.02), "E": (-0.3, 0.03), "F": (-0.4, 0.04)}
    own = pairs[pairs["other"] == "expert_B"]
    extra = [
        own.assign(other=f"expert_{name}", difference=difference, verdict="worse", p_holm=p)
        for name, (difference, p) in numbers.items()
    ]
    more = replace(statistics, pairwise=pd.concat([pairs, *extra], ignore_index=True))
    line = next(line for line in claims(more, OOD, "expert_C", 0.05) if "worse than" in line)
    assert (
        "4 single experts (with the best on validation) -0.400 to -0.100, each p at most 0.04"
        in line
    )


@pytest.mark.parametrize(
    ("verdict", "p_seeds", "words"),
    [
        (
            "better",
            0.3,
            '**not shown** is "better than the pooled network (p = 0.3)": that holds for these '
            "networks only.",
        ),
        ("better", 0.01, '"better than the pooled network (p = 0.01)" holds, too.'),
        ("not_distinguishable", 0.3, "no difference is shown either."),
        (
            "not_distinguishable",
            0.01,
            'it finds a difference to "the pooled network (p = 0.01)", which is not claimed',
        ),
        (
            "equivalent",
            0.3,
            'claims of "equivalent to" are not tested that way and hold for these networks only.',
        ),
    ],
)
def test_what_training_again_would_change_is_said(make_report, verdict, p_seeds, words):
    def edit(statistics):
        others = set_values("pairwise", statistics, verdict="not_tested")
        values = {"verdict": verdict, "difference": 0.02, "p_seeds_holm": p_seeds}
        return set_values("pairwise", others, other="pooled", **values)

    line = next(
        line for line in short(make_report(edit)[0]).splitlines() if "trained again" in line
    )
    assert line.startswith("- With networks trained again (t test with training seeds random): ")
    assert words in line


def test_the_models_that_entered_are_named_as_in_the_config(make_report):
    text, _ = make_report()
    assert (
        "Compared (`evaluation.family` of the config): `moe`, `expert_A`, `expert_B`, "
        "`mean_of_experts` and `pooled`. On the test split of 2 sets of factors that have an "
        "expert and 4 of factors that no expert has seen (OOD), against genomic negatives, with 2 "
        "training seeds a model."
    ) in text


def test_strata_that_were_not_tested_say_why(make_report):
    def edit(statistics):
        own = Scope("ood", "genomic", "all", "cross_family")
        fault = set_values("two_way", statistics, own, stratum="general_factor", sets=1)
        values = {"stratum": "general_factor", "verdict": "not_tested"}
        note = "skipped: 1 set, at least 2 are needed"
        return set_values("pairwise", fault, own, **values, note=note)

    text = make_report(edit)[0]
    assert (
        "| kind of factor | the mean of the experts | the pooled network | single experts |" in text
    )
    few = "1 set, at least 2 are needed"
    assert f"| General factors (1 set) | {few} | {few} | not tested 2 |" in text


def test_a_stratum_has_each_average_and_counts_single_experts(make_report):
    def edit(statistics):
        own = Scope("ood", "genomic", "all", "cross_family")
        same = set_values("pairwise", statistics, own, verdict="not_distinguishable")
        values = {"verdict": "worse", "difference": -0.0452, "low": -0.0512, "high": -0.0331}
        return set_values("pairwise", same, own, other="pooled", **values, p_holm=0.0123)

    line = next(line for line in make_report(edit)[0].splitlines() if "(4 sets) |" in line)
    assert line.startswith("| DNA-binding family not seen in training (4 sets) | ")
    assert ", not told apart | -0.045 (-0.051 to -0.033), worse | not told apart 2 |" in line


def test_only_verdicts_that_change_without_overlap_are_told(make_report):
    def edit(statistics):
        for subset in ("all", "no_overlap"):
            scope = Scope("ood", "genomic", subset)
            statistics = set_values("pairwise", statistics, scope, verdict="better")
        values = {"verdict": "not_distinguishable", "p_holm": 0.0712}
        return set_values("pairwise", statistics, scope, other="pooled", **values)

    line = next(line for line in short(make_report(edit)[0]).splitlines() if "overlap" in line)
    assert (
        "(4 sets) these verdicts change, now: cannot be told apart from the pooled network" in line
    )
    assert line.endswith("p = 0.071; all other verdicts are the same.")


@pytest.mark.parametrize(
    ("rates", "expected"),
    [({"alike": 0.05, "as_found": 0.124}, "12.4 %"), ({"alike": 0.01, "as_found": 0.05}, "")],
)
def test_a_test_that_is_wrong_too_often_is_cautioned_beside_its_claims(
    make_report, rates, expected
):
    def edit(statistics):
        table = statistics.null_simulation.copy()
        for kind, rate in rates.items():
            rows = (table["test"] == "paired_t") & (table["models_vary"] == kind)
            table.loc[rows, ["false_positive_rate", "off_by"]] = rate, rate - 0.05
        return replace(statistics, null_simulation=table)

    text, statistics = make_report(edit)
    found = caution(statistics, OOD)
    assert (expected in found) and bool(found) == bool(expected)
    assert ("Caution:" in short(text)) == bool(expected)
    assert caution(statistics, Scope("ood", "dinucleotide", "all")) == ""
    row = next(line for line in trust(statistics)[1].splitlines() if "decides" in line)
    marked = {f"**{100 * rate:.1f} %**" for rate in rates.values() if not 0.035 <= rate <= 0.065}
    assert set(re.findall(r"\*\*.*?\*\*", row)) == marked


def test_what_so_few_sets_could_have_shown_is_said(make_report):
    def edit(statistics):
        pairs = set_values("pairwise", statistics, verdict="better")
        pairs = set_values("pairwise", pairs, other="pooled", verdict="not_distinguishable")
        power = pairs.power.copy()
        rows = (power["role"] == "ood") & (power["negatives"] == "genomic")
        rows &= (power["other"] == "pooled") & (power["subset"] == "all")
        strict = rows & (power["level"] == 0.05 / 4)
        assert strict.any()
        power.loc[strict & (power["asked"] == "difference"), "at_difference"] = 0.0427
        chosen = strict & (power["asked"] == "sets") & (power["at_difference"] == 0.01)
        power.loc[chosen, "at_sets"] = 77
        return replace(pairs, power=power)

    text, _ = make_report(edit)
    assert (
        "- Too few sets: on 4 sets of factors that no expert has seen (OOD), with 2 seeds, the "
        "mixture is told apart (with a chance of 80 %, at the strictest level 0.013 of Holm's) "
        "from the pooled network from a difference of 0.043 on (0.01 takes 77 sets) (`power.tsv`)."
    ) in part(text, "What cannot be claimed")


def test_what_no_number_of_sets_shows_is_said(make_report):
    def edit(statistics):
        pairs = set_values("pairwise", statistics, verdict="not_distinguishable")
        power = pairs.power.copy()
        power.loc[power["asked"] == "difference", "at_difference"] = np.nan
        power.loc[power["asked"] == "sets", "at_sets"] = np.nan
        return replace(pairs, power=power)

    line = part(make_report(edit)[0], "What cannot be claimed")
    assert (
        "the pooled network by no difference at all (no number of sets up to 1000 shows 0.01)"
        in line
    )
    assert "2 single experts by no difference at all" in line


def test_wilcoxons_test_and_luck_in_training_are_told(make_report):
    text, statistics = make_report()
    block = part(text, "What cannot be claimed")
    assert "factors that no expert has seen (OOD), no outcome of 4 sets can reject" in block
    table = statistics.variance_components
    own = table[(table["role"] == "ood") & (table["negatives"] == "genomic")]
    own = own[(own["subset"] == "all") & (own["scale"] == "auroc")].set_index("component")
    shares = 100 * own["share_of_difference"]
    assert shares.sum() == pytest.approx(100)
    assert (
        f"family, {shares['model:seed']:.1f} % is which networks chance gave, "
        f"{shares['residual']:.1f} % how these do on single sets, and {shares['set:model']:.1f} %"
    ) in block


@pytest.mark.parametrize(
    ("p", "p_gg", "lower", "words"),
    [
        (0.001, 0.002, 0.01, "mean AUROCs differ, F"),
        (0.001, np.nan, 0.2, "differ if all differences between models vary equally"),
        (0.001, 0.2, 0.3, "differ if all differences between models vary equally"),
        (0.3, np.nan, 0.4, "mean AUROCs cannot be told apart, F"),
    ],
)
def test_omnibus_sentence_follows_the_correction(make_report, p, p_gg, lower, words):
    def edit(statistics):
        table = statistics.two_way.assign(p=p, p_gg=p_gg, p_lower_bound=lower)
        return replace(statistics, two_way=table)

    assert words in part(make_report(edit)[0], FOLDED[0])


def test_critical_difference_and_its_consequence(make_report):
    def edit(statistics):
        pairs = set_values("pairwise", statistics, p_nemenyi=0.5)
        pairs = set_values("pairwise", pairs, other="expert_B", p_nemenyi=0.01)
        return set_values("friedman", pairs, critical_difference=3.456)

    assert (
        "two models have to differ by 3.46 average ranks; the mixture does from expert B."
        in make_report(edit)[0]
    )


def test_shuffles_are_secondary_and_cautioned(make_report):
    text, _ = make_report()
    assert "dinucleotide" not in part(text, "In short")
    other = part(text, FOLDED[1])
    assert "against dinucleotide shuffles" in other
    assert other.count("This run has no model that measures that part here") == 3


def test_what_shuffles_are_worth_stands_beside_them(make_run, settings):
    def with_background(_, table):
        scores = {f"background_vs_shuffle_seed{k}": table[f"expert_B_seed{k}"] for k in (0, 1)}
        return table[table["kind"] != "genomic"].assign(**scores)

    statistics, text = report_on(make_run(with_background), settings)
    table = statistics.above_background
    row = table[(table["role"] == "ood") & (table["subset"] == "all")].set_index("model").loc["moe"]
    assert row["above_background"] > 0.05
    line = next(line for line in short(text).splitlines() if "knowledge of binding" in line)
    assert f"mean AUROC {row['mean_auroc']:.3f}, " in line
    assert f"**{row['above_background']:+.3f}**, is all that can be such knowledge" in line
    assert line.endswith(", and no test was made of it.")
    cell = f"{row['mean_auroc']:.3f} ({row['above_background']:+.3f})"
    assert any(line.startswith("| `moe` |") and cell in line for line in text.splitlines())
    family = [*settings.family, "background_vs_shuffle"]
    _, text = report_on(make_run(with_background), replace(settings, family=family))
    assert "and no test was made of it" not in text
    assert re.search("a network that never saw a peak [-+]0", short(text))


def report_on(run, settings):
    result = evaluate_models(run, settings, 1)
    statistics = run_tests(result.metrics, result.comparisons, result.trials, settings, 1)
    return statistics, write_report(statistics, result.metrics, result.best_expert, settings)


def test_published_anova_is_one_paragraph_and_qualified(make_report):
    text, statistics = make_report()
    heading, paragraph = part(text, "The analysis of variance as published").strip().split("\n\n")
    assert heading == "## The analysis of variance as published"
    assert paragraph.startswith("Tripathi et al. (arXiv 2507.09754)")
    assert (
        "with 10 trials a model, each a bootstrap resample of the set's sequences, all" in paragraph
    )
    assert "**The analysis as published cannot be believed**" in paragraph
    rates = statistics.null_simulation.set_index("test")["false_positive_rate"]
    rate = 100 * rates["anova_as_published"]
    assert (
        "Of 5 made-up sets on which 4 models have the same true AUROC, it calls them different in "
        f"{rate:.1f} %"
    ) in paragraph
    assert "DeLong's paired test finds a difference" in paragraph
    counts = statistics.delong_counts
    own = counts[counts["other"].str.startswith("expert_") & (counts["stratum"] == "all")]
    own = own[own["subset"] == "all"]
    holm, q = ((own[f"better{s}"] + own[f"worse{s}"]).sum() for s in ("", "_q"))
    assert (
        f"in {holm} of {own['sets'].sum()} pairs by Holm within a set and in {q} by q" in paragraph
    )


def test_trials_that_are_no_dropout_draws_are_said_to_be_none(make_report):
    def edit(statistics):
        table = statistics.anova_as_published
        note = (
            table["note"]
            + "; no network has dropout to be left on, so trials are bootstrap resamples"
        )
        return replace(statistics, anova_as_published=table.assign(note=note))

    assert "(dropout was asked for, but no network has dropout" in make_report(edit)[0]


# what goes wrong, and the sentence that says so


def nothing_of(model, where):
    def change(name, table):
        return table.drop(columns=[f"{model}_seed0", f"{model}_seed1"]) if name in where else table

    return change


def filled_with(value, model, where):
    def change(name, table):
        if name not in where:
            return table
        return table.assign(**{f"{model}_seed{k}": np.float32(value) for k in (0, 1)})

    return change


def only_positives(name, table):
    return table[table["label"] == 1] if name == "X0" else table


def separated(_, table):
    scores = {column: table["label"] * np.float32(9) for column in table if "_seed" in column}
    return table.assign(**scores)


ALL_SETS = ("A", "B", "X0", "X1", "X2", "X3")
BAD = [
    (
        {"n_ood": 1},
        "The mixture was **not compared** with expert A, expert B, the mean of the "
        "experts and the pooled network: 1 set, at least 2 are needed.",
    ),
    ({"n_ood": 0}, "**Factors that have an expert** (2 sets):"),
    ({"seeds": 1}, "There is one training seed: all this holds for these networks"),
    ({"n_ood": 2}, "at the smallest possible degrees of freedom"),
    ({"change": nothing_of("pooled", "X0")}, "Left out set X0: no AUROC of pooled."),
    ({"change": nothing_of("pooled", ALL_SETS)}, "Left out pooled: no AUROC on any set."),
    ({"change": nothing_of("moe", ALL_SETS)}, "the mixture has no scores"),
    ({"change": filled_with(np.nan, "pooled", ("X1",))}, "Left out set X1: no AUROC of pooled."),
    ({"change": filled_with(np.nan, "moe", ALL_SETS)}, "the mixture has no scores"),
    ({"change": filled_with(1.0, "pooled", ALL_SETS)}, "the pooled network +0."),
    ({"change": only_positives}, "Left out set X0: no AUROC of moe, expert_A"),
    ({"change": separated}, "the difference is the same on every set"),
]


@pytest.mark.parametrize(("how", "sentence"), BAD)
def test_bad_input_is_a_sentence_with_its_reason(make_report, how, sentence):
    text, _ = make_report(**how)
    assert sentence in text
    for title in ("In short", "What cannot be claimed", "How often the tests are wrong", *FOLDED):
        if title != FOLDED[1]:
            assert f"## {title}" in text
    assert not re.search(r"\bnan\b|\binf\b|None", text)


def test_a_set_of_one_class_is_listed_as_not_analysed(make_report):
    text, _ = make_report(change=only_positives)
    assert "X0, genomic: skipped: the mixture and at least one expert are needed" in text


def test_a_run_without_any_set(make_results, settings):
    result, _ = make_results()
    nothing = [table.iloc[:0] for table in (result.metrics, result.comparisons, result.trials)]
    statistics = run_tests(*nothing, settings, 1)
    text = write_report(statistics, nothing[0], result.best_expert.iloc[:0], settings)
    assert "No set was scored, so nothing could be compared." in text
    assert "Here it could not be made: no set was scored." in text


def test_limits_need_only_what_the_tables_have(make_report):
    _, statistics = make_report()
    scopes = find_scopes(statistics.two_way)
    assert [(scope.negatives, scope.role, scope.subset) for scope in scopes] == [
        ("genomic", "in_distribution", "all"),
        ("genomic", "ood", "all"),
        ("genomic", "ood", "no_overlap"),
        ("dinucleotide", "in_distribution", "all"),
        ("dinucleotide", "ood", "all"),
        ("dinucleotide", "ood", "no_overlap"),
    ]
    assert len(limits(statistics, scopes[:2])) > 2


def test_the_strictest_level_is_that_of_the_sets_own_family():
    rows = [("genomic", 0.05), ("genomic", 0.025), ("dinucleotide", 0.05), ("dinucleotide", 0.0125)]
    scope = {"role": "ood", "subset": "all", "stratum": "all", "asked": "sets"}
    table = pd.DataFrame([scope | {"negatives": kind, "level": level} for kind, level in rows])
    kept = strictest(table, "sets")
    assert list(zip(kept["negatives"], kept["level"], strict=True)) == [rows[1], rows[3]]
