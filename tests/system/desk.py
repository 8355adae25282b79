# SPDX-License-Identifier: Apache-2.0
"""An operator's desk for the tests of oapctl: the command line, a museum to
set up, a city to trust, and servers that are no oapd."""
import contextlib
import datetime
import http.server
import json
import os
import subprocess
import threading

import oapcast
import oapmsg as m
import oaprun

FACILITY = ["facility", "add", "--id", "tnm", "--city", "tokyo", "--currency",
            "JPY", "--zone", "Asia/Tokyo", "--name",
            "en=Tokyo National Museum", "--name", "ja=東京国立博物館"]
BENEFIT = ["benefit", "add", "--id", "museum-20", "--facility", "tnm",
           "--name", "en=20 % off", "--currency", "JPY", "--percent", "20",
           "--round-to", "10", "--limit", "1/day", "--party-max", "4"]


def run(*arguments, server=None, stdin=None, env=None):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith("OAPCTL_")}
    environment.update(env or {})
    if server:
        environment["OAPCTL_SERVER"] = server
    return subprocess.run([oaprun.program("oapctl"), *map(str, arguments)],
                          env=environment, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=oaprun.PATIENCE, text=True)


def refused(status, words, *arguments, **how):
    """One clear line on standard error, and nothing on standard output."""
    done = run(*arguments, **how)
    assert done.returncode == status, (arguments, done.stdout, done.stderr)
    assert words in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


def ok(server, *arguments, **how):
    done = run(*arguments, server=server, **how)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def files_of(issuer, directory):
    """What its office has published."""
    (directory / "issuer.cose").write_bytes(issuer.document())
    (directory / "status-0.cose").write_bytes(issuer.token())
    return ["--document", directory / "issuer.cose",
            "--status", directory / "status-0.cose"]


def open_museum(server, issuer, directory):
    """A museum with a benefit for that city's residents."""
    ok(server, *FACILITY)
    ok(server, *BENEFIT)
    ok(server, "issuer", "add", "--root", m.public(issuer.root).hex(),
       *files_of(issuer, directory))


def each_command(city, kiosk="0123456789abcdef", pending="fedcba9876543210",
                 attempt="0123456789abcdef/" + "ab" * 16,
                 disputed="0123456789abcdef/" + "cd" * 16, code="OAP1:CODE",
                 journal=None, quarantined=1):
    """A working line for each command, in an order in which all work. city is
    what issuer add is given, with the issuer's name first; what is written
    lies beside its files. journal: of a kiosk, by default of one that is
    nobody's."""
    today = datetime.date.today()  # in some place or other
    days = ["--from", today - datetime.timedelta(2),
            "--to", today + datetime.timedelta(2)]
    iss, *files = city
    here = files[-1].parent
    (here / "journal").write_bytes(journal or m.encode([m.body(
        oapcast.Kiosk(m.public(m.key_of("nobody")), "annex").report())]))
    return {
        "facility add": ["--id", "annex", "--city", "tokyo", "--currency",
                         "JPY", "--zone", "Asia/Tokyo", "--name", "en=Annex"],
        "facility list": [],
        "facility show": ["annex"],
        "facility set": ["annex", "--city", "taito"],
        "benefit add": ["--id", "annex-free", "--facility", "annex",
                        "--name", "en=Free", "--currency", "JPY", "--free",
                        "--limit", "1/year"],
        "benefit list": [],
        "benefit show": ["annex-free"],
        "benefit set": ["annex-free", "--limit", "2/year"],
        "issuer add": files,
        "issuer list": [],
        "issuer show": [iss],
        "issuer set": [iss, *files[2:], "--document-url",
                       "file://%s" % files[3], "--status-url",
                       "file://%s/" % files[3].parent],
        "issuer fetch": [iss],
        "kiosk add": ["--facility", "annex", "--name", "side door"],
        "kiosk list": [],
        "kiosk show": [kiosk],
        "kiosk set": [kiosk, "--facility", "annex", "--name", "back door"],
        "kiosk confirm": [pending],
        "kiosk revoke": [pending],
        "operator add": ["--id", "desk", "--role", "viewer"],
        "operator list": [],
        "operator show": ["desk"],
        "operator set": ["desk", "--new-token"],
        "policy show": [],
        "policy set": ["--skew", "60"],
        "report": ["redemptions", *days],
        "attempts list": days,
        "attempts show": [attempt],
        "attempts reverse": [attempt],
        "attempts admit": [disputed, "--note", "seen on camera"],
        "attempts reject": [disputed],
        "conflicts": [],
        "disputed": ["--limit", "7"],
        "unconfirmed": [],
        "quarantine list": ["--limit", "7"],
        "quarantine show": [quarantined, "--out", here / "item"],
        "pass lookup": [code],
        "import": [here / "journal", "--receipt", here / "back"],
        "bundle": [here / "bundle"],
        "backup": [here / "oapd.db"],
    }


def commands_of_help():
    """Name and argument of each command that --help lists."""
    listed = run("--help").stdout.split("Commands (", 1)[1]
    found = {}
    for line in listed.splitlines()[1:]:
        words = line[2:].split("  ")[0].split()
        name = [w for w in words if w.islower()]
        found[" ".join(name)] = " ".join(words[len(name):])
    return found


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append("%s %s" % (self.command, self.path))
        status, type, body = self.server.reply
        self.send_response(status)
        if type:
            self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def answering(status, type, body):
    """A web server that answers everything alike: its URL, what is asked."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.reply, web.asked = (status, type, body), []
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield "http://127.0.0.1:%d" % web.server_address[1], web.asked
        finally:
            web.shutdown()
            thread.join()


def answering_json(value, status=200):
    return answering(status, "application/json", json.dumps(value).encode())
