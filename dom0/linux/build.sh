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
   [ -z "$(find $here $debs/done -newer $out/done -type f)" ]; then
    exit 0
fi
echo "dom0: assembling kernel and initrd in $out"
mkdir -p $out
cp $debs/kernel/boot/vmlinuz-* $out/vmlinuz
[ -e $out/vmlinux ] ||
    /usr/bin/python3 $here/extract_vmlinux.py $out/vmlinuz $out/vmlinux
gunzip -c $debs/xen/boot/xen-*.gz >$out/xen

tree=$out/tree
rm -rf $tree
mkdir -p $tree/usr/bin $tree/usr/sbin $tree/usr/lib $tree/usr/lib64 \
    $tree/etc $tree/proc $tree/sys $tree/dev $tree/tmp $tree/run $tree/mnt \
    $tree/root
for dir in bin sbin lib lib64; do
    ln -s usr/$dir $tree/$dir
done

# Copy a file of the packages with the shared libraries it names.
add() {
    [ ! -e "$tree/$1" ] || return 0
    mkdir -p "$tree/$(dirname "$1")"
    cp -L "$debs/root/$1" "$tree/$1"
    for lib in $(objdump -p "$debs/root/$1" 2>/dev/null |
                 sed -n 's/^ *NEEDED *//p'); do
        add "usr/lib/x86_64-linux-gnu/$lib"
    done
}
add usr/bin/busybox
for applet in $($tree/usr/bin/busybox --list); do
    [ -e "$tree/usr/bin/$applet" ] || ln -s busybox "$tree/usr/bin/$applet"
done
for tool in sbin/mke2fs sbin/e2fsck sbin/sfdisk; do
    rm -f "$tree/usr/bin/${tool#sbin/}"
    add usr/$tool
done
ln -s mke2fs $tree/usr/sbin/mkfs.ext4
cp -L $debs/root/lib64/ld-linux-x86-64.so.2 $tree/lib64/

# Modules: those listed and what they need, by the whole package's index.
version=$(ls $debs/kernel/lib/modules)
from=$debs/kernel/lib/modules/$version
depmod -b $debs/kernel "$version"
mkdir -p "$tree/lib/modules/$version"
cp "$from"/modules.order "$from"/modules.builtin* \
    "$tree/lib/modules/$version/"
sed 's/#.*//; /^$/d' $here/modules.txt >$tree/etc/modules
while read -r name; do
    modprobe -d "$PWD/$debs/kernel" -S "$version" --show-depends "$name"
done <$tree/etc/modules | sed -n 's/^insmod //p' | sed 's/ *$//' |
    sort -u | while read -r file; do
        rel=${file#*"/lib/modules/$version/"}
        mkdir -p "$tree/lib/modules/$version/$(dirname "$rel")"
        cp "$from/$rel" "$tree/lib/modules/$version/$rel"
    done
depmod -b $tree "$version"

install -m 755 $here/init $tree/init
install -m 755 $here/udhcpc.sh $tree/etc/udhcpc.sh
install -m 644 $here/selftest.sh $tree/etc/selftest.sh
(cd $tree && find . | LC_ALL=C sort |
    cpio --quiet --reproducible -o -H newc -R 0:0) >$out/initrd.new
mv $out/initrd.new $out/initrd.img
touch $out/done
ls -l $out | sed -n 's/^-[^ ]* *[^ ]* *[^ ]* *[^ ]* *\([0-9]*\).* /  \1 /p'
