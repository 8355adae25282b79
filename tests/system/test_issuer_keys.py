# SPDX-License-Identifier: Apache-2.0
"""oap-issuer's keys, states and publications: what the services of other
cities read of them, by an implementation from the CDDL alone."""
import calendar
import contextlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
import time

import nacl.exceptions
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parent / "fault")]

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import office as o  # noqa: E402
import powercut  # noqa: E402

ACTIVE, RETIRED, COMPROMISED = range(3)


def kid_of(city):
    """Of the key that signs now."""
    listed = city.run("keys").stdout
    return re.search(r"key   ([0-9a-f]{16}) .*signs now", listed).group(1)


# -------------------------------------------------------------- states
def test_revoked_suspended_and_restored_is_seen_in_the_list(seoul):
    codes = [seoul.issue() for _ in range(4)]
    ids = [seoul.pass_id(code) for code in codes]
    seoul.run("revoke", ids[0])
    seoul.run("suspend", ids[1], ids[2])
    seoul.run("restore", ids[2])
    seoul.publish()
    assert [seoul.state(code) for code in codes] == \
        ["revoked", "suspended", "valid", "valid"]
    _, bits = seoul.token()
    assert len(bits) == (1 << 20) // 4          # the whole list, always
    assert sum(bin(byte).count("1") for byte in bits) == 2
    assert "final" in seoul.refused("restore", ids[0])
    assert "final" in seoul.refused("suspend", ids[0])
    assert "is suspended already" in seoul.run("suspend", ids[1]).stderr
    seoul.run("revoke", ids[1])
    seoul.publish()
    assert seoul.state(codes[1]) == "revoked"


def test_what_can_be_changed_is_changed_and_the_rest_told(seoul):
    code = seoul.issue()
    done = seoul.run("revoke", "ab" * 16, "xyz", seoul.pass_id(code),
                     may=(1, 2))
    assert "not in this registry" in done.stderr
    assert '"xyz": not a pass id' in done.stderr
    assert seoul.publish().state(code) == "revoked"


def test_a_new_paper_keeps_the_id_and_ends_the_old_one(seoul):
    old = seoul.issue("--ref", "R-1", "--hint", "K.M.")
    new = seoul.run("reissue", "--hint", "K.M.",
                    seoul.pass_id(old)).stdout[:-1]
    seoul.publish()
    before, after = seoul.open(old), seoul.open(new)
    assert after[7] == before[7] and after[6] > before[6]
    assert after[4] == before[4] and after[-65537] == before[-65537]
    assert (seoul.state(old), seoul.state(new)) == ("revoked", "valid")
    assert [row["state"] for row in seoul.find("--ref", "R-1")] == \
        ["replaced", "valid"]
    assert seoul.shows(old, status=1)["verdict"] == "revoked"
    assert seoul.shows(new, status=0)["verdict"] == "accepted"


def test_a_new_paper_is_no_way_round_a_state(seoul):
    suspended, revoked = seoul.issue(), seoul.issue()
    seoul.run("suspend", seoul.pass_id(suspended))
    seoul.run("revoke", seoul.pass_id(revoked))
    done = seoul.run("reissue", seoul.pass_id(suspended))
    assert "still suspended" in done.stderr
    assert seoul.publish().state(done.stdout[:-1]) == "suspended"
    assert "final" in seoul.refused("reissue", seoul.pass_id(revoked))
    assert "not in this registry" in seoul.refused("reissue", "ab" * 16)
    over = seoul.issue("--from", "2025-01-01", "--until", "2025-12-31")
    assert "--days" in seoul.refused("reissue", seoul.pass_id(over))
    again = seoul.run("reissue", "--days", "9", seoul.pass_id(over))
    assert seoul.publish().state(again.stdout[:-1]) == "valid"


def test_many_papers_are_replaced_into_a_directory(seoul, tmp_path):
    ids = sorted(seoul.pass_id(seoul.issue()) for _ in range(3))
    cards = tmp_path / "cards"
    seoul.run("reissue", *ids, "--out-dir", cards, "--as", "png")
    assert sorted(p.name for p in cards.iterdir()) == \
        sorted([i + ".png" for i in ids] + ["index.csv"])
    assert [seoul.pass_id(o.scan_one(cards / (i + ".png")))
            for i in ids] == ids
    assert "twice" in seoul.refused("reissue", ids[0], ids[0], "--out",
                                    "x.csv", status=2)
    assert "for one pass only" in seoul.refused(
        "reissue", *ids, "--hint", "A", "--out", "x.csv", status=2)


# ---------------------------------------------------------------- keys
def test_keys_change_and_the_number_of_the_document_rises(seoul):
    code = seoul.issue()
    first = kid_of(seoul)
    assert seoul.publish().document()[2] == 1
    same = (seoul.out / "issuer.cose").read_bytes()
    assert seoul.publish().document()[2] == 1
    assert (seoul.out / "issuer.cose").read_bytes() == same
    assert "signs now" in seoul.refused("retire", first)
    seoul.run("rotate", "--no-passphrase")
    second = kid_of(seoul)
    assert second != first
    later = seoul.issue()
    document = seoul.publish().document()
    assert document[2] == 2
    assert [(m.kid(k[0]).hex(), k[1], k[3]) for k in document[4]] == \
        [(first, ACTIVE, None), (second, ACTIVE, None)]
    assert seoul.open(later)[7].hex() == seoul.pass_id(later)
    seoul.run("retire", first)
    assert not (seoul.dir / ("signing-%s.key" % first)).exists()
    key = seoul.publish().document()[4][0]
    assert seoul.document()[2] == 3
    assert key[1] == RETIRED and key[3] >= o.payload_of(code)[6]
    assert seoul.shows(code, status=0)["verdict"] == "accepted"
    seoul.run("compromised", first)
    assert seoul.publish().document()[4][0][1] == COMPROMISED
    assert seoul.document()[2] == 4
    assert seoul.shows(code, status=1)["verdict"] == "key-compromised"
    assert seoul.shows(later, status=0)["verdict"] == "accepted"
    for command in ("retire", "compromised"):
        # as a run that was interrupted would have left it
        left = seoul.dir / ("signing-%s.key" % first)
        left.write_bytes(b"")
        assert "already" in seoul.refused(command, first)
        assert not left.exists()
        assert "not a key of this" in seoul.refused(command, "00" * 8)
        assert "not a key id" in seoul.refused(command, "00", status=2)
    assert seoul.document()[6] == {"en": "Seoul", "ko": "서울"}


def test_a_retired_key_covers_a_paper_made_within_its_last_second(seoul):
    code = seoul.issue()
    for _ in range(3):
        code = seoul.run("reissue", seoul.pass_id(code)).stdout[:-1]
    first = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    seoul.run("retire", first)
    assert seoul.publish().shows(code, status=0)["verdict"] == "accepted"


def test_the_last_key_that_services_know_is_not_retired(seoul):
    code = seoul.issue()
    seoul.publish()
    first = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    said = "the issuer document published last names no other key that " \
        "could sign lists; oap-issuer publish first, with the root key"
    assert seoul.refused("retire", first) == said
    # a document that was signed and is nowhere is none that they have
    place = seoul.out / "issuer.cose"
    held = place.read_bytes()
    place.unlink()
    place.mkdir()
    seoul.refused("publish", "--out-dir", seoul.out, status=2)
    assert seoul.refused("retire", first) == said
    place.rmdir()
    place.write_bytes(held)
    # a key of which they do not know, and one that is known in vain
    second = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    seoul.run("retire", second)
    assert seoul.refused("retire", first) == said
    seoul.publish()
    third = seoul.dir / ("signing-%s.key" % kid_of(seoul))
    third.rename(seoul.dir / "copy")
    why = seoul.refused("retire", first)
    assert "no other key that could sign lists is here; bring %s back" % \
        third.name in why and "rotate --without-old" in why
    (seoul.dir / "copy").rename(third)
    assert check_keys(seoul) == 3
    seoul.run("revoke", seoul.pass_id(code))
    seoul.run("retire", first)
    assert seoul.publish().state(code) == "revoked"


def test_a_stolen_key_ends_at_once_and_it_is_told_what_follows(seoul):
    seoul.publish()
    first = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    away = seoul.dir.parent / "vault.key"
    (seoul.dir / "root.key").rename(away)
    lines = seoul.run("compromised", first).stderr.split("\n")
    assert "publish it at once, with the root key, since doors take what it " \
        "signs until then; then replace its passes with reissue --kid" in \
        lines[0]
    assert "nothing can be published without the root key now" in lines[1]
    assert not (seoul.dir / ("signing-%s.key" % first)).exists()
    assert "the root key must sign a new one first" in seoul.refused(
        "publish", "--out-dir", seoul.out, status=4)
    seoul.publish("--root-key", away)
    # where services know another one, lists go on
    second = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    seoul.publish("--root-key", away)
    assert "nothing can be" not in seoul.run("compromised", second).stderr
    assert "--root-key FILE" in seoul.publish(may=(4,)).said


def test_all_papers_of_a_stolen_key_are_replaced_once(seoul, tmp_path):
    codes = [seoul.issue("--ref", "R%d" % i) for i in range(5)]
    seoul.run("revoke", seoul.pass_id(codes[0]))
    seoul.run("suspend", seoul.pass_id(codes[1]))
    stolen = kid_of(seoul)
    out = tmp_path / "new.csv"
    assert "still signs" in seoul.refused("reissue", "--kid", stolen, "--out",
                                          out)
    seoul.run("rotate", "--no-passphrase")
    seoul.run("compromised", stolen)
    done = seoul.run("reissue", "--kid", stolen, "--out", out)
    assert "4 issued" in done.stderr
    new = {row[0]: row[2] for row in o.rows_of(out)}
    assert set(new) == {seoul.pass_id(code) for code in codes[1:]}
    seoul.publish()
    for code in codes:
        assert seoul.shows(code, status=1)["verdict"] == "key-compromised"
    states = [seoul.state(new[seoul.pass_id(code)]) for code in codes[1:]]
    assert states == ["suspended"] + 3 * ["valid"]
    held = out.read_bytes()
    done = seoul.run("reissue", "--kid", stolen, "--out", out)
    assert "0 issued, 4 already issued" in done.stderr
    assert out.read_bytes() == held
    csv = tmp_path / "r.csv"
    csv.write_text("ref,class,days\nR3,adult,30\n")
    done = seoul.run("issue", "--csv", csv, "--out", out)
    assert o.rows_of(out)[0][2] == new[seoul.pass_id(codes[3])]


def test_what_is_over_gets_no_new_paper_with_its_key(seoul, tmp_path):
    now = int(time.time())
    seoul.issue("--ref", "R1", "--from", str(now - 9), "--until",
                str(now - 1))
    good = seoul.issue("--ref", "R2")
    old = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    out = tmp_path / "new.csv"
    done = seoul.run("reissue", "--kid", old, "--days", "30", "--out", out)
    assert "1 issued, 0 already issued, 0 refused" in done.stderr
    assert [row[0] for row in o.rows_of(out)] == [seoul.pass_id(good)]


def test_a_paper_under_an_older_key_is_told_with_its_pass(seoul, tmp_path):
    code = seoul.issue("--ref", "R1")
    csv, out = tmp_path / "r.csv", tmp_path / "out.csv"
    csv.write_text("ref,class,days\nR1,adult,3\nR2,adult,3\n")
    first = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    done = seoul.run("issue", "--csv", csv, "--out", out, may=(1,))
    said = "pass %s: already issued, under a key that was rotated" % \
        seoul.pass_id(code)
    assert "r.csv:2: " + said in done.stderr
    assert "1 issued, 0 already issued, 1 refused" in done.stderr
    seoul.run("reissue", "--kid", first, "--out", out)
    seoul.run("rotate", "--no-passphrase")
    done = seoul.run("reissue", "--kid", first, "--out", out, may=(1,))
    assert "reissue: " + said in done.stderr


# ------------------------------------------------------------- publish
def test_lists_age_as_told_and_each_is_newer_than_the_last(seoul):
    seoul.publish("--ttl", "2h", "--valid", "3d")
    first, _ = seoul.token()
    assert first[2] == o.URI
    assert first[4] - first[6] == 3 * 86400 and first[65534] == 7200
    assert abs(first[6] - time.time()) < oaprun.PATIENCE
    seoul.publish()
    second, _ = seoul.token()
    assert second[6] > first[6]
    assert second[4] - second[6] == 14 * 86400
    assert second[65534] == 36 * 3600
    for options, said in ((("--ttl", "soon"), "not a length of time"),
                          (("--valid", "0"), "not a length of time"),
                          (("--ttl", "3d", "--valid", "1d"), "longer than")):
        assert said in seoul.refused("publish", "--out-dir", "x", *options,
                                     status=2)


def test_the_root_key_is_needed_only_when_something_changed(seoul, tmp_path):
    seoul.publish()
    away = tmp_path / "vault.key"
    shutil.move(seoul.dir / "root.key", away)
    code = seoul.issue()
    seoul.publish()
    assert seoul.state(code) == "valid"
    seoul.run("rotate", "--no-passphrase")
    assert "--root-key FILE" in seoul.publish(may=(4,)).said
    other = o.Office(tmp_path / "other")
    letter = tmp_path / "letter"
    letter.write_text("Dear city, " * 15)
    assert "another key than the registry names" in seoul.refused(
        "publish", "--out-dir", seoul.out, "--root-key",
        other.dir / "root.key")
    assert "not a key file" in seoul.refused(
        "publish", "--out-dir", seoul.out, "--root-key", letter)
    seoul.publish("--root-key", away)
    assert seoul.document()[2] == 2


def publish_pending(city):
    """Without the root key, which is away: the document stays as it was."""
    before = (city.out / "issuer.cose").read_bytes()
    (city.out / "issuer.cose").unlink()
    lines = city.publish(may=(4,)).said.split("\n")
    assert lines[-2].startswith("oap-issuer: issuer.cose: ")
    assert "--root-key FILE" in lines[-2] and "root.key is not" in lines[-2]
    assert (city.out / "issuer.cose").read_bytes() == before
    return lines


def test_what_was_revoked_is_published_while_the_root_key_is_away(tmp_path):
    city = o.Office(tmp_path / "small", "--capacity", "20")
    codes = [city.issue() for _ in range(18)]
    city.publish()
    away = tmp_path / "vault.key"
    shutil.move(city.dir / "root.key", away)
    codes.append(city.issue())      # opens the next list, by itself
    city.run("revoke", city.pass_id(codes[3]))
    publish_pending(city)
    assert city.state(codes[3]) == "revoked"
    assert sorted(p.name for p in city.out.iterdir()) == \
        ["issuer.cose", "status-0.cose"]
    assert city.shows(codes[3], status=1)["verdict"] == "revoked"
    assert city.shows(codes[4], status=0)["verdict"] == "accepted"
    # a new signing key, which nobody knows yet, signs no list yet
    first = kid_of(city)
    city.run("rotate", "--no-passphrase")
    city.run("suspend", city.pass_id(codes[4]))
    lines = publish_pending(city)
    assert "key %s signs the lists: the one that signs passes now is not " \
        "published yet" % first in lines[0]
    assert city.state(codes[4]) == "suspended"
    # with the older key gone, there is nobody whom services would believe
    (city.dir / ("signing-%s.key" % first)).unlink()
    list_0 = (city.out / "status-0.cose").read_bytes()
    assert "the root key must sign a new one first" in city.refused(
        "publish", "--out-dir", city.out, status=4)
    assert (city.out / "status-0.cose").read_bytes() == list_0
    city.publish("--root-key", away)
    assert city.document()[2] == 2
    assert [city.state(codes[i]) for i in (3, 4, 5, 18)] == \
        ["revoked", "suspended", "valid", "valid"]
    assert city.shows(codes[18], status=0)["verdict"] == "accepted"


def test_nothing_is_published_before_there_was_a_root_key(seoul):
    (seoul.dir / "root.key").rename(seoul.dir / "elsewhere")
    assert "--root-key FILE" in seoul.refused("publish", "--out-dir",
                                              seoul.out, status=4)
    assert not seoul.out.exists()


def test_a_lost_signing_key_stops_no_revocation_while_an_older_one_is_here(
        seoul):
    code = seoul.issue()
    first = kid_of(seoul)
    seoul.run("rotate", "--no-passphrase")
    seoul.publish()
    second = kid_of(seoul)
    (seoul.dir / ("signing-%s.key" % second)).unlink()
    seoul.run("revoke", seoul.pass_id(code))
    assert "key %s signs the lists: the one that signs passes now is not " \
        "here" % first in seoul.publish().said
    assert seoul.state(code) == "revoked"


def test_a_list_is_not_said_to_be_good_for_longer_than_it_is_trusted(seoul):
    seoul.publish("--valid", "90d")
    token, _ = seoul.token()
    assert token[4] - token[6] == 90 * 86400
    assert "--valid 90d: services trust no list longer than 30 days" in \
        seoul.said
    until = re.search(r"good until (\S+)Z", seoul.said).group(1)
    until = calendar.timegm(time.strptime(until, "%Y-%m-%dT%H:%M:%S"))
    assert until - token[6] == 30 * 86400
    assert "services trust" not in seoul.publish("--valid", "30d").said


def test_an_interrupted_publication_leaves_whole_files_only(seoul):
    code = seoul.issue()
    seoul.publish()
    before = (seoul.out / "status-0.cose").read_bytes()
    seoul.run("revoke", seoul.pass_id(code))
    statuses = set()
    for at in range(1, 24):
        cut = powercut.PowerCut(oaprun.build(), seoul.dir.parent)
        done = seoul.run("publish", "--out-dir", seoul.out,
                         may=(0, -signal.SIGTERM), env=cut.environment(
                             at=at, signal=signal.SIGTERM))
        assert sorted(p.name for p in seoul.out.iterdir()) == \
            ["issuer.cose", "status-0.cose"]
        changed = (seoul.out / "status-0.cose").read_bytes() != before
        assert changed or done.returncode
        statuses.add(done.returncode)
    assert statuses == {0, -signal.SIGTERM}
    assert seoul.state(code) == "revoked"


def test_a_wrong_passphrase_takes_no_number_and_writes_nothing(own):
    files = own.dir.parent
    old, new = files / "old", files / "new"
    own.run("passphrase", "--passphrase-file", old, "--new-passphrase-file",
            new)
    for signing, root, said in ((old, old, "signing-%s.key" % kid_of(own)),
                                (new, new, "root.key")):
        assert said + ": wrong passphrase" in own.refused(
            "publish", "--out-dir", own.out, "--passphrase-file", signing,
            "--root-passphrase-file", root)
        assert not own.out.exists()
    given = ("--passphrase-file", new, "--root-passphrase-file", old)
    assert "number 1, new" in own.publish(*given).said
    # likewise for the next one
    own.run("rename", "--name", "ja=ソウル")
    held = (own.out / "issuer.cose").read_bytes()
    own.refused("publish", "--out-dir", own.out, "--passphrase-file", old)
    assert (own.out / "issuer.cose").read_bytes() == held
    assert "number 2, new" in own.publish(*given).said


def test_where_nothing_can_be_written_no_number_is_taken(seoul):
    seoul.refused("publish", "--out-dir", seoul.out / "no/where", status=4)
    seoul.run("rename", "--name", "ja=ソウル")
    assert "number 1, new" in seoul.publish().said


def test_a_document_is_unchanged_only_when_it_was_published(seoul):
    place = seoul.out / "issuer.cose"
    place.mkdir(parents=True)
    seoul.refused("publish", "--out-dir", seoul.out, status=2)
    place.rmdir()
    # signed it is, so that it needs no root key any more
    (seoul.dir / "root.key").rename(seoul.dir.parent / "vault.key")
    assert "number 1, new" in seoul.publish().said
    assert "number 1, unchanged" in seoul.publish().said


def test_whenever_a_publication_is_killed_the_next_tells_what_is_new(seoul):
    seoul.publish().run("rename", "--name", "ja=ソウル")
    place, copy = seoul.out / "issuer.cose", seoul.dir.with_name("copy")
    held = place.read_bytes()
    shutil.copytree(seoul.dir, copy)
    for at in range(1, 99):
        cut = powercut.PowerCut(oaprun.build(), seoul.dir.parent)
        done = seoul.run("publish", "--out-dir", seoul.out, may=(0, -9),
                         env=cut.environment(at=at, signal=signal.SIGKILL))
        cut.settle()
        written = place.read_bytes() != held
        said = seoul.publish().said
        assert "number 2, " in said
        assert written or "number 2, new" in said, at
        if done.returncode == 0:
            break
        shutil.rmtree(seoul.dir)
        shutil.copytree(copy, seoul.dir)
        place.write_bytes(held)
    assert at > 10 and "number 2, unchanged" in said


def test_a_registry_of_the_schema_before_is_brought_up_to_date(seoul):
    seoul.publish()
    code = seoul.issue()
    seoul.find("0" * 32)
    with contextlib.closing(sqlite3.connect(seoul.dir / "registry.db")) as db:
        db.execute("ALTER TABLE document DROP COLUMN published")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    assert "number 1, unchanged" in seoul.publish().said
    assert seoul.state(code) == "valid"
    with contextlib.closing(sqlite3.connect(seoul.dir / "registry.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        db.execute("PRAGMA user_version = 3")
        db.commit()
    assert "made by a newer oap-issuer (schema 3, this one knows 2)" in \
        seoul.refused("keys")


def test_what_is_published_is_bound_to_the_root(seoul, tmp_path):
    other = o.Office(tmp_path / "other").publish()
    seoul.publish()
    with pytest.raises(nacl.exceptions.BadSignatureError):
        m.open_message((seoul.out / "issuer.cose").read_bytes(),
                       m.ISSUER_DOCUMENT, other.root)
    for path in seoul.out.iterdir():
        assert path.stat().st_mode & 0o777 == 0o644


def test_a_damaged_key_file_is_told_from_a_wrong_passphrase(seoul):
    path = seoul.dir / ("signing-%s.key" % kid_of(seoul))
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:50] + b"x" + whole[51:], b"", whole * 2):
        path.write_bytes(damaged)
        why = seoul.refused("issue", "--class", "adult", "--days", "3")
        assert "damaged" in why or "not a key file" in why or "over 256" in \
            why
    path.unlink()
    why = seoul.refused("issue", "--class", "adult", "--days", "3", status=4)
    assert path.name in why and "rotate --without-old" in why
    path.write_bytes(whole)
    seoul.issue()


# ------------------------------------------------------- a lost key
def test_an_office_goes_on_after_its_signing_key_was_lost(seoul, tmp_path):
    code = seoul.issue("--ref", "R-1")
    seoul.publish()
    lost = kid_of(seoul)
    (seoul.dir / ("signing-%s.key" % lost)).unlink()
    for command in (("rotate", "--no-passphrase"),
                    ("issue", "--class", "adult", "--days", "3")):
        assert "rotate --without-old" in seoul.refused(*command, status=4)
    assert "--without-old when this one is lost" in seoul.refused(
        "compromised", lost)
    done = seoul.run("rotate", "--without-old", "--no-passphrase")
    assert "references are hashed with a new key" in done.stderr
    assert kid_of(seoul) != lost
    # what is known by its id is known as before
    assert seoul.find("--code", code)[0]["state"] == "valid"
    assert seoul.find("--ref", "R-1") == []
    seoul.run("retire", lost)
    seoul.run("revoke", seoul.pass_id(code))
    new = seoul.issue("--ref", "R-1")
    seoul.publish()
    assert seoul.shows(code, status=1)["verdict"] == "revoked"
    assert seoul.shows(new, status=0)["verdict"] == "accepted"
    seoul.run("rotate", "--no-passphrase")      # with what there is now
    assert [row["pass_id"] for row in seoul.find("--ref", "R-1")] == \
        [seoul.pass_id(new)]


def test_a_key_that_is_not_lost_is_not_given_up(seoul):
    old = kid_of(seoul)
    assert "needs no passphrase; rotate without it" in seoul.refused(
        "rotate", "--without-old", "--no-passphrase")
    assert kid_of(seoul) == old
    path = seoul.dir / ("signing-%s.key" % old)
    path.write_bytes(path.read_bytes()[:-1])    # damaged, it is
    seoul.run("rotate", "--without-old", "--no-passphrase")
    seoul.run("compromised", old)
    assert not path.exists()


def check_keys(city):
    """Every key that may sign has its file, and no other file is there."""
    city.find("0" * 32)         # puts in order what was left
    listed = json.loads(city.run("keys", "--json").stdout)["keys"]
    assert sorted(p.name for p in city.dir.glob("*key*")) == sorted(
        ["root.key"] + ["signing-%s.key" % key["kid"] for key in listed
                        if key["state"] == "active"])
    return len(listed)


def test_an_interrupted_rotation_leaves_no_key_without_its_file(seoul):
    count = check_keys(seoul)
    for number in (signal.SIGINT, signal.SIGKILL):
        ends = set()
        for at in range(1, 20):
            cut = powercut.PowerCut(oaprun.build(), seoul.dir.parent)
            done = seoul.run("rotate", "--no-passphrase", may=(0, -number),
                             env=cut.environment(at=at, signal=number))
            cut.settle()
            now = check_keys(seoul)
            assert now - count in (0, 1) and (now > count or done.returncode)
            count = now
            ends.add(done.returncode)
            seoul.issue()
        assert -number in ends


# -------------------------------------------------------- passphrases
@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sealed")
    (directory / "right").write_text("correct horse 배터리\nnot this\n")
    (directory / "wrong").write_text("correct horse\n")
    (directory / "empty").write_text("\n")
    return o.Office(directory / "seoul", keys=("--passphrase-file",
                                               directory / "right"))


ONE = ("issue", "--class", "adult", "--days", "3", "--out", "-")


def test_the_passphrase_is_the_first_line_of_a_file(sealed):
    files = sealed.dir.parent
    code = sealed.run(*ONE, "--passphrase-file", files / "right").stdout
    assert code.startswith("OAP1:")
    assert "wrong passphrase" in sealed.refused(
        *ONE, "--passphrase-file", files / "wrong")
    assert "its first line is empty" in sealed.refused(
        *ONE, "--passphrase-file", files / "empty")
    assert "none: No such file" in sealed.refused(
        *ONE, "--passphrase-file", "none", status=4)
    for path in sealed.dir.glob("*.key"):
        assert b"horse" not in path.read_bytes()


def test_a_systemd_credential_is_taken(sealed, tmp_path):
    (tmp_path / "passphrase").write_text("correct horse 배터리")
    sealed.run(*ONE, env={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    (tmp_path / "passphrase").write_text("wrong")
    assert "wrong passphrase" in sealed.refused(
        *ONE, env={"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_without_a_terminal_it_says_what_to_give(sealed, tmp_path):
    assert "--passphrase-file" in sealed.refused(*ONE, status=2,
                                                 start_new_session=True)
    done = subprocess.run(
        [o.ISSUER, "init", "--dir", tmp_path / "x", "--iss", "a.example",
         "--status-uri", "https://a.example", "--name", "en=A"],
        capture_output=True, text=True, start_new_session=True)
    assert done.returncode == 2 and "--passphrase-file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_never_left_plain_without_saying_so(sealed):
    assert "no such option" in sealed.refused(*ONE, "--no-passphrase",
                                              status=2)
    sealed.run("rotate", "--no-passphrase", "--passphrase-file",
               sealed.dir.parent / "right")
    assert "no terminal" in sealed.refused(*ONE, status=2,
                                           start_new_session=True)


@pytest.fixture
def own(tmp_path):
    """An office with a passphrase, to be changed."""
    for name in ("old", "new"):
        (tmp_path / name).write_text(name + " horse\n")
    return o.Office(tmp_path / "seoul", keys=("--passphrase-file",
                                              tmp_path / "old"))


def opens(city, name):
    return city.run(*ONE, "--passphrase-file", city.dir.parent / name,
                    may=(0, 1)).returncode == 0


def test_passphrases_can_be_changed_one_key_at_a_time(own):
    files = own.dir.parent
    first = kid_of(own)
    old, new = (("--passphrase-file", files / "old"),
                ("--passphrase-file", files / "new"))
    change = (*old, "--new-passphrase-file", files / "new")
    own.publish(*old)
    done = own.run("passphrase", *change)
    assert "signing-%s.key: sealed with the new passphrase" % first in \
        done.stderr
    assert opens(own, "new") and not opens(own, "old")
    # the root key is another file, and may be elsewhere
    own.run("rotate", *new)
    assert "root.key: wrong passphrase" in own.refused(
        "publish", "--out-dir", own.out, *new)
    away = files / "vault.key"
    shutil.move(own.dir / "root.key", away)
    assert "root-key" in own.refused("passphrase", *change, "--root-key",
                                     away, status=2)
    own.run("passphrase", "root", *change, "--root-key", away)
    assert not list(files.glob("*.new"))
    assert away.stat().st_mode & 0o777 == 0o600
    own.publish(*new, "--root-key", away)
    assert own.document()[2] == 2
    # an older key, by its id; and back to none at all
    own.run("passphrase", first, *new, "--no-passphrase")
    assert "wrong passphrase" in own.refused("passphrase", kid_of(own),
                                             *change)
    assert "not encrypted any more" in own.run(
        "passphrase", *new, "--no-passphrase").stderr
    own.run(*ONE)
    own.run("passphrase", "--new-passphrase-file", files / "old")
    assert opens(own, "old")
    for which, status, said in (("f" * 16, 1, "not a key of this issuer"),
                                ("signing", 2, "not a key id")):
        assert said in own.refused("passphrase", which, *change,
                                   status=status)
    assert "give one of them" in own.refused(
        "passphrase", *change, "--no-passphrase", status=2)


def test_the_root_key_may_have_a_passphrase_of_its_own(own):
    files = own.dir.parent
    old, new = (("--passphrase-file", files / "old"),
                ("--passphrase-file", files / "new"))
    root = "--root-passphrase-file"
    own.run("passphrase", "root", root, files / "old",
            "--new-passphrase-file", files / "new")
    # where it is not given, both have the same
    assert "root.key: wrong passphrase" in own.refused(
        "publish", "--out-dir", own.out, *old)
    assert "root.key: wrong passphrase" in own.refused(
        "publish", "--out-dir", own.out, *old, root, files / "old")
    own.publish(*old, root, files / "new")
    assert own.document()[2] == 1
    own.run("passphrase", "root", *new, "--new-passphrase-file", files / "old")
    assert "--root-passphrase-file: goes with \"root\"" in own.refused(
        "passphrase", *old, root, files / "old", status=2)
    assert "no terminal to ask for its passphrase; give --%s" % root[2:] in \
        own.refused("passphrase", "root", status=2, start_new_session=True)
    assert "no terminal to ask for its passphrase; give " \
        "--new-passphrase-file" in own.refused(
            "passphrase", *old, status=2,
            start_new_session=True)


def test_a_root_key_is_made_with_a_passphrase_of_its_own(tmp_path):
    for name in ("signing", "root"):
        (tmp_path / name).write_text(name + " horse\n")
    given = ("--root-passphrase-file", tmp_path / "root")
    city = o.Office(tmp_path / "seoul", keys=(
        "--passphrase-file", tmp_path / "signing", *given))
    assert opens(city, "signing") and not opens(city, "root")
    assert "root.key: wrong passphrase" in city.refused(
        "publish", "--out-dir", city.out, "--passphrase-file",
        tmp_path / "signing")
    city.publish("--passphrase-file", tmp_path / "signing", *given)
    done = subprocess.run(
        [o.ISSUER, "init", "--dir", tmp_path / "x", "--iss", "a.example",
         "--status-uri", "https://a.example", "--name", "en=A",
         "--no-passphrase", *given], capture_output=True, text=True)
    assert done.returncode == 2 and "give one of them" in done.stderr
    assert not (tmp_path / "x").exists()


def test_where_the_root_key_is_away_it_is_told_what_it_was_wanted_for(own):
    files = own.dir.parent
    (own.dir / "root.key").rename(files / "vault.key")
    old = ("--passphrase-file", files / "old")
    for command, wanted in ((("publish", "--out-dir", own.out),
                             "sign the first issuer document"),
                            (("passphrase", "root"), "be sealed anew")):
        assert own.refused(*command, *old, status=4) == \
            "%s/root.key: not here to %s; give --root-key FILE" % (own.dir,
                                                                  wanted)


def test_init_says_which_commands_need_the_root_key(tmp_path):
    done = subprocess.run(
        [o.ISSUER, "init", "--dir", tmp_path / "a", "--iss", "a.example",
         "--status-uri", "https://a.example", "--name", "en=A",
         "--no-passphrase"], capture_output=True, text=True)
    said = " ".join(done.stderr.split())
    assert "Two commands need it: publish, the first time and after rotate, " \
        "retire, compromised, rename or a new status list; and passphrase " \
        "root" in said
    takes = [command for command in re.findall(
        r"(?m)^  ([a-z]+) ", subprocess.run(
            [o.ISSUER, "--help"], capture_output=True, text=True).stdout)
        if "--root-key" in subprocess.run(
            [o.ISSUER, command, "--help"], capture_output=True,
            text=True).stdout]
    assert sorted(takes) == ["passphrase", "publish"]


def test_a_key_file_is_whole_whatever_ends_the_change_of_its_passphrase(
        seoul):
    for number in (signal.SIGTERM, signal.SIGKILL):
        for at in range(1, 9):
            cut = powercut.PowerCut(oaprun.build(), seoul.dir.parent)
            seoul.run("passphrase", "--no-passphrase", may=(0, -number),
                      env=cut.environment(at=at, signal=number))
            cut.apply()
            seoul.issue()
            assert check_keys(seoul) == 1


def test_a_link_to_a_key_is_not_replaced(own):
    away = own.dir.parent / "vault.key"
    shutil.move(own.dir / "root.key", away)
    (own.dir / "root.key").symlink_to(away)
    held = away.read_bytes()
    assert "symbolic link" in own.refused(
        "passphrase", "root", "--passphrase-file", own.dir.parent / "old",
        "--no-passphrase")
    assert away.read_bytes() == held


class Terminal:
    """A program with a terminal of its own, and who types there."""

    def __init__(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], [os.fspath(c) for c in command])
        self.shown = b""

    def wait_for(self, text):
        until = time.monotonic() + oaprun.PATIENCE
        while text not in self.shown and time.monotonic() < until:
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.shown += os.read(self.fd, 4096)
                except OSError:
                    break
        assert text in self.shown, self.shown

    def type(self, text):
        os.write(self.fd, text)

    def end(self):
        """Exit status, and all that was shown."""
        until = time.monotonic() + oaprun.PATIENCE
        while time.monotonic() < until:
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                self.shown += os.read(self.fd, 4096)
            except OSError:         # EIO: nobody is there any more
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_is_asked_and_shows_nothing_of_it(sealed):
    for typed, status in (("correct horse 배터리\n".encode(), 0),
                          (b"x\x7fwrong\x15correct horse \xeb\xb0\xb0"
                           b"\xed\x84\xb0\xeb\xa6\xac\r", 0),
                          ("correct hors\033[De 배터라\x7f리\n".encode(), 0),
                          (b"correct horse\n", 1), (b"correct\x03", 1)):
        terminal = Terminal(o.ISSUER, *ONE[:1], "--dir", sealed.dir, *ONE[1:])
        terminal.wait_for(b"Passphrase of signing-")
        terminal.type(typed)
        assert terminal.end() == status, terminal.shown
        assert b"horse" not in terminal.shown
        assert b"correct" not in terminal.shown
        assert (b"OAP1:" in terminal.shown) == (status == 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP,
                                    signal.SIGINT])
def test_whatever_ends_it_at_the_prompt_the_terminal_echoes_again(sealed,
                                                                  number):
    terminal = Terminal(o.ISSUER, *ONE[:1], "--dir", sealed.dir, *ONE[1:])
    terminal.wait_for(b"Passphrase of signing-")
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ECHO
    os.kill(terminal.pid, number)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == -number
    flags = termios.tcgetattr(terminal.fd)[3]
    os.close(terminal.fd)
    for flag in (termios.ECHO, termios.ICANON, termios.ISIG):
        assert flags & flag


def init_on_terminal(directory, *answers):
    terminal = Terminal(o.ISSUER, "init", "--dir", directory, "--iss",
                        "a.example", "--status-uri", "https://a.example",
                        "--name", "en=A")
    for prompt, answer in zip((b"New passphrase of the city's keys",
                               b"Once more"), answers):
        terminal.wait_for(prompt)
        terminal.type(answer)
    return terminal.end(), terminal.shown


def test_a_new_passphrase_is_asked_twice(tmp_path):
    status, shown = init_on_terminal(tmp_path / "a", b"secret\n", b"secrte\n")
    assert status == 1 and b"differ" in shown
    status, shown = init_on_terminal(tmp_path / "a", b"\n")
    assert status == 1 and b"--no-passphrase" in shown
    assert list(tmp_path.iterdir()) == []
    status, shown = init_on_terminal(tmp_path / "a", b"secret\n", b"secret\n")
    assert status == 0 and b"secret" not in shown
    (tmp_path / "file").write_text("secret")
    done = subprocess.run([o.ISSUER, *ONE[:1], "--dir", tmp_path / "a",
                           *ONE[1:], "--passphrase-file", tmp_path / "file"],
                          capture_output=True)
    assert done.returncode == 0, done
