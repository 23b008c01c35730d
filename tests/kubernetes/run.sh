#!/usr/bin/env bash
# Runs a test program in the network of the test bed's cluster.
# usage: tests/kubernetes/run.sh PROGRAM [ARGUMENTS...]     needs tests/testbed/k8s-up.sh
set -euo pipefail
# shellcheck source=tests/testbed/k8s-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../testbed/k8s-common.sh"
[[ -f $k8s/admin.conf ]] || die "no cluster: run tests/testbed/k8s-up.sh"
DURESS_K8S=$k8s in_cluster_network "$@"
