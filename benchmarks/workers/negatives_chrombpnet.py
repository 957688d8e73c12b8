"""Time chrombpnet's ``prep nonpeaks``, run unchanged from its checkout; it calls bedtools.

Arguments: checkout, folder, length of the windows (even), stride.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import answer

# its splits; the others train
SPLITS = {"test": ["chr1", "chr8", "chr21"], "valid": ["chr9"]}

checkout, folder, length, stride = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5]
chromosomes = [
    line.split("\t")[:2] for line in (folder / "genome.fa.fai").read_text("ascii").splitlines()
]
(folder / "sizes.tsv").write_text("".join(f"{name}\t{size}\n" for name, size in chromosomes))
held_out = {name for names in SPLITS.values() for name in names}
train = [name for name, _ in chromosomes if name not in held_out]
(folder / "splits.json").write_text(json.dumps({"train": train, **SPLITS}))
shutil.rmtree(folder / "chrombpnet_auxiliary", ignore_errors=True)
command = [
    sys.executable, "-c", "from chrombpnet.CHROMBPNET import main; main()", "prep", "nonpeaks",
    "--genome", folder / "genome.fa", "--peaks", folder / "peaks.narrowPeak",
    "--blacklist-regions", folder / "blacklist.bed", "--chrom-sizes", folder / "sizes.tsv",
    "--chr-fold-path", folder / "splits.json", "--output-prefix", folder / "chrombpnet",
    "--inputlen", length, "--stride", stride, "--neg-to-pos-ratio-train", "1",
]  # fmt: skip
before = resource.getrusage(resource.RUSAGE_CHILDREN)
subprocess.run(
    list(map(str, command)),
    check=True,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    env={**os.environ, "PYTHONPATH": str(checkout), "MPLBACKEND": "Agg"},
)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
answer(
    seconds=used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
    # of its largest process
    memory_mb=used.ru_maxrss / 1000,
)
