# SPDX-License-Identifier: Apache-2.0
"""oapd's command line, its start, its signals and its end."""
import concurrent.futures
import http.client
import json
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from host import CBOR, daemon, hold, lives  # noqa: E402


def test_it_says_where_it_listens_and_writes_it_down(daemon):
    assert (daemon.data / "port").read_text() == "%d\n" % daemon.port
    assert lives(daemon)
    assert daemon.raw("GET", "/readyz")[0] == 200


def test_its_secrets_are_its_own(daemon):
    assert daemon.data.stat().st_mode & 0o777 == 0o700
    for name in ("service.key", "oapd.db"):
        assert (daemon.data / name).stat().st_mode & 0o077 == 0, name


def run_oapd(*args):
    return subprocess.run([oaprun.program("oapd"), *args], text=True,
                          capture_output=True, timeout=oaprun.PATIENCE)


def test_help_and_version_go_to_standard_output():
    for option in ("--help", "-h"):
        done = run_oapd(option)
        assert done.returncode == 0 and done.stdout.startswith("usage: oapd")
    assert re.fullmatch(r"oapd \d+\.\d+\.\d+\n", run_oapd("-V").stdout)
    assert "[service]" in run_oapd("--help-config").stdout


def test_a_wrong_command_line_is_told_the_right_one():
    for args in ((), ("-n",), ("--config",), ("--what",),
                 ("-c", "x", "more")):
        done = run_oapd(*args)
        assert done.returncode == 2 and done.stdout == ""
        assert "oapd" in done.stderr and done.stderr.count("\n") == 1
    assert "--config FILE" in run_oapd("-n").stderr


def test_check_shows_what_is_in_force_and_starts_nothing(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = %s/d\n[limits]\nreads = 7\n" %
                    tmp_path)
    done = run_oapd("--config", file, "-n")
    assert done.returncode == 0 and done.stderr == ""
    assert "reads = 7\n" in done.stdout and "port = 8440\n" in done.stdout
    assert not (tmp_path / "d").exists()


def test_a_wrong_configuration_is_one_line_with_file_and_line(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = /d\n[listen]\nport = http\n")
    done = run_oapd("--config", file)
    assert done.returncode == 2
    assert done.stderr == "oapd: %s:4: [listen] port: \"http\" is no whole " \
        "number\n" % file


def start_beside(daemon, tmp_path, data, port):
    file = tmp_path / "second.conf"
    file.write_text("[service]\ndata_dir = %s\nunix_socket = none\n"
                    "[listen]\nport = %d\n" % (data, port))
    return run_oapd("--config", file)


def test_a_second_daemon_on_the_same_directory_is_refused(daemon, tmp_path):
    done = start_beside(daemon, tmp_path, daemon.data, 0)
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(daemon.data) in done.stderr
    assert lives(daemon)


def test_a_second_daemon_on_the_same_port_is_refused(daemon, tmp_path):
    done = start_beside(daemon, tmp_path, tmp_path / "other", daemon.port)
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr == "oapd: error: 127.0.0.1:%d: somebody listens " \
        "there already; stop it, or set another [listen] port\n" % daemon.port
    assert lives(daemon)


def test_of_several_that_start_at_once_on_a_port_one_lives(tmp_path):
    """Each listens on several sockets, which share their port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for round in range(8):
        files = [tmp_path / ("%d-%d.conf" % (round, n)) for n in range(3)]
        for n, file in enumerate(files):
            file.write_text(
                "[service]\ndata_dir = %s/%d\nunix_socket = none\n"
                "[listen]\nport = %d\nthreads = 3\n" % (tmp_path, n, port))
        beside = [subprocess.Popen(
            [oaprun.program("oapd"), "--config", file], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for file in files]
        try:
            said = [p.stdout.readline() for p in beside]
            assert sum(line != "" for line in said) == 1, said
            for p, line in zip(beside, said):
                if line == "":
                    assert p.wait(oaprun.PATIENCE) == 4
                    assert "somebody listens there" in p.stderr.read()
        finally:
            for p in beside:
                p.terminate()
                p.communicate(timeout=oaprun.PATIENCE)


def test_a_database_of_the_schema_before_is_brought_up_to_date(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    d.add_facility()
    d.add_benefit()
    issuer = oapcast.Issuer()
    d.add_issuer(issuer)
    kiosk = d.add_kiosk()
    d.upload(kiosk.report(), [b"nobody can read it"])
    assert d.stop() == 0
    db = sqlite3.connect(d.data / "oapd.db")
    with db:
        for index in ("attempt_disputed", "fork_of", "audit_of"):
            db.execute("DROP INDEX " + index)
        for column in ("attempt dispute", "device order_seq",
                       "device order_ms", "device order_uses",
                       "device order_amount", "device order_currency",
                       "epoch since", "issuer withdrawn",
                       "issuer document_url", "issuer status_url"):
            db.execute("ALTER TABLE %s DROP COLUMN %s" % tuple(
                column.split()))
        for table in ("waiting", "former_place", "restored"):
            db.execute("DROP TABLE " + table)
        # it counted what was purged since
        db.execute("UPDATE device SET quarantined = 1000")
        db.execute("PRAGMA user_version = 1")
    db.close()
    d.start()
    shown = d.admin("GET", "/v1/issuers/" + issuer.iss)
    assert shown["withdrawn"] is False and shown["document_url"] is None
    assert d.ask(kiosk.question(issuer.issue(), "visit"))[1]["verdict"] == \
        "accepted"
    assert d.stop() == 0
    db = sqlite3.connect(d.data / "oapd.db")
    assert db.execute("SELECT quarantined FROM device").fetchall() == [(1,)]
    db.close()


def test_plain_http_beyond_loopback_must_be_asked_for(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = %s/d\n[listen]\nport = 0\n"
                    "address = 0.0.0.0\n" % tmp_path)
    done = run_oapd("--config", file)
    assert done.returncode == 2 and "allow_plain_http" in done.stderr


def test_sighup_applies_what_it_can_and_names_the_rest(tmp_path):
    d = oaprun.Daemon(tmp_path, "[limits]\nconnections = 7\n").start()
    text = d.file.read_text()
    d.file.write_text(text.replace("connections = 7", "connections = 2") +
                      "reads = 3\n[log]\nlevel = debug\n")
    d.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: "configuration read again" in d.log(), "SIGHUP")
    assert "[limits] reads: changed; a restart applies it" in d.log()
    held = hold(d, 3)
    oaprun.wait_for(lambda: d.raw("GET", "/v1/bundle")[0] == 503, "limit")
    for s in held:
        s.close()
    d.file.write_text("nonsense\n")
    d.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: "nothing was changed" in d.log(), "SIGHUP")
    oaprun.wait_for(lambda: d.raw("GET", "/v1/bundle")[0] == 200, "an answer")
    assert d.stop() == 0


def test_sigterm_answers_what_it_has_taken_and_keeps_it(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    d.add_facility()
    d.add_benefit()
    issuer = oapcast.Issuer()
    d.add_issuer(issuer)
    kiosk = d.add_kiosk()
    bodies = [m.body(kiosk.question(issuer.issue(), "visit"))
              for _ in range(200)]

    def ask(body):
        try:
            status, _, reply = d.raw("POST", "/v1/ask", body, CBOR)
        except (OSError, http.client.HTTPException):
            return None
        return json.loads(reply) if status == 200 else None
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(ask, body) for body in bodies]
        oaprun.wait_for(lambda: sum(f.done() for f in futures) > 20, "some")
        d.process.send_signal(signal.SIGTERM)
        answers = [f.result() for f in futures]
    assert d.process.wait(oaprun.PATIENCE) == 0
    assert d.stop() == 0
    answered = [a for a in answers if a]
    assert len(answered) >= 20
    d.start()
    for body, answer in zip(bodies, answers):
        if answer:
            status, again = d.cbor("/v1/ask", body)
            assert again["stored"] and again["grant"] == answer["grant"]
    assert d.stop() == 0


def test_a_dead_daemons_socket_is_taken_over(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    d.kill()
    assert d.socket.exists()
    d.start()
    assert d.admin("GET", "/v1/facilities") == {"facilities": []}
    assert d.stop() == 0
    assert not d.socket.exists()
