#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Called by udhcpc on each change of a lease; the lease is in the environment.
case $1 in
deconfig)
    ip addr flush dev "$interface"
    ip link set "$interface" up
    ;;
bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    for gateway in $router; do
        ip route replace default via "$gateway" dev "$interface"
    done
    echo "$router" >"/run/router.$interface"
    echo "nameserver ${dns%% *}" >/etc/resolv.conf
    ;;
esac
