#!/usr/bin/env bash
# Run the numerical unit tests with other kernels than the default ones, on one thread and on two.
#
#   tests/kernels.sh                         all configurations below that this CPU supports
#   tests/kernels.sh -k convolution          the same, with further arguments for pytest
#   KERNELS="oldest avx2" tests/kernels.sh   only these configurations
#
# Each configuration selects the kernels of all numerical libraries: torch (ATEN_CPU_CAPABILITY), MKL
# and oneDNN, which torch calls, OpenBLAS, which numpy and scipy call, numpy and numba.
set -uo pipefail
cd "$(dirname "$0")/.."

FOLDERS=(tests/unit/{attribution,data,evaluation,jaspar,models,motifs})
OLDEST=(
    ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE ONEDNN_MAX_CPU_ISA=SSE41
    OPENBLAS_CORETYPE=Prescott NPY_DISABLE_CPU_FEATURES=X86_V3 NUMBA_CPU_NAME=generic
)
AVX2=(ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell)
AVX512=(ATEN_CPU_CAPABILITY=avx512 ONEDNN_MAX_CPU_ISA=AVX512_CORE OPENBLAS_CORETYPE=SkylakeX)

configurations=()
if [ "$(uname -m)" = x86_64 ]; then
    configurations+=(oldest oldest-2-threads)
    grep -qw avx2 /proc/cpuinfo && configurations+=(avx2 avx2-2-threads)
    grep -qw avx512f /proc/cpuinfo && configurations+=(avx512)
else
    configurations+=(default default-2-threads)
fi

failed=()
for name in ${KERNELS:-${configurations[@]}}; do
    case $name in
        oldest*) variables=("${OLDEST[@]}") ;;
        avx2*) variables=("${AVX2[@]}") ;;
        avx512*) variables=("${AVX512[@]}") ;;
        *) variables=() ;;
    esac
    [[ $name = *-2-threads ]] && variables+=(TFMOE_TEST_THREADS=2 OMP_WAIT_POLICY=PASSIVE)
    echo "== $name: ${variables[*]}"
    env "${variables[@]}" .venv/bin/pytest -q -r fE -p no:cacheprovider "${FOLDERS[@]}" "$@" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed with: ${failed[*]}" >&2; exit 1; }
