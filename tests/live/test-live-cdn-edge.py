#!/usr/bin/env python3
"""An edge that looks at signatures (tests/lib/signing_edge.py, by the public half alone), and what `cdn sign` prints, fetched: let in by each key, hash, policy and by cookies; refused when
it has ended, has not begun, is from elsewhere, altered, of another key or of another address. And `cdn check` on it."""
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
servers.use_environment()
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402
import clock  # noqa: E402
import cloudfront_service  # noqa: E402
import edge_place  # noqa: E402
import proxy  # noqa: E402
import signing_edge  # noqa: E402

PIPELINE = """[larder]
environment = test
[store "images"]
backend = objects
bucket = images
cdn = images
[pipeline "image"]
store = images
key = {user}/{job}.{ext}
[cdn "images"]
backend = cdn
store = images
key-group = G
behaviors = default
[behavior "default"]
methods = GET, HEAD
"""
PROFILE = """[backend "objects"]
driver = localfs-mock
create = yes
root = %s
[backend "cdn"]
driver = cloudfront
server = moto
endpoint = %s
ca-file = %s
signing-key-id = %s
signing-key-file = %s
signing-hash = %s
[cdn "images"]
domain = %s
"""
KEYS = ["plain.png", "a b.png", "a+b.png", "50%.png", "image(1).png", "it's.png", "~tilde.png", "한글.png", "what?.png", "a&b=c.png", "a#b.png", "deep/er/x.png", "*.png", '"q".png']
BYTES = b"a picture"


class Place(edge_place.EdgePlace):
    def __init__(self):
        super().__init__("larder-signed-")
        keys = {"K1": rsa.generate_private_key(65537, 2048), "K2": ec.generate_private_key(ec.SECP256R1()), "other": ec.generate_private_key(ec.SECP256R1())}
        for name, key in keys.items():
            self.write(name + ".pem", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode())
        halves = {name: key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode() for name, key in keys.items()}
        self.edge, self.service = signing_edge.SigningEdge({name: halves[name] for name in ("K1", "K2")}), cloudfront_service.Service()
        self.service.key_groups["G"], self.service.public_keys = ["K1", "K2"], halves
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.edge.ca)))
        self.signs()

    def signs(self, identity="K2", key=None, algorithm="sha256", pipeline=PIPELINE):
        self.write("larder.ini", pipeline)
        self.write("profiles/edge.ini", PROFILE % (self.path("root"), self.service.endpoint, self.edge.ca, identity, self.path((key or identity) + ".pem"), algorithm, self.edge.address))

    def sign(self, *words, expires="1h"):
        done = self.run("--json", "cdn", "sign", "--expires", expires, *words)
        assert done.code == 0, done
        return [line.get("url") or line["cookies"] for line in done.lines if line["type"] == "signed"]

    def fetch(self, url, cookies=()):
        """200 and its bytes, or what it was refused with, and why."""
        headers = {"Cookie": "; ".join("%s=%s" % one for one in dict(cookies).items())} if cookies else {}
        try:
            with self.opener.open(urllib.request.Request(url, headers=headers), timeout=30 * servers.SLOW) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, self.edge.refused[-1] if error.code == 403 else ""

    def address(self, key):
        return "https://%s/%s" % (self.edge.address, urllib.parse.quote(key))

    def put(self, key, data, edge=True):
        """Into the store, and to the edge as well."""
        self.write("put.bin", data.decode())
        done = self.run("put", self.path("put.bin"), "images:" + key)
        assert done.code == 0, done
        if edge:
            self.edge.objects["/" + key] = data

    def check(self, *words, code=0, **more):
        done = self.run("--json", "cdn", "check", *words, **more)
        assert done.code == code, (code, done)
        return {line["what"]: (line["verdict"], line["detail"]) for line in done.lines if line["type"] == "finding"}, done


def test_live_cdn_edge_lets_in():
    """Both kinds of key, both hashes, the short policy and the long one."""
    place.edge.objects["/ann/a.png"] = BYTES
    for identity in ("K1", "K2"):
        for algorithm in ("sha256", "sha1"):
            place.signs(identity, algorithm=algorithm)
            for words in ((), ("--policy", "custom"), ("--ip", "127.0.0.0/8"), ("--ip", "127.0.0.1"), ("--from", "2026-01-01T00:00:00Z"), ("--query", "x=1 & 2"), ("--query", "x=1", "--ip", "127.0.0.1")):
                url, = place.sign(*words, "ann/a.png")
                assert place.fetch(url) == (200, BYTES), (identity, algorithm, words, url, place.edge.refused)
    assert place.fetch(place.address("ann/a.png")) == (403, "no signature")


def test_live_cdn_edge_names():
    """Each as a browser sends it (c-E01)."""
    place.signs()
    place.edge.objects.update({"/" + key: key.encode() for key in KEYS})
    urls = place.sign(*["images:" + key for key in KEYS])
    assert len(urls) == len(KEYS)
    for key, url in zip(KEYS, urls):
        assert place.fetch(url) == (200, key.encode()), (key, url, place.edge.refused)
    url, = place.sign("--query", "response-content-disposition=attachment; filename=\"a b.png\"", "a b.png")
    assert place.fetch(url) == (200, b"a b.png") and "filename%3D%22a%20b.png%22" in url, (url, place.edge.refused)


def test_live_cdn_edge_cookies():
    """Of one object, and of all below a prefix."""
    place.signs()
    place.edge.objects.update({"/ann/a.png": BYTES, "/ann/deep/b.png": b"b", "/bob/c.png": b"c"})
    one, = place.sign("--cookies", "ann/a.png")
    below, = place.sign("--cookies", "-r", "images:ann/")
    for key, by_one, by_below in (("ann/a.png", 200, 200), ("ann/deep/b.png", 403, 200), ("bob/c.png", 403, 403)):
        assert (place.fetch(place.address(key), one)[0], place.fetch(place.address(key), below)[0]) == (by_one, by_below), (key, place.edge.refused)


def test_live_cdn_edge_refuses():
    """What has ended or not begun by its clock, is from elsewhere, of another key, or of another address."""
    place.signs()
    place.edge.objects.update({"/ann/a.png": BYTES, "/ann/b.png": b"b"})
    url, = place.sign("ann/a.png")
    later, elsewhere = place.sign("--from", "30m", "ann/a.png")[0], place.sign("--ip", "192.0.2.0/24", "ann/a.png")[0]
    for ahead, address, why in ((3700, url, "ended"), (0, later, "not begun"), (0, elsewhere, "from elsewhere"), (0, url.replace("a.png", "b.png"), "another signature"),
                                (0, later.replace("a.png", "b.png"), "for another address"), (0, url.replace("Key-Pair-Id=K2", "Key-Pair-Id=K3"), "no key K3"),
                                (0, url.replace("Key-Pair-Id=K2", "Key-Pair-Id=K1"), "another signature"), (0, url.replace("&Hash-Algorithm=SHA256", ""), "another signature")):
        place.edge.ahead = ahead
        assert place.fetch(address) == (403, why), (address, why)
    place.edge.ahead = 2000
    assert place.fetch(later) == (200, BYTES), place.edge.refused
    place.edge.ahead = 0
    place.signs("K2", "other")
    assert place.fetch(place.sign("ann/a.png")[0]) == (403, "another signature")


def bytes_of(url):
    """The address, with the bytes of its signature and policy: the last sign of Base64 has bits that say nothing."""
    given = [pair.partition("=")[::2] for pair in url.partition("?")[2].split("&")]
    return url.partition("?")[0], [(name, signing_edge.decoded(value) if name in ("Signature", "Policy") else value) for name, value in given]


def test_live_cdn_edge_altered():
    """No sign of an address may be another."""
    place.signs()
    place.edge.objects["/ann/a.png"] = BYTES
    for words in ((), ("--policy", "custom")):
        url, = place.sign(*words, "ann/a.png")
        assert place.fetch(url)[0] == 200
        for at in range(url.index("/ann/") + 1, len(url)):
            other = url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1:]
            assert place.fetch(other)[0] == 403 or bytes_of(other) == bytes_of(url), (url, other)


def test_live_cdn_edge_check():
    """By an address that is let in; one that serves everybody is found, and so is one that looks at another key than its service tells."""
    place.signs()
    place.put("ann/c.txt", b"c")
    found, _ = place.check("ann/c.txt")
    assert found["key"] == ("pass", "K2 of key group G") and found["bytes"][0] == "pass" and found["signature"] == ("pass", "403 without one"), found
    place.edge.open = True
    found, _ = place.check("ann/c.txt", code=5)
    assert found["signature"] == ("fail", "it is served to everybody") and found["bytes"][0] == "pass", found
    place.edge.open = False
    keys, place.edge.keys = place.edge.keys, {}
    found, done = place.check("ann/c.txt", code=4)
    assert found["status"] == ("fail", "the edge answers 403, and the store has it") and found["key"][0] == "pass" and "clock" in done.err, (found, done)
    place.edge.keys = keys


def test_live_cdn_edge_without_a_key_group():
    """It serves everybody, so a signature keeps nobody out: said once a run, and with each line of JSON; not where there is one."""
    told = "has no key-group: its edges serve the address without a signature to anyone"
    place.signs(pipeline=PIPELINE.replace("key-group = G\n", ""))
    done = place.run("cdn", "sign", "--expires", "1h", "ann/a.png", "ann/b.png")
    assert done.code == 0 and done.err.count(told) == 1 and "[cdn \"images\"] of %s:10 " % place.path("larder.ini") in done.err and len(done.out.splitlines()) == 2, done
    done = place.run("--json", "cdn", "sign", "--expires", "1h", "ann/a.png", "ann/b.png")
    assert [told in line["warning"] for line in done.lines if line["type"] == "signed"] == [True, True], done
    place.signs()
    done = place.run("--json", "cdn", "sign", "--expires", "1h", "ann/a.png")
    assert done.code == 0 and told not in done.err and "warning" not in done.lines[1] and "url" in done.lines[1], done


def test_live_cdn_edge_clocks():
    """Up to a minute apart is well; more is told, with what it breaks, and ends the check where it signs, waiting or not; of what was kept the age is counted. A
    reply that takes ten minutes to come tells of no clock what it does not tell for sure."""
    place.put("ann/d.txt", b"d")
    text = PIPELINE.replace("key-group = G\n", "")
    for ahead, verdict, words in ((0, "pass", "within a minute"), (55, "pass", "within a minute"), (-55, "pass", "within a minute"), (-3690, "warn", "ahead of the edge's: what it signs lets in for so much longer"),
                                  (3690, "warn", "behind the edge's: what it signs ends so much sooner")):
        place.edge.ahead = ahead
        for signed, pipeline in ((True, PIPELINE), (False, text)):
            place.signs(pipeline=pipeline)
            place.edge.open = not signed
            found, done = place.check(*(("--wait",) if ahead else ()), "ann/d.txt", code=5 if signed and verdict == "warn" else 0)
            assert found["clock"][0] == ("fail" if signed and verdict == "warn" else verdict) and words in found["clock"][1], (ahead, signed, found)
            assert verdict == "pass" or ("1h" in found["clock"][1] and "timedatectl" in done.out + done.err), done
    place.edge.open, place.edge.ahead, place.edge.age = True, -3600, 3600
    assert place.check("ann/d.txt")[0]["clock"][0] == "pass"
    slow = clock.Clock(place.path("shift"))
    for jump, age, verdict in ((600, None, "pass"), (600, 300, "pass"), (0, 3600, "warn"), (600, 3600, "warn")):
        slow.set(0)
        place.edge.asked.clear()
        place.edge.ahead, place.edge.age, place.edge.then = 0, age, (1, lambda jump=jump: slow.set(jump))
        assert place.check("ann/d.txt", env=slow.environment)[0]["clock"][0] == verdict, (jump, age)
    place.edge.then = (0, None)
    place.edge.open, place.edge.ahead, place.edge.age = False, 0, None
    place.signs()


def test_live_cdn_edge_waits_by_its_validator():
    """What is the same is not sent again, and of the store not read again: whole at first, and when it is another."""
    place.put("ann/e.txt", b"new")
    place.edge.objects["/ann/e.txt"] = b"old"
    place.edge.asked.clear()
    place.edge.sent, place.edge.then = [], (4, lambda: place.edge.objects.update({"/ann/e.txt": b"new"}))
    found, _ = place.check("--wait", "ann/e.txt")
    whole = [number for number, (status, body) in enumerate(place.edge.sent) if status == 200]
    assert found["bytes"][0] == "pass" and [place.edge.sent[n][1] for n in whole[:2]] == [b"old", b"new"] and [status for status, _ in place.edge.sent[1:whole[1]]] == [304] * (whole[1] - 1) and whole[1] >= 3, place.edge.sent


def test_live_cdn_edge_waits_and_reads_the_store_once():
    """While it is as it was: it is looked at each time, by HEAD."""
    place.edge.objects["/ann/g.txt"] = b"old"
    with servers.start("moto") as server, proxy.Proxy(server.endpoint, []) as between:
        client = server.client()
        client.create_bucket(Bucket="images", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        client.put_object(Bucket="images", Key="ann/g.txt", Body=b"new")
        place.write("profiles/s3.ini", open(place.path("profiles/edge.ini")).read().replace("driver = localfs-mock\ncreate = yes\nroot = %s\n" % place.path("root"),
                    "driver = s3\nserver = moto\nregion = ap-northeast-2\nendpoint = %s\n" % between.endpoint))
        place.edge.asked.clear()
        place.edge.then = (4, lambda: place.edge.objects.update({"/ann/g.txt": b"new"}))
        assert place.check("--wait", "ann/g.txt", profile="s3")[0]["bytes"][0] == "pass"
        asked = [record["method"] for record in between.requests if record["path"].startswith("/images/ann/g.txt")]
    assert asked.count("GET") == 1 and asked.count("HEAD") >= 4, asked


def test_live_cdn_edge_waits_while_nothing_answers():
    """One try that meets nobody ends no waiting; without --wait it does, and at its end it is told."""
    place.put("ann/f.txt", b"f")
    place.edge.answers[:] = [(None, b"")] * 2
    found, _ = place.check("--wait", "ann/f.txt")
    assert found["bytes"][0] == "pass" and place.edge.answers == [], found
    place.edge.answers[:] = [(None, b"")] * 2
    assert place.check("ann/f.txt", code=8)[0].keys() == {"key"}
    place.edge.answers[:] = []


place = Place()
tap.run(sys.modules[__name__])
