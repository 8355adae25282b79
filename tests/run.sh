#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs every test. One command on a fresh Debian 12: it
# installs what is missing.
#
#   tests/run.sh                  the suite, plain and under both sanitizers;
#                                 a second compiler; what the fuzz seeds cover
#   tests/run.sh --preset asan    one build only (dev, asan, tsan; repeatable)
#   tests/run.sh --long           also what takes hours: fuzzing, all power cuts
#                                 under the sanitizers, too, and --chaos
#   tests/run.sh --chaos [N]      nothing but tests/system/test_chaos.py, 10,000
#                                 scans for each of N seeds (20), up to the
#                                 first that fails; waiting times are held
#                                 against the promise, so nothing else may run
#                                 on this machine. OAP_SEED: the first seed
#
# OAP_VECTORS names the folder of public test vectors (../shared/vectors);
# tests that need it say SKIPPED where it is missing.
set -eu

top=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
presets=
long=no
chaos=
while [ $# -gt 0 ]; do
	case $1 in
	--preset) presets="$presets ${2:?--preset wants a name}"; shift ;;
	--long) long=yes ;;
	--chaos)
		chaos=20
		case ${2:-} in
		[1-9]*) chaos=$2; shift ;;
		esac ;;
	--help) sed -n '3,20s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) echo "run.sh: $1: no such option; --help lists them" >&2; exit 2 ;;
	esac
	shift
done
[ -n "$presets" ] || presets="dev asan tsan"

"$top/deploy/install-packages.sh" build test
cd "$top"
OAP_VECTORS=${OAP_VECTORS:-$top/../shared/vectors}
export OAP_VECTORS
[ -d "$OAP_VECTORS" ] || echo "SKIPPED: public vectors: $OAP_VECTORS is missing"

# TSan and clang's ASan need a predictable layout; allowed nearly everywhere.
layout=
if setarch -R true 2>/dev/null; then layout="setarch -R"; fi

build() { # preset
	echo "== $1: build"
	cmake --preset "$1" >/dev/null
	cmake --build --preset "$1" -- -k 0 >"build/$1/build.log" 2>&1 || {
		grep -E 'error|FAILED|warning' "build/$1/build.log" | head -40
		echo "== $1: does not build"
		exit 1
	}
}

run_chaos() { # how many seeds
	seed=${OAP_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
	end=$((seed + $1))
	while [ "$seed" -lt "$end" ]; do
		echo "== chaos: seed $seed"
		OAP_BUILD="$top/build/dev" OAP_PRESET=dev OAP_SEED="$seed" \
			OAP_SCANS=10000 OAP_ALONE=yes \
			/usr/bin/python3 -m pytest -q -s -p no:cacheprovider \
			"$top/tests/system/test_chaos.py" || {
			echo "== chaos: once more with this seed:" \
				"OAP_SEED=$seed tests/run.sh --chaos 1"
			return 1
		}
		seed=$((seed + 1))
	done
}

if [ -n "$chaos" ]; then
	build dev
	run_chaos "$chaos"
	exit
fi

jobs=$(nproc)
# System tests mostly wait for something: two of them a core. A file's tests
# stay together, since they share what they start.
failed=0
for preset in $presets; do
	build "$preset"
	echo "== $preset: unit tests"
	$layout ctest --test-dir "build/$preset" -j "$jobs" \
		--output-on-failure --no-tests=error || failed=1
	echo "== $preset: system tests"
	OAP_BUILD="$top/build/$preset" OAP_PRESET="$preset" OAP_LONG="$long" \
		$layout /usr/bin/python3 -m pytest -q -rs -p no:cacheprovider \
		-n $((2 * jobs)) --dist loadfile "$top/tests/system" || failed=1
done

# Warnings are errors with the second compiler, too, and where the first one
# looks closer because it optimises: that is what is installed.
builds() { # name, how it is configured
	name=$1
	shift
	echo "== $name: build"
	cmake "$@" >/dev/null
	cmake --build "build/$name" -- -k 0 >"build/$name/build.log" 2>&1 || {
		grep -E 'error|warning' "build/$name/build.log" | head -40
		failed=1
	}
}
builds release --preset release
builds clang -S . -B build/clang -G Ninja -DCMAKE_C_COMPILER=clang \
	-DCMAKE_BUILD_TYPE=RelWithDebInfo

echo "== fuzz: lines of each parser that its seeds reach"
"$top/tests/fuzz/run.sh" --coverage || {
	echo "== fuzz: a parser is covered too little"
	failed=1
}

if [ $long = yes ]; then
	"$top/tests/fuzz/run.sh" || failed=1
	build dev
	run_chaos 20 || failed=1
fi
[ $failed -eq 0 ] || { echo "run.sh: some tests failed"; exit 1; }
echo "run.sh: everything passed"
