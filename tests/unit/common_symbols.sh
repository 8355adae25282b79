#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds common to its promises by what its objects name: of libsodium what
# works on bytes it is given (no keys made, no memory of its own, no randomness
# but the caller's), zlib's two streams, and pure functions of the C library:
# no allocation, no I/O, no clock; and no variable that could change. What
# deflate, for writers, allocates is zlib's own.
#
#   common_symbols.sh liboap_common.a
set -euf

archive=${1:?names the archive}
allowed='
crypto_auth_hmacsha256_(init|update|final)
crypto_box_beforenm
crypto_hash_sha256(_init|_update|_final)?
crypto_kdf_derive_from_key
crypto_sign_(detached|verify_detached)
crypto_sign_ed25519_(pk|sk)_to_curve25519
sodium_(bin2hex|hex2bin|memcmp|memzero)
(in|de)flate(Init_|End)?
(bcmp|bsearch|snprintf|strchr|strcmp|strcspn|strlen|strncasecmp|strncmp)
(__)?(memchr|memcmp|memcpy|memmove|memset|snprintf)(_chk)?
(__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)'
allowed="^($(echo $allowed | tr ' ' '|'))\$"
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
