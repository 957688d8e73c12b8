import numpy as np
import pytest
from tests.fixtures.small_model import OFFSET, SCALE, SmallModel

from tfmoe.application.explain.contributions import (
    deviation,
    gate_table,
    kind_sum,
    kinds_of,
    member_table,
    network_terms,
)
from tfmoe.core.dna import encode
from tfmoe.models.conditioned.scores import Member
from tolerance import close

CODES = encode(["CCTAGGCCTAGGGATTACAAAGTCAAGTCA", "ACGT" * 7 + "AC"])
TERMS = 400  # of the mean and standard deviation over the background windows


def test_the_slopes_are_weights_times_the_scale(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    parts = kind_sum(small_model, query, list(Member))
    assert parts.constant == OFFSET
    # weights 0.5, 1.5 and 1 of 3
    close(list(parts.weights.values()), [1 / 6, 1 / 2, 1 / 3])
    close(list(parts.slopes.values()), SCALE * np.array([1 / 6, 1 / 2, 1 / 3]))
    without = kind_sum(small_model, query, [Member.NETWORKS, Member.KMERS])
    close(list(without.weights.values()), [1 / 4, 3 / 4])


@pytest.mark.parametrize("factor", ["Alpha", "Beta", None])
def test_the_contributions_add_up_to_the_logits(
    small_model: SmallModel, factor: str | None
) -> None:
    query = small_model.query(factor)
    scores = small_model.score(CODES, query)
    kinds = kinds_of(small_model, query, scores)
    assert list(kinds) == list(Member)[: {"Alpha": 3, "Beta": 2, None: 1}[factor]]
    parts = kind_sum(small_model, query, list(kinds))
    total = sum(parts.contributions(kinds).values()) + parts.constant
    close(total, scores.logits, terms=TERMS)


def test_the_rows_of_the_table_add_up(small_model: SmallModel) -> None:
    scores = small_model.score(CODES, small_model.query("Alpha"))
    table = member_table(small_model, small_model.query("Alpha"), scores)
    assert table["level"].tolist() == [
        "kind", "network", "network", "kind", "kind", "constant", "logit"
    ]  # fmt: skip
    assert table["member"].tolist() == [
        "networks", "pooled networks", "expert Alpha", "kmers", "matrix", "calibration",
        "moe_conditioned",
    ]  # fmt: skip
    own = table.set_index("member")["contribution"]
    kinds = own[["networks", "kmers", "matrix"]].sum()
    close(own["moe_conditioned"], scores.logits[0].mean())
    close(kinds + own["calibration"], own["moe_conditioned"], terms=TERMS, dtype=np.float32)
    close(own["pooled networks"] + own["expert Alpha"], own["networks"], terms=TERMS)
    spread = table.set_index("member")["sd"]
    close(spread["moe_conditioned"], scores.logits[0].astype(float).std(ddof=1), terms=TERMS)
    assert spread["kmers"] == 0


def test_a_mixture_without_a_factor_has_networks_only(small_model: SmallModel) -> None:
    query = small_model.query()
    table = member_table(small_model, query, small_model.score(CODES, query))
    assert table["member"].tolist() == ["networks", "moe"]
    assert table["contribution"].nunique() == 1


def test_an_expert_contributes_its_standardised_logit(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    assert small_model.conditioned is not None
    background = small_model.conditioned.background.table
    scores = small_model.score(CODES, query)

    def standardised(name: str) -> tuple[np.ndarray, float]:
        column = background[name].to_numpy(dtype=np.float64)
        return (column - column.mean()) / column.std(), column.std()

    pooled, spread = standardised("generalist_seed0")
    expert, own_spread = standardised("expert_Alpha_seed0")
    total = (pooled + expert).std()
    terms = network_terms(small_model, query.evidence, 0)
    assert [term.name for term in terms] == ["pooled networks", "Alpha"]
    close([term.slope for term in terms], 1 / np.array([spread, own_spread]) / total, terms=TERMS)
    close([term.weight for term in terms], [1, 1], terms=TERMS)
    mean = background["expert_Alpha_seed0"].mean()
    part = SCALE / 6 * (scores.columns["expert_Alpha_seed0"][0] - mean) / own_spread / total
    one_seed = SmallModel(small_model.folder, (0,), small_model.conditioned)
    table = member_table(one_seed, query, one_seed.score(CODES, query))
    close(table["contribution"][2], part, terms=TERMS, dtype=np.float32)
    assert table["sd"].isna().all()


def test_gates_are_means_over_seeds(small_model: SmallModel) -> None:
    scores = small_model.score(CODES, small_model.query())
    scores.gates[0].iloc[0] = [0.1, 0.6, 0.3]
    scores.gates[1].iloc[0] = [0.2, 0.4, 0.4]
    table = gate_table(scores)
    assert table["member"].tolist() == ["pooled_1", "pooled_2", "Alpha"]
    close(table["weight"], [0.5, 0.35, 0.15], dtype=np.float32)
    close(table["sd"][0], np.std([0.6, 0.4], ddof=1), dtype=np.float32)


def test_one_value_has_no_deviation() -> None:
    assert np.isnan(deviation(np.ones((1, 3)))).tolist() == [True] * 3
    close(deviation(np.array([1.0, 3.0])), 2**0.5)
