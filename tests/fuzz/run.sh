#!/usr/bin/env bash
# Runs every fuzzer of a build directory for SECONDS each and fails on the first crash. It builds nothing.
# Usage: run.sh SECONDS [BUILD_DIRECTORY]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

seconds=${1:?how many seconds for each fuzzer}
build=${2:-$here/../../build/dev}

shopt -s nullglob
fuzzers=("$build"/fuzzers/fuzz_*)
if ((${#fuzzers[@]} == 0)); then
  echo "no fuzzer in $build/fuzzers: cmake --preset dev && cmake --build --preset dev" >&2
  exit 1
fi

# What is found on the way stays out of the checkout; what crashed is kept where it is said.
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for fuzzer in "${fuzzers[@]}"; do
  name=$(basename "$fuzzer")
  crashes=$build/crashes/$name
  mkdir -p "$found/$name" "$crashes"
  seeds=$here/corpus/${name#fuzz_}
  arguments=(-max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=16384
    -verbosity=0 -print_final_stats=1 -artifact_prefix="$crashes/" "$found/$name")
  [[ -d $seeds ]] && arguments+=("$seeds")
  if ! "$fuzzer" "${arguments[@]}" >"$found/log" 2>&1; then
    cat "$found/log" >&2
    echo "$name: failed; the input is in $crashes" >&2
    exit 1
  fi
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log") inputs in $seconds s, no crash"
done
