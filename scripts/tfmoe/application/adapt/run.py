"""Adaptation of a trained mixture to a factor by its peaks, in a model folder of its own."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfmoe.application.adapt.card import add_to_card
from tfmoe.application.adapt.files import Adapted, finite, write_adaptation
from tfmoe.application.model import folder as layout
from tfmoe.application.model.model import Model, load
from tfmoe.application.model.thresholds import Scored, add_thresholds
from tfmoe.application.reading.genome import open_genome
from tfmoe.core.errors import InputError
from tfmoe.core.field_types import make_record
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import derive_seed
from tfmoe.data.adaptation.peak_file import PeakSettings, PeakSource, label_peaks
from tfmoe.data.adaptation.settings import MAX_PEAKS, MIN_PEAKS
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.evaluation.held_out import auroc_interval
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.conditioned.adapted_mixtures import FittedMixtures, fit_mixtures
from tfmoe.models.conditioned.folds import overlap_groups

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AdaptationSettings:
    """Settings of a run that an adaptation uses, as its manifest has them.

    Attributes
    ----------
    negatives
        Negatives per peak, the config's `adaptation.negatives`.
    matching
        The config's section `negatives` without the numbers of negatives.
    max_n_share
        Largest share of unknown bases in a window, `windows.max_n_share`.
    kmer_length, kmer_informative
        `gkm.length` and `gkm.informative`.
    alpha
        Intervals cover ``1 - alpha``, `evaluation.alpha`.
    """

    negatives: float
    matching: dict[str, Any]
    max_n_share: float
    kmer_length: int
    kmer_informative: int
    alpha: float

    @classmethod
    def of(cls, model: Model) -> AdaptationSettings:
        """Return those of a model.

        Raises
        ------
        InputError
            If the model cannot be adapted.
        """
        manifest = model.manifest
        if manifest.adapted is not None:
            raise InputError(
                f"{model.folder}: the model was already adapted to {manifest.adapted['factor']}; "
                "adapt the model of the run"
            )
        content = manifest.adaptation
        if model.conditioned is None or content is None:
            raise InputError(
                f"{model.folder}: the run fitted no mixture that knows the factor "
                "(conditioned.fit: false), so the model cannot be adapted"
            )
        where = f"{model.folder / layout.MANIFEST}: adaptation"
        return make_record(cls, content, where, layout.REMEDY)

    def peaks(self, window: int, max_peaks: int) -> PeakSettings:
        """Return the settings of windows and negatives."""
        negatives = NegativeSettings(**self.matching)
        return PeakSettings(window, max_peaks, self.negatives, self.max_n_share, negatives)


def adapt_model(
    model: Model,
    source: PeakSource,
    matrix: Pathlike | Sequence[Matrix] | None = None,
    max_peaks: int = MAX_PEAKS,
    output: Pathlike | None = None,
    force: bool = False,
) -> Model:
    """Adapt a model to a factor, and write the adapted model.

    Parameters
    ----------
    model
        The model of a run.
    source
        The factor's peaks.
    matrix
        As for `tfmoe.application.model.model.Model.query`. A factor may be unknown: then its peaks
        are all that is known of it.
    max_peaks
        Number of peaks to use, the strongest.
    output
        Folder of the adapted model; by default a temporary one, which ends with the model.
    force
        Whether to replace a model that exists.

    Returns
    -------
    Model
        The adapted model, loaded from its folder.

    Raises
    ------
    InputError
        As for `tfmoe.data.adaptation.peak_file.label_peaks`; if the model cannot be adapted; or if
        `output` exists.
    """
    settings = AdaptationSettings.of(model)
    if max_peaks < MIN_PEAKS:
        raise InputError(f"max_peaks: found {max_peaks}, expected at least {MIN_PEAKS}")
    if output is not None:
        layout.check_new_folder(Path(output), force)
        if Path(output).resolve() == model.folder.resolve():
            raise InputError(
                f"{output}: the folder is that of the model to adapt; choose another name"
            )
    query = model.query(source.factor, matrix, known_only=False)
    assert query.evidence is not None
    if not query.evidence.matrices and query.own_expert is None:
        logger.warning(
            "factor %s: found neither an expert nor a matrix of it%s; the model is adapted by its "
            "peaks alone",
            source.factor, model.names.hint(source.factor),
        )  # fmt: skip
    with open_genome(source.genome) as genome:
        peaks = label_peaks(
            source, genome, settings.peaks(model.window, max_peaks), model.manifest.seed
        )
    assert model.conditioned is not None
    positive = peaks.sequences.labels > 0.5
    fitted = fit_mixtures(
        model.members(peaks.sequences.windows), positive,
        overlap_groups(peaks.sequences.table, model.window), query.evidence, model.conditioned,
        (settings.kmer_length, settings.kmer_informative),
        derive_seed(model.manifest.seed, "adaptation", "folds", source.factor),
    )  # fmt: skip
    auroc, low, high = auroc_interval(fitted.held_out, positive, settings.alpha)
    adapted = Adapted(
        source.factor, query.own_expert, peaks.positives, peaks.negatives, auroc, finite(low),
        finite(high), 1 - settings.alpha,
    )  # fmt: skip
    if output is None:
        # private, as others may write to the folder of temporary files
        parent = Path(tempfile.mkdtemp(prefix="tfmoe-adapted-"))
        try:
            loaded = _written(model, fitted, adapted, peaks.sequences, parent / "model")
        except BaseException:
            shutil.rmtree(parent, ignore_errors=True)
            raise
        layout.remove_with(loaded.manifest, parent)
        return loaded
    return _written(model, fitted, adapted, peaks.sequences, Path(output))


def _written(
    model: Model, fitted: FittedMixtures, adapted: Adapted, sequences: SequenceSet, target: Path
) -> Model:
    """Write the adapted model and load it."""
    with new_folder(target) as folder:
        _write(model, fitted, adapted, sequences, folder)
    return load(target, str(model.device), batch_size=model.batch_size)


def _write(
    model: Model, fitted: FittedMixtures, adapted: Adapted, sequences: SequenceSet, folder: Path
) -> None:
    """Write the files of the model, those of the adaptation, the card and the manifest."""
    layout.copy_files({name: model.folder / name for name in model.manifest.files}, folder)
    write_adaptation(fitted, sequences, folder / layout.ADAPTATION)
    windows = Scored(fitted.held_out, sequences.labels > 0.5)
    add_thresholds(adapted.factor, windows, folder / layout.THRESHOLDS)
    add_to_card(adapted, folder)
    content = asdict(model.manifest) | {"adapted": asdict(adapted)}
    for name in ("format", "version", "files"):
        del content[name]
    layout.write_manifest(content, folder)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder next to `target` that replaces it once the block ends without error."""
    path = target.absolute()
    temporary, replaced = (
        path.with_name(f".{path.name}.{os.getpid()}.{suffix}") for suffix in ("partial", "replaced")
    )
    try:
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.rename(replaced)
        temporary.rename(path)
    finally:
        if replaced.exists() and not path.exists():
            replaced.rename(path)
        for folder in (temporary, replaced):
            shutil.rmtree(folder, ignore_errors=True)
