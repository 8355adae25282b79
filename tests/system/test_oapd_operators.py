# SPDX-License-Identifier: Apache-2.0
"""Who may ask oapd for what an operator asks, and what anybody may watch."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oaprun  # noqa: E402
from host import JSON, daemon, problem  # noqa: E402


def test_without_a_token_operators_calls_are_401(daemon):
    for method, path in (("GET", "/v1/facilities"), ("GET", "/v1/attempts"),
                         ("GET", "/v1/reports/redemptions"),
                         ("POST", "/v1/facilities")):
        reply = daemon.raw(method, path, b"{}", JSON)
        problem(reply, 401)
        assert reply[1]["WWW-Authenticate"] == "Bearer"
    for value in ("Bearer", "Bearer ", "Bearer x", "Basic eDp5", "x"):
        problem(daemon.raw("GET", "/v1/facilities", headers={
            "Authorization": value}), 401)


def test_each_role_may_do_its_part_and_no_more(daemon):
    facility = json.dumps({"id": "roles", "city": "seoul",
                           "names": {"en": "R"}, "currency": "KRW",
                           "zone": "Asia/Seoul"})
    allowed = {"viewer": 1, "operator": 2, "admin": 3}
    for role, level in allowed.items():
        made = daemon.admin("POST", "/v1/operators",
                            {"id": "a-" + role, "role": role})
        login = {"Authorization": "Bearer " + made["token"]}
        calls = [("GET", "/v1/facilities", None, 1),
                 ("POST", "/v1/facilities", facility, 2),
                 ("GET", "/v1/operators", None, 3),
                 ("PATCH", "/v1/policy", "{}", 3),
                 ("POST", "/v1/operators", '{"id": "x"}', 3)]
        for method, path, body, needed in calls:
            status, _, reply = daemon.raw(method, path, body,
                                          {**JSON, **login})
            if level >= needed:
                assert status in (200, 201, 400, 409), reply
            else:
                assert "role" in problem((status, _, reply), 403)


def test_a_disabled_operator_and_an_old_token_are_refused(daemon):
    made = daemon.admin("POST", "/v1/operators",
                        {"id": "leaver", "role": "viewer"})

    def status(token):
        return daemon.raw("GET", "/v1/facilities", headers={
            "Authorization": "Bearer " + token})[0]
    assert status(made["token"]) == 200
    new = daemon.admin("PATCH", "/v1/operators/leaver", {"new_token": True})
    assert status(made["token"]) == 401 and status(new["token"]) == 200
    daemon.admin("PATCH", "/v1/operators/leaver", {"disabled": True})
    assert status(new["token"]) == 401


def test_no_secret_reaches_the_log(daemon):
    made = daemon.admin("POST", "/v1/operators",
                        {"id": "quiet", "role": "viewer"})
    code = daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
    daemon.raw("GET", "/v1/attempts", headers={
        "Authorization": "Bearer " + made["token"]})
    assert made["token"] not in daemon.log() and code not in daemon.log()


def test_metrics_can_be_kept_to_the_local_socket(tmp_path):
    d = oaprun.Daemon(tmp_path, "metrics = no").start()
    problem(d.raw("GET", "/metrics"), 403)
    status, headers, body = d.raw("GET", "/metrics", unix=True)
    assert status == 200 and b"oapd_connections " in body
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert d.stop() == 0


def test_metrics_are_well_formed_and_count(daemon):
    def answers():
        text = daemon.raw("GET", "/metrics")[2].decode()
        got = re.search(r'oapd_answers_total\{verdict="accepted"\} (\d+)',
                        text)
        return text, int(got.group(1)) if got else 0
    text, before = answers()
    status, answer = daemon.ask(daemon.kiosk.question(
        daemon.issuer.issue(), "visit"))
    assert (status, answer["verdict"]) == (200, "accepted")
    assert answers()[1] == before + 1
    # What comes with a question is counted as what is uploaded.
    rubbish = 'oapd_results_total{verdict="malformed"}'
    counted = re.findall(re.escape(rubbish) + r" (\d+)", answers()[0])
    status, _ = daemon.ask(daemon.kiosk.question(
        daemon.issuer.issue(), "visit"), [b"rubbish"])
    assert status == 200
    assert "%s %d\n" % (rubbish, int((counted or [0])[0]) + 1) in answers()[0]
    seen = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert line.split()[2] not in seen
            seen.add(line.split()[2])
        elif not line.startswith("#"):
            assert re.fullmatch(
                r'[a-z_]+(\{[a-z]+="[0-9a-z.-]+"\})? [0-9.]+', line), line
            name = re.match("[a-z_]+", line).group(0)
            assert re.sub("_(sum|count)$", "", name) in seen
