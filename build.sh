#!/usr/bin/env bash
# Builds, tests and shows Microsoft.ML.StateSpace.
#   ./build.sh               build
#   ./build.sh test [--all]  build and run the tests (--all: the long ones too)
#   ./build.sh demo [--data DIR]  the whole job end to end, on generated data or on the JSB chorales found in DIR
#   ./build.sh bench | pack | clean
# DependencySet=nuget|standins chooses the packages or the stand-ins under standins/; by default found out once.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
artifacts=$root/artifacts

say() { printf '%s\n' "$*" >&2; }

# TorchSharp's native part wants the C++ library of GCC 13 or later on Linux; where that is older nothing need be fetched to know.
native_part_loads() {
    [ "$(uname)" != Linux ] || grep -qas GLIBCXX_3.4.32 /usr/lib/*/libstdc++.so.6 /usr/lib64/libstdc++.so.6
}

# Remembers in artifacts/dependency-set.props whether the packages can be had and run here.
find_dependency_set() {
    mkdir -p "$artifacts"
    local file=$artifacts/dependency-set.props set=${DependencySet:-}
    if [ -z "$set" ] && [ -f "$file" ]; then
        set=$(sed -n 's/.*<DependencySet>\([a-z]*\)<.*/\1/p' "$file")
    fi
    if [ -z "$set" ]; then
        if native_part_loads && dotnet restore eng/Probe/Probe.csproj --nologo -v q -p:DependencySet=nuget >"$artifacts/probe.log" 2>&1; then set=nuget; else set=standins; fi
        say "dependency set: $set (delete artifacts/dependency-set.props to look again)"
    fi
    printf '<Project><PropertyGroup><DependencySet>%s</DependencySet></PropertyGroup></Project>\n' "$set" >"$file.$$"
    if cmp -s "$file.$$" "$file"; then rm "$file.$$"; else mv "$file.$$" "$file"; fi
    dependency_set=$set
    export DependencySet=$set
}

# What the stand-ins need and a fresh Debian machine lacks.
install_missing() {
    [ "$dependency_set" = standins ] || return 0
    local missing=()
    if [ -z "${LIBTORCH:-}" ] && ! dpkg -s libtorch-dev >/dev/null 2>&1; then missing+=(libtorch-dev); fi
    dpkg -s libopenblas0-pthread >/dev/null 2>&1 || missing+=(libopenblas0-pthread)
    dpkg -s libzstd1 >/dev/null 2>&1 || missing+=(libzstd1)
    command -v c++ >/dev/null || missing+=(g++)
    command -v cmake >/dev/null || missing+=(cmake)
    command -v make >/dev/null || missing+=(make)
    [ ${#missing[@]} -gt 0 ] || return 0
    local run=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { say "error: install ${missing[*]} first (neither root nor sudo here)"; exit 1; }
        run=(sudo)
    fi
    say "installing ${missing[*]}"
    "${run[@]}" apt-get update -qq
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build() {
    dotnet build StateSpace.sln -c Release --nologo -v q "$@"
    cat >"$artifacts/statespace" <<'LAUNCHER'
#!/bin/sh
# Starts the statespace command line.
exec dotnet "$(dirname "$(readlink -f "$0")")/bin/Microsoft.ML.StateSpace.Tool/release/statespace.dll" "$@"
LAUNCHER
    chmod +x "$artifacts/statespace"
}

prepare() {
    command -v dotnet >/dev/null || { say "error: the .NET 10 SDK is needed (https://dot.net)"; exit 1; }
    find_dependency_set
    install_missing
    build
}

# Runs the tests and ends with the line "N passed, N failed".
run_tests() {
    local filter=(--filter "TestCategory!=Long") status=0
    [ "${1:-}" = --all ] && filter=()
    local log=$artifacts/test.log
    dotnet "$artifacts/bin/Microsoft.ML.StateSpace.Tests/release/Microsoft.ML.StateSpace.Tests.dll" \
        --no-ansi --no-progress --output Detailed "${filter[@]}" 2>&1 | tee "$log" || status=$?
    local passed failed skipped
    passed=$(sed -n 's/^ *succeeded: *//p' "$log" | tail -1)
    failed=$(sed -n 's/^ *failed: *//p' "$log" | tail -1)
    skipped=$(sed -n 's/^ *skipped: *//p' "$log" | tail -1)
    [ "${skipped:-0}" = 0 ] && skipped= || skipped=", $skipped skipped"
    echo "${passed:-0} passed, ${failed:-0} failed$skipped"
    [ "$status" = 0 ] && [ "${passed:-0}" -gt 0 ] && [ "${failed:-0}" = 0 ]
}

verb=${1:-build}
[ $# -gt 0 ] && shift
case $verb in
    build) prepare ;;
    test) prepare; run_tests "$@" ;;
    demo) prepare; dotnet "$artifacts/bin/Demo/release/Demo.dll" --statespace "$artifacts/statespace" --output "$artifacts/demo" "$@" ;;
    bench) prepare; dotnet "$artifacts/bin/Microsoft.ML.StateSpace.Benchmarks/release/Microsoft.ML.StateSpace.Benchmarks.dll" "$@" ;;
    pack)
        find_dependency_set
        [ "$dependency_set" = nuget ] || { say "error: pack needs the nuget dependency set: a package cannot depend on the stand-ins"; exit 1; }
        dotnet pack src/Microsoft.ML.StateSpace/Microsoft.ML.StateSpace.csproj -c Release --nologo -v q -o "$artifacts/package" ;;
    clean) rm -rf "$artifacts" ;;
    *) say "usage: ./build.sh [build | test [--all] | demo [--data DIR] | bench | pack | clean]"; exit 2 ;;
esac
