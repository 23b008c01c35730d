#!/usr/bin/env bash
# A container of Docker with a limit of 500 MiB; a daemon of its own, without a network.
# usage: docker.sh up | start | down     start prints the container's ID
set -euo pipefail
# shellcheck source=tests/runtimes/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$runtimes/docker
docker() { command docker -H "unix://$work/docker.sock" "$@"; }

case ${1:-} in
  up)
    make_root
    mkdir -p "$work"
    setsid dockerd --iptables=false --ip6tables=false --bridge=none --exec-opt native.cgroupdriver=cgroupfs \
      --data-root "$work/data" --exec-root "$work/exec" -H "unix://$work/docker.sock" -p "$work/dockerd.pid" \
      --cgroup-parent /duress-it-docker >"$work/log" 2>&1 &
    echo $! >"$work/pid"
    wait_for 40 docker version || die "dockerd does not serve; see $work/log"
    tar -C "$runtimes/root" -c . | docker import - duress.local/app:1 >/dev/null
    ;;
  start) docker run -d --name duress-it -m 500m --network none duress.local/app:1 /bin/sleep 1000 ;;
  down)
    docker ps -aq 2>/dev/null | xargs -r -I{} env docker -H "unix://$work/docker.sock" rm -f {} >/dev/null 2>&1 || true
    end_daemon "$work/pid"
    unmount_below "$work"
    rm -rf "$work"
    find /sys/fs/cgroup -depth -type d -path '*/duress-it-docker*' -exec rmdir {} + 2>/dev/null || true
    ;;
  *) sed -n '2,3p' "$0" >&2 && exit 2 ;;
esac
