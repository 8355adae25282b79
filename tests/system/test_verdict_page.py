# SPDX-License-Identifier: Apache-2.0
"""The manual page of verdicts, which the build writes from common's table: all
of them are in it, as a terminal shows it; and nothing else that people read
names a verdict that there is not."""
import pathlib
import re
import subprocess
import sys
import unicodedata

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

import oaprun  # noqa: E402

LANGUAGES = ("KOREAN", "JAPANESE", "CHINESE")
# by class, but for the reversals that were refused
STATUS = {"accept": 0, "reject-code": 1, "reject-pass": 1, "reject-use": 1,
          "undecided": 3, "retry": 4, "device": 4, "reversal": 0}
REFUSED = {"nothing-to-reverse", "reversal-not-allowed"}


def enum(path, name, prefix):
    """{name: number} of an enum in a header, as people write the names."""
    body = re.search(r"enum %s {(.*?)};" % name, (TOP / path).read_text(),
                     re.S)[1]
    found, number = {}, -1
    for word, given in re.findall(r"\b%s([A-Z_]+)(?: = (\d+))?" % prefix,
                                  body):
        number = int(given) if given else number + 1
        found[word.lower().replace("_", "-")] = number
    return found


VERDICTS = enum("common/verdict.h", "verdict", "VERDICT_")
VERDICTS.pop("none")


def texts():
    """Of each row of the table: its name, and two sentences in four
    languages."""
    table = (TOP / "common/verdict_table.c").read_text()
    for row in re.split(r"\{VERDICT_", table)[1:]:
        name = re.search(r'"([a-z-]+)", CLASS_', row)[1]
        groups = re.findall(r"\{((?:\s*\"[^\"]*\"\s*,?)+)\}", row)
        assert len(groups) == 2, name
        both = []
        for group in groups:
            sentences = re.split(r'",\s*"', group.strip()[1:-1])
            both.append([re.sub(r'"\s*"', "", s) for s in sentences])
            assert len(both[-1]) == 4, name
        yield name, both


@pytest.fixture(scope="module")
def page():
    return pathlib.Path(oaprun.build()) / "deploy/oap-verdicts.7"


@pytest.fixture(scope="module")
def lines(page):
    """As a terminal of 80 columns shows it, without its overstriking."""
    done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=80", page],
                          stdout=subprocess.PIPE, check=True, timeout=60)
    return re.sub(r".\x08", "", done.stdout.decode()).split("\n")


def section(lines, title):
    start = lines.index(title) + 1
    end = next((i for i in range(start, len(lines))
                if re.match(r"\S", lines[i])), len(lines))
    return lines[start:end]


def entries(lines):
    """{name: what stands under it} of a list."""
    found, name = {}, None
    for line in lines:
        tag = re.fullmatch(r" {5}([a-z]+(?:-[a-z]+)*)", line)
        if tag:
            name = tag[1]
            assert name not in found
            found[name] = ""
        elif re.match(r" {0,5}\S", line):
            name = None
        elif name:
            found[name] += line
    return found


def bare(text):
    return re.sub(r"[\s“”]", "", text)


def test_every_verdict_is_in_it_with_its_number_class_and_status(lines):
    found = entries(section(lines, "VERDICTS"))
    assert list(found) == list(VERDICTS)
    classes = dict(re.findall(r'"([a-z-]+)", CLASS_([A-Z_]+)', (
        TOP / "common/verdict_table.c").read_text()))
    shown = " ".join(section(lines, "VERDICTS"))
    for name, text in found.items():
        of_class = classes[name].lower().replace("_", "-")
        status = 1 if name in REFUSED else STATUS[of_class]
        assert "Number %d, status %d." % (VERDICTS[name], status) in text
        # under the nearest class above it
        before = shown[:shown.index(" %s " % name)]
        assert re.findall(r"Class ([a-z-]+)\.", before)[-1] == of_class


def test_its_sentences_are_those_of_the_table_in_each_language(lines):
    lists = [entries(section(lines, title))
             for title in ("VERDICTS",) + LANGUAGES]
    count = 0
    for name, both in texts():
        for language, found in enumerate(lists):
            for sentence in (group[language] for group in both):
                assert bare(sentence) in bare(found[name]), (name, sentence)
        count += 1
    assert count == len(VERDICTS)
    assert all(list(found) == list(VERDICTS) for found in lists)


def test_no_line_is_wider_than_a_terminal(lines):
    for line in lines:
        columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
                      for c in line)
        assert columns <= 80, line


def test_mandoc_finds_nothing_wrong(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page],
                          stdout=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_public_header_has_the_same_verdicts():
    assert {k.replace("verdict-", ""): v for k, v in enum(
        "client/lib/include/oap.h", "oap_verdict", "OAP_").items()} == VERDICTS


# Words that begin as a verdict does, and are something else.
OTHERS = {"issuer-document", "status-token", "issuer-key", "journal-file",
          "revoked-kiosk"}


@pytest.mark.parametrize("path", sorted(
    str(p.relative_to(TOP)) for p in [
        *(TOP / "deploy/man").iterdir(), TOP / "README.md",
        TOP / "server/daemon/openapi.yaml", TOP / "deploy/oapd.conf",
        TOP / "client/lib/include/oap.h"]))
def test_no_page_names_a_verdict_that_there_is_not(path):
    first = {name.split("-")[0] for name in VERDICTS if "-" in name}
    words = re.findall(r"(?<![\w/.-])[a-z]+(?:-[a-z]+)+(?![\w-])",
                       (TOP / path).read_text())
    alike = {w for w in words if w.split("-")[0] in first} - OTHERS
    assert alike <= set(VERDICTS)
