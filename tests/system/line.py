# SPDX-License-Identifier: Apache-2.0
"""A line between a kiosk and the real service on which answers are lost."""
import http.client
import http.server
import json
import threading

import oapmsg as m
import oaprun
from town import Door


class Line(http.server.ThreadingHTTPServer):
    """Between a kiosk and its service. how: what becomes of a question:
    "through", "answer lost", "never arrives", "held". about: the paths of
    which that is true."""

    daemon_threads = True

    def __init__(self, service):
        super().__init__(("127.0.0.1", 0), Handler)
        self.service, self.how = service, "through"
        self.about = {"/v1/ask"}
        self.held, self.answers = [], []
        self.on_question = lambda: None     # before anything is made of it
        self.on_answer = lambda: None       # that nobody gets
        self.thread = threading.Thread(target=self.serve_forever,
                                       args=(.02,), daemon=True)
        self.thread.start()

    def forward(self, method, path, body, headers):
        link = http.client.HTTPConnection("127.0.0.1", self.service.port,
                                          timeout=oaprun.PATIENCE)
        try:
            link.request(method, path, body, headers)
            reply = link.getresponse()
            return reply.status, dict(reply.headers), reply.read()
        finally:
            link.close()

    def release(self):
        """The questions that were held arrive at last."""
        return [json.loads(self.forward(*held)[2]) for held in self.held]

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: self.headers[name]
                   for name in ("Content-Type", "If-None-Match")
                   if name in self.headers}
        request = self.command, self.path, body or None, headers
        line, how = self.server, self.server.how
        if self.path not in line.about:
            how = "through"
        if how == "held":
            line.held.append(request)
        if how in ("held", "never arrives"):
            line.on_question()
            self.close_connection = True
            return
        status, headers, reply = line.forward(*request)
        if how == "answer lost":
            line.answers.append(json.loads(reply))
            line.on_answer()
            self.close_connection = True
            return
        self.send_response(status)
        for name in ("Content-Type", "ETag"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = handle_one


class Behind(Door):
    """A door whose service is at the other end of that line."""

    def __init__(self, directory, service, line):
        self.dir = str(directory)
        code = service.admin("POST", "/v1/kiosks", {"facility": "tnm"})
        fields = m.read_enrolment_code(code["code"])
        done = self.run("enrol", m.enrolment_code(
            "http://127.0.0.1:%d" % line.server_address[1], fields[2],
            fields[4], fields[5]))
        assert done.returncode == 0, done.stderr
