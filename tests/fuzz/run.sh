#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every parser, one after another, and measures what the seeds cover.
# Installs what is missing.
#
#   tests/fuzz/run.sh                 every target, ten minutes each
#   tests/fuzz/run.sh cbor cose       these targets
#   tests/fuzz/run.sh --seconds 60    for so long each
#   tests/fuzz/run.sh --coverage      lines of each parser that the seeds
#                                     reach; fails under 90 in a hundred
#
# What is found lies in build/fuzz/found and makes it fail; fixed, it belongs
# in corpus/, where the suite replays it for ever.
set -eu

LEAST=90

top=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
TARGETS=
for source in "$top"/tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	TARGETS="$TARGETS ${name%.c}"
done
corpus=$top/tests/fuzz/corpus
seconds=600
coverage=no
targets=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:?--seconds wants a number}; shift ;;
	--coverage) coverage=yes ;;
	--help) sed -n '3,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
	-*) echo "run.sh: $1: no such option; --help lists them" >&2; exit 2 ;;
	*) targets="$targets $1" ;;
	esac
	shift
done
targets=${targets:-$TARGETS}

# The files that a target is there for.
parser_of() {
	case $1 in
	agentcall) echo client/kiosk/agent/asked.c client/kiosk/agent/desk.c \
		client/kiosk/agent/lines.c client/kiosk/agent/guard.c ;;
	base45) echo common/base45.c ;;
	bundle) echo common/bundle.c common/bundle_parts.c common/benefit.c \
		common/names.c ;;
	cbor) echo common/cbor.c common/cborput.c ;;
	config) echo server/daemon/config.c ;;
	cose) echo common/cose.c common/coseput.c ;;
	csv) echo server/issuer/csv.c server/issuer/residents.c ;;
	enrolcode) echo common/enrolcode.c ;;
	entry) echo common/entry.c common/item.c common/kioskfield.c ;;
	issuerdoc) echo common/issuerdoc.c ;;
	parcel) echo common/parcel.c ;;
	pass) echo common/pass.c common/code.c ;;
	statuslist) echo common/statuslist.c common/zroom.c ;;
	talk) echo common/talk.c common/receipt.c ;;
	*) echo "run.sh: $1: no such target; there are$TARGETS" >&2; exit 2 ;;
	esac
}

# TSan and clang's ASan need a predictable layout; allowed nearly everywhere.
layout=
if setarch -R true 2>/dev/null; then layout="setarch -R"; fi

# What a target may be given at most, where inputs are large by nature.
longest_of() {
	case $1 in
	bundle | config | csv) echo 8192 ;;
	*) echo 4096 ;;
	esac
}

measure() {
	build=$top/build/coverage
	failed=0
	cmake -S "$top" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
		-DCMAKE_BUILD_TYPE=Debug -DOAP_COVERAGE=ON >/dev/null
	for t in $targets; do set -- "$@" "fuzz_$t"; done
	ninja -C "$build" "$@" >"$build/build.log" || {
		grep -E 'error|FAILED' "$build/build.log"
		exit 1
	}
	cov=$(command -v llvm-cov-14 || command -v llvm-cov)
	prof=$(command -v llvm-profdata-14 || command -v llvm-profdata)
	for t in $targets; do
		program=$build/tests/fuzz/fuzz_$t
		LLVM_PROFILE_FILE=$build/$t.raw "$program" "$corpus/$t" \
			>"$build/$t.log" 2>&1 || {
			cat "$build/$t.log"
			failed=1
			continue
		}
		"$prof" merge -o "$build/$t.prof" "$build/$t.raw"
		for file in $(parser_of "$t"); do
			"$cov" report "$program" -instr-profile "$build/$t.prof" \
				"$top/$file" | awk -v t="$t" -v f="$file" \
				-v least=$LEAST '$1 == "TOTAL" {
				found = 1; share = 100 * ($8 - $9) / $8
				printf "%-12s %-30s %4d of %4d lines %6.1f %%%s\n",
					t, f, $8 - $9, $8, share,
					share < least ? "  TOO FEW" : ""
				exit share < least }
				END { if (!found) exit 1 }' || failed=1
		done
	done
	return $failed
}

fuzz() {
	build=$top/build/fuzz
	found=$build/found
	failed=0
	(cd "$top" && cmake --preset fuzz >/dev/null)
	for t in $targets; do set -- "$@" "fuzz_$t"; done
	ninja -C "$build" "$@" >"$build/build.log" || {
		grep -E 'error|FAILED' "$build/build.log"
		exit 1
	}
	mkdir -p "$found"
	for t in $targets; do
		mkdir -p "$build/corpus/$t"
		echo "== $t: $seconds s"
		# Its own findings first, then the seeds.
		$layout "$build/tests/fuzz/fuzz_$t" -timeout=25 \
			-max_total_time="$seconds" -max_len="$(longest_of "$t")" \
			-use_value_profile=1 -print_final_stats=1 \
			-artifact_prefix="$found/$t-" "$build/corpus/$t" \
			"$corpus/$t" >"$build/$t.log" 2>&1 || {
			failed=1
			tail -30 "$build/$t.log"
			echo "== $t: FOUND something; it is in $found"
			continue
		}
		grep -E 'number_of_executed_units|^Done' "$build/$t.log"
	done
	return $failed
}

for t in $targets; do parser_of "$t" >/dev/null; done
"$top/deploy/install-packages.sh" build test
if [ $coverage = yes ]; then measure; else fuzz; fi
