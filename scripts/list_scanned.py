"""List the chromosomes to scan."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_tsv

    table = read_tsv(snakemake.input.chromosomes, ["name", "length", "used"])
    write_tsv(table[table["used"] == 1], snakemake.output.chromosomes)
