# shellcheck shell=bash
# Sourced by the scripts of this folder.
# Everything that is made goes below one work folder outside of the checkout, so that a repeat costs nothing.
DURESS_TESTBED=${DURESS_TESTBED:-${HOME:-/root}/.cache/duress-testbed}
export DURESS_TESTBED

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}
