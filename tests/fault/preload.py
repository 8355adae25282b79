# SPDX-License-Identifier: Apache-2.0
"""Loads a shim (powercut.c, fulldisk.c) before everything else."""


def preload(env, shim):
    """LD_PRELOAD parts its names at spaces: it gets the name alone, and
    LD_LIBRARY_PATH the folder."""
    for name, first, between in (("LD_PRELOAD", shim.name, " "),
                                 ("LD_LIBRARY_PATH", str(shim.parent), ":")):
        env[name] = between.join(filter(None, [first, env.get(name)]))
