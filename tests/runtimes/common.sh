# shellcheck shell=bash
# Sourced by the scripts of this folder: one private folder for all daemons, and the image they share.
DURESS_TESTBED=${DURESS_TESTBED:-${HOME:-/root}/.cache/duress-testbed}
runtimes=$DURESS_TESTBED/runtimes
export DURESS_TESTBED runtimes

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

wait_for() { # SECONDS COMMAND...
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || return 1
    sleep 0.1
  done
}

# Ends what a PID file names, and waits for it.
end_daemon() { # PIDFILE
  local pid
  [[ -s $1 ]] || return 0
  pid=$(cat "$1")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do
    [[ -d /proc/$pid ]] || break
    sleep 0.1
  done
  rm -f "$1"
}

# Nothing of ours stays mounted below the work folder.
unmount_below() { # DIRECTORY
  awk -v d="$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point" 2>/dev/null || true
  done
}

# A root file system with busybox alone: enough for an application that sleeps.
make_root() {
  local root=$runtimes/root
  [[ -x $root/bin/busybox ]] && return 0
  mkdir -p "$root"/{bin,tmp,proc,sys,dev,etc}
  cp /bin/busybox "$root/bin/"
  for tool in sh sleep cat; do ln -sf busybox "$root/bin/$tool"; done
}
