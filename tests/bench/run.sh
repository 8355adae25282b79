#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the release preset and measures it against libsodium, all in one run:
# the ratios are what counts, the figures are this machine's. Installs what is
# missing. Options are bench.py's: --help lists them.
set -eu

top=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
"$top/deploy/install-packages.sh" build test
OAP_BUILD=${OAP_BUILD:-$top/build/release}
export OAP_BUILD
if [ "$OAP_BUILD" = "$top/build/release" ]; then
	cd "$top"
	cmake --preset release >/dev/null
	cmake --build --preset release >build/release/build.log 2>&1 || {
		grep -E 'error|FAILED' build/release/build.log | head -20
		exit 1
	}
fi
exec /usr/bin/python3 "$top/tests/bench/bench.py" "$@"
