#!/usr/bin/env bash
# A container of containerd (by ctr, runc) with a limit of 500 MiB; a daemon of its own.
# usage: containerd.sh up | start | down     start prints the container's ID
set -euo pipefail
# shellcheck source=tests/runtimes/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$runtimes/containerd
name=$(printf 'd0e55%059d' 1) # a 64-digit ID, as the kubelet's containers have
ctr() { command ctr -a "$work/containerd.sock" -n k8s.io "$@"; }

case ${1:-} in
  up)
    make_root
    mkdir -p "$work"
    cat >"$work/config.toml" <<EOF
version = 2
root = "$work/data"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$work/containerd.sock"
[ttrpc]
  address = "$work/containerd.sock.ttrpc"
EOF
    setsid containerd -c "$work/config.toml" >"$work/log" 2>&1 &
    echo $! >"$work/pid"
    wait_for 20 ctr version || die "containerd does not serve; see $work/log"
    ;;
  start)
    # Named as containerd's Kubernetes plugin does.
    ctr run -d --annotation io.kubernetes.cri.container-name=duress-it --rootfs --memory-limit $((500 * 1024 * 1024)) --cgroup "/duress-it-containerd/$name" \
      "$runtimes/root" "$name" /bin/sleep 1000 >/dev/null
    echo "$name"
    ;;
  down)
    ctr task kill -s 9 "$name" >/dev/null 2>&1 || true
    wait_for 5 ctr task rm -f "$name" || true
    ctr container rm "$name" >/dev/null 2>&1 || true
    end_daemon "$work/pid"
    unmount_below "$work"
    rm -rf "$work"
    find /sys/fs/cgroup -depth -type d -path '*/duress-it-containerd*' -exec rmdir {} + 2>/dev/null || true
    ;;
  *) sed -n '2,3p' "$0" >&2 && exit 2 ;;
esac
