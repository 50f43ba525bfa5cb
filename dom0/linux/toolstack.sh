#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Assemble the root disk of the control domain with Debian's toolstack,
# build/dom0/root.img: an ext4 file system named hospes-dom0 with xl and its
# daemons and scripts, QEMU, LVM, and guests to create (/etc/xen/*.cfg).
# Kernel and initrd are those of build.sh; the initrd finds the disk by its
# name. Made anew only when a source of it is newer. Needs no rights.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin

here=dom0/linux/toolstack
out=build/dom0
debs=build/debs
guest=build/guest/guest.elf

sh dom0/linux/build.sh
make -s -f tests/guest/build.mk $guest
exec 9>build/dom0.lock
flock 9
sh tools/fetch_debs.sh toolstack
if [ -e $out/root.img ] &&
   [ -z "$(find dom0/linux $debs/toolstack.done $out/done $guest \
           -newer $out/root.img -type f)" ]; then
    exit 0
fi
echo "dom0: assembling the toolstack's disk in $out"
kernel=$debs/kernel
. dom0/linux/tree.sh

# The example guest's initrd.
tree=$out/guest
from=$debs/root
tree_new
add_busybox
add_modules $here/guest-modules.txt
ln -s usr/bin/busybox $tree/linuxrc
install -m 755 $here/guest-init $tree/init
install -m 644 $here/guest-inittab $tree/etc/inittab
install -m 755 $here/guest-tests $tree/usr/bin/guest
install -m 644 dom0/linux/selftest.sh $tree/etc/selftest.sh
install -m 755 dom0/linux/udhcpc.sh $tree/etc/udhcpc.sh
pack_initrd $out/guest.img

# The control domain: Xen's packages whole, of the others what is called.
tree=$out/root
from=$debs/toolstack
tree_new
for name in etc/xen etc/init.d/xen etc/default/xendomains lib/init lib/lsb \
    usr/lib/xen-4.17/bin usr/lib/xen-common; do
    mkdir -p "$tree/$(dirname $name)"
    cp -a $from/$name "$tree/$(dirname $name)/"
done
for name in $from/usr/bin/xen* $from/usr/sbin/xen* $from/usr/sbin/xl; do
    [ -e "$tree/${name#"$from/"}" ] || cp -a "$name" "$tree/${name#"$from/"}"
done
find $tree -type f -print >$out/files
while read -r file; do
    add_libraries "$file"
done <$out/files
for file in bin/bash bin/dash sbin/start-stop-daemon sbin/ip sbin/bridge sbin/tc \
    sbin/losetup bin/choom bin/setsid bin/flock sbin/mke2fs sbin/e2fsck \
    sbin/sfdisk sbin/lvm sbin/dmsetup libexec/xen-qemu-system-i386; do
    add usr/$file
done
ln -s mke2fs $tree/usr/sbin/mkfs.ext4
for name in pvcreate pvs vgcreate vgchange vgs lvcreate lvremove lvs; do
    ln -s lvm $tree/usr/sbin/$name
done
# It does not start without, whatever it is to do.
mkdir -p $tree/usr/share/qemu
cp -a $from/usr/share/qemu/keymaps $tree/usr/share/qemu/
# Not busybox, whose shell prefers its own applets to these programs.
ln -s dash $tree/usr/bin/sh
add_busybox
add_modules dom0/linux/modules.txt
ln -s /usr/bin/busybox $tree/usr/sbin/init
install -m 755 $here/rc $tree/etc/rc
install -m 644 $here/inittab $here/udhcpd.conf $here/profile $tree/etc/
install -m 755 dom0/linux/udhcpc.sh $tree/etc/udhcpc.sh
install -m 644 $here/*.cfg $tree/etc/xen/
mkdir -p $tree/boot $tree/srv $tree/var/lib/xen/images $tree/var/log/xen/console
ln -s /run $tree/var/run
ln -s /run/lock $tree/var/lock
cp $out/vmlinuz $out/vmlinux $out/guest.img $guest $tree/boot/
echo 'root:x:0:0:root:/root:/usr/bin/bash' >$tree/etc/passwd
echo 'root:x:0:' >$tree/etc/group
echo '127.0.0.1 localhost dom0' >$tree/etc/hosts
echo 'XENCONSOLED_ARGS="--log=guest"' >$tree/etc/default/xen
for name in guest1 guest2 file; do
    mke2fs -q -F -t ext4 -O ^has_journal \
        $tree/var/lib/xen/images/$name.img 160M >/dev/null
done

size=$(($(du -sm $tree | cut -f1) + 768))
rm -f $out/root.new
mke2fs -q -t ext4 -O ^has_journal -L hospes-dom0 -E root_owner=0:0 \
    -d $tree $out/root.new ${size}M >/dev/null
mv $out/root.new $out/root.img
echo "  $(du -m $out/root.img | cut -f1) MiB root.img"
