#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Assemble what the in-tree control domain gets as its initrd:
#   build/dom0/guests.img      a cpio archive of guests.cfg, the guests'
#                              kernel and their initrd
#   build/dom0/guest-vmlinux   that kernel, linux-image-cloud-amd64's, unpacked
#   build/dom0/small.img       that initrd: busybox and the drivers of Xen's
#                              devices
# Made anew only when a source of it is newer. With files as arguments also
#   build/dom0/run.img         the same archive with these in it, where each
#                              takes the place of one with its name
# Needs no rights.
set -eu
at=$PWD
cd "$(dirname "$0")/../.."

here=dom0/guest
out=build/dom0
debs=build/debs
files=$out/guests-tree

# pack FOLDER ARCHIVE
pack() {
    (cd "$1" && find . | LC_ALL=C sort |
        cpio --quiet --reproducible -o -H newc -R 0:0) >"$2.new"
    mv "$2.new" "$2"
}

assemble() {
    echo "dom0: assembling the guests in $out/guests.img"
    /usr/bin/python3 dom0/linux/extract_vmlinux.py $debs/cloud/boot/vmlinuz-* \
        $out/guest-vmlinux
    tree=$out/guest-tree
    rm -rf $tree $files
    mkdir -p $tree/bin $tree/sbin $tree/proc $tree/sys $tree/dev $tree/tmp \
        $tree/lib/modules $files
    cp -L $debs/root/usr/bin/busybox $tree/bin/
    for applet in $($tree/bin/busybox --list); do
        [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
    done
    for module in block/xen-blkfront net/xen-netfront; do
        cp $debs/cloud/lib/modules/*/kernel/drivers/$module.ko \
            $tree/lib/modules/
    done
    install -m 755 $here/init $tree/init
    install -m 755 dom0/linux/udhcpc.sh $tree/bin/udhcpc.sh
    # What the kernel calls when the control domain asks for it; there is no
    # init that could be told.
    for how in poweroff reboot; do
        printf '#!/bin/busybox sh\nexec /bin/busybox %s -f\n' $how \
            >$tree/sbin/$how
        chmod 755 $tree/sbin/$how
    done
    pack $tree $out/small.img
    cp $here/guests.cfg $files/
    cp $out/guest-vmlinux $files/vmlinux
    cp $out/small.img $files/initrd.img
    pack $files $out/guests.img
}

mkdir -p $out
exec 9>build/dom0.lock
flock 9
sh tools/fetch_debs.sh
if [ ! -e $out/guests.img ] ||
   [ -n "$(find $here dom0/linux/udhcpc.sh $debs/done \
        -newer $out/guests.img -type f)" ]; then
    assemble
fi
[ $# != 0 ] || exit 0
rm -rf $out/run-tree
cp -r $files $out/run-tree
for file; do
    (cd "$at" && cp -L -- "$file" "$OLDPWD/$out/run-tree/")
done
pack $out/run-tree $out/run.img
