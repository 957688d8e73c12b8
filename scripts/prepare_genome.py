"""Write the chromosomes in use as plain, indexed FASTA, or link those of an earlier run."""

from typing import TYPE_CHECKING

from tfmoe.core.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake):
    from tfmoe.data.reading.shared_genome import share_genome
    from tfmoe.data.reading.sources import check_checksum

    check_checksum(snakemake.input.fasta, snakemake.params.checksums[0])
    share_genome(
        snakemake.input.fasta,
        snakemake.params.chromosomes,
        snakemake.output.fasta,
        snakemake.output.chromosomes,
        code=snakemake.params.code,
    )
