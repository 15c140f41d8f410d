#!/usr/bin/env bash
# Training, evaluation and scoring on a GPU: builds the TorchSharp stand-in's native part against the LibTorch of a CUDA PyTorch that is found
# on this machine, and runs the benchmarks "device" and "reads" there. Where that PyTorch sees no GPU the CPU stands in: the same program, the same path.
#   device.sh [--python python3] [--app DIR] [--only device,reads] [--data DIR and whatever else the benchmarks take]
# --app: a folder that the benchmarks were built into elsewhere, for a machine that has a .NET runtime but no SDK; its native parts are made anew.
# DOTNET: the dotnet to run with.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/test/Microsoft.ML.StateSpace.Benchmarks
python=python3
app=
only=device,reads
while :; do
    case "${1:-}" in
        --python) python=$2 ;;
        --app) app=$2 ;;
        --only) only=$2 ;;
        *) break ;;
    esac
    shift 2
done
LIBTORCH=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))') || { echo "error: '$python' has no torch" >&2; exit 1; }
device=$("$python" -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')
# Artifacts of its own: those of build.sh are made against another LibTorch.
export LIBTORCH DependencySet=standins ArtifactsPath=$root/artifacts/device MSBUILDDISABLENODEREUSE=1
# The libraries of CUDA that PyTorch's packages bring stand beside it.
export LD_LIBRARY_PATH=$LIBTORCH/lib$(printf ':%s' "$LIBTORCH"/../nvidia/*/lib)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
echo "LibTorch of $("$python" -c 'import torch; print(torch.__version__)') in $LIBTORCH, device $device" >&2
native() { # source folder, library: built and put beside the program
    cmake -S "$1" -B "$ArtifactsPath/native/$2" -DCMAKE_BUILD_TYPE=Release >"$ArtifactsPath/native-$2.log"
    cmake --build "$ArtifactsPath/native/$2" --parallel 4 >>"$ArtifactsPath/native-$2.log" 2>&1 || { cat "$ArtifactsPath/native-$2.log" >&2; return 1; }
    cp "$ArtifactsPath/native/$2/lib$2.so" "$app/"
}
mkdir -p "$ArtifactsPath"
if [ -z "$app" ]; then
    dotnet build "$here" -c Release --nologo -v q
    app=$ArtifactsPath/bin/Microsoft.ML.StateSpace.Benchmarks/release
else
    native "$root/standins/TorchSharp/native" standin_torch &
fi
native "$here/device" device_probe || echo "no trace: the probe does not build against this LibTorch" >&2
wait $(jobs -p)
exec "${DOTNET:-dotnet}" "$app/Microsoft.ML.StateSpace.Benchmarks.dll" \
    --only "$only" --device "$device" --python "$python" --output "$root/artifacts/bench/device.json" "$@"
