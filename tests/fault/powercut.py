# SPDX-License-Identifier: Apache-2.0
"""Takes back, after a kill, every change that no fsync covered (powercut.c)."""
import os
import pathlib
import random
import shutil
import struct

from preload import preload

HEAD = struct.Struct("<IIQQQQQIIQ")
MAGIC = 0x54554331
WRITE, TRUNCATE, CREATE, UNLINK, RENAME, SYNC = range(1, 7)
SECTOR = 512


class Record:
    def __init__(self, fields, path, other, old):
        (_, self.kind, self.serial, self.inode, self.offset, self.size,
         self.old_size, _, _, _) = fields
        self.path, self.other, self.old = path, other, old
        self.new = None


def read_log(data):
    """Whole records; a last one that was cut short never took effect."""
    at = 0
    while at + HEAD.size <= len(data):
        fields = HEAD.unpack_from(data, at)
        assert fields[0] == MAGIC, "the undo log is damaged"
        path, other, old = fields[7:]
        end = at + HEAD.size + path + other + old
        if end > len(data):
            return
        at += HEAD.size
        texts = data[at:at + path + other]
        yield Record(fields, os.fsdecode(texts[:path]),
                     os.fsdecode(texts[path:]), data[end - old:end])
        at = end


class PowerCut:
    """A watched directory and its undo log, which lies beside it."""

    def __init__(self, build, directory, log=None):
        self.shim = pathlib.Path(build) / "tests/fault/libpowercut.so"
        self.directory = pathlib.Path(directory)
        self.log = pathlib.Path(log or str(directory) + ".cut")
        self.directory.mkdir(exist_ok=True)
        self.log.mkdir(exist_ok=True)

    def environment(self, at=None, synchronous_off=False, base=None,
                    signal=None):
        """For the program that is to lose its power."""
        env = dict(os.environ if base is None else base)
        preload(env, self.shim)
        env["OAP_CUT_DIR"] = str(self.directory)
        env["OAP_CUT_LOG"] = str(self.log)
        options = [env.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]
        env["ASAN_OPTIONS"] = ":".join(filter(None, options))
        if at is not None:
            env["OAP_CUT_AT"] = str(at)
        if signal is not None:
            env["OAP_CUT_SIGNAL"] = str(int(signal))
        if synchronous_off:
            env["OAP_CUT_SYNCHRONOUS"] = "OFF"
        return env

    def settle(self):
        """All that was written so far has long reached the disk."""
        for entry in self.log.iterdir():
            entry.unlink()

    def apply(self, survive=None):
        """The disk after the cut: nothing is there that nobody waited for.
        With a random.Random some of it is there nevertheless: bytes sector by
        sector, and all of the names or none of them. Returns how many changes
        no fsync had covered."""
        log = self.log / "undo"
        records = list(read_log(log.read_bytes())) if log.exists() else []
        struck = {}
        for r in reversed(records):
            if r.kind == SYNC:
                struck[r.inode] = max(struck.get(r.inode, 0), r.offset)
        lost = [r for r in records if r.kind != SYNC and
                r.serial > struck.get(r.inode, 0)]
        names = self._names()
        keep_names = survive and survive.random() < .5
        for r in reversed(lost):
            if not (keep_names and r.kind in (CREATE, UNLINK, RENAME)):
                self._undo(r, names)
        if survive:
            for r in lost:
                self._survive(r, names, survive)
        for path in self.directory.rglob("*-shm"):
            path.unlink()
        self.settle()
        return len(lost)

    def _names(self):
        return {os.lstat(path).st_ino: str(path)
                for path in self.directory.rglob("*")}

    @staticmethod
    def _undo(r, names):
        if r.kind == CREATE:
            # A directory takes with it what is durable inside.
            if os.path.isdir(r.path):
                shutil.rmtree(r.path)
                for inode, path in list(names.items()):
                    if path.startswith(r.path + "/"):
                        del names[inode]
            elif os.path.exists(r.path):
                names.pop(os.lstat(r.path).st_ino, None)
                os.unlink(r.path)
        elif r.kind == UNLINK:
            if not os.path.exists(r.path):
                os.rename(r.other, r.path)
                names[os.lstat(r.path).st_ino] = r.path
        elif r.kind == RENAME:
            # Killed before the renaming: there is nothing to undo.
            if os.path.exists(r.path) and not os.path.exists(r.other):
                os.rename(r.path, r.other)
                names[os.lstat(r.other).st_ino] = r.other
        elif r.inode in names:
            with open(names[r.inode], "r+b") as f:
                f.seek(r.offset)
                if r.kind == WRITE:
                    r.new = f.read(r.size)
                    f.seek(r.offset)
                f.write(r.old)
                f.truncate(r.old_size)

    @staticmethod
    def _survive(r, names, dice):
        if r.kind != WRITE or not r.new or r.inode not in names:
            return
        with open(names[r.inode], "r+b") as f:
            for at in range(0, len(r.new), SECTOR):
                if dice.random() < .5:
                    f.seek(r.offset + at)
                    f.write(r.new[at:at + SECTOR])
