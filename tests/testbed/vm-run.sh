#!/usr/bin/env bash
# Runs a command in a virtual machine with cgroup v2 (Debian's kernel, software emulation). The machine sees the file
# system of this one, read-only with a layer of its own above; output and exit code come back.
# VM_QEMU_ARGS: more arguments of qemu (a network card).
# usage: tests/testbed/vm-run.sh [-m MB] [-c VCPUS] [-t SECONDS] [-d DIR] -- COMMAND...
set -euo pipefail
# shellcheck source=tests/testbed/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

memory=2048 cpus=1 seconds=120 directory=/
while getopts m:c:t:d: option; do
  case $option in
    m) memory=$OPTARG ;;
    c) cpus=$OPTARG ;;
    t) seconds=$OPTARG ;;
    d) directory=$OPTARG ;;
    *) sed -n '2,5p' "$0" >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[[ $# -gt 0 ]] || { sed -n '2,5p' "$0" >&2 && exit 2; }

vm=$DURESS_TESTBED/vm
[[ -f $vm/initrd.gz ]] || die "no machine in $vm: run tests/testbed/vm-build.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/duress-vm.XXXXXX")
mkdir "$work/exchange"
daemons=()
machine=

# shellcheck disable=SC2317  # called by the trap
# Nothing of the machine survives this script, however it ends.
clean_up() {
  local pid
  for pid in $machine "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

printf '%q ' "$@" >"$work/exchange/command"
cat >"$work/exchange/start" <<EOF
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DURESS_TESTBED=$(printf %q "$DURESS_TESTBED")
cd $(printf %q "$directory")
/bin/bash /duress-vm/command > /duress-vm/out 2> /duress-vm/err < /dev/null
echo \$? > /duress-vm/code
sync
exec /bin/busybox poweroff -f
EOF

share() { # NAME DIRECTORY CACHE
  /usr/lib/qemu/virtiofsd --socket-path="$work/$1.socket" --rlimit-nofile=0 -o source="$2" -o sandbox=chroot \
    -o cache="$3" --thread-pool-size=1 -o log_level=err >"$work/$1.log" 2>&1 &
  daemons+=($!)
}
share hostroot / always
share exchange "$work/exchange" none
for _ in $(seq 100); do
  [[ -S $work/hostroot.socket && -S $work/exchange.socket ]] && break
  sleep 0.05
done

read -ra more <<<"${VM_QEMU_ARGS:-}"
timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp "$cpus" -m "$memory" \
  -M q35,memory-backend=mem,graphics=off -object "memory-backend-memfd,id=mem,size=${memory}M,share=on" \
  -kernel "$vm/vmlinux" -initrd "$vm/initrd.gz" \
  -append "console=ttyS0 quiet panic=-1 reboot=t psi=1 tsc=reliable mitigations=off" \
  -nodefaults -no-user-config -display none -serial "file:$work/console" -no-reboot \
  -chardev "socket,id=c0,path=$work/hostroot.socket" -device vhost-user-fs-pci,chardev=c0,tag=hostroot \
  -chardev "socket,id=c1,path=$work/exchange.socket" -device vhost-user-fs-pci,chardev=c1,tag=exchange \
  "${more[@]}" \
  2>"$work/qemu.log" &
machine=$!
wait "$machine" || true
machine=

cat "$work/exchange/out" 2>/dev/null || true
cat "$work/exchange/err" >&2 2>/dev/null || true
if [[ -s $work/exchange/code ]]; then exit "$(cat "$work/exchange/code")"; fi
{
  echo "vm-run.sh: the machine gave no result within $seconds s"
  tail -n 25 "$work/console" "$work"/*.log
} >&2
exit 125
