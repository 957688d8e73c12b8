#!/usr/bin/env bash
# Resume a run after Snakemake was killed, which left jobs running and the folder locked:
#
#   profiles/resume.sh --workflow-profile profiles/slurm --configfile config/mine/config.yaml
#
# Run it in the folder of the run, with the arguments of the original command. Jobs that still run, on SLURM or on this
# machine, are ended first, because they would write the same files as their successors.
set -euo pipefail

here=$(pwd -P)

submitted() { # SLURM jobs submitted from this folder
    squeue --noheader --user="$(id -un)" --format='%A %Z' | awk -v here="$here" '{ id = $1; sub(/^[^ ]+ /, "") } $0 == here { print id }'
}

# refused while Snakemake still runs; ends jobs that a killed one has left on this machine
snakemake --unlock "$@"
if [ -d .snakemake/slurm_logs ]; then # the run used SLURM
    jobs=$(submitted)                   # if SLURM does not answer, the script stops here
    if [ -n "$jobs" ]; then
        echo "resume: cancelling the jobs $(paste -sd ' ' <<<"$jobs")" >&2
        # shellcheck disable=SC2086  # several job numbers, split on purpose
        scancel $jobs
        while [ -n "$(submitted)" ]; do sleep 1; done
    fi
fi
exec snakemake "$@"
