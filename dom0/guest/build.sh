#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Assemble what the in-tree control domain gets as its initrd:
#   build/dom0/guests.img   a cpio archive of guests.cfg, the guests' kernel
#                           (unpacked) and their initrd
#   build/dom0/small.img    that initrd: busybox and the drivers of Xen's
#                           devices
# Made anew only when a source of it is newer. Needs no rights.
set -eu
cd "$(dirname "$0")/../.."

here=dom0/guest
out=build/dom0
debs=build/debs
sh dom0/linux/build.sh
exec 9>build/guest.lock
flock 9
if [ -e $out/guests.img ] &&
   [ -z "$(find $here dom0/linux/udhcpc.sh $out/vmlinux \
        -newer $out/guests.img -type f)" ]; then
    exit 0
fi
echo "dom0: assembling the guests in $out/guests.img"

tree=$out/guest-tree
rm -rf $tree
mkdir -p $tree/bin $tree/proc $tree/sys $tree/dev $tree/tmp \
    $tree/lib/modules
cp -L $debs/root/usr/bin/busybox $tree/bin/
for applet in $($tree/bin/busybox --list); do
    [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"
done
for module in block/xen-blkfront net/xen-netfront; do
    cp $debs/kernel/lib/modules/*/kernel/drivers/$module.ko \
        $tree/lib/modules/
done
install -m 755 $here/init $tree/init
install -m 755 dom0/linux/udhcpc.sh $tree/bin/udhcpc.sh
# What the kernel calls when the control domain asks for it; there is no init
# that could be told.
mkdir -p $tree/sbin
for how in poweroff reboot; do
    printf '#!/bin/busybox sh\nexec /bin/busybox %s -f\n' $how \
        >$tree/sbin/$how
    chmod 755 $tree/sbin/$how
done
(cd $tree && find . | LC_ALL=C sort |
    cpio --quiet --reproducible -o -H newc -R 0:0) >$out/small.img

files=$out/guests-tree
rm -rf $files
mkdir -p $files
cp $here/guests.cfg $files/
cp $out/vmlinux $files/vmlinux
cp $out/small.img $files/initrd.img
(cd $files && ls | cpio --quiet --reproducible -o -H newc -R 0:0) \
    >$out/guests.new
mv $out/guests.new $out/guests.img
