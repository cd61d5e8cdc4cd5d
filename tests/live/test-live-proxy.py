#!/usr/bin/env python3
"""The fault proxy: what it passes on is untouched, and each accident happens where the plan says, once."""
import email.utils
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

LIB = os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")
sys.path.insert(0, LIB)
import proxy  # noqa: E402
import tap  # noqa: E402


class Store(http.server.BaseHTTPRequestHandler):
    """Keeps what is PUT; remembers each request that it carried out."""
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def reply(self, status, data=b"", chunked=False):
        self.send_response(status)
        self.send_header("ETag", '"%d"' % len(data))
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(data)))))
        self.end_headers()
        if self.command != "HEAD" and chunked:
            self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:5], data[5:])) + b"0\r\n\r\n")
        elif self.command != "HEAD":
            self.wfile.write(data)

    def do_PUT(self):
        length = int(self.headers.get("Content-Length") or 0)
        data = self.body()
        if "Content-Length" not in self.headers or len(data) == length:
            self.server.seen.append((self.command, self.path, self.headers["Host"]))
            self.server.data[self.path] = data
            self.reply(200)

    def do_GET(self):
        self.server.seen.append((self.command, self.path, self.headers["Host"]))
        self.reply(200, self.server.data.get(self.path, b"0123456789"), chunked="chunked" in self.path)

    do_HEAD = do_GET


class Scene:
    """A store, a proxy in front of it with a plan, and a client."""

    def __init__(self, *plan, log=None):
        self.store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
        self.store.daemon_threads, self.store.handle_error = True, lambda *_: None     # clients of these tests go rudely
        self.store.seen, self.store.data = [], {}
        threading.Thread(target=self.store.serve_forever, args=(0.01,), daemon=True).start()
        self.proxy = proxy.Proxy("http://127.0.0.1:%d" % self.store.server_address[1], plan, log)
        self.client = self.connection()

    def connection(self):
        return http.client.HTTPConnection(self.proxy.endpoint[7:], timeout=20)

    def ask(self, method, path, body=None, headers={}):
        self.client.request(method, path, body, headers)
        reply = self.client.getresponse()
        return reply.status, reply.read(), dict(reply.getheaders())

    def broken(self, method, path, body=None):
        """The request ends without a whole reply; a new connection stands afterwards."""
        try:
            self.ask(method, path, body)
        except (http.client.HTTPException, OSError) as error:
            self.client = self.connection()
            return error
        raise AssertionError("answered")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.proxy.stop()
        self.store.shutdown()
        self.store.server_close()


def test_live_proxy_passes_on():
    """Bodies of every framing come through, on one connection; the Host is the client's own, as it signed it."""
    big = os.urandom(3 << 20)
    with Scene() as scene:
        assert scene.ask("PUT", "/big", big)[0] == 200 and scene.store.data["/big"] == big
        assert scene.ask("GET", "/big")[1] == big
        assert scene.ask("PUT", "/pieces", iter([b"ab", b"cde"]))[0] == 200 and scene.store.data["/pieces"] == b"abcde"
        assert scene.ask("GET", "/chunked")[1] == b"0123456789"
        assert scene.ask("HEAD", "/x")[:2] == (200, b"") and scene.ask("HEAD", "/x")[2]["Content-Length"] == "10"
        assert scene.ask("GET", "/last?a=%20b&c")[0] == 200
        assert {host for _, _, host in scene.store.seen} == {scene.proxy.endpoint[7:]}
        requests = scene.proxy.matching()
        assert [r["number"] for r in requests] == list(range(1, 8)) and {r["connection"] for r in requests} == {1}
        assert requests[0]["body_bytes"] == len(big) and requests[1]["reply_bytes"] == len(big) and requests[6]["path"] == "/last?a=%20b&c"


def test_live_proxy_expect_continue():
    """The body waits for the server's word."""
    with Scene() as scene, socket.create_connection(scene.proxy.listener.getsockname()) as raw:
        raw.settimeout(20)
        raw.sendall(b"PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(b"body")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200") and scene.store.data["/e"] == b"body"


def test_live_proxy_drop_reply():
    """The server has done it, and the client does not know; the next one is answered."""
    with Scene({"method": "PUT", "nth": 2, "do": "drop-reply"}) as scene:
        assert scene.ask("PUT", "/a", b"1")[0] == 200 and scene.ask("GET", "/a")[0] == 200
        scene.broken("PUT", "/b", b"2")
        assert scene.store.data["/b"] == b"2" and scene.ask("PUT", "/c", b"3")[0] == 200
        dropped = scene.proxy.matching(path="/b")[0]
        assert (dropped["server"], dropped["status"], dropped["action"]) == (200, None, "drop-reply")


def test_live_proxy_cut_before():
    with Scene({"path": "^/b", "times": 1, "do": "cut-before"}, {"path": "^/r", "do": "cut-before", "reset": True}) as scene:
        scene.broken("PUT", "/b", b"2")
        with socket.create_connection(scene.proxy.listener.getsockname()) as raw:
            raw.settimeout(20)
            raw.sendall(b"GET /r HTTP/1.1\r\nHost: h\r\n\r\n")
            try:
                assert raw.recv(1) is None, "closed, not reset"
            except ConnectionResetError:
                pass
        assert scene.store.seen == [] and scene.ask("PUT", "/b", b"3")[0] == 200


def test_live_proxy_cut_request():
    """The server gets so many bytes of the body, and never the rest."""
    with Scene({"method": "PUT", "number": 1, "do": "cut-request", "bytes": 1000}) as scene:
        scene.broken("PUT", "/half", bytes(5000))
        assert "/half" not in scene.store.data and scene.proxy.requests[0]["body_bytes"] == 1000
        assert scene.ask("PUT", "/half", bytes(5000))[0] == 200


def test_live_proxy_cut_reply():
    """Head and so many bytes, as promised length and all."""
    with Scene({"do": "cut-reply", "bytes": 4, "number": [1, 2]}) as scene:
        error = scene.broken("GET", "/a")
        assert isinstance(error, http.client.IncompleteRead) and error.partial == b"0123", error
        scene.broken("GET", "/chunked")
        assert scene.ask("GET", "/a")[1] == b"0123456789"


def test_live_proxy_flip():
    """One bit of a body, and only where the plan says."""
    with Scene({"do": "flip", "bytes": 4, "times": 1}) as scene:
        assert scene.ask("GET", "/a")[1] == b"0123556789" and scene.ask("GET", "/a")[1] == b"0123456789"


def test_live_proxy_hold():
    """A reply that stops in the middle, the connection open."""
    with Scene({"do": "cut-reply", "bytes": 4, "hold": True, "times": 1}) as scene:
        scene.client.timeout = 0.3
        assert isinstance(scene.broken("GET", "/a"), TimeoutError) and scene.ask("GET", "/a")[1] == b"0123456789"


def test_live_proxy_hooks():
    """Functions of the test's: when the request came, and when the server has done it."""
    seen = []
    with Scene() as scene:
        scene.proxy.plan([{"do": "drop-reply", "before": lambda _: seen.append(len(scene.store.seen)), "after": lambda r: seen.append((len(scene.store.seen), r["server"]))}])
        scene.broken("PUT", "/a", b"1")
        assert seen == [0, (1, 200)], seen


def test_live_proxy_stall():
    """The server has done it; the client waits until its own patience ends."""
    with Scene({"do": "stall", "times": 1}) as scene:
        scene.client.timeout = 0.3
        assert isinstance(scene.broken("PUT", "/s", b"1"), TimeoutError) and scene.store.data["/s"] == b"1"
        assert scene.ask("GET", "/s")[1] == b"1"


def test_live_proxy_replies_itself():
    """Errors as S3 words them; the server has not seen the request, or, with forward, has."""
    plan = [{"path": "/slow", "do": "reply", "code": "SlowDown", "headers": {"Retry-After": "2"}}, {"path": "/fault", "do": "reply", "code": "InternalError"},
            {"path": "/two", "do": "reply", "code": "InternalError", "status": 200}, {"path": "/done", "do": "reply", "code": "InternalError", "forward": True},
            {"path": "/own", "do": "reply", "status": 418, "body": "tea"}]
    with Scene(*plan) as scene:
        status, body, headers = scene.ask("PUT", "/slow", bytes(100000))
        assert status == 503 and b"<Code>SlowDown</Code>" in body and headers["Retry-After"] == "2"
        assert scene.ask("GET", "/fault")[0] == 500
        status, body, _ = scene.ask("PUT", "/two", b"x")
        assert status == 200 and b"<Code>InternalError</Code>" in body and scene.store.seen == []
        assert scene.ask("PUT", "/done", b"x")[0] == 500 and scene.store.data == {"/done": b"x"}
        assert scene.ask("GET", "/own")[:2] == (418, b"tea") and scene.ask("HEAD", "/fault")[:2] == (500, b"")
        assert {r["connection"] for r in scene.proxy.requests} == {1}, "a reply of its own keeps the connection"


def test_live_proxy_changes_the_reply():
    with Scene({"path": "/e", "do": "headers", "set": {"etag": '"other"', "x-new": "1", "Server": None}}, {"path": "/d", "do": "date", "seconds": -3600}) as scene:
        _, body, headers = scene.ask("GET", "/e")
        assert headers["ETag"] == '"other"' and headers["x-new"] == "1" and "Server" not in headers and body == b"0123456789"
        moved = email.utils.parsedate_to_datetime(scene.ask("GET", "/d")[2]["Date"]).timestamp()
        assert -3660 < moved - time.time() < -3540


def test_live_proxy_delays():
    with Scene({"delay": 0.2, "do": "pass", "times": 1}) as scene:
        start = time.monotonic()
        assert scene.ask("GET", "/a")[0] == 200 and time.monotonic() - start >= 0.2
        delayed = scene.proxy.requests[0]
        assert delayed["done"] - delayed["at"] >= 0.2


def test_live_proxy_when():
    """A rule for what its function says; what was answered, by whomever, is told as done before its client asks again, and nothing is before."""
    seen = []

    def when(record):
        seen.append([other["done"] for other in scene.proxy.requests])
        return len(seen) == 2

    with Scene() as scene:
        scene.proxy.plan([{"method": "PUT", "when": when, "do": "reply", "code": "SlowDown"}, {"path": "/cut", "do": "cut-before"}])
        assert [scene.ask("PUT", "/" + name, b"1")[0] for name in "abc"] == [200, 503, 200] and sorted(scene.store.data) == ["/a", "/c"]
        scene.broken("GET", "/cut")
        assert [len(times) for times in seen] == [1, 2, 3] and all(times[-1] is None and None not in times[:-1] for times in seen), seen
        assert all(record["at"] <= record["done"] for record in scene.proxy.requests)


def test_live_proxy_server_gone():
    """Without its server the proxy closes, as a server that is gone does."""
    with Scene() as scene:
        scene.store.shutdown()
        scene.store.server_close()
        scene.broken("GET", "/a")
        assert scene.proxy.requests[0]["status"] is None


def test_live_proxy_stop_ends_everything():
    """A stalled request, a long delay and an idle connection do not hold it up."""
    with Scene({"path": "/stall", "do": "stall"}, {"path": "/late", "delay": 600}) as scene:
        waiting = [scene.connection() for _ in range(3)]
        waiting[0].connect()
        waiting[1].request("GET", "/stall")
        waiting[2].request("GET", "/late")
        end = time.monotonic() + 20
        while len(scene.proxy.matching()) < 2:
            assert time.monotonic() < end
        scene.proxy.stop()
        assert time.monotonic() < end
        assert not any(thread.is_alive() for thread in scene.proxy.threads)
        scene.proxy.stop = lambda: None
        for connection in waiting:
            connection.close()


def test_live_proxy_log_and_new_plan():
    """A line of JSON a request; a plan can change on the way."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        with Scene(log=log) as scene:
            scene.ask("PUT", "/a", b"1", {"x-amz-meta-user_id": "u"})
            scene.proxy.plan([{"do": "reply", "code": "SlowDown"}])
            assert scene.ask("GET", "/a")[0] == 503
        with open(log) as file:
            lines = [json.loads(line) for line in file]
        assert [(line["method"], line["status"], line["action"]) for line in lines] == [("PUT", 200, "pass"), ("GET", 503, "reply")]
        assert ["x-amz-meta-user_id", "u"] in lines[0]["headers"]


def test_live_proxy_unknown_words():
    """A plan with a slip of the pen is refused, for it would otherwise never bite."""
    for rule in ({"do": "drop"}, {"methods": "PUT"}):
        try:
            proxy.Rule(rule)
        except ValueError:
            continue
        raise AssertionError(rule)


def test_live_proxy_alone():
    """As a program of its own: an endpoint on stdout, and it works until stdin ends."""
    with Scene() as scene, tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        plan.write('[{"path": "/no", "do": "reply", "code": "AccessDenied"}]')
        plan.flush()
        upstream = "http://127.0.0.1:%d" % scene.store.server_address[1]
        process = subprocess.Popen([sys.executable, os.path.join(LIB, "proxy.py"), upstream, plan.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        scene.client = http.client.HTTPConnection(process.stdout.readline().strip()[7:], timeout=20)
        assert scene.ask("GET", "/no")[0] == 403 and scene.ask("GET", "/yes")[0] == 200
        process.communicate()
        assert process.returncode == 0


tap.run(sys.modules[__name__])
