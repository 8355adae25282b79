# SPDX-License-Identifier: Apache-2.0
"""Measures, in one run on one machine, what One-Asia Pass costs beside what
libsodium's Ed25519 costs; prints a small table. See run.sh."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

KIOSKS = 64
CORES = os.cpu_count()


def tool(name):
    return oaprun.build() / "tests/bench" / name


class Table:
    """Figures of this machine, ratios, and whether a limit is kept."""

    def __init__(self):
        self.rows, self.missed = [], 0

    def add(self, what, figure, ratio=None, of="", most=None, least=None):
        limit = verdict = ""
        if most is not None:
            limit, good = "<= %.1f" % most, ratio <= most
        elif least is not None:
            limit, good = ">= %.1f" % least, ratio >= least
        if limit:
            verdict = "kept" if good else "MISSED"
            self.missed += not good
        self.rows.append((what, figure,
                          "" if ratio is None else "%.2f x %s" % (ratio, of),
                          limit, verdict))

    def print(self):
        head = ("what", "measured", "ratio", "limit", "")
        widths = [max(len(row[i]) for row in self.rows + [head])
                  for i in range(5)]
        for row in [head, tuple("-" * w for w in widths)] + self.rows:
            print("  ".join(t.ljust(w) for t, w in zip(row, widths)).rstrip())


def crypto(cores=1):
    """What a verify and a signature cost a core while so many cores do
    nothing else. Medians of several runs, since the machine may have other
    work."""
    runs = []
    for _ in range(3):
        busy = [subprocess.Popen([tool("bench_crypto")],
                                 stdout=subprocess.PIPE)
                for _ in range(cores)]
        runs += [json.loads(p.communicate()[0]) for p in busy]
        assert all(p.returncode == 0 for p in busy)
    return tuple(statistics.median(r[k] for r in runs)
                 for k in ("verify_us", "sign_us"))


# --------------------------------------------------------------- daemon
class Doors:
    """A daemon, its kiosks, and the load on it."""

    def __init__(self, directory, kiosks=KIOSKS, offline_uses=200):
        self.directory = directory
        self.daemon = oaprun.Daemon(directory, threads=CORES).start()
        self.issuer = oapcast.Issuer()
        self.daemon.add_facility("tnm")
        self.daemon.add_benefit("visit", uses=1)
        self.daemon.add_benefit("again", uses=1000000)
        self.daemon.add_issuer(self.issuer)
        self.daemon.admin("PATCH", "/v1/policy",
                          {"offline_uses": offline_uses})
        kiosks = [self.daemon.add_kiosk("tnm") for _ in range(kiosks)]
        self.head = "service %s\nissuer %s %s %s %d\n" % (
            kiosks[0].service_public.hex(), bytes(self.issuer.key).hex(),
            self.issuer.iss, self.issuer.uri, len(self.issuer.statuses))
        self.kiosks = ["kiosk %s tnm %d %d %s" % (
            bytes(k.key).hex(), k.epoch, k.seq + 1, k.prev.hex())
            for k in kiosks]

    def load(self, redemptions, batch, benefit="visit", passes=0):
        """The load's report, and the daemon's CPU seconds for it."""
        return self.run("--redemptions", redemptions, "--passes", passes,
                        "--batch", batch, "--benefit", benefit)

    def run(self, *options):
        path = self.directory / "load.txt"
        path.write_text(self.head + "\n".join(self.kiosks) + "\n")
        process = subprocess.Popen(
            [tool("load"), "--port", str(self.daemon.port),
             *map(str, options), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        before = self.daemon.cpu_seconds()
        out, _ = process.communicate("go\n")
        spent = self.daemon.cpu_seconds() - before
        if process.returncode != 0:
            sys.exit("bench: the load failed; %s tells more" %
                     (self.directory / "oapd.log"))
        report, *self.kiosks = out.splitlines()
        return json.loads(report), spent


class Round:
    """One load, beside what a verify costs on the same machine. The load keeps
    all cores busy, so what it is compared with does, too; just before and just
    after, since a machine's speed wanders."""

    def __init__(self, doors, redemptions, batch, benefit, passes):
        before = crypto(CORES)[0]
        self.report, cpu = doors.load(redemptions, batch, benefit, passes)
        self.verify_us = (before + crypto(CORES)[0]) / 2
        done = self.report["redemptions"]
        self.each_us = cpu / done * 1e6
        self.rate = done / self.report["seconds"]
        self.cost = self.each_us / (2 * self.verify_us)
        self.share = self.rate * 2 * self.verify_us * 1e-6 / CORES


def add_rounds(table, name, rounds, judged):
    """The median one of several, by what a redemption costs: other work on the
    machine only ever adds to it."""
    rounds.sort(key=lambda r: r.cost)
    middle = rounds[len(rounds) // 2]
    share = statistics.median(r.share for r in rounds)
    table.add("oapd, %s: CPU a redemption" % name, "%.1f us" % middle.each_us,
              middle.cost, "two verifies", most=2.0 if judged else None)
    table.add("oapd, %s: redemptions" % name, "%.0f/s" % middle.rate,
              share, "cores / two verifies", least=0.3 if judged else None)
    if len(rounds) > 1:
        table.add("  of %d rounds, the least and the most" % len(rounds),
                  "%.2f, %.2f" % (rounds[0].cost, rounds[-1].cost))
    table.add("  a verify before and after it, all cores busy",
              "%.1f us" % middle.verify_us)
    table.add("  question / upload answered, median",
              "%.1f / %.1f ms" % (middle.report["ask"]["p50_ms"],
                                  middle.report["upload"]["p50_ms"]))


def bench_daemon(table, directory, redemptions, rounds):
    doors = Doors(directory)
    try:
        # batch 0: a question brings the entry of the visitor before, as
        # liboap's does, and this is the way that has to keep the limits; else
        # so many entries an upload.
        for name, batch, benefit, passes, judged in (
                ("fresh passes, as kiosks do", 0, "visit", 0, True),
                ("fresh passes, an upload for each", 1, "visit", 0, False),
                ("fresh passes, uploads of 16", 16, "visit", 0, False),
                ("passes seen before, as kiosks do", 0, "again", 1000, False),
                ("passes seen before, an upload for each", 1, "again", 1000,
                 False)):
            if passes:          # make them known first
                doors.load(passes, 16, benefit, passes)
            add_rounds(table, name,
                       [Round(doors, redemptions, batch, benefit, passes)
                        for _ in range(rounds if judged else 1)], judged)
    finally:
        doors.daemon.stop()


# -------------------------------------------------------------- backlog
def bench_morning(table, directory, kiosks, entries):
    """Doors that were cut off are back all at once; another one asks."""
    doors = Doors(directory, kiosks + 1, entries)
    try:
        report, _ = doors.run("--backlog", entries, "--benefit", "again")
        assert report["redemptions"] >= kiosks * entries
        table.add("oapd, %d kiosks upload %d entries each" % (kiosks,
                                                              entries),
                  "%.0f/s" % (kiosks * entries / report["seconds"]))
        table.add("  a question beside it, p50 / p99 of %d" %
                  report["ask"]["calls"], "%.1f / %.1f ms" %
                  (report["ask"]["p50_ms"], report["ask"]["p99_ms"]),
                  report["ask"]["p99_ms"], "ms", most=100)
    finally:
        doors.daemon.stop()


def peak_kib(pid):
    """Of that program alone: what getrusage says of a child begins with its
    parent's."""
    try:
        text = pathlib.Path("/proc/%d/status" % pid).read_text()
    except OSError:
        return 0
    found = [line for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(found[0].split()[1]) if found else 0


def bench_backlog(table, directory, entries):
    """One kiosk that was alone for long, with a wrapped key."""
    daemon = oaprun.Daemon(directory / "service", threads=CORES).start()
    daemon.file.write_text(daemon.file.read_text().replace(
        "port = 0", "port = %d" % daemon.port))
    kiosk, credentials = directory / "kiosk", directory / "credentials"
    credentials.mkdir()
    (credentials / "oap-kiosk.key").write_bytes(os.urandom(32))
    env = dict(os.environ, CREDENTIALS_DIRECTORY=str(credentials))
    program = str(oaprun.program("oap-kiosk"))
    city = oapcast.Issuer()
    daemon.add_facility("tnm")
    daemon.add_benefit("visit")
    daemon.add_issuer(city)
    daemon.admin("PATCH", "/v1/policy", {"offline_uses": entries})
    code = daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
    subprocess.run([program, "enrol", "--dir", kiosk, code], check=True,
                   stdout=subprocess.DEVNULL, env=env)
    daemon.stop()
    codes = directory / "codes.txt"
    with open(codes, "w") as f:
        for i in range(entries):
            f.write(m.code(city.issue(idx=i % 4096)) + "\n")
    start = time.monotonic()
    with open(codes) as f, open(directory / "told.txt", "w") as told:
        subprocess.run([program, "redeem", "--dir", kiosk, "--benefit",
                        "visit", "-"], stdin=f, stdout=told, env=env,
                       stderr=subprocess.DEVNULL)
    alone = time.monotonic() - start
    told = (directory / "told.txt").read_text().count("accepted-offline")
    assert told == entries, told
    verify_us = crypto(CORES)[0]
    daemon.start()
    try:
        start = time.monotonic()
        process = subprocess.Popen([program, "sync", "--dir", kiosk],
                                   stdout=subprocess.DEVNULL, env=env)
        most = 0
        while process.poll() is None:
            most = max(most, peak_kib(process.pid))
            time.sleep(.01)
        rate = entries / (time.monotonic() - start)
        assert process.returncode == 0
        disputed = daemon.admin("GET", "/v1/disputed")["disputed"]
        assert disputed == [], disputed[0]
        row, = daemon.admin("GET", "/v1/kiosks")["kiosks"]
        assert row["held"] == {"seq": entries, "count": entries}, row
    finally:
        daemon.stop()
    table.add("oap-kiosk, a visit decided alone", "%.0f us" %
              (alone / entries * 1e6))
    table.add("oap-kiosk, a backlog of %d uploaded" % entries,
              "%.0f/s" % rate, rate * 2 * verify_us * 1e-6 / CORES,
              "cores / two verifies", least=0.4)
    table.add("  its memory at most", "%.1f MB" % (most / 1024), most / 1024,
              "MB", most=32)


# --------------------------------------------------------------- issuer
def issuer(*arguments, **options):
    return subprocess.run([oaprun.program("oap-issuer"), *map(str, arguments)],
                          check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, **options)


def bench_issuer(table, directory, sign_us, passes, pictures):
    office = directory / "seoul"
    issuer("init", "--dir", office, "--iss", "seoul.example", "--status-uri",
           "https://pass.seoul.example/status", "--name", "en=Seoul",
           "--no-passphrase")
    for count, what in ((passes, ("--out", directory / "passes.csv")),
                        (pictures, ("--out-dir", directory / "png", "--as",
                                    "png"))):
        csv = directory / ("residents-%d.csv" % count)
        with open(csv, "w") as f:
            f.write("ref,class,days,hint\n")
            for i in range(count):
                f.write("R-%s-%07d,adult,365,K.M.\n" % (what[0], i))
        start = time.monotonic()
        issuer("issue", "--dir", office, "--csv", csv, *what)
        rate = count / (time.monotonic() - start)
        if what[0] == "--out":
            assert sum(1 for _ in open(what[1])) >= count
            table.add("oap-issuer, %d passes into one file" % count,
                      "%.0f/s" % rate, rate * sign_us * 1e-6,
                      "one core signing", least=0.5)
        else:
            assert len(list(what[1].glob("*.png"))) == count
            table.add("oap-issuer, %d passes, a PNG each" % count,
                      "%.0f/s" % rate)


# ---------------------------------------------------------------- liboap
def bench_scan(table, directory, verify_us, scans):
    daemon = oaprun.Daemon(directory / "service").start()
    kiosk = directory / "kiosk"
    try:
        city = oapcast.Issuer()
        daemon.add_facility("tnm")
        daemon.add_benefit("visit")
        daemon.add_issuer(city)
        code = daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
        subprocess.run([oaprun.program("oap-kiosk"), "enrol", "--dir", kiosk,
                        code], check=True, stdout=subprocess.DEVNULL)
    finally:
        daemon.stop()
    forger = m.key_of(os.urandom(32))
    good = [m.code(city.issue(hint="K.M.")) for _ in range(scans)]
    forged = []
    for _ in range(scans // 4):
        payload = city.pass_payload(hint="K.M.")
        forged.append(m.code(m.sign1_of(
            m.encode(m.header_of(m.PASS, m.kid(m.public(city.key)))),
            m.encode(payload), forger)))
    found = json.loads(subprocess.run(
        [tool("bench_scan"), kiosk, "visit"], check=True, text=True,
        input="\n".join(good + [""] + forged) + "\n",
        stdout=subprocess.PIPE).stdout)
    table.add("liboap, decode, verify, decide: median of %d scans" % scans,
              "%.1f us" % found["check_us"], found["check_us"] / verify_us,
              "one verify", most=2.0)
    table.add("liboap, the journal write beside it",
              "%.0f us" % found["journal_us"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redemptions", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=5,
                        help="of what has to keep a limit")
    parser.add_argument("--passes", type=int, default=100000)
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--scans", type=int, default=4000)
    parser.add_argument("--only", choices=("daemon", "issuer", "scan",
                                           "backlog"))
    parser.add_argument("--backlog", type=int, default=100000)
    parser.add_argument("--dir", help="where to work; on a disk, not in "
                                      "memory, or fsync costs nothing")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="oap-bench-",
                                     dir=options.dir) as work:
        work = pathlib.Path(work)
        verify_us, sign_us = crypto()
        table.add("libsodium, verify on one core", "%.1f us" % verify_us)
        table.add("libsodium, sign on one core", "%.1f us" % sign_us)
        if options.only in (None, "daemon"):
            bench_daemon(table, work / "daemon", options.redemptions,
                         options.rounds)
        if options.only in (None, "issuer"):
            bench_issuer(table, work, sign_us, options.passes,
                         options.pictures)
        if options.only in (None, "scan"):
            bench_scan(table, work, verify_us, options.scans)
        if options.only in (None, "backlog"):
            bench_morning(table, work / "morning", 100,
                          options.backlog // 100)
            (work / "alone").mkdir()
            bench_backlog(table, work / "alone", options.backlog)
    print("%d cores, %s" % (CORES, os.uname().release))
    table.print()
    if table.missed:
        sys.exit("bench: %d limits missed" % table.missed)


if __name__ == "__main__":
    main()
