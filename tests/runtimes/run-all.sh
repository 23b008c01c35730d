#!/usr/bin/env bash
# The article's manifest on a real container of each runtime: the container's own cgroup has to rise by 50 MiB, and to be
# as it was afterwards.
# usage: run-all.sh [RUNTIME...]     DURESS_BIN names the program (default: build/release/duress)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/runtimes/common.sh
. "$here/common.sh"
root=$(cd "$here/../.." && pwd)
duress=${DURESS_BIN:-$root/build/release/duress}
asked=$((50 * 1024 * 1024))
# What the CPUs keep in stock of the counter, twice (it may be there before or during), and what a worker itself takes.
allowed=$(($(nproc) * 256 * 1024 + 64 * 1024))

usage_of() { cat "$1/memory.usage_in_bytes" 2>/dev/null || cat "$1/memory.current"; }

cgroup_of() { # CONTAINER
  find /sys/fs/cgroup/memory /sys/fs/cgroup -maxdepth 6 -type d -name "*$1*" ! -name '*conmon*' 2>/dev/null |
    while read -r at; do
      [[ -e $at/memory.usage_in_bytes || -e $at/memory.current ]] && echo "$at" && break
    done
}

# The container's own `ps` has to show the workers: they are in its PID namespace.
is_seen_inside() { # CGROUP
  local pid name init
  init=$(sort -n "$1/cgroup.procs" | head -n 1)
  while read -r pid; do
    read -r name <"/proc/$pid/comm" 2>/dev/null || continue
    [[ $name == duress-memory ]] || continue
    [[ "$(readlink "/proc/$pid/ns/pid")" == "$(readlink "/proc/$init/ns/pid")" ]] && return 0
  done < <(cat "$1/cgroup.procs" "$1"/duress-*/cgroup.procs 2>/dev/null)
  return 1
}

# `duress top` has to know the container by the name that its runtime keeps on disk, and the limit.
is_named_by_top() { # RUNTIME CONTAINER
  local work=$runtimes/$1
  case $1 in
    containerd) work=$work/state ;;
    *) work=$work/data ;;
  esac
  "$duress" top -o json --container "${2:0:12}" --names "$work" --interval 100ms >"$runtimes/$1.top.json" || return 1
  python3 /dev/fd/3 "$2" 3<<'END' <"$runtimes/$1.top.json"
import json, sys
row, = json.load(sys.stdin)["containers"]
assert row["containerID"] == sys.argv[1], row["containerID"]
assert row["container"] == "duress-it", row["container"]
assert row["limit"]["bytes"] == 500 * 1024 * 1024 and row["limit"]["at"] == "container", row["limit"]
END
}

check() { # RUNTIME
  local id cgroup before during after log rc=0 reached=no seen=no
  "$here/$1.sh" up || return 1
  id=$("$here/$1.sh" start) || return 1
  cgroup=$(cgroup_of "$id")
  [[ -n $cgroup ]] || {
    echo "no cgroup of container $id" >&2
    return 1
  }
  sleep 0.5
  is_named_by_top "$1" "$id" || {
    echo "$1: duress top does not show the container by its name" >&2
    return 1
  }
  before=$(usage_of "$cgroup")
  log=$runtimes/$1.jsonl
  "$duress" run --container "${id:0:12}" -f "$root/examples/article/memory.yaml" --for 4s -o jsonl >"$log" &
  local run=$!
  wait_for 10 grep -q '"type":"reached"' "$log" && reached=yes
  during=$(usage_of "$cgroup")
  is_seen_inside "$cgroup" && seen=yes
  wait "$run" || rc=$?
  after=$(usage_of "$cgroup")
  [[ $reached == yes && $seen == yes && $rc == 0 ]] || {
    echo "$1: reached $reached, seen inside $seen, exit code $rc" >&2
    return 1
  }
  local rise=$((during - before)) rest=$((after - before))
  echo "$1: rise $(awk "BEGIN { printf \"%.2f\", $rise / 1048576 }") MiB of 50, after release $((rest / 1024)) KiB"
  ((rise - asked <= allowed && asked - rise <= allowed && rest <= allowed))
}

passed=0 failed=0
# shellcheck disable=SC2317  # called by the trap
take_down() {
  local name
  for name in containerd docker podman; do "$here/$name.sh" down >/dev/null 2>&1 || true; done
}
trap take_down EXIT
mkdir -p "$runtimes"
for runtime in "${@:-containerd docker podman}"; do
  for name in $runtime; do
    if check "$name"; then
      echo "PASS $name"
      passed=$((passed + 1))
    else
      echo "FAIL $name"
      failed=$((failed + 1))
    fi
    "$here/$name.sh" down || true
  done
done
echo "$passed passed, $failed failed"
((failed == 0))
