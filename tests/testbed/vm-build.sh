#!/usr/bin/env bash
# Makes kernel and initrd of the cgroup-v2 machine from Debian's cloud kernel package (unpacked, not installed).
# usage: tests/testbed/vm-build.sh        Quick when it is there already.
set -euo pipefail
# shellcheck source=tests/testbed/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

out=$DURESS_TESTBED/vm
# What the initrd loads, in the order of their dependencies.
modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci fuse virtiofs overlay)
version=2
[[ -f $out/done-$version ]] && exit 0

rm -rf "$out"
mkdir -p "$out/root"/{bin,proc,sys,dev,modules}
cd "$out"

package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
[[ -n $package ]] || die "apt knows no linux-image-cloud-amd64: run apt-get update"
apt-get download -q "$package" 2>/dev/null || die "cannot download $package"
dpkg-deb -x ./*.deb kernel
rm ./*.deb

# vmlinuz is a loader with an LZ4 stream inside; qemu starts the plain kernel (PVH) much faster.
image=$(echo kernel/boot/vmlinuz-*)
offset=$(LC_ALL=C grep -obUaP '\x02\x21\x4c\x18' "$image" | head -n 1 | cut -d: -f1)
[[ -n $offset ]] || die "no LZ4 payload in $image"
tail -c +"$((offset + 1))" "$image" >vmlinux.lz4
lz4 -d -f -q vmlinux.lz4 vmlinux 2>/dev/null || true # what follows the stream is no LZ4, and it says so
rm vmlinux.lz4
[[ $(head -c 4 vmlinux | tail -c 3) == ELF ]] || die "the unpacked kernel is no ELF file"

cp /bin/busybox root/bin/
for tool in sh mount umount mkdir insmod cat echo poweroff switch_root ip; do ln -s busybox "root/bin/$tool"; done
for module in "${modules[@]}"; do
  file=$(find kernel/lib/modules -name "$module.ko" -print -quit)
  [[ -n $file ]] || die "no module $module in $package"
  cp "$file" root/modules/
done
cat >root/init <<EOF
#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in ${modules[*]}; do insmod /modules/\$m.ko; done
mkdir -p /lower /upper /new
mount -t virtiofs -o ro hostroot /lower || { echo "no root file system"; poweroff -f; }
mount -t tmpfs -o size=60% upper /upper
mkdir -p /upper/up /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/up,workdir=/upper/work root /new
mkdir -p /new/duress-vm
mount -t virtiofs exchange /new/duress-vm
for d in proc sys dev run tmp; do mkdir -p /new/\$d; done
mount -t proc proc /new/proc; mount -t sysfs sys /new/sys; mount -t devtmpfs dev /new/dev
mkdir -p /new/dev/shm /new/dev/pts
mount -t tmpfs shm /new/dev/shm; mount -t devpts pts /new/dev/pts
mount -t tmpfs run /new/run
mount -t cgroup2 -o nsdelegate cgroup /new/sys/fs/cgroup
echo "+cpu +memory +pids +io +cpuset" > /new/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
umount /proc /sys /dev
exec switch_root /new /bin/sh /duress-vm/start
EOF
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd.gz
touch "done-$version"
