#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Install the Debian packages which are missing of those listed in
# tools/packages.txt and in the lists named as arguments. Says what it
# installs. Quick, and needs no rights, when nothing is missing.
set -eu
cd "$(dirname "$0")"

missing=
for list in packages.txt "$@"; do
    for name in $(sed 's/#.*//' "$list"); do
        case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>&1) in
        installed) ;;
        *) missing="$missing $name" ;;
        esac
    done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
        echo "setup: as root, run: apt-get install$missing" >&2
        exit 1
    fi
fi
echo "setup: installing$missing"
# A machine whose lists are absent or old does not know the packages.
export DEBIAN_FRONTEND=noninteractive
install="apt-get install -y -q --no-install-recommends"
# shellcheck disable=SC2086
if ! $as_root $install $missing; then
    $as_root apt-get update -q
    $as_root $install $missing
fi
