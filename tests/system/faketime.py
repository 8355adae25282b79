# SPDX-License-Identifier: Apache-2.0
"""A wrong clock for a program (libfaketime)."""
import glob
import os

LIBRARY = (glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") + [""])[0]


def env(clock):
    """What its environment has more: "-1d", "+5h". What counts since boot is
    not moved."""
    assert LIBRARY, "libfaketime is not installed"
    options = [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]
    return {"LD_PRELOAD": LIBRARY, "FAKETIME": clock,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "ASAN_OPTIONS": ":".join(filter(None, options))}
