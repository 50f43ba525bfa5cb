#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetch the Debian packages which the control domain and the comparison with
# real Xen are made of, and unpack them:
#   build/debs/*.deb       as downloaded, kept
#   build/debs/root/       userspace (one tree, /usr merged)
#   build/debs/kernel/     linux-image-amd64's kernel package
#   build/debs/cloud/      linux-image-cloud-amd64's, for guests
#   build/debs/xen/        xen-hypervisor-4.17-amd64
# With the argument `toolstack` also, in a tree of its own:
#   build/debs/toolstack/  the userspace above and what is listed in
#                          dom0/linux/toolstack/packages.txt
# Does nothing when they are there. Nothing is installed.
set -eu
cd "$(dirname "$0")/.."

debs=build/debs
list=dom0/linux/toolstack/packages.txt
mkdir -p $debs

userspace="busybox-static e2fsprogs libext2fs2 libcom-err2 libblkid1
    libuuid1 libc6 fdisk libfdisk1 libsmartcols1 libreadline8 libtinfo6"
xen=xen-hypervisor-4.17-amd64

# What apt knows of may be older than the archive, or absent.
refresh() {
    if [ "$(id -u)" = 0 ]; then
        apt-get update -q
    else
        sudo apt-get update -q
    fi
}

# download PACKAGE...
download() {
    sandbox=
    [ "$(id -u)" != 0 ] || sandbox="-o APT::Sandbox::User=root"
    # shellcheck disable=SC2086
    (cd $debs && apt-get download -q $sandbox "$@") || {
        refresh
        # shellcheck disable=SC2086
        (cd $debs && apt-get download -q $sandbox "$@")
    }
}

# merged TREE: empty, with /bin, /sbin and /lib as links into /usr
merged() {
    rm -rf "$1"
    mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64"
    for dir in bin sbin lib lib64; do
        ln -s usr/$dir "$1/$dir"
    done
}

# unpack TREE PACKAGE...: the newest version that was downloaded. A link to
# an absolute path leads into the tree, not to what this machine has there.
unpack() {
    tree=$1
    shift
    for name; do
        deb=$(find $debs -name "${name}_*.deb" -printf '%T@ %p\n' |
              sort -n | sed -n '$s/^[^ ]* //p')
        dpkg-deb --fsys-tarfile "$deb" |
            tar -x --keep-directory-symlink --no-same-owner -C "$tree"
    done
    find "$tree" -type l -lname '/*' | while read -r link; do
        up=$(printf '%s' "${link#"$tree"/}" | sed 's|[^/]*$||; s|[^/]*/|../|g')
        ln -snf "$up.$(readlink "$link")" "$link"
    done
}

# kernel NAME: the package that linux-image-NAME stands for today
kernel() {
    found=$(apt-cache depends linux-image-"$1" |
        sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -n 1)
    if [ -z "$found" ]; then
        echo "fetch_debs: apt knows no linux-image-$1" >&2
        exit 1
    fi
    echo "$found"
}

if [ ! -e $debs/done ] || [ ! -e $debs/cloud ]; then
    apt-cache show linux-image-amd64 $xen >/dev/null 2>&1 || refresh
    kernel=$(kernel amd64)
    cloud=$(kernel cloud-amd64)
    echo "fetch_debs: $kernel, $cloud, $xen and userspace"
    # shellcheck disable=SC2086
    download $kernel $cloud $xen $userspace
    rm -rf $debs/kernel $debs/cloud $debs/xen
    mkdir -p $debs/kernel $debs/cloud $debs/xen
    merged $debs/root
    unpack $debs/kernel "$kernel"
    unpack $debs/cloud "$cloud"
    unpack $debs/xen $xen
    # shellcheck disable=SC2086
    unpack $debs/root $userspace
    touch $debs/done
fi

[ "${1:-}" = toolstack ] || exit 0
if [ ! -e $debs/toolstack.done ] ||
   [ -n "$(find $list $debs/done -newer $debs/toolstack.done)" ]; then
    names=$(sed 's/#.*//' $list)
    echo "fetch_debs: Xen's tools and what they need"
    # shellcheck disable=SC2086
    download $names
    merged $debs/toolstack
    # shellcheck disable=SC2086
    unpack $debs/toolstack $userspace $names
    touch $debs/toolstack.done
fi
