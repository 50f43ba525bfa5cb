#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Assemble the control domain from Debian's packages, and Xen to compare with:
#   build/dom0/vmlinuz      the kernel as shipped
#   build/dom0/vmlinux      the same unpacked (an ELF with the PVH note)
#   build/dom0/initrd.img   busybox, tools, modules and dom0/linux/init
#   build/dom0/xen          Debian's Xen hypervisor, unpacked
# Made anew only when a source of it is newer. Needs no rights.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin

here=dom0/linux
out=build/dom0
debs=build/debs
mkdir -p build
exec 9>build/dom0.lock
flock 9

sh tools/fetch_debs.sh
if [ -e $out/done ] &&
   [ -z "$(find $here $debs/done -maxdepth 1 -newer $out/done -type f \
           ! -name toolstack.sh)" ]; then
    exit 0
fi
echo "dom0: assembling kernel and initrd in $out"
mkdir -p $out
cp $debs/kernel/boot/vmlinuz-* $out/vmlinuz
[ -e $out/vmlinux ] ||
    /usr/bin/python3 $here/extract_vmlinux.py $out/vmlinuz $out/vmlinux
gunzip -c $debs/xen/boot/xen-*.gz >$out/xen

tree=$out/tree
from=$debs/root
kernel=$debs/kernel
. $here/tree.sh

tree_new
for tool in sbin/mke2fs sbin/e2fsck sbin/sfdisk; do
    add usr/$tool
done
ln -s mke2fs $tree/usr/sbin/mkfs.ext4
add_busybox
add_modules $here/modules.txt
install -m 755 $here/init $tree/init
install -m 755 $here/udhcpc.sh $tree/etc/udhcpc.sh
install -m 644 $here/selftest.sh $tree/etc/selftest.sh
pack_initrd $out/initrd.img
touch $out/done
ls -l $out | sed -n 's/^-[^ ]* *[^ ]* *[^ ]* *[^ ]* *\([0-9]*\).* /  \1 /p'
