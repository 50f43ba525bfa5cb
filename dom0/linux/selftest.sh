# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control domain's tests of the machine under it; sourced by init, whose
# option() it uses. Each result is one line, read by tests/boot:
#   T: NAME ok TEXT        T: NAME FAIL TEXT
# and the last is  T: done N ok, M failed.  Options, on the kernel's line:
#   hospes.disks=ahci,nvme,virtio   disks that must be there, written over
#   hospes.mib=N                    how much to write on each (default 256)
#   hospes.nets=e1000e,virtio_net   drivers whose interfaces must work
#   hospes.http=PORT/FILE           what to fetch from the router
#   hospes.md5=SUM                  and its checksum
#   hospes.cpus=N                   how many CPUs must be online

passed=0
failed=0

ok() {
    passed=$((passed + 1))
    echo "T: $1 ok $2"
}

fail() {
    failed=$((failed + 1))
    echo "T: $1 FAIL $2"
}

# check NAME TEXT COMMAND...: ok if the command succeeds
check() {
    local name=$1 text=$2
    shift 2
    if "$@" >/tmp/check 2>&1; then
        ok "$name" "$text"
    else
        fail "$name" "$text: $(tail -n 1 /tmp/check)"
    fi
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
    local left=$1
    shift
    while ! "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 1
    done
}

test_xen() {
    local kind
    check xen-type "$(cat /sys/hypervisor/type)" \
        grep -qx xen /sys/hypervisor/type
    kind=$(cat /sys/hypervisor/guest_type)
    check xen-guest-type "$kind" [ "$kind" = PVH ]
    check xen-version "$(cat /sys/hypervisor/version/major).$(
        cat /sys/hypervisor/version/minor)" \
        grep -qx 17 /sys/hypervisor/version/minor
}

test_cpus() {
    local want have
    want=$(option hospes.cpus 1)
    have=$(grep -c ^processor /proc/cpuinfo)
    check cpus "$have of $want" [ "$have" = "$want" ]
    # Each of them runs user code.
    for cpu in $(seq 0 $((have - 1))); do
        check "cpu$cpu" "runs" taskset -c "$cpu" true
    done
}

# Time must go at one rate by all clocks: kernel, and the machine's RTC.
test_time() {
    local source rtc0 rtc1 up0 up1 diff
    source=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
    ok clocksource "$source"
    [ -e /dev/rtc0 ] || { fail rtc "no /dev/rtc0"; return; }
    rtc0=$(cat /sys/class/rtc/rtc0/since_epoch)
    up0=$(cut -d. -f1 /proc/uptime)
    sleep 5
    rtc1=$(cat /sys/class/rtc/rtc0/since_epoch)
    up1=$(cut -d. -f1 /proc/uptime)
    diff=$((rtc1 - rtc0 - (up1 - up0)))
    check rtc "$((rtc1 - rtc0)) s by RTC, $((up1 - up0)) s by kernel" \
        [ ${diff#-} -le 2 ]
}

# find_disk KIND: the block device of the first disk of that kind
find_disk() {
    local dev
    for dev in /sys/block/*; do
        case $1:$(readlink -f "$dev") in
        ahci:*/ata*/block/sd* | piix:*/ata*/block/sd* | nvme:*/nvme*n1 | \
        virtio:*/virtio*/block/vd*)
            echo "${dev##*/}"
            return 0
            ;;
        esac
    done
    return 1
}

# One piece of what is written to a disk.
CHUNK_MIB=16

# write_file FILE MIB: random bytes, each chunk stamped with its number, so
# that none can be taken for another; prints the chunks' checksums
write_file() {
    local i=0
    dd if=/dev/urandom of=/tmp/chunk bs=1M count=$CHUNK_MIB 2>/dev/null
    while [ $((i * CHUNK_MIB)) -lt "$2" ]; do
        printf '%016d' $i | dd of=/tmp/chunk conv=notrunc 2>/dev/null
        cat /tmp/chunk >>"$1" || return 1
        md5sum </tmp/chunk
        i=$((i + 1))
    done
}

# read_file FILE MIB: the checksums of its chunks
read_file() {
    local i=0
    while [ $((i * CHUNK_MIB)) -lt "$2" ]; do
        dd if="$1" bs=1M skip=$((i * CHUNK_MIB)) count=$CHUNK_MIB \
            2>/dev/null | md5sum
        i=$((i + 1))
    done
}

disk_steps() {
    local kind=$1 mib=$2 dev part
    wait_for 20 find_disk "$kind" || { echo "no such disk"; return 1; }
    dev=$(find_disk "$kind")
    echo 'start=1MiB, type=83' | sfdisk -q --wipe always "/dev/$dev" ||
        return 1
    case $dev in
    *[0-9]) part=/dev/${dev}p1 ;;
    *) part=/dev/${dev}1 ;;
    esac
    wait_for 10 [ -b "$part" ] || { echo "no $part"; return 1; }
    mkfs.ext4 -q -F "$part" || return 1
    mkdir -p "/mnt/$kind"
    mount -t ext4 "$part" "/mnt/$kind" || return 1
    write_file "/mnt/$kind/data" "$mib" >/tmp/wrote || return 1
    sync
    echo 3 >/proc/sys/vm/drop_caches
    [ "$(stat -c %s "/mnt/$kind/data")" = $((mib << 20)) ] ||
        { echo "short file"; return 1; }
    read_file "/mnt/$kind/data" "$mib" >/tmp/read
    umount "/mnt/$kind"
    rm -f /tmp/chunk
    cmp /tmp/wrote /tmp/read
}

test_disk() {
    local kind mib
    mib=$(option hospes.mib 256)
    for kind in $(option hospes.disks "" | tr , ' '); do
        check "disk-$kind" "$mib MiB" disk_steps "$kind" "$mib"
    done
}

# find_net DRIVER: the interface it drives
find_net() {
    local dev
    for dev in /sys/class/net/*; do
        if [ "$(basename "$(readlink -f "$dev/device/driver")")" = "$1" ]
        then
            echo "${dev##*/}"
            return 0
        fi
    done
    return 1
}

net_steps() {
    local driver=$1 dev router sum
    wait_for 20 find_net "$driver" || { echo "no interface"; return 1; }
    dev=$(find_net "$driver")
    ip link set "$dev" up
    udhcpc -i "$dev" -s /etc/udhcpc.sh -n -q -t 10 -T 2 || return 1
    router=$(cat "/run/router.$dev")
    sum=$(timeout 60 wget -q -O - \
        "http://$router:$(option hospes.http 80/)" | md5sum)
    sum=${sum%% *}
    ip addr flush dev "$dev"
    ip link set "$dev" down
    [ "$sum" = "$(option hospes.md5 none)" ] ||
        { echo "fetched $sum"; return 1; }
}

test_net() {
    local driver
    for driver in $(option hospes.nets "" | tr , ' '); do
        check "net-$driver" "DHCP, HTTP" net_steps "$driver"
    done
}

# irq_count KIND: interrupts that came on lines of this kind
irq_count() {
    awk -v kind="$1" '$0 ~ kind {
        for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) sum += $i
    } END { print sum + 0 }' /proc/interrupts
}

test_irq() {
    local n
    n=$(irq_count PCI-MSI)
    check irq-msi "$n interrupts" [ "$n" -gt 0 ]
    n=$(irq_count IO-APIC)
    check irq-ioapic "$n interrupts" [ "$n" -gt 0 ]
    # lspci is not here; the capability's Enable bit is.
    n=$(find /sys/devices -path '*/msi_irqs/*' -exec grep -lx msix {} + |
        wc -l)
    check irq-msix "$n vectors" [ "$n" -gt 0 ]
    n=$(awk '/^ *(ERR|MIS):/ { sum += $2 } END { print sum + 0 }' \
        /proc/interrupts)
    check irq-errors "$n" [ "$n" = 0 ]
}

has_keyboard() {
    grep -q 'usb-.*/input' /proc/bus/input/devices &&
        grep -qi 'USB Keyboard' /proc/bus/input/devices
}

test_usb() {
    check usb-keyboard "on xhci" wait_for 20 has_keyboard
}

# Faults which the kernel itself reports.
test_dmesg() {
    local bad lines
    bad='BUG:|WARNING: CPU|rcu.*stall|stalls? on|soft lockup|hard LOCKUP|[Ll]ost interrupt'
    bad="$bad|nobody cared|[Cc]locksource.*unstable|Bad FPU|APIC error|general protection"
    bad="$bad|segfault|I/O error|blocked for more|timed out|unchecked MSR"
    bad="$bad|Transmit [Qq]ueue|Hardware Error|invalid opcode"
    # Reading a clock took long: the emulator was not running. Skew says so.
    dmesg | grep -v 'read-back delay' >/tmp/dmesg
    lines=$(grep -cE "$bad" /tmp/dmesg)
    check dmesg "$lines bad lines" [ "$lines" = 0 ]
    grep -E "$bad" /tmp/dmesg | head -n 20 | sed 's/^/D: /'
}

run_tests() {
    local name
    for name in $(echo "$1" | tr , ' '); do
        if type "test_$name" >/dev/null 2>&1; then
            "test_$name"
        else
            fail "$name" "no such test"
        fi
    done
    [ $failed = 0 ] || dmesg | tail -n 40 | sed 's/^/D: /'
    echo "T: done $passed ok, $failed failed"
}
