# SPDX-License-Identifier: Apache-2.0
"""oap-issuer with a file of residents: bad rows, the same file again, and
every kind of interruption."""
import collections
import contextlib
import os
import pathlib
import pty
import resource
import select
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parent / "fault")]

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import office as o  # noqa: E402
import powercut  # noqa: E402

ROWS = 24000    # three transactions


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("ref,class,days,hint\n" + "".join(
        "B%d,adult,365,K.M.\n" % i for i in range(ROWS)))
    return path


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def check_known(city, codes):
    """Every code of {ref: code} is in the registry, a resident's only one."""
    by_id = {row[0]: row for row in city.rows()}
    refs = collections.Counter(row[3] for row in by_id.values() if row[4])
    assert all(count == 1 for count in refs.values())
    seen = set()
    for code in codes.values():
        claims = o.payload_of(code)
        row = by_id[claims[7].hex()]
        assert claims[65535]["status_list"]["uri"].endswith("status")
        assert row[1] == 0 and row[4] == 1
        seen.add(row[3])
    assert len(seen) == len(codes)


# ------------------------------------------------------------- the rows
BAD_ROWS = (
    "ref,class,days,hint\n"
    "A1,adult,365,K.M.\n"               # 2
    "A2,king,365,\n"                    # 3
    "A3,senior,30,\n"                   # 4
    ",adult,3,\n"                       # 5
    "A1,adult,365,\n"                   # 6
    "A4,child,10\n"                     # 7
    "\n"                                # 8: no row
    "A5,disabled,365,ㅎㄱㄷ\n"             # 9
    "A6,adult,365,\"broken\n"           # 10
    "A7,youth,365,ok\n"                 # 11
    "A8,adult,0,\n"                     # 12
    "A9,adult,3," + "h" * 25 + "\n"     # 13
    "A10,adult,3," + "x" * 5000 + "\n"  # 14
    "A11,ad\"ult,3,\n"                  # 15
    "A12,adult,3,\"a\"b\n"              # 16
    "A13,adult,3,a,b\n"                 # 17
    + "r" * 129 + ",adult,3,\n"         # 18
    "A14,adult,3,\n")                   # 19

BAD_LINES = {3: 'class "king": unknown', 5: "ref: empty",
             6: "the reference of line 2", 7: "3 fields",
             10: "a quote may be missing its end", 12: "from 1 to 36600",
             13: "25 bytes", 14: "too long", 15: "a quote inside a field",
             16: "text after a closing quote", 17: "5 fields",
             18: "at most 128"}


def test_bad_rows_are_named_and_the_others_issued(seoul, tmp_path):
    csv = write(tmp_path / "r.csv", BAD_ROWS)
    out = tmp_path / "out.csv"
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    lines = done.stderr.split("\n")[:-1]
    assert lines.pop() == "oap-issuer: %s: 5 issued, 0 already issued, " \
        "%d refused" % (csv, len(BAD_LINES))
    assert len(lines) == len(BAD_LINES), lines
    for line, (number, said) in zip(lines, sorted(BAD_LINES.items())):
        assert line.startswith("%s:%d: " % (csv, number)), line
        assert said in line, line
    assert [row[1] for row in o.rows_of(out)] == \
        ["A1", "A3", "A5", "A7", "A14"]
    for pass_id, ref, code in o.rows_of(out):
        assert seoul.pass_id(code) == pass_id
        assert seoul.find("--ref", ref)[0]["pass_id"] == pass_id
    assert o.payload_of(o.rows_of(out)[2][2])[-65537] == {1: 4, 2: "ㅎㄱㄷ"}


def test_the_same_file_again_issues_no_second_pass(seoul, tmp_path):
    csv = write(tmp_path / "r.csv", BAD_ROWS)
    outs = [tmp_path / name for name in ("a.csv", "b.csv")]
    for out in outs:
        done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    assert "0 issued, 5 already issued" in done.stderr
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert len(seoul.rows()) == 5


def test_a_row_that_now_asks_for_another_class_is_told(seoul, tmp_path):
    out = tmp_path / "out.csv"
    for text in ("A1,adult\nA2,adult\n", "A1,child\nA2,adult\n"):
        csv = write(tmp_path / "r.csv", "ref,class\n" + text)
        done = seoul.run("issue", "--csv", csv, "--days", "9", "--out", out,
                         may=(0, 1))
    assert done.returncode == 1
    assert "r.csv:2: already issued: pass" in done.stderr
    assert [row[1] for row in o.rows_of(out)] == ["A2"]


def test_a_row_that_now_names_another_holder_key_is_told(seoul, tmp_path):
    keys = [bytes(m.key_of(name).verify_key).hex() for name in "ab"]
    csv, out = tmp_path / "r.csv", tmp_path / "out.csv"
    rows = "ref,class,days,holder_key\nA1,adult,9,%s\nA2,adult,9,\n"
    for key, status in ((keys[0], 0), (keys[0], 0), (keys[1], 1), ("", 0)):
        write(csv, rows % key)
        done = seoul.run("issue", "--csv", csv, "--out", out, may=(status,))
        told = "already issued, for another holder key" in done.stderr
        assert told == (status == 1)
        assert [row[1] for row in o.rows_of(out)] == \
            (["A2"] if told else ["A1", "A2"])
    # one that was issued without a key
    write(csv, "ref,class,days,holder_key\nA2,adult,9,%s\n" % keys[0])
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    assert "r.csv:2: pass " in done.stderr and "holder key" in done.stderr


def age(city, days):
    """As if everything there had been issued so much earlier."""
    with contextlib.closing(sqlite3.connect(city.dir / "registry.db")) as db:
        db.execute("UPDATE pass SET iat = iat - :s, exp = exp - :s, "
                   "nbf = nbf - :s", {"s": days * 86400})
        db.commit()


def test_a_row_that_now_asks_for_another_validity_is_told(seoul, tmp_path):
    out = tmp_path / "out.csv"

    def run(rows, told):
        csv = write(tmp_path / "r.csv", "ref,class,valid_from,days,"
                    "valid_until\n" + "".join(
                        "%s,adult,%s\n" % row for row in rows.items()))
        done = seoul.run("issue", "--csv", csv, "--out", out,
                         may=(1,) if told else (0,))
        for line, (ref, row) in enumerate(rows.items(), 2):
            said = "r.csv:%d: pass %s: already issued, with another " \
                "validity; reissue --days" % (line, ids.get(ref))
            assert (said in done.stderr) == (ref in told), (ref, done.stderr)
        assert [row[1] for row in o.rows_of(out)] == \
            [ref for ref in rows if ref not in told]
        return {row[1]: row[0] for row in o.rows_of(out)}

    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * 86400))
    first = {"A": ",30,", "B": ",,2099-12-31", "C": soon + ",30,",
             "D": "2026-01-01,,2099-12-31", "E": ",30,"}
    ids = {}
    ids = run(first, "")
    assert run(first, "") == ids
    # other ends, other beginnings, and a beginning that is not asked for
    run({"A": ",31,", "B": ",,2099-12-30", "C": soon + ",31,",
         "D": "2026-01-02,,2099-12-31", "E": soon + ",30,"}, "ABCDE")
    run({"C": ",,2099-12-31"}, "C")
    # on a later day, days are still as many, and an end is where it was
    age(seoul, 3)
    run({"A": ",30,", "E": ",30,"}, "")
    run({"A": ",27,", "B": ",,2099-12-31"}, "AB")
    # a new paper changes no validity, unless it is told to
    for ref in ("A", "E"):
        seoul.run("reissue", ids[ref])
        run({ref: ",30,"}, "")
        seoul.run("reissue", ids[ref], "--days", "60")
        run({ref: ",30,"}, ref)
        run({ref: ",60,"}, "")
    assert len({row[0] for row in seoul.rows()}) == len(first)


def test_a_row_that_is_refused_does_not_use_up_its_reference(seoul,
                                                             tmp_path):
    csv, out = tmp_path / "r.csv", tmp_path / "out.csv"
    write(csv, "ref,class,days\nA1,adult,9\n")
    seoul.run("issue", "--csv", csv, "--out", out)
    write(csv, "ref,class,days\nA1,child,9\nA1,adult,9\nA2,king,9\n"
          "A1,adult,9\nA2,adult,9\n")
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    assert [row[1] for row in o.rows_of(out)] == ["A1", "A2"]
    said = done.stderr.split("\n")
    assert said[0].startswith("%s:2: already issued: pass " % csv)
    assert said[1].startswith("%s:4: class \"king\": unknown" % csv)
    assert said[2] == "%s:5: already issued: the reference of line 3" % csv
    assert "1 issued, 1 already issued, 3 refused" in said[3]


@pytest.mark.parametrize("text", [
    "ref,class,days,hint\r\nR1,adult,9,K.M.\r\nR2,child,9,\r\n",
    "\ufeffref,class,days,hint\nR1,adult,9,K.M.\nR2,child,9,\n",
    "hint,days,class,ref\n\"K.M.\",\"9\",\"adult\",\"R1\"\n,9,child,R2",
    "ref,class,valid_from,valid_until,hint\n"
    "R1,adult,2026-01-01,2099-01-01T00:00:00+09:00,K.M.\n"
    "R2,child,,2099-12-31,\n",
    "ref,class,hint\nR1,adult,K.M.\n\n\nR2,child,\n\n",
], ids=["CRLF", "BOM", "quotes and order", "dates", "empty lines"])
def test_files_of_many_programs_are_read(seoul, tmp_path, text):
    csv = write(tmp_path / "r.csv", text)
    out = tmp_path / "out.csv"
    default = () if "days" in text or "until" in text else ("--days", "9")
    seoul.run("issue", "--csv", csv, "--out", out, *default)
    first, second = [o.payload_of(row[2]) for row in o.rows_of(out)]
    assert first[-65537] == {1: 0, 2: "K.M."}
    assert second[-65537] == {1: 2}


@pytest.mark.parametrize("text, said", [
    ("", "empty; a header row is expected"),
    ("name,class\nA,adult\n", 'column "name": unknown'),
    ("ref,days\nA,3\n", 'column "class" is missing'),
    ("ref,class,ref\nA,adult,B\n", 'column "ref" is there twice'),
    ("ref\x1b[2J,class\n", 'column "ref?[2J": unknown'),
    ("ref;class\nA;adult\n", 'column "ref;class": unknown'),
])
def test_a_header_that_is_not_understood_stops_before_anything(
        seoul, tmp_path, text, said):
    csv = write(tmp_path / "r.csv", text)
    out = tmp_path / "out.csv"
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    assert done.stderr.startswith("%s:1: " % csv) and said in done.stderr
    assert done.stderr.count("\n") == 1
    assert seoul.rows() == [] and not out.exists()


def test_a_file_of_another_encoding_is_told_line_by_line(seoul, tmp_path):
    csv = write(tmp_path / "r.csv", "ref,class,days,hint\nA1,adult,9,이\n"
                "A2,adult,9,x\n", "euc-kr")
    done = seoul.run("issue", "--csv", csv, "--out", "-", may=(1,))
    assert "r.csv:2: not UTF-8" in done.stderr
    assert "A2" in done.stdout


def test_a_file_may_come_and_go_by_pipes(seoul):
    done = seoul.run("issue", "--csv", "-", "--days", "9", "--out", "-",
                     text="ref,class\nA1,adult\nA1,adult\n", may=(1,))
    assert "stdin:3: already issued: the reference of line 2" in done.stderr
    assert done.stdout.count("OAP1:") == 1


def test_a_directory_gets_a_picture_for_each_and_an_index(seoul, tmp_path):
    csv = write(tmp_path / "r.csv", "ref,class,days\n" + "".join(
        "R%d,adult,9\n" % i for i in range(20)))
    cards = tmp_path / "cards"
    seoul.run("issue", "--csv", csv, "--out-dir", cards, "--as", "png")
    index = o.rows_of(cards / "index.csv")
    assert [row[1] for row in index] == ["R%d" % i for i in range(20)]
    assert sorted(p.name for p in cards.iterdir()) == \
        sorted([row[2] for row in index] + ["index.csv"])
    for pass_id, ref, name in index[::5]:
        code = o.scan_one(cards / name)
        assert seoul.pass_id(code) == pass_id
        assert seoul.find("--ref", ref)[0]["pass_id"] == pass_id


def test_a_directory_of_several_runs_has_one_index_of_all(seoul, tmp_path):
    cards = tmp_path / "cards"

    def run(refs, *options):
        csv = write(tmp_path / "r.csv", "ref,class,days\n" + "".join(
            '"%s",adult,9\n' % ref for ref in refs))
        seoul.run("issue", "--csv", csv, "--out-dir", cards, "--as", "txt")
        return o.rows_of(cards / "index.csv")

    first = run(["R1", "R2"])
    whole = (cards / "index.csv").read_bytes()
    assert run(["R1", "R2"]) == first
    assert (cards / "index.csv").read_bytes() == whole
    second = run(["R3", "R2"])
    assert [row[1] for row in second] == ["R3", "R2", "R1"]
    assert sorted(second)[:3] == sorted([*first, second[0]])
    # a new paper has no reference to tell: the one that was told stays
    ids = [row[0] for row in second]
    before = {row[0]: (cards / row[2]).read_text() for row in second}
    seoul.run("reissue", ids[0], "--out-dir", cards, "--as", "txt")
    assert o.rows_of(cards / "index.csv") == \
        [second[0], second[1], second[2]]
    for pass_id, _, name in second:
        changed = (cards / name).read_text() != before[pass_id]
        assert changed == (pass_id == ids[0])
    run(['say ""A"", b', "R4"])
    seoul.run("reissue", *ids, "--out-dir", cards, "--as", "txt")
    text = (cards / "index.csv").read_text()
    assert text.count('"say ""A"", b"') == 1 and text.count("\n") == 6


@pytest.mark.parametrize("text, said", [
    ("ref,class,days\nA,adult,3\n", "no pass_id,ref,file in its first line"),
    ("", "no pass_id,ref,file in its first line"),
    ("pass_id,ref,file\nabc,R1,abc.png\n", "line 2: not a pass id"),
    ("pass_id,ref,file\n%s,R1\n" % ("0" * 32), "line 2: not a pass id"),
    ("pass_id,ref,file\n\"\n", "line 2: a quote"),
])
def test_an_index_that_is_none_is_not_lost(seoul, tmp_path, text, said):
    cards = tmp_path / "cards"
    cards.mkdir()
    mine = write(cards / "index.csv", text)
    why = seoul.refused("issue", "--csv", mine if "class" in text else
                        write(tmp_path / "r.csv",
                              "ref,class,days\nA,adult,3\n"),
                        "--out-dir", cards, "--as", "txt")
    assert said in why and "move it away" in why, why
    assert mine.read_text() == text and seoul.rows() == []
    assert [p.name for p in cards.iterdir()] == ["index.csv"]


def test_an_interrupted_run_leaves_the_index_of_the_others(seoul, big,
                                                           tmp_path):
    cards = tmp_path / "cards"
    csv = write(tmp_path / "r.csv", "ref,class,days\nA1,adult,9\n")
    seoul.run("issue", "--csv", csv, "--out-dir", cards, "--as", "txt")
    index = (cards / "index.csv").read_bytes()
    status, _, _ = run_until(
        seoul, big, lambda process: oaprun.wait_for(
            lambda: len(list(cards.iterdir())) > 50, "passes"),
        signal.SIGTERM, "--out-dir", cards, "--as", "txt")
    assert status == -signal.SIGTERM
    assert (cards / "index.csv").read_bytes() == index
    seoul.run("issue", "--csv", big, "--out-dir", cards, "--as", "txt")
    rows = o.rows_of(cards / "index.csv")
    assert len(rows) == ROWS + 1 and rows[-1][1] == "A1"
    assert {row[2] for row in rows} | {"index.csv"} == \
        {p.name for p in cards.iterdir()}


# -------------------------------------------------------- interruptions
def run_until(city, big, when, number, *arguments):
    """Signals a run once `when` holds; what it had said by then."""
    process = city.popen("issue", "--csv", big, *arguments,
                         stdout=subprocess.PIPE)
    try:
        when(process)
        process.send_signal(number)
        out, err = process.communicate(timeout=oaprun.PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err


def take_lines(count, lines):
    def when(process):
        while len(lines) < count:
            line = process.stdout.readline()
            if not line:
                return
            lines.append(line)
    return when


def codes_of(lines):
    return {fields[1]: fields[2].rstrip("\r\n") for fields in
            (line.split(",") for line in lines[1:])
            if len(fields) == 3 and fields[2].endswith("\n")}


@pytest.mark.parametrize("seen", [1, 9000, 17000])
def test_killed_in_the_middle_no_pass_is_unknown_and_none_is_twice(
        seoul, big, tmp_path, seen):
    lines = []
    status, rest, _ = run_until(seoul, big, take_lines(seen, lines),
                                signal.SIGKILL, "--out", "-")
    codes = codes_of(lines + rest.splitlines(keepends=True))
    assert status == -signal.SIGKILL
    check_known(seoul, codes)
    out = tmp_path / "out.csv"
    seoul.run("issue", "--csv", big, "--out", out)
    whole = {row[1]: row[2] for row in o.rows_of(out)}
    assert len(whole) == ROWS == len(seoul.rows())
    assert codes.items() <= whole.items()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_tidies_up_and_goes_on_later(seoul, big, tmp_path,
                                                    number):
    cards = tmp_path / "cards"

    def when(process):
        oaprun.wait_for(lambda: cards.exists() and
                        len(list(cards.iterdir())) > 50, "pictures")

    status, _, said = run_until(seoul, big, when, number, "--out-dir", cards,
                                "--as", "txt")
    assert status == -number
    assert "interrupted; nothing is lost" in said
    assert not list(cards.glob("*.part")) and not (cards /
                                                   "index.csv").exists()
    codes = {p.stem: p.read_text()[:-1] for p in cards.iterdir()}
    check_known(seoul, codes)
    out = tmp_path / "out.csv"
    seoul.run("issue", "--csv", big, "--out", out)
    whole = {row[0]: row[2] for row in o.rows_of(out)}
    assert len(whole) == ROWS and codes.items() <= whole.items()


def test_bad_rows_alone_are_interrupted_too(seoul, tmp_path):
    csv = write(tmp_path / "bad.csv", "ref,class,days\n" + "".join(
        "B%d,king,365\n" % i for i in range(ROWS)))
    out = tmp_path / "out.csv"
    process = seoul.popen("issue", "--csv", csv, "--out", out)
    try:
        # it can get no further ahead of us than the pipe is long
        assert process.stderr.readline().startswith("%s:2: " % csv)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=oaprun.PATIENCE)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGTERM
    assert said.count("\n") < ROWS / 2
    assert "interrupted; nothing is lost" in said
    assert not list(tmp_path.glob("out.csv*"))


def test_a_signal_after_the_work_does_not_make_it_a_failure(seoul, tmp_path):
    csv = write(tmp_path / "r.csv", "ref,class,days\nA1,adult,9\n")
    ends = []
    for at in range(1, 40):
        out = tmp_path / ("%d.csv" % at)
        cut = powercut.PowerCut(oaprun.build(), tmp_path)
        done = seoul.run("issue", "--csv", csv, "--out", out,
                         may=(0, -signal.SIGINT), env=cut.environment(
                             at=at, signal=signal.SIGINT))
        assert out.exists() == (done.returncode == 0), (at, done)
        assert ("1 refused" in done.stderr or "0 refused" in done.stderr) \
            == out.exists()
        assert not list(tmp_path.glob("*.part"))
        ends.append(done.returncode)
    assert set(ends) == {0, -signal.SIGINT}
    assert len(seoul.rows()) == 1


def limit_files(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_no_room_for_the_output_loses_nothing(seoul, big, tmp_path):
    out = tmp_path / "out.csv"
    seoul.run("issue", "--csv", big, "--out", out)
    out.unlink()
    why = seoul.refused("issue", "--csv", big, "--out", out, status=4,
                        preexec_fn=limit_files(1 << 20))
    assert "out.csv: cannot be written" in why and "run it again" in why
    assert list(tmp_path.glob("out.csv*")) == []
    seoul.run("issue", "--csv", big, "--out", out)
    assert len(o.rows_of(out)) == ROWS == len(seoul.rows())


def test_no_room_for_the_registry_issues_nothing_unknown(seoul, big,
                                                         tmp_path):
    done = seoul.run("issue", "--csv", big, "--out", "-", may=(4,),
                     preexec_fn=limit_files(300 << 10))
    assert "registry.db: " in done.stderr and "run it again" in done.stderr
    check_known(seoul, codes_of(done.stdout.splitlines(keepends=True)))
    out = tmp_path / "out.csv"
    seoul.run("issue", "--csv", big, "--out", out)
    assert len(o.rows_of(out)) == ROWS == len(seoul.rows())


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_told_and_harmless(tmp_path, big):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "none",
                       small], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        city = o.Office(small / "seoul")
        code = city.issue("--ref", "R-1")
        why = city.refused("issue", "--csv", big, "--out",
                           tmp_path / "x.csv", status=4)
        assert "make room" in why and not (tmp_path / "x.csv").exists()
        (small / "fill").write_bytes(b"")
        with open(small / "fill", "wb", buffering=0) as fill:
            try:
                while fill.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        for command in (("issue", "--class", "adult", "--days", "9"),
                        ("rotate", "--no-passphrase"),
                        ("revoke", city.pass_id(code)),
                        ("publish", "--out-dir", small / "out")):
            assert "space" in city.refused(*command, status=4) or \
                "full" in city.refused(*command, status=4)
        (small / "fill").unlink()
        assert [row[0] for row in city.rows()] == [city.pass_id(code)]
        assert city.publish().state(code) == "valid"
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_progress_and_rate_are_shown_on_a_terminal(seoul, big):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [o.ISSUER, "issue", "--dir", seoul.dir, "--csv", big, "--out-dir",
         big.parent / "cards", "--as", "png"],
        stderr=theirs, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    until = time.monotonic() + oaprun.PATIENCE
    while b"%" not in shown and time.monotonic() < until:
        if select.select([ours], [], [], 1)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:
                break
    process.send_signal(signal.SIGINT)
    process.wait(oaprun.PATIENCE)
    os.close(ours)
    assert b" passes, " in shown and b"/s, " in shown, shown

