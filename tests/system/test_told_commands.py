# SPDX-License-Identifier: Apache-2.0
"""Where a message, a manual page or a script names a command of ours, there is
such a command, and it takes the options that are named with it."""
import collections
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import desk  # noqa: E402
import oaprun  # noqa: E402

PROGRAMS = ("oapctl", "oap-issuer", "oap-kiosk")
# "another oap-issuer works here" names none.
NAMED = re.compile(r"(?<!another )\b(%s) ([a-z]+)(?: ([a-z]+))?"
                   r"([^;)|\n]*)" % "|".join(PROGRAMS))
# Comments and strings of C, whichever begins first; strings that follow each
# other are one.
PIECE = re.compile(r'/\*.*?\*/|//[^\n]*|((?:"(?:\\.|[^"\\])*"\s*)+)', re.S)
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')


# What a program starts has options of its own.
EXEC = re.compile(r"exec:[^\n\"]*")


def strings_of(text):
    for piece in PIECE.finditer(text):
        if piece[1]:
            whole = "".join(STRING.findall(piece[1]))
            yield whole.replace("\\n", "\n").replace('\\"', '"')


def code_of(text):
    for span in re.findall(r"```\n(.*?)```|`([^`]+)`", text, re.S):
        yield "".join(span)


def lines_of(text):
    """Without comments; a line that goes on is one."""
    yield re.sub(r"\\e?\n\s*", " ", re.sub(r"(?m)^\s*(#|\.\\\").*$", "",
                                           text))


READERS = {".c": strings_of, ".h": strings_of, ".md": code_of,
           ".yaml": lines_of, ".sh": lines_of, ".conf": lines_of,
           ".service": lines_of, ".1": lines_of, ".3": lines_of,
           ".5": lines_of, ".8": lines_of}


def told():
    """(where, program, first word, second word or "", what follows)"""
    files = [TOP / "README.md"]
    for folder in ("common", "server", "client", "deploy"):
        files += sorted((TOP / folder).rglob("*"))
    for file in files:
        reader = READERS.get(file.suffix)
        for text in reader(file.read_text()) if reader else ():
            for found in NAMED.finditer(text):
                follows = re.split(r", then|\b(?:%s)\b" % "|".join(PROGRAMS),
                                   EXEC.sub("", found[4]))[0]
                yield (str(file.relative_to(TOP)), found[1], found[2],
                       found[3] or "", follows)


def help_of(program, *words):
    return subprocess.run([oaprun.program(program), *words, "--help"],
                          capture_output=True, text=True,
                          timeout=oaprun.PATIENCE, check=True).stdout


@pytest.fixture(scope="module")
def commands():
    known = {"oapctl": {tuple(name.split())
                        for name in desk.commands_of_help()}}
    for program in PROGRAMS[1:]:
        known[program] = {(name,) for name in re.findall(
            r"^  ([a-z]+)(?= |$)", help_of(program), re.M)}
    return known


def test_each_command_that_is_named_exists_with_its_options(commands):
    count, wrong = collections.Counter(), []
    for where, program, first, second, follows in told():
        name = [words for words in ((first, second), (first,))
                if words in commands[program]]
        count[program] += 1
        if not name:
            wrong.append("%s: %s %s %s" % (where, program, first, second))
            continue
        takes = help_of(program, *name[0]) + help_of(program)
        wrong += ["%s: %s %s --%s" % (where, program, first, option)
                  for option in re.findall(r"--([a-z][a-z-]*)", follows)
                  if not re.search(r"--%s\b" % option, takes)]
    assert not wrong, "\n".join(wrong)
    assert min(count[program] for program in PROGRAMS) > 15, count
