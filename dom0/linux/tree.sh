# SPDX-License-Identifier: GPL-2.0-or-later
#
# Trees of files put together from unpacked packages; sourced by the build
# scripts, which set
#   tree    where the files go
#   from    the unpacked userspace they come from
#   kernel  the unpacked kernel package

# Start the tree afresh.
tree_new() {
    rm -rf "$tree"
    mkdir -p "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib" \
        "$tree/usr/lib64" "$tree/etc" "$tree/proc" "$tree/sys" "$tree/dev" \
        "$tree/tmp" "$tree/run" "$tree/mnt" "$tree/root"
    for dir in bin sbin lib lib64; do
        ln -s usr/$dir "$tree/$dir"
    done
    cp -L "$from/lib64/ld-linux-x86-64.so.2" "$tree/lib64/"
}

# add FILE: copy it with the shared libraries it names
add() {
    [ ! -e "$tree/$1" ] || return 0
    mkdir -p "$tree/$(dirname "$1")"
    cp -L "$from/$1" "$tree/$1"
    add_libraries "$tree/$1"
}

# add_libraries FILE...: the libraries that these files of the tree name
add_libraries() {
    for lib in $(objdump -p "$@" 2>/dev/null |
                 sed -n 's/^ *NEEDED *//p' | sort -u); do
        add "usr/lib/x86_64-linux-gnu/$lib"
    done
}

# Busybox, with each of its applets that is not there already.
add_busybox() {
    add usr/bin/busybox
    for applet in $("$tree/usr/bin/busybox" --list); do
        [ -e "$tree/usr/bin/$applet" ] || [ -e "$tree/usr/sbin/$applet" ] ||
            ln -s busybox "$tree/usr/bin/$applet"
    done
    # What the kernel calls when xl asks a guest to end.
    mkdir -p "$tree/usr/sbin"
    for applet in poweroff reboot; do
        [ -e "$tree/usr/sbin/$applet" ] ||
            ln -s ../bin/busybox "$tree/usr/sbin/$applet"
    done
}

# add_modules LIST: the modules listed in a file and those they need, by the
# whole package's index; their names go to etc/modules
add_modules() {
    version=$(ls "$kernel/lib/modules")
    modules=$kernel/lib/modules/$version
    [ -e "$modules/modules.dep" ] || depmod -b "$kernel" "$version"
    mkdir -p "$tree/lib/modules/$version"
    cp "$modules"/modules.order "$modules"/modules.builtin* \
        "$tree/lib/modules/$version/"
    sed 's/#.*//; /^$/d' "$1" >"$tree/etc/modules"
    while read -r name; do
        modprobe -d "$PWD/$kernel" -S "$version" --show-depends "$name"
    done <"$tree/etc/modules" | sed -n 's/^insmod //p' | sed 's/ *$//' |
        sort -u | while read -r file; do
            rel=${file#*"/lib/modules/$version/"}
            mkdir -p "$tree/lib/modules/$version/$(dirname "$rel")"
            cp "$modules/$rel" "$tree/lib/modules/$version/$rel"
        done
    depmod -b "$tree" "$version"
}

# pack_initrd FILE
pack_initrd() {
    (cd "$tree" && find . | LC_ALL=C sort |
        cpio --quiet --reproducible -o -H newc -R 0:0) >"$1.new"
    mv "$1.new" "$1"
}
