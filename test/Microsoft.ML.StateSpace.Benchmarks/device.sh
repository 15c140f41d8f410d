#!/usr/bin/env bash
# Training, evaluation and scoring on a GPU: builds the TorchSharp stand-in's native part against the LibTorch of a CUDA PyTorch that is found
# on this machine, and runs the benchmark "device" there. Where that PyTorch sees no GPU the CPU stands in: the same program, the same path.
#   device.sh [--python python3] [--data DIR and whatever else the benchmarks take]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=python3
if [ "${1:-}" = --python ]; then
    python=$2
    shift 2
fi
LIBTORCH=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))') || { echo "error: '$python' has no torch" >&2; exit 1; }
device=$("$python" -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')
# Artifacts of its own: those of build.sh are made against another LibTorch.
export LIBTORCH DependencySet=standins ArtifactsPath=$root/artifacts/device MSBUILDDISABLENODEREUSE=1
export LD_LIBRARY_PATH=$LIBTORCH/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
echo "LibTorch of $("$python" -c 'import torch; print(torch.__version__)') in $LIBTORCH, device $device" >&2
dotnet build "$root/test/Microsoft.ML.StateSpace.Benchmarks" -c Release --nologo -v q
exec dotnet "$ArtifactsPath/bin/Microsoft.ML.StateSpace.Benchmarks/release/Microsoft.ML.StateSpace.Benchmarks.dll" \
    --only device --device "$device" --output "$root/artifacts/bench/device.json" "$@"
