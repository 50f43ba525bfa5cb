#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch the Debian packages which the control domain and the comparison with
# real Xen are made of, and unpack them:
#   build/debs/*.deb       as downloaded, kept
#   build/debs/root/       userspace (one tree, /usr merged)
#   build/debs/kernel/     linux-image-amd64's kernel package
#   build/debs/xen/        xen-hypervisor-4.17-amd64
# Does nothing when they are there. Nothing is installed.
set -eu
cd "$(dirname "$0")/.."

debs=build/debs
[ ! -e $debs/done ] || exit 0
mkdir -p $debs

userspace="busybox-static e2fsprogs libext2fs2 libcom-err2 libblkid1
    libuuid1 libc6 fdisk libfdisk1 libsmartcols1 libreadline8 libtinfo6"
xen=xen-hypervisor-4.17-amd64

known() {
    apt-cache show linux-image-amd64 $xen >/dev/null 2>&1
}

if ! known; then
    if [ "$(id -u)" = 0 ]; then
        apt-get update -q
    else
        sudo apt-get update -q
    fi
fi
kernel=$(apt-cache depends linux-image-amd64 |
         sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -n 1)
if [ -z "$kernel" ]; then
    echo "fetch_debs: apt knows no linux-image-amd64" >&2
    exit 1
fi

sandbox=
[ "$(id -u)" != 0 ] || sandbox="-o APT::Sandbox::User=root"
echo "fetch_debs: $kernel, $xen and userspace"
# shellcheck disable=SC2086
(cd $debs && apt-get download -q $sandbox $kernel $xen $userspace)

rm -rf $debs/root $debs/kernel $debs/xen
mkdir -p $debs/root/usr/bin $debs/root/usr/sbin $debs/root/usr/lib \
    $debs/root/usr/lib64 $debs/kernel $debs/xen
for dir in bin sbin lib lib64; do
    ln -s usr/$dir $debs/root/$dir
done
unpack() {
    dpkg-deb --fsys-tarfile "$1" |
        tar -x --keep-directory-symlink --no-same-owner -C "$2"
}
unpack "$(echo $debs/"$kernel"_*.deb)" $debs/kernel
unpack "$(echo $debs/"$xen"_*.deb)" $debs/xen
for name in $userspace; do
    unpack "$(echo $debs/"$name"_*.deb)" $debs/root
done
touch $debs/done
