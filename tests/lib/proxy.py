"""proxy.py: an HTTP proxy in front of a server that does what networks and servers do at bad moments.

    with proxy.Proxy(server.endpoint, [{"method": "PUT", "nth": 1, "do": "drop-reply"}]) as between:
        ... between.endpoint ...
        between.requests          # a record of each request, see below

The plan is a list of rules. A rule says to which requests it applies, all of these where given:
    method, path (a regular expression, searched in the request target), number (of the request, from 1, or a list),
    nth (of those that match the rule, from 1, or a list), times (at most so often),
    when (a function of the test's: of the record, one request after another)
The first that applies acts. What it does:
    pass                              nothing (the default)
    cut-before                        closes the connection before anything reaches the server
    cut-request, bytes                closes both connections after so many bytes of the request's body
    alter, change                     gives the request's body to `change` and sends what comes back, which must be as long
    keep                              nothing, and the record has the request's bytes as "body"
    guard, allow                      the same; and `allow` is told the record, and gives None, or the id of the refusal (403)
    drop-reply                        the server has done it, and the client hears nothing: closed
    cut-reply, bytes, hold            the head and so many bytes of the body, then closed; with hold, not closed but silent
    flip, bytes                       turns one bit of the reply's body, in the byte after so many
    stall                             the server has done it; no reply until the client leaves
    reply, code, status, headers, body, forward
                                      answers itself, with an error body of S3 for `code`, or `body`; with forward the
                                      server has done it all the same
    headers, set                      changes headers of the reply; null takes one away
    date, seconds                     moves the Date of the reply
`delay` in seconds goes with each, before anything else; `reset` closes by RST. `before` and `after` are functions of the
test's: called with the record when the request came, and (drop-reply, stall, keep, alter) when the server has done it: `after` may raise proxy.Gone, and the
client hears nothing.

A record holds: number, connection, method, path, headers (list of pairs), body_bytes, action, server (status), status
(to the client, or null), reply_bytes, at and done (time.monotonic: when its head had come, and when the answer to it had; null
until then, and set before the client hears of it). With a log, each is a line of JSON there. Alone: proxy.py UPSTREAM [PLAN [LOG]].
"""
import email.utils
import json
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse

HEAD_MOST = 1 << 20
STATUS = {"SlowDown": 503, "ServiceUnavailable": 503, "InternalError": 500, "RequestTimeout": 400, "RequestTimeTooSkewed": 403,
          "AccessDenied": 403, "NoSuchKey": 404, "PreconditionFailed": 412, "OperationAborted": 409}
REASON = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 412: "Precondition Failed",
          500: "Internal Server Error", 503: "Service Unavailable"}


class Gone(Exception):
    """A connection ended in the middle."""


class Head:
    """The first line and headers of a message, kept as they came: signatures cover them."""

    def __init__(self, raw):
        first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.raw, self.first = raw, first
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def get(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name), default)

    def set(self, name, value):
        """Replaced in its place, added, or (None) taken away."""
        old = [i for i, (key, _) in enumerate(self.headers) if key.lower() == name.lower()]
        if value is None:
            self.headers = [pair for i, pair in enumerate(self.headers) if i not in old]
        elif old:
            self.headers[old[0]] = (self.headers[old[0]][0], value)
        else:
            self.headers.append((name, value))
        self.raw = "\r\n".join([self.first, *("%s: %s" % pair for pair in self.headers), "", ""]).encode("latin-1")

    @property
    def status(self):
        return int(self.first.split(" ")[1])

    def closes(self):
        return (self.get("connection") or "").lower() == "close" or self.first.startswith("HTTP/1.0") or self.first.endswith("HTTP/1.0")


def read_head(stream):
    """None where the other side closed between two messages."""
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = stream.readline(HEAD_MOST)
        if not line and not raw:
            return None
        if not line or len(raw) > HEAD_MOST:
            raise Gone("in a head")
        raw += line
        if raw == b"\r\n":
            raw = b""                      # an empty line before a request is to be passed over
    return Head(raw)


def exactly(stream, count):
    while count:
        data = stream.read1(min(count, 65536))
        if not data:
            raise Gone("in a body")
        count -= len(data)
        yield data


def chunked(stream):
    """Raw, framing and trailers included."""
    while True:
        line = stream.readline(HEAD_MOST)
        if not line:
            raise Gone("in a chunk's head")
        yield line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        yield from exactly(stream, size + 2)
    while line != b"\r\n":
        line = stream.readline(HEAD_MOST)
        if not line:
            raise Gone("in trailers")
        yield line


def request_body(head, stream):
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        return chunked(stream)
    return exactly(stream, int(head.get("content-length") or 0))


def reply_body(method, head, stream):
    if method == "HEAD" or head.status in (204, 304) or head.status < 200:
        return iter(())
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        return chunked(stream)
    if head.get("content-length") is not None:
        return exactly(stream, int(head.get("content-length")))
    return iter(lambda: stream.read1(65536), b"")


def error_body(code, path):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>planned by the test</Message><Resource>%s</Resource>'
            "<RequestId>PROXY</RequestId><HostId>proxy</HostId></Error>" % (code, path.split("?")[0].replace("&", "&amp;"))).encode()


def own_reply(rule, record):
    code = rule.get("code")
    body = rule["body"].encode() if "body" in rule else error_body(code, record["path"]) if code else b""
    status = rule.get("status", STATUS.get(code, 503 if code else 200))
    head = Head(("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n\r\n" % (status, REASON.get(status, "Planned"), len(body))).encode())
    head.set("Date", email.utils.formatdate(usegmt=True))
    if body:
        head.set("Content-Type", "application/xml")
    for name, value in rule.get("headers", {}).items():
        head.set(name, value)
    return head, b"" if record["method"] == "HEAD" else body


class Rule:
    def __init__(self, words):
        known = {"method", "path", "number", "nth", "times", "do", "bytes", "code", "status", "headers", "body", "forward", "set",
                 "seconds", "delay", "reset", "before", "after", "hold", "change", "allow", "when"}
        if set(words) - known or words.get("do", "pass") not in ACTIONS:
            raise ValueError("unknown words in the rule %s" % words)
        self.words, self.matched, self.acted = words, 0, 0

    def applies(self, record):
        words = self.words
        if "method" in words and record["method"] != words["method"] or not re.search(words.get("path", ""), record["path"]):
            return False
        if "when" in words and not words["when"](record):
            return False
        self.matched += 1
        for name, value in (("number", record["number"]), ("nth", self.matched)):
            wanted = words.get(name, value)
            if value not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
        return self.acted < words.get("times", self.acted + 1)


class Exchange:
    """One connection of a client, and the one to the server behind it."""

    def __init__(self, proxy, connection, number):
        self.proxy, self.client, self.number = proxy, connection, number
        self.from_client = connection.makefile("rb")
        self.server = self.from_server = None

    def connect(self):
        if self.server is None:
            self.server = socket.create_connection(self.proxy.upstream)
            self.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.from_server = self.server.makefile("rb")
            self.proxy.keep(self.server)

    def close(self, reset=False):
        for connection, stream in ((self.client, self.from_client), (self.server, self.from_server)):
            if connection is not None:
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                stream.close()
                connection.close()
                self.proxy.forget(connection)
        self.server = None

    def serve(self):
        """Until the client leaves or a rule closes."""
        more = True
        while more:
            head = read_head(self.from_client)
            if head is None:
                return
            record, rule = self.proxy.note(head, self.number)
            more = False
            try:
                more = self.answer(head, record, rule) and not head.closes()
            finally:
                record["done"] = record["done"] or time.monotonic()
                if not more and rule.get("reset"):
                    self.close(reset=True)
                self.proxy.log(record)

    def answer(self, head, record, rule):
        """False: the connection ends here."""
        if rule.get("delay"):
            self.proxy.ended.wait(rule["delay"])
        if rule.get("before"):
            rule["before"](record)
        return ACTIONS[rule.get("do", "pass")](self, head, record, rule)

    # pieces of an answer

    def drain(self, head, record):
        for piece in request_body(head, self.from_client):
            record["body_bytes"] += len(piece)

    def forward(self, head, record, most=None):
        """The request; with the reply's head as return value, and its body still to come."""
        self.connect()
        self.server.sendall(head.raw)
        reply = None
        if (head.get("expect") or "").lower() == "100-continue":
            reply = read_head(self.from_server)
            if reply and reply.status == 100:
                self.client.sendall(reply.raw)
                reply = None
        if reply is None:
            self.forward_body(head, record, most)
            reply = read_head(self.from_server)
        while reply and reply.status < 200:
            reply = read_head(self.from_server)
        if reply is None:
            raise Gone("the server closed without a reply")
        record["server"], record["done"] = reply.status, time.monotonic()
        return reply

    def forward_body(self, head, record, most):
        for piece in request_body(head, self.from_client):
            if most is not None and record["body_bytes"] + len(piece) >= most:
                self.server.sendall(piece[:most - record["body_bytes"]])
                record["body_bytes"] = most
                raise Gone("cut by the plan")
            try:
                self.server.sendall(piece)
            except OSError:
                return                     # it has answered already, and closed: its reply may still be there
            record["body_bytes"] += len(piece)

    def pass_on(self, reply, record, most=None, flip=-1):
        record["status"] = reply.status
        self.client.sendall(reply.raw)
        for piece in reply_body(record["method"], reply, self.from_server):
            if most is not None:
                piece = piece[:most - record["reply_bytes"]]
            if 0 <= flip - record["reply_bytes"] < len(piece):
                at = flip - record["reply_bytes"]
                piece = piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1:]
            record["reply_bytes"] += len(piece)          # before the client has it: who looks behind his reply finds all of it counted
            self.client.sendall(piece)
            if most is not None and record["reply_bytes"] >= most:
                return False
        return most is None and not reply.closes()

    def say(self, reply, body, record):
        record["status"], record["reply_bytes"], record["done"] = reply.status, len(body), time.monotonic()
        self.client.sendall(reply.raw + body)
        return not reply.closes()

    # what rules do

    def do_pass(self, head, record, rule):
        return self.pass_on(self.forward(head, record), record)

    def do_alter(self, head, record, rule):
        whole = b"".join(request_body(head, self.from_client))
        altered = rule["change"](whole)
        if len(altered) != len(whole) or altered == whole:
            raise ValueError("%s changed nothing, or its length" % rule["change"])
        return self.send_whole(head, record, altered, rule)

    def do_keep(self, head, record, rule):
        record["body"] = b"".join(request_body(head, self.from_client))
        return self.send_whole(head, record, record["body"], rule)

    def do_guard(self, head, record, rule):
        if head.get("expect"):
            self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head.set("expect", None)
        record["body"] = b"".join(request_body(head, self.from_client))
        refused = rule["allow"](record)
        if refused is None:
            return self.send_whole(head, record, record["body"], rule)
        reply, body = own_reply({"status": 403, "body": error_body("AccessDenied", record["path"]).decode().replace("PROXY", refused), "headers": {"x-amz-request-id": refused}}, record)
        return self.say(reply, body, record)

    def send_whole(self, head, record, body, rule):
        record["body_bytes"] = len(body)
        self.connect()
        self.server.sendall(head.raw + body)
        reply = read_head(self.from_server)
        if reply is None:
            raise Gone("the server closed without a reply")
        record["server"], record["done"] = reply.status, time.monotonic()
        if rule.get("after"):
            rule["after"](record)
        return self.pass_on(reply, record)

    def do_cut_before(self, head, record, rule):
        return False

    def do_cut_request(self, head, record, rule):
        self.forward(head, record, rule["bytes"])
        return False

    def take_reply(self, head, record):
        for _ in reply_body(record["method"], self.forward(head, record), self.from_server):
            pass

    def lose_reply(self, head, record, rule):
        self.take_reply(head, record)
        if rule.get("after"):
            rule["after"](record)

    def do_drop_reply(self, head, record, rule):
        self.lose_reply(head, record, rule)
        return False

    def do_cut_reply(self, head, record, rule):
        self.pass_on(self.forward(head, record), record, rule["bytes"])
        if rule.get("hold"):
            self.from_client.read(1)
        return False

    def do_flip(self, head, record, rule):
        return self.pass_on(self.forward(head, record), record, flip=rule["bytes"])

    def do_stall(self, head, record, rule):
        self.lose_reply(head, record, rule)
        self.from_client.read(1)           # until the client leaves, or stop () closes
        return False

    def do_reply(self, head, record, rule):
        if rule.get("forward"):
            self.take_reply(head, record)
        else:
            if (head.get("expect") or "").lower() == "100-continue":
                self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.drain(head, record)
        reply, body = own_reply(rule, record)
        return self.say(reply, body, record)

    def do_headers(self, head, record, rule):
        reply = self.forward(head, record)
        for name, value in rule["set"].items():
            reply.set(name, value)
        return self.pass_on(reply, record)

    def do_date(self, head, record, rule):
        reply = self.forward(head, record)
        now = email.utils.parsedate_to_datetime(reply.get("date") or email.utils.formatdate(usegmt=True))
        reply.set("Date", email.utils.formatdate(now.timestamp() + rule["seconds"], usegmt=True))
        return self.pass_on(reply, record)


ACTIONS = {name[3:].replace("_", "-"): value for name, value in vars(Exchange).items() if name.startswith("do_")}


class Proxy:
    def __init__(self, upstream, plan=(), log=None, port=0):
        parts = urllib.parse.urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port or 80)
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.requests, self.open, self.threads, self.connections = [], set(), [], 0
        self.file = open(log, "w") if log else None
        self.plan(plan)
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.endpoint = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def plan(self, rules):
        """From now on these; counts of theirs begin anew."""
        rules = [Rule(dict(rule)) for rule in rules]
        with self.lock:
            self.rules = rules

    def quiet(self):
        """With no client left: until all that they had asked for is over, what was not accepted yet, too. What comes from now on is of others."""
        with socket.create_connection(self.listener.getsockname()) as last:
            last.shutdown(socket.SHUT_WR)
            while last.recv(1):
                pass
        for thread in list(self.threads):
            thread.join()

    def matching(self, method=None, path=""):
        with self.lock:
            return [r for r in self.requests if method in (None, r["method"]) and re.search(path, r["path"])]

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.keep(connection)
            self.connections += 1
            thread = threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True)
            self.threads = [t for t in self.threads if t.is_alive()] + [thread]
            thread.start()

    def serve(self, connection, number):
        exchange = Exchange(self, connection, number)
        try:
            exchange.serve()
        except (Gone, OSError, ValueError):
            pass                           # an end in the middle is what this program is for; the record shows how far it came
        finally:
            exchange.close()

    def keep(self, connection):
        with self.lock:
            self.open.add(connection)

    def forget(self, connection):
        with self.lock:
            self.open.discard(connection)

    def note(self, head, connection):
        """A record of the request, and the rule that it meets."""
        method, path, *_ = head.first.split(" ")
        with self.lock:
            record = dict(number=len(self.requests) + 1, connection=connection, method=method, path=path, headers=head.headers,
                          body_bytes=0, action="pass", server=None, status=None, reply_bytes=0, at=time.monotonic(), done=None)
            self.requests.append(record)
            applying = [rule for rule in self.rules if rule.applies(record)]
            if not applying:
                return record, {}
            applying[0].acted += 1
            record["action"] = applying[0].words.get("do", "pass")
            return record, applying[0].words

    def log(self, record):
        if self.file:
            with self.lock:
                self.file.write(json.dumps(record) + "\n")
                self.file.flush()

    def stop(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.acceptor.join()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self.threads:
            thread.join()
        if self.file:
            self.file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main(upstream, plan=None, log=None):
    """Alone: prints its endpoint, and works until stdin ends."""
    rules = []
    if plan:
        with open(plan) as file:
            rules = json.load(file)
    with Proxy(upstream, rules, log) as between:
        print(between.endpoint, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
