# SPDX-License-Identifier: Apache-2.0
"""How many power cuts a run makes, and what a test says when one cost more
than it may."""
import os


class Lost(AssertionError):
    """Something acknowledged is gone, or is not what was acknowledged."""


def total():
    """OAP_CUTS, or 200; a few where a sanitizer makes each slow and what is
    looked for is another thing, but in a long run."""
    few = (os.environ.get("OAP_PRESET") in ("asan", "tsan") and
           os.environ.get("OAP_LONG") != "yes")
    return int(os.environ.get("OAP_CUTS") or (20 if few else 200))


def share(part):
    """Of the cuts for one program; part is its share of the whole."""
    return max(4, round(total() * part))


def must_be(condition, what):
    if not condition:
        raise Lost(what)
