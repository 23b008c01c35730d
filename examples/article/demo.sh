#!/usr/bin/env bash
# The article's experiment on this machine, without a cluster: a small application in a cgroup of 500 MiB, the article's
# manifest applied to it unchanged, and side by side what `free`, `top` and the application's own cgroup say.
# usage: examples/article/demo.sh        (make demo builds what it needs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

duress=build/release/duress
app=build/release/tests/apps/duress-testapp
name=duress-demo-$$
[[ $(id -u) == 0 ]] || {
  echo "the demo makes a cgroup: run it as root" >&2
  exit 1
}

if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  trees=(/sys/fs/cgroup)
  usage_file=/sys/fs/cgroup/$name/memory.current limit_file=/sys/fs/cgroup/$name/memory.max
else
  trees=(/sys/fs/cgroup/memory /sys/fs/cgroup/cpu /sys/fs/cgroup/cpuacct)
  usage_file=/sys/fs/cgroup/memory/$name/memory.usage_in_bytes
  limit_file=/sys/fs/cgroup/memory/$name/memory.limit_in_bytes
fi
log=$(mktemp)
application=
run=

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  [[ -n $run ]] && kill "$run" 2>/dev/null && wait "$run" 2>/dev/null
  [[ -n $application ]] && kill "$application" 2>/dev/null && wait "$application" 2>/dev/null
  for tree in "${trees[@]}"; do rmdir "$tree/$name" 2>/dev/null || true; done
  rm -f "$log"
}
trap clean_up EXIT

mib() { awk "BEGIN { printf \"%.1f MiB\", $1 / 1048576 }"; }
usage() { cat "$usage_file"; }
free_used() { free -b | awk '/^Mem:/ { print $3 }'; }
top_used() { top -b -n 1 | awk '/Mem *:/ { for (i = 1; i <= NF; i++) if ($i ~ /^used/) { print $(i - 1) " MiB"; exit } }'; }
show() { # LABEL
  printf '%-22s %14s %16s %18s\n' "$1" "$(mib "$(free_used)")" "$(LC_ALL=C top_used)" "$(mib "$(usage)")"
}

for tree in "${trees[@]}"; do mkdir "$tree/$name"; done
echo $((500 * 1024 * 1024)) >"$limit_file"
bash -c "for tree in ${trees[*]}; do echo \$\$ > \$tree/$name/cgroup.procs; done; exec $app --hold 38M --http 18080" >"$log" &
application=$!
until grep -q ready "$log"; do sleep 0.05; done

echo "An application of 38 MiB in a cgroup with a limit of 500 MiB, on a machine of $(mib "$(free -b | awk '/^Mem:/ { print $2 }')")."
echo
printf '%-22s %14s %16s %18s\n' "" "free: used" "top: used" "its own cgroup"
show "before"
before=$(usage)
"$duress" run --cgroup "$name" -f examples/article/memory.yaml >"$log" &
run=$!
until grep -q '^reached' "$log"; do sleep 0.05; done
show "4 workers, 50MiB"
during=$(usage)
kill -INT "$run"
wait "$run" || true
run=
show "released"
echo
echo "The cgroup rose by $(mib $((during - before))): the size is the total of all four workers. free and top speak of the"
echo "whole machine, and their figures move with whatever else it does."
echo
echo "What Duress said of it:"
sed 's/^/  /' "$log"
echo
echo "3000MiB into the same 500 MiB, as the article goes on, where Duress is to avoid the OOM killer:"
"$duress" run --cgroup "$name" --memory 3000MiB --workers 4 --when-oom avoid --for 5s | sed 's/^/  /'
echo
echo "And as the kernel decides (whenOOM: natural, what a manifest means that says nothing):"
"$duress" run --cgroup "$name" --memory 3000MiB --workers 4 --for 5s | sed 's/^/  /' || true
kill -0 "$application" 2>/dev/null && echo "The application is alive." || echo "The application was killed."
