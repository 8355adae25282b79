# SPDX-License-Identifier: Apache-2.0
"""The issuer's registry and its files over power cuts: no code leaves the
office that the registry does not know, and what was done stays done."""
import json
import pathlib
import random
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import cuts  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import powercut  # noqa: E402

ISSUER = oaprun.program("oap-issuer")


class Office:
    def __init__(self, directory):
        self.cut = powercut.PowerCut(oaprun.build(), directory)
        self.dir, self.out = directory / "seoul", directory / "out"
        self.out.mkdir()
        self.states = {}    # pass id -> the states that it may be in
        self.refs = {}      # ref -> pass id that was acknowledged
        self.codes = set()
        self.rows = 0
        self.signs = None   # the key that was acknowledged to sign
        self.retired = set()
        self.run("init", "--iss", "seoul.example", "--status-uri",
                 "https://pass.seoul.example/status", "--name", "en=Seoul",
                 "--no-passphrase")
        self.cut.settle()

    def run(self, command, *arguments, env=None, may=(0,)):
        done = subprocess.run([ISSUER, command, "--dir", self.dir,
                               *arguments], env=env, capture_output=True,
                              text=True, timeout=120)
        # A registry that cannot be read after a cut is lost, too.
        cuts.must_be(done.returncode in may,
                     "%s: %d, %s" % (command, done.returncode, done.stderr))
        return done

    def find(self, *by):
        done = self.run("find", "--json", *by, may=(0, 1))
        return json.loads(done.stdout)

    def those(self, state):
        """Passes that are known to be in it."""
        return [i for i, may in sorted(self.states.items())
                if may == {state}]

    def keys(self):
        return json.loads(self.run("keys", "--json").stdout)["keys"]

    # ---- one thing that an office does, under the shim; then the cut
    def act(self, dice, at, **options):
        env = self.cut.environment(at=at, **options)
        acts = [self.issue_one, self.issue_many, self.issue_files,
                self.publish, self.rotate, self.seal]
        if self.those("valid"):
            acts += [self.end_one, self.reissue, self.suspend]
        if self.those("suspended"):
            acts += [self.restore]
        if len([k for k in self.keys() if k["state"] == "active"]) > 1:
            acts += [self.retire]
        dice.choice(acts)(dice, env)

    def issue_one(self, dice, env):
        self.rows += 1
        ref = "one-%d" % self.rows
        done = self.run("issue", "--class", "adult", "--days", "30", "--ref",
                        ref, "--out", "-", env=env, may=(0, -9))
        self.codes.update(done.stdout.split("\n")[:-1])
        if done.returncode == 0:
            self.acknowledge(ref)

    def run_rows(self, env, *where):
        """A file of residents; the refs when it was acknowledged."""
        refs = ["row-%d" % (self.rows + i) for i in range(30)]
        self.rows += len(refs)
        csv = self.dir.parent.with_suffix(".csv")
        csv.write_text("ref,class,days\n" + "".join(
            "%s,senior,30\n" % ref for ref in refs))
        done = self.run("issue", "--csv", csv, *where, env=env, may=(0, -9))
        self.collect()
        if done.returncode:
            return []
        for ref in refs:
            self.acknowledge(ref)
        return refs

    def issue_many(self, dice, env):
        out = self.out / ("passes-%d.csv" % self.rows)
        if self.run_rows(env, "--out", out):
            self.promised = [out]

    def issue_files(self, dice, env):
        cards = self.out / "cards"
        if self.run_rows(env, "--out-dir", cards, "--as", "txt"):
            self.promised = [cards / "index.csv", *cards.glob("*.txt")]
            assert len(self.promised) == 31

    promised = ()       # files that a finished command wrote

    def collect(self):
        """Codes that somebody could have read before the cut."""
        for path in self.out.glob("*.csv"):
            for line in path.read_text().split("\n")[1:-1]:
                self.codes.add(line.split(",", 2)[2].strip('"'))
        for path in self.out.glob("cards/*.txt"):
            self.codes.add(path.read_text()[:-1])

    def acknowledge(self, ref):
        found = self.find("--ref", ref)
        assert len(found) == 1, found
        self.states[found[0]["pass_id"]] = {"valid"}
        self.refs[ref] = found[0]["pass_id"]

    def change(self, dice, env, command, before, after):
        pass_id = dice.choice(self.those(before))
        done = self.run(command, pass_id, env=env, may=(0, -9))
        # It stands at the end again, so that the next check looks at it.
        del self.states[pass_id]
        self.states[pass_id] = {after} if done.returncode == 0 \
            else {before, after}

    def end_one(self, dice, env):
        self.change(dice, env, "revoke", "valid", "revoked")

    def suspend(self, dice, env):
        self.change(dice, env, "suspend", "valid", "suspended")

    def restore(self, dice, env):
        self.change(dice, env, "restore", "suspended", "valid")

    def reissue(self, dice, env):
        pass_id = dice.choice(self.those("valid"))
        done = self.run("reissue", pass_id, "--out", "-", env=env,
                        may=(0, -9))
        self.codes.update(done.stdout.split("\n")[:-1])

    def rotate(self, dice, env):
        done = self.run("rotate", "--no-passphrase", "--json", env=env,
                        may=(0, -9))
        if done.returncode == 0:
            self.signs = json.loads(done.stdout)["kid"]

    def retire(self, dice, env):
        self.publish(dice, None)    # the keys that are to stay
        kid = dice.choice([k["kid"] for k in self.keys()
                           if k["state"] == "active" and not k["signs"]])
        done = self.run("retire", kid, env=env, may=(0, -9))
        if done.returncode == 0:
            self.retired.add(kid)

    def seal(self, dice, env):
        self.run("passphrase", "--no-passphrase", env=env, may=(0, -9))

    def publish(self, dice, env):
        self.run("publish", "--out-dir", self.out, env=env, may=(0, -9))

    # ---- what must hold after every cut
    def check(self, latest=None):
        """Of everything, or of the latest acknowledged passes."""
        for code in sorted(self.codes):
            found = self.run("find", "--json", "--code", code,
                             may=(0, 1, 4))
            cuts.must_be(found.returncode == 0,
                         "a code is out that the registry does not know: "
                         + found.stderr)
        for ref, pass_id in list(self.refs.items())[-(latest or 0):]:
            ids = {row["pass_id"] for row in self.find("--ref", ref)}
            cuts.must_be(ids == {pass_id}, "%s has %s" % (ref, ids))
        for pass_id, may in list(self.states.items())[-(latest or 0):]:
            states = {row["state"] for row in self.find(pass_id)}
            cuts.must_be(states, "%s is gone" % pass_id)
            cuts.must_be(states - {"replaced"} <= may, "%s is %s, not %s" %
                         (pass_id, states, may))
        for path in self.promised:
            cuts.must_be(path.exists() and path.stat().st_size > 0,
                         "%s was written" % path.name)
        self.check_keys()
        self.check_files()
        # It goes on: the files that are there are read anew.
        self.codes.clear()
        self.promised = ()
        shutil.rmtree(self.out)
        self.out.mkdir()

    def check_keys(self):
        keys = self.keys()
        for key in keys:
            file = self.dir / ("signing-%s.key" % key["kid"])
            cuts.must_be(key["state"] != "active" or file.exists(),
                         "key %s has lost its file" % key["kid"])
            cuts.must_be(key["kid"] not in self.retired or
                         key["state"] == "retired",
                         "key %s was retired" % key["kid"])
        kids = [key["kid"] for key in keys]
        cuts.must_be(not self.signs or self.signs in kids,
                     "key %s is gone" % self.signs)
        known = {"signing-%s.key" % kid for kid in kids}
        for path in self.dir.glob("signing-*"):
            cuts.must_be(path.name in known, "%s is nobody's" % path.name)

    def check_files(self):
        """Whole or not at all."""
        for path in self.out.glob("*.csv"):
            text = path.read_text()
            cuts.must_be(text.endswith("\n") and text.count("\n") == 31,
                         "%s is cut short" % path.name)
        index = self.out / "cards/index.csv"
        if index.exists():
            lines = index.read_text().split("\n")
            cuts.must_be(len(lines) == 32 and lines[-1] == "",
                         "the index is cut short")
        for path in self.out.glob("cards/*.txt"):
            cuts.must_be(path.read_text().endswith("\n"),
                         "%s is cut short" % path.name)
        for path in self.out.glob("*.cose"):
            try:
                m.decode(path.read_bytes())
            except Exception as why:
                raise cuts.Lost("%s: %s" % (path.name, why))


def run_cuts(directory, dice, count, **options):
    office = Office(directory)
    for _ in range(count):
        office.act(dice, dice.randint(1, 120), **options)
        office.cut.apply(dice if dice.random() < .5 else None)
        office.check(latest=8)
    office.check()
    return office


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "office"
    path.mkdir()
    return path


def test_no_power_cut_loses_a_pass_or_lets_an_unknown_one_out(directory,
                                                              dice):
    office = run_cuts(directory, dice, cuts.share(.25))
    # A resident who has a pass gets no second one from the same row, whatever
    # has become of the first since.
    csv = directory / "again.csv"
    csv.write_text("ref,class,days\n" + "".join(
        "%s,senior,30\n" % ref for ref in office.refs
        if ref.startswith("row")))
    office.run("issue", "--csv", csv, "--out", directory / "again-out.csv",
               may=(0, 1))
    office.check()


def test_every_thing_that_an_office_does_stands_every_cut(directory, dice):
    """Each act by itself, at moments from its beginning to its end."""
    office = Office(directory)
    for name in ("issue_one", "issue_many", "issue_files", "rotate", "seal",
                 "publish", "suspend", "restore", "reissue", "retire",
                 "end_one"):
        moments = dice.sample(range(1, 26), min(cuts.share(.2), 25))
        for at in [*sorted(moments), 1000]:
            if name in ("suspend", "end_one", "reissue", "restore"):
                office.issue_one(dice, None)
            if name == "restore":
                office.suspend(dice, None)
            if name == "retire":
                office.rotate(dice, None)
            office.codes.clear()
            getattr(office, name)(dice, office.cut.environment(at=at))
            # what was acknowledged must need no luck
            office.cut.apply(dice if at < 1000 and dice.random() < .5
                             else None)
            office.check(latest=8)


def test_with_synchronous_off_the_same_test_fails(directory, dice):
    with pytest.raises(cuts.Lost):
        run_cuts(directory, dice, 40, synchronous_off=True)
