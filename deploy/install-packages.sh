#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs with apt what packages.txt names for the given uses ("build",
# "test") and this machine lacks. Says what it does; does nothing when all is
# there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
missing=
for use in "$@"; do
	for package in $(sed -n "s/^$use //p" "$here/packages.txt"); do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "install-packages: no apt-get here; please install:$missing" >&2
	exit 4
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "install-packages: as root, run: apt-get install$missing" >&2
		exit 4
	fi
	as_root=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
