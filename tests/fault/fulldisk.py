# SPDX-License-Identifier: Apache-2.0
"""A disk that is full for a while (fulldisk.c)."""
import os
import pathlib

from preload import preload


class FullDisk:
    """The disk of a directory: full from fill() to empty()."""

    def __init__(self, build, directory):
        self.shim = pathlib.Path(build) / "tests/fault/libfulldisk.so"
        self.directory = pathlib.Path(directory)
        self.full = self.directory.with_suffix(".full")

    def environment(self):
        env = dict(os.environ)
        preload(env, self.shim)
        env["OAP_DISK_DIR"] = str(self.directory)
        env["OAP_DISK_FULL"] = str(self.full)
        env["ASAN_OPTIONS"] = ":".join(filter(
            None, [env.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return env

    def fill(self):
        self.full.touch()

    def empty(self):
        self.full.unlink()
