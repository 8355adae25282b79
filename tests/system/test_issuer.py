# SPDX-License-Identifier: Apache-2.0
"""oap-issuer, one pass at a time: what is issued, what is refused, and what is
kept of it."""
import fcntl
import os
import pathlib
import re
import shutil
import signal
import stat
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

DAY = 86400


# ------------------------------------------------------- what is issued
def test_the_example_pass_is_small_and_zbar_reads_its_code(seoul, tmp_path):
    png = tmp_path / "pass.png"
    done = seoul.run("issue", "--class", "adult", "--days", "365", "--ref",
                     "R-1", "--hint", "K.M.", "--out", png)
    code = o.scan_one(png)
    assert len(m.message_of(code)) <= 215
    modules = o.bitmap_size(png) // 8 - 8       # 8 pixels; a margin of 4
    assert (modules - 17) // 4 <= 11
    assert done.stdout == seoul.pass_id(code) + "\n"
    assert stat.S_IMODE(png.stat().st_mode) == 0o600


def test_a_pass_says_what_was_asked_and_nothing_else(seoul):
    holder = m.key_of("holder")
    before = int(time.time())
    code = seoul.issue("--class", "senior", "--days", "10", "--hint", "ㅎㄱㄷ",
                       "--holder-key", m.public(holder).hex())
    claims = seoul.publish().open(code)
    assert before <= claims[6] <= int(time.time())
    assert claims == {
        1: "seoul.example", 4: claims[6] + 10 * DAY, 6: claims[6],
        7: claims[7], 8: {1: m.cose_key(m.public(holder))},
        65535: {"status_list": {"idx": claims[65535]["status_list"]["idx"],
                                "uri": o.URI}},
        -65537: {1: 3, 2: "ㅎㄱㄷ"}}
    plain = seoul.open(seoul.issue("--class", "child"))
    assert set(plain) == {1, 4, 6, 7, 65535, -65537}
    assert plain[-65537] == {1: 2}
    assert plain[7] != claims[7] and len(plain[7]) == 16


def test_every_form_holds_the_same_code(seoul, tmp_path):
    code = seoul.issue("--hint", "K.M.")
    pass_id = seoul.pass_id(code)
    for form in ("txt", "png", "svg", "pdf"):
        path = tmp_path / ("pass." + form)
        seoul.run("reissue", "--hint", "K.M.", pass_id, "--out", path,
                  env=o.for_cards(tmp_path))
        seen = read_form(form, path, tmp_path)
        assert seoul.find("--code", seen)[-1]["state"] == "valid", form
        assert o.payload_of(seen)[-65537][2] == "K.M."


def read_form(form, path, directory):
    picture = directory / "picture.png"
    if form == "txt":
        return path.read_text().rstrip("\n")
    if form == "svg":
        subprocess.run(["rsvg-convert", "-w", "552", path, "-o", picture],
                       check=True, timeout=60)
    elif form == "pdf":
        subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", path,
                        picture.with_suffix("")], check=True, timeout=60)
    else:
        shutil.copy(path, picture)
    return o.scan_one(picture)


def test_a_card_names_the_city_and_the_class_in_its_languages(seoul,
                                                              tmp_path):
    card = tmp_path / "card.pdf"
    seoul.run("issue", "--class", "youth", "--until", "2099-12-31", "--hint",
              "K.M.", "--out", card,
              env=o.for_cards(tmp_path))
    text = subprocess.run(["pdftotext", card, "-"], check=True, timeout=60,
                          capture_output=True, text=True).stdout
    for word in ("Seoul", "서울", "Youth", "청소년", "K.M.",
                 "until 2100-01-01 00:00 UTC"):
        assert word in text, text


def words_of(card):
    """(word, left, top, right, bottom) in points, and the page's size."""
    html = subprocess.run(["pdftotext", "-bbox", card, "-"], check=True,
                          timeout=60, capture_output=True, text=True).stdout
    page = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', html)
    words = re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" '
                       r'xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>', html)
    return [(w[4], *map(float, w[:4])) for w in words], \
        tuple(map(float, page.groups()))


LONG = ("en=Kuala Lumpur", "ko=쿠알라룸푸르 연방 직할구",
        "ja=クアラルンプール連邦直轄領", "zh=吉隆坡联邦直辖区")


@pytest.mark.parametrize("names", [
    LONG, ("en=Seoul", "ko=서울"),
    [name[:3] + name[3:] * 12 for name in LONG],
    ["%s=%s" % (lang, 200 * "都") for lang in ("en", "ko", "ja", "zh")],
], ids=["long", "short", "very long", "longest"])
@pytest.mark.parametrize("hint", ["K.M. ㅎㄱㄷ", "W" * 24])
def test_all_that_a_card_says_is_on_it(tmp_path, names, hint):
    city = o.Office(tmp_path / "city", "--iss", "a.example", "--status-uri",
                    "https://a.example/s")
    city.run("rename", *(x for name in names for x in ("--name", name)))
    card = tmp_path / "card.pdf"
    city.run("issue", "--class", "disabled", "--from", "2099-01-01",
             "--days", "365", "--hint", hint, "--out", card,
             env=o.for_cards(tmp_path))
    words, (width, height) = words_of(card)
    text = "".join(word[0] for word in words)
    for part in ("from2099-01-0100:00UTC", "until2100-01-0100:00UTC",
                 "Disabled", "장애인", hint.replace(" ", "")):
        assert part in text, text
    for name in names if max(map(len, names)) < 30 else ():
        assert name[3:].replace(" ", "") in text, text
    qr = width - 45 / 25.4 * 72     # where the code's quiet zone begins
    for word, left, top, right, bottom in words:
        assert 0 < left and right < qr and 0 < top and bottom < height, word
    # lines do not lie over each other: each ends before the next one's
    # middle, for a line's box is higher than its letters
    middles = sorted({(top + bottom) / 2 for _, _, top, _, bottom in words})
    assert all(b - a > 2 for a, b in zip(middles, middles[1:]) if b - a > .5)


def test_a_hint_that_no_font_can_show_is_on_no_card(seoul, tmp_path):
    env = o.for_cards(tmp_path)
    strange = "K\U000f1234"       # of a private use plane: in no font
    one = ("issue", "--class", "adult", "--days", "3", "--hint", strange)
    why = seoul.refused(*one, "--out", tmp_path / "x.pdf", env=env)
    assert "hint" in why and "no font here shows" in why
    csv = tmp_path / "r.csv"
    csv.write_text("ref,class,days,hint\nR1,adult,9,%s\nR2,adult,9,K.M.\n"
                   % strange)
    cards = tmp_path / "cards"
    done = seoul.run("issue", "--csv", csv, "--out-dir", cards, "--as",
                     "pdf", may=(1,), env=env)
    assert "r.csv:2: hint" in done.stderr and "no font" in done.stderr
    assert [row[1] for row in o.rows_of(cards / "index.csv")] == ["R2"]
    assert len(seoul.rows()) == 1
    seoul.run(*one, "--out", tmp_path / "x.png")    # shows no hint


def test_a_card_that_no_font_can_show_is_not_issued(seoul, tmp_path):
    fonts = tmp_path / "fonts.conf"
    fonts.write_text("<?xml version='1.0'?><fontconfig></fontconfig>")
    why = seoul.refused(
        "issue", "--class", "adult", "--days", "3", "--out",
        tmp_path / "x.pdf", status=4,
        env=o.for_cards(tmp_path) | {"FONTCONFIG_FILE": str(fonts)})
    assert "no font here shows" in why and "fonts-noto-cjk" in why
    assert seoul.rows() == []


def test_validity_may_begin_later_and_days_count_from_then(seoul):
    later = int(time.time()) // DAY * DAY + 30 * DAY
    code = seoul.issue("--from", time.strftime("%Y-%m-%d",
                                               time.gmtime(later)),
                       "--days", "7")
    claims = seoul.publish().open(code)
    assert (claims[5], claims[4]) == (later, later + 7 * DAY)
    assert seoul.find("--code", code)[0]["state"] == "to come"
    assert seoul.shows(code, status=1)["verdict"] == "not-yet-valid"


def test_a_pass_that_is_over_can_be_made_to_show_a_refusal(seoul):
    now = int(time.time())
    assert "over" in seoul.refused(
        "issue", "--class", "adult", "--until", now - DAY, status=2)
    done = seoul.run("issue", "--class", "adult", "--from", now - 9 * DAY,
                     "--until", now - DAY, "--out", "-")
    assert "over already" in done.stderr
    claims = seoul.publish().open(done.stdout[:-1])
    assert (claims[6], claims[4]) == (now - 9 * DAY, now - DAY)
    assert seoul.shows(done.stdout[:-1], status=1)["verdict"] == "expired"


def test_json_tells_id_and_code(seoul, tmp_path):
    import json
    told = json.loads(seoul.run("issue", "--class", "adult", "--days", "3",
                                "--json").stdout)
    assert told["pass_id"] == seoul.pass_id(told["code"])
    path = tmp_path / "x.txt"
    told = json.loads(seoul.run("issue", "--class", "adult", "--days", "3",
                                "--json", "--out", path).stdout)
    assert told["code"] == path.read_text()[:-1]


# ----------------------------------------------- one resident, one pass
def test_a_resident_has_one_pass_until_it_is_over_or_replaced(seoul):
    first = seoul.issue("--ref", "R-1")
    why = seoul.refused("issue", "--class", "adult", "--days", "3", "--ref",
                        "R-1")
    assert seoul.pass_id(first) in why and "reissue" in why
    seoul.run("revoke", seoul.pass_id(first))
    assert "--again" in seoul.refused("issue", "--class", "adult", "--days",
                                      "3", "--ref", "R-1")
    second = seoul.issue("--ref", "R-1", "--again")
    assert seoul.pass_id(second) != seoul.pass_id(first)
    states = {row["pass_id"]: row["state"]
              for row in seoul.find("--ref", "R-1")}
    assert states == {seoul.pass_id(first): "revoked",
                      seoul.pass_id(second): "valid"}


def test_an_expired_pass_leaves_room_for_the_next(seoul):
    now = int(time.time())
    seoul.issue("--ref", "R-1", "--from", str(now - 9), "--until",
                str(now - 1))
    seoul.issue("--ref", "R-1")
    assert [row["state"] for row in seoul.find("--ref", "R-1")] == \
        ["expired", "valid"]


def expired(seoul, *options):
    now = int(time.time())
    return seoul.issue("--from", str(now - 9), "--until", str(now - 1),
                       *options)


def test_an_expired_pass_is_no_way_round_a_revoked_one(seoul, tmp_path):
    expired(seoul, "--ref", "R-1")
    second = seoul.issue("--ref", "R-1")
    seoul.run("revoke", seoul.pass_id(second))
    why = seoul.refused("issue", "--class", "adult", "--days", "3", "--ref",
                        "R-1")
    assert seoul.pass_id(second) in why and "--again" in why
    csv = tmp_path / "r.csv"
    csv.write_text("ref,class,days\nR-1,adult,3\nR-2,adult,3\n")
    out = tmp_path / "out.csv"
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    assert "r.csv:2: already issued: pass %s" % seoul.pass_id(second) in \
        done.stderr
    assert "1 issued, 0 already issued, 1 refused" in done.stderr
    assert [row[1] for row in o.rows_of(out)] == ["R-2"]
    assert len(seoul.find("--ref", "R-1")) == 2


def test_an_expired_pass_is_prolonged_unless_there_is_another(seoul):
    first = expired(seoul, "--ref", "R-1")
    pass_id = seoul.pass_id(first)
    assert "expired" in seoul.refused("reissue", pass_id)
    assert seoul.pass_id(seoul.run("reissue", pass_id, "--days",
                                   "3").stdout[:-1]) == pass_id
    old = seoul.pass_id(expired(seoul, "--ref", "R-2"))
    new = seoul.issue("--ref", "R-2")
    for _ in range(2):      # while it is valid, and when it was revoked
        why = seoul.refused("reissue", old, "--days", "3")
        assert old in why and "has another pass since" in why
        seoul.run("revoke", seoul.pass_id(new))
    assert {row["pass_id"]: row["state"] for row in
            seoul.find("--ref", "R-2")} == \
        {old: "expired", seoul.pass_id(new): "revoked"}


def test_find_tells_what_it_looked_for(seoul):
    code = seoul.issue("--ref", "R-1")
    pass_id = seoul.pass_id(code)
    for by in (("--ref", "R-1"), ("--code", code), (pass_id,)):
        found = seoul.find(*by)
        assert [row["pass_id"] for row in found] == [pass_id]
        assert pass_id in seoul.run("find", *by).stdout
    assert pass_id in seoul.run("find", "--code", "-", text=code).stdout
    assert seoul.refused("find", "--ref", "R-2")
    assert "of tokyo.example" in seoul.refused(
        "find", "--code", m.code(m.sign1(m.PASS, {
            **o.payload_of(code), 1: "tokyo.example"}, m.key_of("x"))))
    assert "malformed" in seoul.refused("find", "--code", code[:50])


# ------------------------------------------------------- interruptions
MOMENTS = 32    # more than the changes and syncs of files in one issue


def interrupted_at(city, at, *command):
    """Exit status and output of a command that gets a signal just before its
    change of a file of that number, or while it syncs one."""
    cut = powercut.PowerCut(oaprun.build(), city.dir.parent)
    done = city.run(*command, may=(0, -signal.SIGINT),
                    env=cut.environment(at=at, signal=signal.SIGINT))
    assert not list(city.dir.parent.glob("*.part")), at
    return done.returncode, done.stdout, done.stderr


def test_an_interrupted_init_makes_an_issuer_and_tells_it_or_none(tmp_path):
    statuses = set()
    for at in range(1, 3 * MOMENTS):
        directory = tmp_path / str(at) / "seoul"
        directory.parent.mkdir()
        cut = powercut.PowerCut(oaprun.build(), directory.parent)
        done = subprocess.run(
            [o.ISSUER, "init", "--dir", directory, "--iss", "seoul.example",
             "--status-uri", o.URI, "--name", "en=Seoul", "--no-passphrase"],
            capture_output=True, text=True, timeout=120,
            env=cut.environment(at=at, signal=signal.SIGINT))
        assert done.returncode in (0, -signal.SIGINT), done
        made = list(directory.parent.iterdir()) == [directory]
        assert made == (done.returncode == 0), (at, done)
        assert made or list(directory.parent.iterdir()) == [], at
        assert made == done.stdout.startswith("root  "), (at, done)
        statuses.add(done.returncode)
    assert statuses == {0, -signal.SIGINT}


def test_an_interrupted_pass_is_handed_over_or_was_never_entered(seoul,
                                                                 tmp_path):
    statuses = set()
    for at in range(1, MOMENTS):
        out = tmp_path / ("%d.txt" % at)
        status, told, said = interrupted_at(
            seoul, at, "issue", "--class", "adult", "--days", "3", "--ref",
            "R-%d" % at, "--out", out)
        found = seoul.find("--ref", "R-%d" % at)
        assert bool(found) == out.exists() == (status == 0), (at, said)
        if found:
            assert told == found[0]["pass_id"] + "\n"
            assert seoul.pass_id(out.read_text()[:-1]) == told[:-1]
        statuses.add(status)
    assert statuses == {0, -signal.SIGINT}


def test_an_interrupted_reissue_ends_no_paper_without_a_new_one(seoul,
                                                                tmp_path):
    statuses = set()
    pass_id = seoul.pass_id(seoul.issue())
    papers = 1
    for at in range(1, MOMENTS):
        out = tmp_path / ("%d.txt" % at)
        status, _, said = interrupted_at(seoul, at, "reissue", pass_id,
                                         "--out", out)
        papers += status == 0
        assert len(seoul.find(pass_id)) == papers, (at, said)
        assert out.exists() == (status == 0), (at, said)
        statuses.add(status)
    assert statuses == {0, -signal.SIGINT}


@pytest.mark.parametrize("words", [["--help"], ["issue", "--help"],
                                   ["--version"]])
def test_help_that_nobody_could_read_is_told(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([o.ISSUER, *words], text=True, stdout=full,
                              stderr=subprocess.PIPE)
    assert done.returncode == 4
    assert "stdout: cannot be written: No space left" in done.stderr


def test_a_pass_that_nobody_could_be_told_of_is_named(seoul, tmp_path):
    out = tmp_path / "pass.txt"
    one = ("issue", "--class", "adult", "--days", "3")
    for options, where in (((), "not handed out"), (("--json",), "not handed"),
                           (("--out", out), "in %s, but" % out),
                           (("--out", out, "--json"), "in %s, but" % out)):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [o.ISSUER, *one, "--dir", seoul.dir, *options], text=True,
                stdout=full, stderr=subprocess.PIPE)
        why = done.stderr.split("\n")[-2]
        assert done.returncode == 4 and where in why, done
        assert "stdout: cannot be written: No space left" in why
        pass_id = re.search("pass ([0-9a-f]{32}) is in the registry",
                            why).group(1)
        advice = re.search("(find|reissue) %s" % pass_id, why).group(1)
        assert (advice == "find") == out.exists()
        assert seoul.run(advice, pass_id).returncode == 0
        assert done.stderr.count("cannot be written") == 1


def test_a_reader_that_has_gone_does_not_silence_it(seoul):
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([o.ISSUER, "issue", "--dir", seoul.dir, "--class",
                           "adult", "--days", "3"], stdout=theirs,
                          stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    assert done.returncode == 4 and "Broken pipe; reissue" in done.stderr


# -------------------------------------------------------- what is kept
def test_the_directory_holds_no_name_and_no_reference(seoul, tmp_path):
    csv = tmp_path / "residents.csv"
    csv.write_text("ref,class,days,hint\n"
                   "RESIDENT-4711-ZQ,adult,30,HINT-A-QX\n")
    seoul.run("issue", "--csv", csv, "--out", tmp_path / "out.csv")
    code = seoul.issue("--ref", "RESIDENT-4712-ZQ", "--hint", "HINT-B-QX")
    seoul.run("reissue", "--hint", "HINT-C-QX", seoul.pass_id(code))
    seoul.publish()
    held = b"".join(path.read_bytes() for path in seoul.dir.iterdir())
    assert bytes.fromhex(seoul.pass_id(code)) in held   # it is the place
    for secret in (b"RESIDENT", b"4711", b"4712", b"HINT", b"-QX"):
        assert secret not in held
    for path in seoul.dir.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(seoul.dir.stat().st_mode) == 0o700


def test_indices_tell_nothing_of_the_order(seoul):
    given = [o.payload_of(seoul.issue())[65535]["status_list"]["idx"]
             for _ in range(8)]
    steps = {b - a for a, b in zip(given, given[1:])}
    assert len(steps) == 7 and given != sorted(given)
    assert max(given) - min(given) > 2 ** 12


def test_at_nine_tenths_the_next_list_is_opened(tmp_path):
    city = o.Office(tmp_path / "small", "--capacity", "20")
    codes = [city.issue() for _ in range(18)]
    done = city.run("issue", "--class", "adult", "--days", "9", "--out", "-")
    assert "new status list" in done.stderr
    codes.append(done.stdout[:-1])
    uris = [o.payload_of(code)[65535]["status_list"]["uri"] for code in codes]
    assert uris == 18 * [o.URI] + [o.URI + "/1"]
    city.publish()
    assert city.document()[5] == [o.URI, o.URI + "/1"]
    city.run("revoke", city.pass_id(codes[3]), city.pass_id(codes[18]))
    city.publish()
    assert [city.state(code) for code in codes] == \
        3 * ["valid"] + ["revoked"] + 14 * ["valid"] + ["revoked"]
    assert city.shows(codes[18], status=1)["verdict"] == "revoked"
    assert city.shows(codes[17], status=0)["verdict"] == "accepted"


# ----------------------------------------------------------- refusals
INIT = ("--iss", "a.example", "--status-uri", "https://a.example/s",
        "--name", "en=A", "--no-passphrase")


@pytest.mark.parametrize("change, status, said", [
    (("--status-uri", "https://a.example/" + "s" * 60), 1,
     "at most 240 fit its QR code"),
    (("--status-uri", "https://a.example/" + "s" * 108), 1, "over 128 bytes"),
    (("--iss", "a" * 33), 2, "at most 32 characters"),
    *((("--iss", iss), 2, "a host name of at most 32 characters") for iss in
      ("a example", "SEOUL!", "Seoul.example", ".a", "a.", "a..b", "-a", "a-",
       "a.-b", "a_b", "seoul/1", "서울", "")),
    *((("--status-uri", uri), 2, "a URI of at most 128") for uri in
      ("", "notauri", "ftp://a.example/s", "https://", "https:///s",
       "https://a.example/s/", "https://a.example/", "https://a.example/s?n=",
       "https://a.example/s#", "https://a.example/s t", "HTTPS://A.EXAMPLE/s",
       "https://a.example/\x1b[31m")),
    *((("--name", "ko=" + name), 2, said) for name, said in (
        ("S\noul", 'ko="S?oul": a line break'),
        ("S\x1b[31mX\a", "a control character"), ("S\u202eX", "control"),
        ("Seoul ", "a blank at an end"), ("", "1 to 600 bytes"))),
    (("--name", "en=B"), 2, "--name en: given twice"),
    (("--name", "fr=A"), 2, "en, ko, ja or zh"),
    (("--capacity", "15"), 2, "from 16 to 1048576"),
    (("--capacity", "many"), 2, "from 16 to 1048576"),
    (("--passphrase-file", "x"), 2, "give one of them"),
])
def test_init_refuses_in_one_line_and_makes_nothing(tmp_path, change, status,
                                                    said):
    options = list(INIT)
    if change[0] in options and change[0] != "--name":
        options[options.index(change[0]) + 1] = change[1]
    else:
        options += change
    done = subprocess.run([o.ISSUER, "init", "--dir", tmp_path / "a",
                           *options], capture_output=True, text=True)
    assert done.returncode == status, done
    assert done.stderr.count("\n") == 1 and said in done.stderr, done
    assert list(tmp_path.iterdir()) == []


def test_a_city_gets_other_names_and_its_passes_stay(seoul, tmp_path):
    code = seoul.issue()
    seoul.publish()
    assert "publish makes it known" in seoul.run(
        "rename", "--name", "ja=ソウル", "--name", "en=Seoul City").stderr
    names = {"en": "Seoul City", "ko": "서울", "ja": "ソウル"}
    assert seoul.publish().document()[6] == names
    assert seoul.document()[2] == 2
    assert seoul.shows(code, status=0)["verdict"] == "accepted"
    seoul.run("rename", "--name", "ko=", "--name", "ja=")
    assert seoul.publish().document()[6] == {"en": "Seoul City"}
    card = tmp_path / "card.pdf"
    seoul.run("issue", "--class", "adult", "--days", "3", "--out", card,
              env=o.for_cards(tmp_path))
    text = subprocess.run(["pdftotext", card, "-"], check=True, timeout=60,
                          capture_output=True, text=True).stdout
    assert "Seoul City" in text and "서울" not in text
    for change, said in ((("en=",), "the last name"),
                         (("ko=A", "ko=B"), "given twice"),
                         (("ko=a\nb",), "a line break"),
                         (("fr=A",), "en, ko, ja or zh")):
        assert said in seoul.refused("rename", *(
            x for name in change for x in ("--name", name)), status=2)
    assert seoul.publish().document()[2] == 3


def test_init_never_touches_what_is_there(seoul, tmp_path):
    held = {p.name: p.read_bytes() for p in seoul.dir.iterdir()}
    assert "holds an issuer already" in seoul.refused("init", *INIT)
    assert {p.name: p.read_bytes() for p in seoul.dir.iterdir()} == held
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("mine")
    done = subprocess.run([o.ISSUER, "init", "--dir", tmp_path / "full",
                           *INIT], capture_output=True, text=True)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "seoul"]
    (tmp_path / "empty").mkdir()
    o.Office(tmp_path / "empty")


@pytest.mark.parametrize("arguments, status, said", [
    (("--days", "3"), 2, "--class is missing"),
    (("--class", "adult"), 2, "--days or --until is missing"),
    (("--class", "king", "--days", "3"), 2, 'class "king": unknown'),
    (("--class", "adult", "--days", "0"), 2, "from 1 to 36600"),
    (("--class", "adult", "--days", "40000"), 2, "from 1 to 36600"),
    (("--class", "adult", "--days", "3", "--until", "2099-01-01"), 2,
     "only one of them"),
    (("--class", "adult", "--until", "soon"), 2, "not a time"),
    (("--class", "adult", "--until", "2199-01-01"), 2, "over 36600 days"),
    (("--class", "adult", "--from", "2099-01-01", "--until", "2098-01-01"),
     2, "not after the validity's beginning"),
    (("--class", "adult", "--days", "3", "--ref", ""), 2, "ref: empty"),
    (("--class", "adult", "--days", "3", "--ref", "R-1 "), 2,
     'ref "R-1 ": begins or ends with a blank'),
    (("--class", "adult", "--days", "3", "--ref", "R\u202e-1"), 2,
     "a line break, a control character"),
    (("--class", "adult", "--days", "3", "--ref", "r" * 129), 2,
     "129 bytes; at most 128"),
    (("--class", "adult", "--days", "3", "--hint", "h" * 25), 2,
     "25 bytes; at most 24"),
    (("--class", "adult", "--days", "3", "--hint", "a\nb"), 2,
     "a control character"),
    (("--class", "adult", "--days", "3", "--holder-key", "00"), 2,
     "64 hexadecimal digits"),
    (("--class", "adult", "--days", "3", "--holder-key", "00" * 32), 2,
     "not an Ed25519 public key"),
    (("--class", "adult", "--days", "3", "--out", "pass.gif"), 2,
     "end it in .png"),
    (("--class", "adult", "--days", "3", "--out-dir", "x"), 2, "for many"),
    (("--class", "adult", "--days", "3", "extra"), 2, "one argument too"),
    (("--class", "adult", "--days", "3", "--class", "child"), 2,
     "more than 1 time"),
    (("--class", "adult", "--days"), 2, "its value is missing"),
    (("--class", "adult", "--colour", "red"), 2, "no such option here"),
    (("--class", "adult", "--days", "3", "--out", "none/pass.png"), 4,
     "none/pass.png: cannot be written"),
    (("--csv", "none.csv", "--out", "x.csv"), 4, "none.csv: No such file"),
    (("--csv", "/dev/null", "--class", "adult", "--out", "x.csv"), 2,
     "rows say what they are"),
    (("--csv", "/dev/null"), 2, "one of them is needed"),
    (("--csv", "/dev/null", "--out", "x.pdf"), 2, "--out-dir DIR --as pdf"),
    (("--csv", "/dev/null", "--out-dir", "x"), 2, "is needed with --out-dir"),
    (("--csv", "/dev/null", "--out-dir", "x", "--as", "gif"), 2,
     "txt, png, svg or pdf"),
    (("--csv", "/dev/null", "--out", "x.csv", "--as", "png"), 2,
     "goes with --out-dir"),
])
def test_issue_refuses_in_one_line_and_issues_nothing(seoul, tmp_path,
                                                      arguments, status,
                                                      said):
    assert said in seoul.refused("issue", *arguments, status=status,
                                 cwd=tmp_path)
    assert seoul.rows() == []
    assert [p.name for p in tmp_path.iterdir()] == ["seoul"]


def test_a_hint_that_makes_the_pass_too_large_is_refused(tmp_path):
    city = o.Office(tmp_path / "long", "--status-uri",
                    "https://long.seoul.example/status-lists")
    told = city.issue("--hint", "h" * 10)
    assert len(m.message_of(told)) <= 240
    why = city.refused("issue", "--class", "adult", "--days", "9", "--hint",
                       "h" * 23)
    by = int(re.search(r"at most 240 fit its QR code; shorten it by (\d+)",
                       why).group(1))
    city.issue("--hint", "h" * (23 - by))
    assert "shorten it by 1" in city.refused(
        "issue", "--class", "adult", "--days", "9", "--hint",
        "h" * (24 - by))
    assert len(city.rows()) == 2


def test_a_new_paper_fits_its_code_too(seoul, tmp_path):
    """With the beginning and the end that the pass keeps, or is to get."""
    later = seoul.run("issue", "--class", "adult", "--from", "2120-01-01",
                      "--days", "36500", "--hint", "W").stdout[:-1]
    pass_id = seoul.pass_id(later)
    long = ("--hint", "h" * 24)
    why = seoul.refused("reissue", pass_id, *long)
    assert pass_id in why and "would not fit its QR code" in why
    assert len(seoul.find(pass_id)) == 1
    code = seoul.run("reissue", pass_id, "--hint", "h" * 12).stdout[:-1]
    assert len(m.message_of(code)) <= 240
    uri = "https://a.example/"
    with pytest.raises(AssertionError, match="at most 240 fit"):
        while True:     # up to the longest that leaves no room at all
            uri += "s"
            tight = o.Office(tmp_path / "probe", "--status-uri", uri)
            shutil.rmtree(tight.dir)
    tight = o.Office(tmp_path / "tight", "--status-uri", uri[:-1])
    ids = [tight.pass_id(tight.issue()) for _ in range(2)]
    out = tmp_path / "new.csv"
    done = tight.run("reissue", *ids, "--until", "2120-01-01", "--out", out,
                     may=(1,))
    for pass_id in ids:
        assert "pass %s: would not fit" % pass_id in done.stderr
    assert len(tight.rows()) == 2
    tight.run("reissue", *ids, "--until", "2100-01-01", "--out", out)


def test_a_directory_that_is_no_office_is_told_apart(tmp_path):
    for name, said, status in (("none", "oap-issuer init makes it", 4),
                               ("bare", "holds no issuer", 4),
                               ("other", "not a database", 4)):
        directory = tmp_path / name
        if name != "none":
            directory.mkdir()
        if name == "other":
            (directory / "registry.db").write_text("my shopping list " * 99)
        done = subprocess.run([o.ISSUER, "keys", "--dir", directory],
                              capture_output=True, text=True)
        assert done.returncode == status, done
        assert done.stderr.count("\n") == 1 and said in done.stderr, done


def test_a_second_program_in_the_directory_is_turned_away(seoul):
    held = os.open(seoul.dir, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        why = seoul.refused("issue", "--class", "adult", "--days", "3",
                            status=4)
        assert "another oap-issuer works here (process %d); try again" % \
            os.getpid() in why
    finally:
        os.close(held)
    seoul.issue()


def test_help_names_every_command_and_every_option(seoul):
    done = subprocess.run([o.ISSUER, "--help"], capture_output=True,
                          text=True)
    names = re.findall(r"^  ([a-z]+) +\S", done.stdout, re.M)
    assert done.returncode == 0 and {
        "init", "issue", "reissue", "revoke", "suspend", "restore", "find",
        "rotate", "retire", "compromised", "publish", "show"} <= set(names)
    for name in names:
        told = subprocess.run([o.ISSUER, name, "--help"],
                              capture_output=True, text=True)
        assert told.returncode == 0 and told.stderr == ""
        assert told.stdout.startswith("usage: oap-issuer " + name)
    page = (HERE.parent.parent / "deploy/man/oap-issuer.1").read_text()
    page = page.replace("\\-", "-")
    for name in names:
        assert re.search(r"^\.It Cm .*\b%s\b" % name, page, re.M), name
        told = subprocess.run([o.ISSUER, name, "--help"],
                              capture_output=True, text=True).stdout
        for option in re.findall(r"^  --([a-z-]+)", told, re.M):
            assert "-" + option in page, (name, option)


@pytest.mark.parametrize("arguments, said", [
    (("issue", "-days", "3"), "-days: no such option here; options begin "
     "with two dashes"),
    (("issue", "--class", "adult", "-d"), "-d: no such option here"),
    (("find", "-ref", "x"), "-ref: no such option here"),
    (("find", "x", "-é"), "-é: no such option here"),
    (("issue", "--frobnicate", "x"), "--frobnicate: no such option here; "
     "oap-issuer issue --help"),
    (("issue", "--json=yes"), "--json=yes: takes no value"),
    (("issue", "--csv", "x", "--days"), "--days: its value is missing"),
])
def test_a_mistyped_option_is_named_and_not_its_neighbour(seoul, arguments,
                                                          said):
    assert said in seoul.refused(*arguments, status=2)


def test_wrong_commands_are_usage_errors():
    for arguments in ((), ("enlist",), ("-h",)):
        done = subprocess.run([o.ISSUER, *arguments], capture_output=True,
                              text=True)
        assert done.returncode == 2 and done.stdout == ""
        assert "--help lists them" in done.stderr
    done = subprocess.run([o.ISSUER, "--version"], capture_output=True,
                          text=True)
    assert re.fullmatch(r"oap-issuer \d+\.\d+\.\d+\n", done.stdout)
