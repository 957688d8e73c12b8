"""The statistics report: claims, limits, and numbers that are in the tables."""

import re
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.text import MINUS
from tfmoe.core.vocabulary import Verdict
from tfmoe.evaluation.evaluate import evaluate_models
from tfmoe.evaluation.power import DIFFERENCES
from tfmoe.evaluation.statistics import Statistics, run_tests
from tfmoe.report.narrative.claims import claims, comparisons, result
from tfmoe.report.narrative.limits import limits, strictest
from tfmoe.report.narrative.prose import ROLES, SHORT_VERDICTS, VERDICTS, reason
from tfmoe.report.narrative.scope import (
    ERRORS,
    FOLDED,
    LIMITS,
    PUBLISHED,
    SHORT,
    Scope,
    find_scopes,
)
from tfmoe.report.narrative.statistics import statistics_report
from tfmoe.report.narrative.trust import caution, trust

OOD = Scope("ood", "genomic", "all")
NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+\.\d+(?:e[-+]\d+)?|(?<![\w.])[-+]?\d+e[-+]\d+")


@pytest.fixture
def make_report(make_results, settings):
    def build(edit=lambda statistics: statistics, **how):
        result, statistics = make_results(**how)
        statistics = edit(statistics)
        text = statistics_report(statistics, result.metrics, result.best_expert, settings)
        return plain_minus(text), statistics

    return build


def set_values(name, statistics, scope=OOD, **values):
    """Change columns of a table on the sets of a scope; only one rival's if `other` is given."""
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


def plain_minus(text):
    """Return the text with hyphens for minus signs, so that numbers can be parsed."""
    return text.replace(MINUS, "-")


def part(text, title):
    return text[text.index(f"## {title}") :].split("\n## ", 1)[0]


def short(text, role="ood"):
    """Return the lead, the table and the bullets of one role in the first part."""
    block = part(text, SHORT)
    block = block[block.index(f"{ROLES[role][1:]}**") :]
    return "\n".join(block.split("\n\n")[:3])


def line_with(lines, *facts):
    """Return the only line with all facts."""
    found = [line for line in lines.splitlines() if all(fact in line for fact in facts)]
    assert len(found) == 1, (facts, lines)
    return found[0]


def is_in(number, known):
    mantissa, _, exponent = number.partition("e")
    digits = len(mantissa.split(".")[1]) if "." in mantissa else 0
    last_digit = 10.0 ** (int(exponent or 0) - digits)
    return np.abs(known - float(number)).min(initial=np.inf) <= 0.5001 * last_digit


def numbers_of(*tables):
    found = [table.select_dtypes("number").to_numpy(float).ravel() for table in tables]
    known = np.concatenate(found)
    return known[np.isfinite(known)]


def test_every_decimal_is_in_a_table(make_report, settings):
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


def test_the_numbers_of_a_pair_are_in_its_own_rows(make_report):
    text, statistics = make_report()
    names = {"expert A": "expert_A", "expert B": "expert_B", "the pooled network": "pooled"}
    names |= {"the mean of the experts": "mean_of_experts"}
    checked = 0
    for role in ("in_distribution", "ood"):
        pairs = statistics.pairwise
        pairs = pairs[(pairs["role"] == role) & (pairs["negatives"] == "genomic")]
        for line in short(text, role).splitlines():
            first, *cells = line.removeprefix("| ").split(" | ")
            rival = names.get(first.removesuffix(" (best on validation)"))
            if rival is None:
                continue
            known = numbers_of(pairs[pairs["other"] == rival])
            for number in NUMBER.findall(" ".join(cells)):
                assert is_in(number, known), (line, number)
                checked += 1
    assert checked >= 2 * 4 * 3  # a p of 1 has no decimals


def test_a_number_that_is_in_no_table_is_noticed():
    assert not is_in("0.123", np.array([0.1246, 0.1224]))
    assert is_in("+0.123", np.array([0.12349]))
    assert is_in("1.2e-05", np.array([1.24e-5]))
    assert NUMBER.findall("p = 1e-05 and -0.02 (3)") == ["1e-05", "-0.02"]
    assert is_in("-0.02", np.array([-0.0213]))


@pytest.mark.parametrize("verdict", list(VERDICTS))
def test_the_result_follows_the_verdict(make_report, verdict):
    values = {"difference": 0.0123, "low": -0.0021, "high": 0.0267, "p_holm": 0.0312}
    values |= {"p_equivalence_holm": 0.0021, "p_not_worse_holm": 0.0011}
    p = {Verdict.EQUIVALENT: "0.0021", Verdict.NOT_WORSE: "0.0011"}.get(verdict, "0.031")

    def edit(statistics):
        others = set_values("pairwise", statistics, verdict="not_tested", note="skipped: so")
        return set_values("pairwise", others, other="pooled", verdict=verdict, **values)

    lines = short(make_report(edit)[0])
    row = line_with(lines, "| the pooled network |")
    words = SHORT_VERDICTS[verdict]
    assert row == f"| the pooled network | +0.012 (-0.002 to +0.027) | {words} | {p} |"
    untested = line_with(
        lines, "**not compared**", "expert A, expert B and the mean of the experts"
    )
    assert untested.endswith(": so.")


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
    table = plain_minus(comparisons(OOD.pairs(more.pairwise), "expert_C"))
    line = line_with(table, "| worse |")
    for fact in ("4 single experts, with the best on", "-0.400 to -0.100", "at most 0.04"):
        assert fact in line


@pytest.mark.parametrize(
    ("verdict", "low", "high", "words"),
    [
        ("better", 0.1, 0.2, "better"),
        ("not_worse", 0.101, 0.285, "at least as good, probably better"),
        ("not_worse", -0.005, 0.285, "at least as good"),
        ("not_distinguishable", 0.01, 0.2, "probably better, not proven"),
        ("not_distinguishable", -0.2, -0.01, "probably worse, not proven"),
        ("not_distinguishable", -0.2, 0.01, "no difference shown"),
        ("not_distinguishable", float("nan"), float("nan"), "no difference shown"),
        ("equivalent", 0.001, 0.002, "equivalent"),
    ],
)
def test_the_result_has_the_direction_that_the_interval_shows(verdict, low, high, words):
    assert result(SimpleNamespace(verdict=verdict, low=low, high=high)) == words


def test_the_lead_counts_the_models_that_the_mixture_beats(make_report):
    _, statistics = make_report()
    some = set_values("pairwise", statistics, verdict="not_distinguishable")
    for other, verdict in (("pooled", "worse"), ("expert_A", "better"), ("expert_B", "better")):
        some = set_values("pairwise", some, other=other, verdict=verdict)
    lead, *_ = claims(some, OOD, 0.05)
    assert (
        lead == "The mixture is better than 2 of 4 other models on these 4 sets, and worse than 1."
    )


def test_a_run_without_any_difference_leads_with_it(make_report):
    def edit(statistics):
        return set_values("pairwise", statistics, verdict="not_distinguishable")

    lines = short(make_report(edit)[0]).splitlines()
    assert lines[0].endswith(
        "(4 sets, primary comparison): With 4 sets, no difference could be shown."
    )


@pytest.mark.parametrize(
    ("verdict", "p_seeds", "facts"),
    [
        ("better", 0.3, ["**not confirm**", "better than the pooled network (p = 0.3)"]),
        ("better", 0.01, ["It confirms: better than the pooled network (p = 0.01)."]),
        ("not_distinguishable", 0.3, ["no difference either"]),
        ("not_distinguishable", 0.01, ["to the pooled network (p = 0.01)", "not claimed"]),
        ("equivalent", 0.3, ["does not cover", '"equivalent to"', "these networks only"]),
    ],
)
def test_claims_on_retrained_networks(make_report, verdict, p_seeds, facts):
    def edit(statistics):
        others = set_values("pairwise", statistics, verdict="not_tested")
        values = {"verdict": verdict, "difference": 0.02, "p_seeds_holm": p_seeds}
        return set_values("pairwise", others, other="pooled", **values)

    line_with(short(make_report(edit)[0]), "retrained networks", *facts)


def test_the_compared_models_are_named_as_in_the_config(make_report):
    text, _ = make_report()
    line = line_with(text, "`evaluation.family`")
    assert "`moe`, `expert_A`, `expert_B`, `mean_of_experts` and `pooled`" in line
    for fact in ("2 sets of", "4 sets of", "genomic negatives", "2 training seeds"):
        assert fact in line


def test_strata_that_were_not_tested_have_the_reason(make_report):
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
    few = reason("skipped: 1 set, at least 2 are needed")
    assert f"general factor (1 set) | {few} | {few} | not tested: 2 |" in text


def test_a_stratum_has_each_average_and_counts_single_experts(make_report):
    def edit(statistics):
        own = Scope("ood", "genomic", "all", "cross_family")
        same = set_values("pairwise", statistics, own, verdict="not_distinguishable")
        values = {"verdict": "worse", "difference": -0.0452, "low": -0.0512, "high": -0.0331}
        return set_values("pairwise", same, own, other="pooled", **values, p_holm=0.0123)

    line = line_with(make_report(edit)[0], "(4 sets) |")
    assert line.startswith("| OOD, motif family not seen (4 sets) | ")
    undecided = SHORT_VERDICTS[Verdict.UNDECIDED]
    worse = "-0.045 (-0.051 to -0.033), worse"
    assert f" | {worse} | {undecided}: 2 |" in line


def test_only_verdicts_that_change_without_overlap_are_listed(make_report):
    def edit(statistics):
        for subset in ("all", "no_overlap"):
            scope = Scope("ood", "genomic", subset)
            statistics = set_values("pairwise", statistics, scope, verdict="better")
        values = {"verdict": "not_distinguishable", "p_holm": 0.0712}
        return set_values("pairwise", statistics, scope, other="pooled", **values)

    line = line_with(short(make_report(edit)[0]), "overlap", "(4 sets)")
    assert f"{VERDICTS[Verdict.UNDECIDED]} the pooled network" in line
    assert "p = 0.071)" in line and "All other verdicts stay the same." in line
    assert "mean of the experts" not in line


@pytest.mark.parametrize(
    ("rates", "expected"),
    [({"alike": 0.05, "as_found": 0.124}, "12.4 %"), ({"alike": 0.01, "as_found": 0.05}, "")],
)
def test_claims_of_a_test_that_is_wrong_too_often_have_a_caution(make_report, rates, expected):
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


def test_the_smallest_detectable_difference_is_reported(make_report):
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
    line = line_with(part(text, LIMITS), "power 80 %", ROLES["ood"])
    for fact in ("4 sets and 2 seeds", "level of 0.013", "`power.tsv`"):
        assert fact in line
    assert "the pooled network, the smallest detectable difference is 0.043" in line
    assert "detecting 0.01 would need 77 sets" in line


def test_differences_that_no_number_of_sets_can_detect(make_report):
    def edit(statistics):
        pairs = set_values("pairwise", statistics, verdict="not_distinguishable")
        power = pairs.power.copy()
        power.loc[power["asked"] == "difference", "at_difference"] = np.nan
        power.loc[power["asked"] == "sets", "at_sets"] = np.nan
        return replace(pairs, power=power)

    line = line_with(part(make_report(edit)[0], LIMITS), "power", ROLES["ood"])
    assert "the pooled network, no difference can be detected; even 1000 sets" in line
    assert "2 single experts, no difference can be detected" in line


def test_wilcoxons_test_and_chance_in_training_are_reported(make_report):
    text, statistics = make_report()
    block = part(text, LIMITS)
    line_with(block, "Wilcoxon", ROLES["ood"], "4 sets and 4 pairs")
    table = statistics.variance_components
    own = table[(table["role"] == "ood") & (table["negatives"] == "genomic")]
    own = own[(own["subset"] == "all") & (own["scale"] == "auroc")].set_index("component")
    shares = 100 * own["share_of_difference"]
    assert shares.sum() == pytest.approx(100)
    line = line_with(block, "retraining", ROLES["ood"])
    assert f"{shares['set:model']:.1f} % comes from the choice of sets" in line
    assert f"{shares['model:seed']:.1f} % from the training seed" in line
    assert f"{shares['residual']:.1f} %" in line


@pytest.mark.parametrize(
    ("p", "p_gg", "lower", "words"),
    [
        (0.001, 0.002, 0.01, "yes"),
        (0.001, np.nan, 0.2, "only if differences vary equally"),
        (0.001, 0.2, 0.3, "only if differences vary equally"),
        (0.3, np.nan, 0.4, "not shown"),
    ],
)
def test_omnibus_verdict_follows_the_correction(make_report, p, p_gg, lower, words):
    def edit(statistics):
        table = statistics.two_way.assign(p=p, p_gg=p_gg, p_lower_bound=lower)
        return replace(statistics, two_way=table)

    block = part(make_report(edit)[0], FOLDED[0])
    rows = [line for line in block.splitlines() if line.startswith("| F test")]
    assert rows
    assert {line.split(" | ")[1] for line in rows} == {words}
    corrected = "Greenhouse and Geisser's" if p_gg == p_gg else "smallest possible degrees"
    assert corrected in block


def test_a_negative_omega_squared_is_shown_as_0_inside_its_interval(make_report):
    def edit(statistics):
        bounds = {"partial_omega_squared_low": 0.0, "partial_omega_squared_high": 0.284}
        table = statistics.two_way.assign(partial_omega_squared=-0.04, **bounds)
        return replace(statistics, two_way=table)

    block = part(make_report(edit)[0], FOLDED[0])
    rows = [line for line in block.splitlines() if line.startswith("| F test")]
    assert all(line.endswith("| 0 (0 to 0.28) |") for line in rows)
    assert "omega squared is negative, and shown as 0" in block


def test_critical_difference_and_its_consequence(make_report):
    def edit(statistics):
        pairs = set_values("pairwise", statistics, p_nemenyi=0.5)
        pairs = set_values("pairwise", pairs, other="expert_B", p_nemenyi=0.01)
        return set_values("friedman", pairs, critical_difference=3.456)

    assert any(
        "3.46" in line and "The mixture differs from expert B." in line
        for line in make_report(edit)[0].splitlines()
        if "Nemenyi" in line
    )


def test_the_primary_comparison_is_named_once(make_report):
    text, _ = make_report()
    block = part(text, SHORT)
    assert block.count("primary comparison)") == 1
    assert f"{ROLES['ood'][1:]}** (4 sets, primary comparison)" in block
    assert (
        f"The primary comparison is that of the mixture with each other model on all sets of "
        f"{ROLES['ood']}, against genomic negatives"
    ) in block
    assert "All other comparisons are secondary" in block


def test_shuffles_are_secondary_and_cautioned(make_report):
    text, _ = make_report()
    assert "dinucleotide" not in part(text, SHORT)
    other = part(text, FOLDED[1])
    assert "against dinucleotide shuffles" in other
    assert other.count("This run has no such network") == 3


def test_the_worth_of_shuffles_is_next_to_the_claims(make_run, settings):
    def with_background(_, table):
        scores = {f"background_vs_shuffle_seed{k}": table[f"expert_B_seed{k}"] for k in (0, 1)}
        return table[table["kind"] != "genomic"].assign(**scores)

    statistics, text = report_on(make_run(with_background), settings)
    table = statistics.above_background
    row = table[(table["role"] == "ood") & (table["subset"] == "all")].set_index("model").loc["moe"]
    assert row["above_background"] > 0.05
    line = line_with(short(text), "already scores")
    assert f"at most **{row['above_background']:.3f}** of" in line
    assert f"mixture's {row['mean_auroc']:.3f} reflects binding" in line
    untested = "This difference was not tested."
    assert line.endswith(untested)
    cell = f"{row['mean_auroc']:.3f} ({row['above_background']:+.3f})"
    assert any(line.startswith("| `moe` |") and cell in line for line in text.splitlines())
    family = [*settings.family, "background_vs_shuffle"]
    _, text = report_on(make_run(with_background), replace(settings, family=family))
    assert untested not in text
    assert re.search(r"\| a network that never saw a peak \| [-+]0", short(text))


def report_on(run, settings):
    result = evaluate_models(run, settings, 1)
    statistics = run_tests(result.metrics, result.comparisons, result.trials, settings, 1)
    text = statistics_report(statistics, result.metrics, result.best_expert, settings)
    return statistics, plain_minus(text)


def test_published_anova_is_one_paragraph_and_qualified(make_report):
    text, statistics = make_report()
    heading, paragraph = part(text, PUBLISHED).strip().split("\n\n")
    assert heading == f"## {PUBLISHED}"
    for fact in ("arXiv 2507.09754", "10 trials per model", "bootstrap resample", "not valid"):
        assert fact in paragraph
    rates = statistics.null_simulation.set_index("test")["false_positive_rate"]
    rate = 100 * rates["anova_as_published"]
    assert "5 simulated sets" in paragraph and "4 models have the same true AUROC" in paragraph
    assert f"{rate:.1f} %" in paragraph
    counts = statistics.delong_counts
    own = counts[counts["other"].str.startswith("expert_") & (counts["stratum"] == "all")]
    own = own[own["subset"] == "all"]
    holm, q = ((own[f"better{s}"] + own[f"worse{s}"]).sum() for s in ("", "_q"))
    assert f"DeLong's paired test finds a difference in {holm} of {own['sets'].sum()}" in paragraph
    assert f"in {q} by q" in paragraph


def test_trials_that_are_not_dropout_draws_are_marked(make_report):
    def edit(statistics):
        table = statistics.anova_as_published
        note = (
            table["note"]
            + "; no network has dropout to be left on, so trials are bootstrap resamples"
        )
        return replace(statistics, anova_as_published=table.assign(note=note))

    assert "(dropout was requested, but no network has dropout" in make_report(edit)[0]


# bad inputs, and the sentence with the reason


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
        "experts and the pooled network: only 1 set; at least 2 are needed.",
    ),
    ({"n_ood": 0}, "**Factors that have an expert** (2 sets, primary comparison): "),
    ({"seeds": 1}, "With one training seed, all claims hold for these networks only."),
    ({"n_ood": 2}, "the p at the smallest possible degrees of freedom"),
    ({"change": nothing_of("pooled", "X0")}, "Left out set X0: no AUROC of pooled."),
    ({"change": nothing_of("pooled", ALL_SETS)}, "Left out pooled: no AUROC on any set."),
    ({"change": nothing_of("moe", ALL_SETS)}, "the mixture has no scores"),
    ({"change": filled_with(np.nan, "pooled", ("X1",))}, "Left out set X1: no AUROC of pooled."),
    ({"change": filled_with(np.nan, "moe", ALL_SETS)}, "the mixture has no scores"),
    ({"change": filled_with(1.0, "pooled", ALL_SETS)}, "| the pooled network | +0."),
    ({"change": only_positives}, "Left out set X0: no AUROC of moe, expert_A"),
    ({"change": separated}, "the difference is the same on every set"),
]


@pytest.mark.parametrize(("how", "sentence"), BAD)
def test_bad_input_is_a_sentence_with_its_reason(make_report, how, sentence):
    text, _ = make_report(**how)
    assert sentence in text
    for title in (SHORT, LIMITS, ERRORS, *FOLDED):
        if title != FOLDED[1]:
            assert f"## {title}" in text
    assert not re.search(r"\bnan\b|\binf\b|None", text)


def test_a_set_of_one_class_is_listed_as_not_analysed(make_report):
    text, _ = make_report(change=only_positives)
    assert "X0, genomic negatives: not analysed, the mixture and at least one expert" in text


def test_a_run_without_any_set(make_results, settings):
    result, _ = make_results()
    nothing = [table.iloc[:0] for table in (result.metrics, result.comparisons, result.trials)]
    statistics = run_tests(*nothing, settings, 1)
    text = statistics_report(statistics, nothing[0], result.best_expert.iloc[:0], settings)
    assert "No set was scored, so nothing could be compared." in text
    assert "This run does not allow it: no set was scored." in text


def test_scopes_are_ordered_and_have_limits(make_report):
    _, statistics = make_report()
    scopes = find_scopes(statistics)
    assert [(scope.negatives, scope.role, scope.subset) for scope in scopes] == [
        ("genomic", "in_distribution", "all"),
        ("genomic", "ood", "all"),
        ("genomic", "ood", "no_overlap"),
        ("dinucleotide", "in_distribution", "all"),
        ("dinucleotide", "ood", "all"),
        ("dinucleotide", "ood", "no_overlap"),
    ]
    assert len(limits(statistics, scopes[:2])) > 2


def test_the_strictest_level_depends_on_the_scope():
    rows = [("genomic", 0.05), ("genomic", 0.025), ("dinucleotide", 0.05), ("dinucleotide", 0.0125)]
    scope = {"role": "ood", "subset": "all", "stratum": "all", "peaks": "-", "asked": "sets"}
    table = pd.DataFrame([scope | {"negatives": kind, "level": level} for kind, level in rows])
    kept = strictest(table, "sets")
    assert list(zip(kept["negatives"], kept["level"], strict=True)) == [rows[1], rows[3]]
