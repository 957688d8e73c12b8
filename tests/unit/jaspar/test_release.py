from __future__ import annotations

import numpy as np
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.jaspar.release import JasparSettings, read_release


def settings(**changes: object) -> JasparSettings:
    return JasparSettings(**{**schema_defaults("jaspar"), **changes})


def test_the_fungi_of_jaspar_2026() -> None:
    matrices = read_release(settings(tax_groups=["fungi"]))
    assert len(matrices) == 193
    ids = [matrix.matrix_id for matrix in matrices]
    assert ids == sorted(ids) and len({matrix.base_id for matrix in matrices}) == 193
    (reb1,) = [matrix for matrix in matrices if matrix.name == "REB1"]
    assert (reb1.matrix_id, reb1.species, reb1.data_type) == ("MA0363.3", "4932", "ChIP-exo")
    assert (reb1.tf_class, reb1.family) == ("Tryptophan cluster factors", "Myb/SANT domain factors")
    assert "".join("ACGT"[code] for code in reb1.probabilities.argmax(axis=0)) == "ATTACCCGG"
    np.testing.assert_allclose(reb1.probabilities.sum(axis=0), 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"release": "JASPAR2025"}, r"jaspar.release: found JASPAR2025, .* JASPAR2014"),
        ({"tax_groups": ["mammals"]}, "jaspar.tax_groups: JASPAR2026 has no matrix of mammals"),
        ({"collection": "PBM"}, "no matrix of vertebrates in collection PBM"),
    ],
)
def test_a_missing_release_taxon_or_collection(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_release(settings(**{"tax_groups": ["vertebrates"], **changes}))
