#!/usr/bin/env bash
# A container of podman (runc, cgroupfs) with a limit of 500 MiB; storage of its own.
# usage: podman.sh up | start | down     start prints the container's ID
set -euo pipefail
# shellcheck source=tests/runtimes/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$runtimes/podman
podman() {
  CONTAINERS_CONF=$work/containers.conf command podman --root "$work/data" --runroot "$work/run" \
    --storage-driver vfs --cgroup-manager cgroupfs --runtime runc --events-backend file --tmpdir "$work/tmp" "$@"
}

case ${1:-} in
  up)
    make_root
    mkdir -p "$work/tmp"
    # Without CAP_SYS_RESOURCE the defaults cannot be raised to.
    cat >"$work/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
EOF
    tar -C "$runtimes/root" -c . | podman import - duress.local/app:1 >/dev/null 2>&1
    ;;
  start)
    podman run -d --name duress-it -m 500m --network none --cgroup-parent /duress-it-podman duress.local/app:1 /bin/sleep 1000
    ;;
  down)
    podman rm -f -a -t 0 >/dev/null 2>&1 || true
    unmount_below "$work"
    rm -rf "$work"
    find /sys/fs/cgroup -depth -type d -path '*/duress-it-podman*' -exec rmdir {} + 2>/dev/null || true
    ;;
  *) sed -n '2,3p' "$0" >&2 && exit 2 ;;
esac
