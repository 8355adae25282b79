#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds limits.h to its promise: each limit says, on its line, why just there.
#
#   common_limits.sh limits.h
set -eu

awk '/^#define/ && !/OAP_LIMITS_H/ {
	count++
	if (!/\/\*/) { print FILENAME ": " $2 " has no reason"; failed = 1 }
}
END { exit failed || count < 50 }' "${1:?names the header}"
