#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds common to its promises by what its objects name: libsodium, zlib and
# pure functions of the C library, no allocation, no I/O, no clock; and no
# variable that could change.
#
#   common_symbols.sh liboap_common.a
set -eu

archive=${1:?names the archive}
allowed='^(crypto_|sodium_|inflate|deflate)|^(bcmp|bsearch|snprintf|strchr|strcmp|strcspn|strlen|strncasecmp|strncmp)$|^(__)?(memchr|memcmp|memcpy|memmove|memset|snprintf)(_chk)?$|^(__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$'
failed=0

own=$(nm --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u)
[ -n "$own" ] || { echo "$archive: nothing in it"; exit 1; }
foreign=$(nm -u "$archive" | awk '$1 == "U" { print $2 }' | sort -u)
for name in $foreign; do
	echo "$name" | grep -qE "$allowed" && continue
	echo "$own" | grep -qxF "$name" && continue
	echo "$archive needs $name"
	failed=1
done
changing=$(objdump -h "$archive" | awk '
	/file format/ { file = $1 }
	$2 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $2 !~ /^\.data\.rel\.ro/ &&
	$3 !~ /^0+$/ { print file " has " $2 }')
if [ -n "$changing" ]; then
	echo "$changing"
	failed=1
fi
exit $failed
