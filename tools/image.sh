#!/usr/bin/env bash
# Makes the image: from scratch, one file, no shell. Offline; the same program gives the same bytes.
# usage: tools/image.sh [OUT.tar [REFERENCE [PROGRAM]]]     PROGRAM: build/release/duress (make)
# containerd, docker and podman load OUT.tar; an address of your own registry goes into REFERENCE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=${3:-build/release/duress}
[[ -x $program ]] || {
  echo "$0: no $program: run make release" >&2
  exit 1
}
version=$("$program" --version)
version=${version#duress }
out=${1:-build/release/duress-image.tar}
reference=${2:-duress.local/duress:$version}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -m 0755 "$program" "$root/duress"
tests/testbed/oci-image.py "$out" "$reference" "$root" \
  "{\"Entrypoint\": [\"/duress\"], \"Labels\": {\"org.opencontainers.image.title\": \"duress\", \"org.opencontainers.image.version\": \"$version\"}}"

most=$((15 * 1024 * 1024))
size=$(stat -c %s "$out")
printf '%s: %s, %d.%d MiB\n' "$out" "$reference" $((size / 1048576)) $((size % 1048576 * 10 / 1048576))
((size <= most)) || {
  echo "$0: more than 15 MiB" >&2
  exit 1
}
