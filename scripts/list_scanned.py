"""List the chromosomes to scan."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.core.files import read_tsv, write_tsv
    from tfmoe.workflow.scanned import require_file_names

    table = read_tsv(snakemake.input.chromosomes, ["name", "length", "used"])
    table = table[table["used"] == 1]
    require_file_names(table["name"])
    write_tsv(table, snakemake.output.chromosomes)
