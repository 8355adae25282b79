# SPDX-License-Identifier: Apache-2.0
"""A city office for the tests of oap-issuer: its directory, its commands, and
what an implementation from the CDDL alone reads in what it writes."""
import contextlib
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import zlib

import oapmsg as m
import oaprun

ISSUER = oaprun.program("oap-issuer")
URI = "https://pass.seoul.example/status"
# fontconfig and cairo keep what they have loaded until the process ends.
LEAKS_OF_OTHERS = "leak:libfontconfig\nleak:libcairo\nleak:libpango\n"
# Pango reads the fonts in a thread of its own; its locks are not seen by TSan,
# which knows only what is built with it.
RACES_OF_OTHERS = "race:libfontconfig\nrace:libpango\nrace:libglib\n"


def for_cards(directory):
    """The environment of a program that draws cards, under a sanitizer."""
    leaks = pathlib.Path(directory) / "leaks.txt"
    races = pathlib.Path(directory) / "races.txt"
    leaks.write_text(LEAKS_OF_OTHERS)
    races.write_text(RACES_OF_OTHERS)
    said = "print_suppressions=0:suppressions=%s"
    return {"LSAN_OPTIONS": said % leaks, "TSAN_OPTIONS": said % races}


def bitmap_size(png):
    """The side of a PNG, from its header."""
    data = pathlib.Path(png).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == height
    return width


def scan(image):
    """What zbar reads in an image: the codes, in no order."""
    done = subprocess.run(
        ["zbarimg", "--nodbus", "--raw", "-q", "-Sdisable",
         "-Sqrcode.enable", image], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == 0, done
    return done.stdout.split("\n")[:-1]


def scan_one(image):
    codes = scan(image)
    assert len(codes) == 1, codes
    return codes[0]


def rows_of(csv):
    """pass id, ref, code or file of what a run wrote; refs without commas."""
    lines = pathlib.Path(csv).read_bytes().decode().split("\r\n")
    assert lines[-1] == "", "cut short"
    assert lines[0] in ("pass_id,ref,code", "pass_id,ref,file")
    return [line.split(",") for line in lines[1:-1]]


def payload_of(code):
    """Claims of a code, its signature not looked at."""
    return m.decode(m.decode(m.message_of(code)).value[2])


def value_in(bits, index):
    return bits[index // 4] >> 2 * (index % 4) & 3


class Office:
    def __init__(self, directory, *options, keys=("--no-passphrase",)):
        self.dir = pathlib.Path(directory)
        self.out = self.dir.with_name(self.dir.name + "-public")
        if "--iss" not in options:
            options += ("--iss", "seoul.example")
        if "--status-uri" not in options:
            options += ("--status-uri", URI)
        done = self.run("init", "--name", "en=Seoul", "--name", "ko=서울",
                        "--json", *keys, *options)
        self.root = bytes.fromhex(json.loads(done.stdout)["root"])

    def popen(self, command, *arguments, **options):
        place = () if command == "show" else ("--dir", self.dir)
        return subprocess.Popen(
            [ISSUER, command, *place, *map(str, arguments)],
            stderr=subprocess.PIPE, text=True, **options)

    def run(self, command, *arguments, may=(0,), text=None, env=None,
            **options):
        place = () if command == "show" else ("--dir", self.dir)
        env = dict(os.environ, **(env or {}))
        if text is not None:
            options["input"] = text
        done = subprocess.run(
            [ISSUER, command, *place, *map(str, arguments)], env=env,
            capture_output=True, text=True, timeout=120, **options)
        assert done.returncode in may, (command, arguments, done)
        return done

    def refused(self, command, *arguments, status=1, **options):
        """The one line that says why."""
        done = self.run(command, *arguments, may=(status,), **options)
        assert done.stdout == "", done
        assert done.stderr.startswith("oap-issuer: "), done
        assert done.stderr.count("\n") == 1, done
        return done.stderr[len("oap-issuer: "):-1]

    def issue(self, *arguments, **options):
        """A code."""
        if "--class" not in arguments:
            arguments += ("--class", "adult")
        if "--days" not in arguments and "--until" not in arguments:
            arguments += ("--days", "30")
        done = self.run("issue", *arguments, "--out", "-", **options)
        return done.stdout[:-1]

    def find(self, *by):
        return json.loads(self.run("find", "--json", *by, may=(0, 1)).stdout)

    def pass_id(self, code):
        return payload_of(code)[7].hex()

    def publish(self, *arguments, **options):
        self.said = self.run("publish", "--out-dir", self.out, *arguments,
                             **options).stderr
        return self

    # ---- what was published, read by the other implementation
    def document(self):
        return m.open_message((self.out / "issuer.cose").read_bytes(),
                              m.ISSUER_DOCUMENT, self.root)

    def key(self, kid):
        return next(key[0] for key in self.document()[4]
                    if m.kid(key[0]) == kid)

    def signer(self, message):
        return self.key(m.decode(m.decode(message).value[0])[4])

    def token(self, n=0):
        """Claims of a list, and its bits."""
        message = (self.out / ("status-%d.cose" % n)).read_bytes()
        payload = m.open_message(message, m.STATUS_TOKEN,
                                 self.signer(message))
        assert payload[65533]["bits"] == 2
        return payload, zlib.decompress(payload[65533]["lst"])

    def state(self, code):
        """By the published list that the pass names."""
        status = payload_of(code)[65535]["status_list"]
        uris = self.document()[5]
        payload, bits = self.token(uris.index(status["uri"]))
        assert payload[2] == status["uri"]
        return ("valid", "revoked", "suspended")[
            value_in(bits, status["idx"])]

    def open(self, code):
        """Claims of a code whose signature was verified."""
        message = m.message_of(code)
        return m.open_message(message, m.PASS, self.signer(message))

    # ---- the registry's own rows
    def rows(self):
        self.find("0" * 32)     # what a killed process left is taken in
        with contextlib.closing(
                sqlite3.connect(self.dir / "registry.db")) as db:
            return db.execute("SELECT lower(hex(cti)), list, idx, ref, "
                              "current FROM pass").fetchall()

    def shows(self, code, *arguments, status, env=None):
        """show --json with what is published."""
        given = ("--trust", self.out / "issuer.cose", "--root",
                 self.root.hex())
        for path in sorted(self.out.glob("status-*.cose")):
            given += ("--status", path)
        done = self.run("show", "--json", *(arguments or given), "-",
                        may=(status,), text=code + "\n", env=env)
        return json.loads(done.stdout)
