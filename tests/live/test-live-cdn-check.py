#!/usr/bin/env python3
"""Do the edges serve what the store has? A store on a plain folder, and a real nginx that keeps copies of it as an edge does: the store's bytes, other ones, some of what is
gone, none; where plain HTTP leads, which scripts may read it, an address that must be signed; and the mock, which has no edge."""
import http.server
import os
import re
import sys
import threading

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
import clock  # noqa: E402
import cloudfront_service  # noqa: E402
import edge_place  # noqa: E402

PIPELINE = """[larder]
environment = test
[store "images"]
backend = objects
bucket = images
cdn = images
cors = studio
[store "thumbnails"]
in = images
[store "models"]
backend = objects
bucket = models
[cors "studio"]
origins = https://pingvas.studio, https://*.pingvas.studio
methods = GET
[pipeline "image"]
store = images
key = {user}/{job}.{ext}
thumbnail-store = thumbnails
thumbnail-key = {user}/thumbnails/{job}.webp
[cdn "images"]
store = images
accept = public-cdn
behaviors = default
[behavior "default"]
methods = GET, HEAD
"""
PAGE = "https://pingvas.studio"
BEFORE = ("map $http_origin $let { default \"\"; ~^https://([a-z]+\\.)?pingvas\\.studio$ $http_origin; }",
          "map $uri $named { default $let; ~^/nocors/ \"\"; ~^/anycors/ *; }",
          "server { listen unix:%s/origin; root %s/images; location ~ /\\.larder { return 403; } location /hidden/ { return 403; } location /broken/ { return 502; } location /lost/ { return 404; } location /odd/ { return 204; } }")
LOCATION = ("if ($blocked) { return 403; }", "proxy_pass http://origin;", "proxy_cache edge;", "proxy_cache_valid 200 1h;", "proxy_ignore_headers Cache-Control Expires;",
            "proxy_cache_key $uri;", "add_header X-Cache-Status $upstream_cache_status always;", "add_header Access-Control-Allow-Origin $named;", "gzip on;", "gzip_min_length 1;",
            "gzip_types text/plain;")


class Late(http.server.BaseHTTPRequestHandler):
    """What is not there, not there, something else, and then what the store has."""
    answers = [(404, b""), (404, b""), (200, b"old"), (200, b"late")]
    asked = sleeps = 0               # seconds that go by with each
    sleeper = None

    def do_GET(self):
        status, body = self.answers[min(Late.asked, 3)]
        Late.asked += 1
        if Late.sleeper:
            Late.sleeper.set(Late.sleeps * Late.asked)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Place(edge_place.EdgePlace):
    def __init__(self):
        super().__init__("larder-check-")
        self.late = http.server.HTTPServer(("127.0.0.1", 0), Late)
        threading.Thread(target=self.late.serve_forever, daemon=True).start()
        self.write("larder.ini", PIPELINE)
        self.write("a.txt", "first")
        os.makedirs(self.path("root/images"))
        signs = "map $uri $wants { default 0; ~^/private/ 1; }", "map \"$wants$arg_Signature\" $blocked { default 0; 1 1; }"
        before = BEFORE[:2] + signs + ("upstream origin { server unix:%s/origin; }" % self.holder.name, BEFORE[2] % (self.holder.name, self.path("root")))
        self.edge = servers.start("nginx", before=before, location=LOCATION, lines=("ssl_protocols TLSv1.2 TLSv1.3;", "error_page 497 =301 https://$http_host$request_uri;",
                                   "location /late/ { proxy_pass http://127.0.0.1:%d; }" % self.late.server_port))
        self.clear = servers.start("nginx", location=("return 200;",), lines=("error_page 497 =200 " + servers.Nginx.health + ";",))
        mock = "[backend \"objects\"]\ndriver = localfs-mock\ncreate = yes\nroot = %s\n" % self.path("root")
        key = ec.generate_private_key(ec.SECP256R1())
        self.write("key.pem", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode())
        self.service = cloudfront_service.Service()
        self.service.key_groups["G"] = ["K1"]
        self.service.public_keys["K1"] = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        cdn = "[backend \"cdn\"]\ndriver = cloudfront\nserver = moto\nendpoint = " + self.service.endpoint + "\nca-file = %s\nsigning-key-id = K1\nsigning-key-file = %s\n[cdn \"images\"]\nbackend = cdn\ndomain = %s\n"
        self.write("profiles/edge.ini", mock + cdn % (self.edge.ca, self.path("key.pem"), self.edge.address))
        self.write("profiles/signed.ini", mock + cdn % (self.edge.ca, self.path("key.pem"), self.edge.address) + "key-group = G\n")
        self.write("profiles/clear.ini", mock + cdn % (self.clear.ca, self.path("key.pem"), self.clear.address))
        self.write("profiles/strange.ini", mock + cdn % (self.clear.ca, self.path("key.pem"), self.edge.address))
        self.write("profiles/mock.ini", mock + "[cdn \"images\"]\nbackend = objects\n")
        self.write("profiles/none.ini", mock)

    def put(self, key, text, name="a.txt"):
        self.write(name, text)
        done = self.run("put", self.path(name), "images:" + key)
        assert done.code == 0, done

    def check(self, *words, code=0, **more):
        """What was found: {what: (verdict, detail)}."""
        done = self.run("--json", "cdn", "check", *words, **more)
        assert done.code == code, (code, done)
        return {line["what"]: (line["verdict"], line["detail"]) for line in done.lines if line["type"] == "finding"}


def test_live_cdn_check_the_store_s_bytes():
    place.put("ann/a.txt", "first")
    found = place.check("ann/a.txt")
    assert found["status"] == ("pass", "200") and found["bytes"][0] == "pass" and found["bytes"][1].startswith("the store's, 5, SHA-256 a7937b64b8caa58f"), found
    assert found["tls"] == ("pass", "TLSv1.3") and found["http"] == ("pass", "301 to https://%s/ann/a.txt" % place.edge.address), found
    assert found["cache"] == ("note", "MISS") and found["compression"] == ("note", "gzip") and found["ttl"][0] == "note" and "cors" not in found, found
    assert place.check("ann/a.txt")["cache"] == ("note", "HIT")
    done = place.run("cdn", "check", "images:ann/a.txt")
    assert done.code == 0 and done.out.startswith("ann/a.txt\n  ok       clock            within a minute of the edge's\n  ok       status           200\n  ok       bytes "), done


def test_live_cdn_check_other_bytes():
    """Exit 6 until they are the store's; with --wait it looks until then."""
    place.put("ann/b.txt", "old")
    assert place.check("ann/b.txt")["bytes"][0] == "pass"
    place.put("ann/b.txt", "newer")
    verdict, detail = place.check("ann/b.txt", code=6)["bytes"]
    assert verdict == "fail" and detail.startswith("the edge serves 3 bytes, SHA-256 cba06b5736faf67e; the store has 5, "), detail
    done = place.run("cdn", "check", "ann/b.txt")
    assert done.code == 6 and "FAILED" in done.out and "larder cdn invalidate" in done.err, done
    place.put("late/b.txt", "late")
    assert place.check("--wait", "late/b.txt")["bytes"][0] == "pass" and Late.asked >= 4, Late.asked


def test_live_cdn_check_says_that_it_waits():
    """Without a terminal a line each half minute, and not at each look, on standard error; none with --quiet, and none before the first half minute."""
    place.put("late/c.txt", "late")
    sleeper = clock.Clock(place.path("slept"), "LARDER_SLEPT")
    for words, sleeps, lines in (((), 31, 3), ((), 16, 1), (("--quiet",), 31, 0), ((), 0, 0)):
        Late.asked, Late.sleeps, Late.sleeper = 0, sleeps, sleeper if sleeps else None
        sleeper.set(0)
        done = place.run(*words, "cdn", "check", "--wait", "late/c.txt", env=sleeper.environment)
        assert done.code == 0 and len(re.findall(r'larder: \[cdn "images"\]: for [^:]+ of [^:]+: its edges serve something else\n', done.err)) == lines, (words, sleeps, done)


def test_live_cdn_check_of_what_is_gone():
    """What the store has no more, and the edge goes on serving; what neither has."""
    place.put("ann/c.txt", "gone soon")
    place.check("ann/c.txt")
    assert place.run("rm", "images:ann/c.txt").code == 0
    found = place.check("ann/c.txt", code=6)
    assert found["status"] == ("note", "200, and the store has no such object") and found["bytes"][0] == "fail", found
    place.edge.forget()
    assert place.check("ann/c.txt")["status"] == ("pass", "404, and the store has no such object")


def test_live_cdn_check_an_edge_that_has_none():
    for folder, code, status in (("hidden", 4, 403), ("lost", 3, 404), ("broken", 8, 502), ("odd", 6, 204)):
        place.put(folder + "/a.txt", "here")
        found = place.check(folder + "/a.txt", code=code)
        assert found["status"] == ("fail", "the edge answers %d, and the store has it" % status) and "bytes" not in found, found


def test_live_cdn_check_origins():
    """As the [cors] of the store says; also where the edge lets in one more, or one less."""
    place.put("ann/e.txt", "e")
    place.put("nocors/e.txt", "e")
    place.put("anycors/e.txt", "e")
    assert place.check("--origin", PAGE, "ann/e.txt")["cors"] == ("pass", PAGE + " is let in, as its [cors] says")
    assert place.check("--origin", "https://www.pingvas.studio", "ann/e.txt")["cors"][0] == "pass"
    assert place.check("--origin", "https://evil.example", "ann/e.txt")["cors"] == ("pass", "https://evil.example is not let in, as its [cors] says")
    assert place.check("--origin", PAGE, "nocors/e.txt", code=5)["cors"] == ("fail", PAGE + " is not let in, and its [cors] names it")
    assert place.check("--origin", "https://evil.example", "anycors/e.txt", code=5)["cors"] == ("fail", "https://evil.example is let in, and its [cors] does not name it")


def test_live_cdn_check_signed():
    """By an address that lets in where the [cdn] wants one; without, the edge refuses, and one that does not is found."""
    place.put("private/f.txt", "f")
    found = place.check("private/f.txt", profile="signed")
    assert found["bytes"][0] == "pass" and found["signature"] == ("pass", "403 without one"), found
    place.put("ann/f.txt", "f")
    assert place.check("ann/f.txt", profile="signed", code=5)["signature"] == ("fail", "it is served to everybody")
    place.put("hidden/f.txt", "f")
    done = place.run("cdn", "check", "hidden/f.txt", profile="signed")
    assert done.code == 4 and "the private key must be the other half of signing-key-id" in done.err, done
    assert place.check("private/f.txt", code=4)["status"][0] == "fail"


def test_live_cdn_check_in_clear():
    place.put("ann/g.txt", "")
    verdict, detail = place.check("ann/g.txt", profile="clear")["http"]
    assert verdict == "warn" and detail == "200: it is served in clear", detail


def test_live_cdn_check_cannot():
    """A certificate that nobody vouches for; a store without CDN; a profile without its backend; a key that is none."""
    done = place.run("cdn", "check", "ann/a.txt", profile="strange")
    assert done.code == 8 and "certificate" in done.err, done
    done = place.run("cdn", "check", "models:a")
    assert done.code == 2 and "no [cdn] serves" in done.err, done
    done = place.run("cdn", "check", "ann/a.txt", profile="none")
    assert done.code == 2 and "has no backend" in done.err, done


def test_live_cdn_check_the_mock():
    """Where there is no edge, a viewer sees the file itself."""
    place.put("ann/한 글.txt", "mock")
    found = place.check("ann/한 글.txt", profile="mock")
    assert found["bytes"][0] == "pass" and found["tls"] == ("note", "none: a file"), found
    assert place.check("ann/none.txt", profile="mock")["status"] == ("pass", "404, and the store has no such object")


def test_live_cdn_check_the_mock_s_origins():
    """As a distribution: the bucket's [cors] answers where the behavior asks it. What a failure says to do is done to the letter, and heals it."""
    place.put("ann/o.txt", "o")
    place.put("ann/p.txt", "p")
    assert place.check("--origin", "https://evil.example", "ann/o.txt", profile="mock")["cors"][0] == "pass"
    assert place.run("infra", "apply", profile="mock").code == 0
    done = place.run("cdn", "check", "--origin", PAGE, "ann/o.txt", profile="mock")
    assert done.code == 5 and "cors = studio in the [behavior] that serves it, and larder infra apply: " in done.err, done
    place.write("larder.ini", PIPELINE.replace("behaviors = default", "behaviors = one, default") + "cors = studio\n[behavior \"one\"]\npath = */p.txt\nmethods = GET, HEAD\n")
    try:
        assert place.run("infra", "apply", profile="mock").code == 0
        assert place.check("--origin", PAGE, "ann/o.txt", profile="mock")["cors"] == ("pass", PAGE + " is let in, as its [cors] says")
        assert place.check("--origin", "https://www.pingvas.studio", "ann/o.txt", profile="mock")["cors"][0] == "pass"
        assert place.check("--origin", "https://evil.example", "ann/o.txt", profile="mock")["cors"] == ("pass", "https://evil.example is not let in, as its [cors] says")
        assert place.check("--origin", PAGE, "ann/p.txt", profile="mock", code=5)["cors"][0] == "fail"
    finally:
        place.write("larder.ini", PIPELINE)


place = Place()
tap.run(sys.modules[__name__])
