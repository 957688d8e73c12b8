"""Maps with a planted motif, and their patterns: TF-MoDISco runs once for all tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.config import schema_defaults, select_settings
from tfmoe.core.dna import Codes, encode_text
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.find import MotifFiles, find_motifs
from tfmoe.motifs.settings import MotifSettings

CONSENSUS = "TTACCCGG"
SettingsWith = Callable[..., MotifSettings]
MatrixOf = Callable[..., Matrix]


@dataclass(frozen=True, eq=False)
class Planted:
    """Maps, whether each sequence carries the motif, and the motif's probabilities (4, 8)."""

    maps: AttributionMaps
    carries: NDArray[np.bool_]
    motif: NDArray[np.float64]


@pytest.fixture(scope="session")
def settings_with() -> SettingsWith:
    """Return a function that changes some of the default settings."""

    def make(**changes: object) -> MotifSettings:
        section = schema_defaults("motifs")
        return MotifSettings(**(select_settings(section, MotifSettings) | changes))

    return make


@pytest.fixture(scope="session")
def matrix_of() -> MatrixOf:
    """Return a function that makes a matrix of probabilities (4, W)."""

    def make(
        matrix_id: str,
        probabilities: NDArray[np.float64],
        data_type: str = "SELEX",
        family: str = "",
    ) -> Matrix:
        name = f"name of {matrix_id}"
        return Matrix(matrix_id, name, "fungi", "4932", "", family, data_type, probabilities)

    return make


@pytest.fixture(scope="session")
def database(planted: Planted, matrix_of: MatrixOf) -> list[Matrix]:
    """Return forty random matrices, the planted one as MA0020.1."""
    rng = np.random.default_rng(5)
    matrices = [
        matrix_of(f"MA{index:04d}.1", rng.dirichlet(np.full(4, 0.3), int(rng.integers(6, 13))).T)
        for index in range(40)
    ]
    matrices[20] = matrix_of("MA0020.1", planted.motif, "ChIP-exo", "Myb/SANT domain factors")
    return matrices


@pytest.fixture(scope="session")
def planted() -> Planted:
    """Return maps of 240 sequences; six in ten carry the motif, on either strand."""
    rng = np.random.default_rng(0)
    motif = np.full((4, len(CONSENSUS)), 0.02)
    motif[encode_text(CONSENSUS), np.arange(len(CONSENSUS))] = 0.94
    codes: Codes = rng.integers(0, 4, (240, 101)).astype(np.uint8)
    maps = rng.normal(0, 0.3, (240, 4, 101))
    carries = rng.random(240) < 0.6
    for row in np.flatnonzero(carries):
        turned = motif if rng.random() < 0.5 else motif[::-1, ::-1]
        start = int(rng.integers(30, 63))
        columns = slice(start, start + len(CONSENSUS))
        codes[row, columns] = [rng.choice(4, p=column) for column in turned.T]
        maps[row, :, columns] += np.log2(turned / 0.25) / 2
    maps -= maps.mean(axis=1, keepdims=True)
    names = np.array([f"Reb1:peak:I:{row * 101}" for row in range(240)])
    return Planted(AttributionMaps(maps.astype(np.float32), codes, names), carries, motif)


@pytest.fixture(scope="session")
def found(
    planted: Planted, settings_with: SettingsWith, tmp_path_factory: pytest.TempPathFactory
) -> MotifFiles:
    """Discover motifs in the planted maps, and return the paths of the results."""
    folder = tmp_path_factory.mktemp("found")
    files = files_in(folder)
    codes = planted.maps.sequences
    find_motifs(
        planted.maps,
        windows_of(planted.maps.name),
        codes[planted.carries][:50],
        codes[~planted.carries][:80],
        settings_with(),
        1,
        ["Reb1", "moe"],
        files,
    )
    return files


def windows_of(names: NDArray[np.str_]) -> pd.DataFrame:
    """Return where sequences named ``<experiment>:<kind>:<chrom>:<start>`` lie."""
    fields = [str(name).split(":") for name in names]
    starts = [int(field[3]) for field in fields]
    return pd.DataFrame({"name": names, "chrom": [f[2] for f in fields], "start": starts})


def files_in(folder: Path) -> MotifFiles:
    return MotifFiles(
        folder / "modisco.h5",
        folder / "motifs.meme",
        folder / "patterns.tsv",
        folder / "discovery.json",
        folder / "seqlets.bed",
        folder / "logos",
    )


@pytest.fixture
def files(tmp_path: Path) -> MotifFiles:
    """Return output paths in a temporary folder."""
    return files_in(tmp_path)
