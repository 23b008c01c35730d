#!/usr/bin/env bash
# kubectl on the test bed's cluster, as its administrator.
# usage: tests/testbed/k8s-kubectl.sh ARGUMENTS...
set -euo pipefail
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/k8s-common.sh"
[[ -f $k8s/admin.conf ]] || die "no cluster: run tests/testbed/k8s-up.sh"
k8s_kubectl "$@"
