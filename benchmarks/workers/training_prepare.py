"""Write the examples of one epoch and of the validation split, for programs without tfmoe.

Arguments: file of positives, number of positives to use (0 for all), NPZ file to write.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from measuring import answer
from training_data import divide, read_positives

from tfmoe.models.augmentation import draw_epoch

rng = np.random.default_rng(0)
sampler, validation = divide(read_positives(Path(sys.argv[1])), rng, int(sys.argv[2]))
examples = draw_epoch([sampler], rng)
np.savez(
    sys.argv[3],
    codes=examples.codes,
    labels=examples.labels,
    validation_codes=validation.codes,
    validation_labels=validation.labels,
)
answer(examples=len(examples.codes), validation=len(validation.codes))
