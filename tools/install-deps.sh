#!/usr/bin/env bash
# Installs what building, testing, linting or benchmarking needs and is not there yet, on Debian 12.
# Asks dpkg first, so that it is quiet and quick when nothing is missing.
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config libyaml-cpp-dev libnghttp2-dev libssl-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev)
integration=(qemu-system-x86 lz4 busybox-static cpio stress-ng containerd runc
  containernetworking-plugins docker.io podman iproute2 procps python3 chromium)
kubernetes=(curl ca-certificates etcd-server containerd runc containernetworking-plugins busybox-static openssl unzip gcc libc6-dev iproute2
  procps util-linux python3)
clang=(clang-19 libclang-rt-19-dev)
lint=(clang-format-19 clang-tidy-19 cppcheck shellcheck python3 git)
demo=(procps)
bench=(stress-ng python3)

usage() {
  echo "usage: $0 {build|demo|check|test|kubernetes|lint|bench}..." >&2
  exit 2
}

[[ $# -gt 0 ]] || usage
wanted=("${build[@]}") # the presets make the tests too
for group in "$@"; do
  case $group in
    build) ;;
    check) wanted+=("${clang[@]}") ;;
    test) wanted+=("${integration[@]}") ;;
    kubernetes) wanted+=("${kubernetes[@]}") ;;
    lint) wanted+=("${clang[@]}" "${lint[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    *) usage ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "$0: this is not a Debian; install what stands for these yourself: ${wanted[*]}" >&2
  exit 0
fi

installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null |
  sed -n 's/^ii *//p' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

if [[ $(id -u) -ne 0 ]]; then
  echo "$0: missing packages, and only root can install them. Run as root:" >&2
  echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1; }

echo "installing: ${missing[*]}" >&2
# The lists of a bare machine are empty, those of an old one stale: fetch them only when they fail us.
if ! install; then
  if ! { apt-get update -qq >"$log" 2>&1 && install; }; then
    cat "$log" >&2
    echo "$0: apt-get could not install ${missing[*]}; see above" >&2
    exit 1
  fi
fi
