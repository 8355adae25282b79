# SPDX-License-Identifier: Apache-2.0
"""What holds for every file of the tree."""
import os
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
# Those that cannot hold a comment, or are read for their text.
WITHOUT = {".json", ".md", ".pyc"}
LICENCE = re.compile(rb"SPDX-License-Identifier: Apache-2\.0( \*/)?\n")
ELSEWHERE = {".git", "build", "corpus", ".pytest_cache"}


def sources():
    for folder, below, names in os.walk(TOP):
        below[:] = [name for name in below if name not in ELSEWHERE]
        for name in names:
            yield pathlib.Path(folder, name)


def test_each_file_names_its_licence():
    without = [str(file.relative_to(TOP)) for file in sources()
               if file.suffix not in WITHOUT and file.name != "LICENSE" and
               LICENCE.search(file.read_bytes()[:200]) is None]
    assert without == []


def test_no_example_reads_codes_over_d_bus():
    """zbar complains of a missing bus on every server that has none."""
    wrong = [line for file in sources()
             if file.parent.name in ("man", "deploy") or
             file.name == "README.md"
             for line in file.read_text().splitlines()
             if re.search(r"zbar(img|cam) (?!1\b)(?!--nodbus)", line)]
    assert wrong == []
