# SPDX-License-Identifier: Apache-2.0
"""The issuer's registry and its files over power cuts: no code leaves the
office that the registry does not know, and what was done stays done."""
import json
import pathlib
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
        self.known = {}     # pass id -> state that was acknowledged
        self.refs = {}      # ref -> pass id that was acknowledged
        self.codes = set()
        self.rows = 0
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

    # ---- one thing that an office does, under the shim; then the cut
    def act(self, dice, at, **options):
        env = self.cut.environment(at=at, **options)
        acts = [self.issue_one, self.issue_many, self.publish]
        if any(s == "valid" for s in self.known.values()):
            acts += [self.end_one, self.reissue]
        dice.choice(acts)(dice, env)

    def issue_one(self, dice, env):
        self.rows += 1
        ref = "one-%d" % self.rows
        done = self.run("issue", "--class", "adult", "--days", "30", "--ref",
                        ref, "--out", "-", env=env, may=(0, -9))
        self.codes.update(done.stdout.split("\n")[:-1])
        if done.returncode == 0:
            self.acknowledge(ref)

    def issue_many(self, dice, env):
        refs = ["row-%d" % (self.rows + i) for i in range(30)]
        self.rows += len(refs)
        csv = self.dir.parent.with_suffix(".csv")
        csv.write_text("ref,class,days\n" + "".join(
            "%s,senior,30\n" % ref for ref in refs))
        out = self.out / ("passes-%d.csv" % self.rows)
        done = self.run("issue", "--csv", csv, "--out", out, env=env,
                        may=(0, -9))
        self.collect()
        if done.returncode == 0:
            self.promised = out
            for ref in refs:
                self.acknowledge(ref)

    promised = None     # a file that a finished command wrote

    def collect(self):
        """Codes that somebody could have read before the cut."""
        for path in self.out.glob("*.csv"):
            for line in path.read_text().split("\n")[1:-1]:
                self.codes.add(line.split(",", 2)[2].strip('"'))

    def acknowledge(self, ref):
        found = self.find("--ref", ref)
        assert len(found) == 1, found
        self.known[found[0]["pass_id"]] = "valid"
        self.refs[ref] = found[0]["pass_id"]

    def end_one(self, dice, env):
        pass_id = dice.choice([i for i, s in sorted(self.known.items())
                               if s == "valid"])
        done = self.run("revoke", pass_id, env=env, may=(0, -9))
        # It stands at the end again, so that the next check looks at it.
        del self.known[pass_id]
        self.known[pass_id] = "revoked" if done.returncode == 0 else None

    def reissue(self, dice, env):
        pass_id = dice.choice([i for i, s in sorted(self.known.items())
                               if s == "valid"])
        done = self.run("reissue", pass_id, "--out", "-", env=env,
                        may=(0, -9))
        self.codes.update(done.stdout.split("\n")[:-1])

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
        for pass_id, state in list(self.known.items())[-(latest or 0):]:
            states = [row["state"] for row in self.find(pass_id)]
            cuts.must_be(states, "%s is gone" % pass_id)
            if state == "revoked":
                cuts.must_be("valid" not in states,
                             "%s was revoked" % pass_id)
        if self.promised:
            cuts.must_be(self.promised.exists() and
                         self.promised.stat().st_size > 0,
                         "%s was written" % self.promised.name)
        self.check_files()
        # It goes on: the files that are there are read anew.
        self.codes.clear()
        self.promised = None
        for file in self.out.iterdir():
            file.unlink()

    def check_files(self):
        """Whole or not at all."""
        for path in self.out.glob("*.csv"):
            text = path.read_text()
            cuts.must_be(text.endswith("\n") and text.count("\n") == 31,
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
    # A resident who has a pass gets no second one from the same row.
    csv = directory / "again.csv"
    csv.write_text("ref,class,days\n" + "".join(
        "%s,senior,30\n" % ref for ref, i in office.refs.items()
        if ref.startswith("row") and office.known[i] == "valid"))
    office.run("issue", "--csv", csv, "--out", directory / "again-out.csv")
    office.check()


def test_with_synchronous_off_the_same_test_fails(directory, dice):
    with pytest.raises(cuts.Lost):
        run_cuts(directory, dice, 40, synchronous_off=True)
