#!/usr/bin/env python3
"""test-live-errors: what goes wrong between the tool and a real server, and what the tool says of it: exit code, subject,
cause, the provider's code and request, a next step; nothing half written, nobody waits for ever, no secret told."""
import base64
import json
import hashlib
import os
import re
import select
import shlex
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import clock  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from scene import Scene, image_key, thumbnail_key  # noqa: E402

QUICK = ["create = no", "connect-timeout = 2s", "reply-timeout = 1s", "stall-timeout = 1s", "attempts = 2"]
# (the profile makes missing buckets; that one is missing is the subject of a test here)
BIG = base64.b64encode(os.urandom(3 << 20))       # bytes that a plan of the proxy can say
SLOW = servers.SLOW
REGION = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>planned</Message><Region>eu-west-%d</Region></Error>"


class Place(Scene):
    """A server with an empty bucket; everything that the tool says is kept, with -v."""
    said, secrets = [], set()

    def __init__(self, name, settings=QUICK, bucket=True, **options):
        server = servers.start(name, **options) if isinstance(name, str) else name.start()
        super().__init__(server, settings)
        self.secrets.add(server.secret_key)
        self.put("big", BIG)
        if bucket:
            server.make_bucket("bucket")
        self.use_bucket("bucket")

    def run(self, *words, **kinds):
        done = super().run("-v", *words, **kinds)
        self.said.append(done.out + done.err)
        return done

    def empty(self):
        """No object, version or upload of anybody."""
        found = self.versions(), self.uploads()
        assert found == ({}, []), found

    def clear(self):
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)

    def get(self, key="big", **kinds):
        """The command, and what it left in the folder: nothing but a whole file."""
        os.makedirs(self.path("to"), exist_ok=True)
        done = self.run("--json", "get", "images:" + key, self.path("to", "out"), **kinds)
        left = {}
        for name in os.listdir(self.path("to")):
            with open(self.path("to", name), "rb") as file:
                left[name] = file.read()
            os.unlink(self.path("to", name))
        return done, left

    def __exit__(self, *_):
        super().__exit__()
        self.server.stop()


def told(done, code, kind, *words, provider=None):
    """As text and as JSON alike."""
    error = done.error
    text = "%s | %s" % (error.get("message"), error.get("next"))
    assert done.code == code and error.get("code") == kind and error.get("exit") == code, done
    assert error.get("next") and "next: " in done.err, done
    for word in words:
        assert word in text, (word, done)
    if provider:
        assert error.get("provider") == provider and error.get("request") and provider in done.err, done


minio, versitygw = Place("minio"), Place("versitygw")


def on_both(more, code, kind, *words, provider=(None, None)):
    for place, expected in zip((minio, versitygw), provider):
        told(place.ingest("red", "j", more=more), code, kind, *words, provider=expected)
        place.empty()


def test_live_errors_wrong_secret():
    canary = "canaryCANARYcanary0123456789"
    Place.secrets |= {canary, canary + "token"}
    on_both({"AWS_SECRET_ACCESS_KEY": canary}, 4, "DENIED", "secret-key", provider=("SignatureDoesNotMatch",) * 2)
    told(minio.ingest("red", "j", more={"AWS_SECRET_ACCESS_KEY": canary, "AWS_SESSION_TOKEN": canary + "token"}), 4, "DENIED")


def test_live_errors_unknown_key():
    """versitygw answers 404 to a key that it does not know."""
    on_both({"AWS_ACCESS_KEY_ID": "NOBODY"}, 4, "DENIED", "AWS_ACCESS_KEY_ID", provider=("InvalidAccessKeyId", None))


def test_live_errors_no_credentials():
    on_both({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, 4, "DENIED", "no credentials for backend 'objects'", "AWS_ACCESS_KEY_ID")


def test_live_errors_half_a_pair():
    on_both({"AWS_SECRET_ACCESS_KEY": None}, 4, "DENIED", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY is missing")


def test_live_errors_missing_bucket():
    """Asked for one object, too: a HEAD's 404 has no words, and must not pass for a missing key."""
    with Place("moto") as moto:
        for place in (minio, versitygw, moto):
            place.use_bucket("nowhere")
            for done in (place.run("--json", "stat", "images:x"), place.ingest("red", "j")):
                told(done, 3, "NOTFOUND", "nowhere", "create bucket", provider="NoSuchBucket")
            place.use_bucket("bucket")
            place.empty()


def test_live_errors_wrong_region():
    """c-T23: signed once more for the region that the reply names, and said once; who names another each time is left."""
    for name, options in (("minio", {"insist": True}), ("versitygw", {})):
        with Place(name, QUICK + ["region = us-west-2"], region="eu-central-1", **options) as place:
            done = place.ingest("red", "j")
            assert done.action == "stored" and done.err.count("write region = eu-central-1 in [backend \"objects\"]") == 1, done
            assert place.head(image_key("j")) and place.head(thumbnail_key("j"))
            for answer in ({"status": 301, "headers": {"x-amz-bucket-region": "eu-west-%d"}}, {"status": 400, "body": REGION}):
                place.between.plan([{"nth": n, "do": "reply", **json.loads(json.dumps(answer).replace("%d", str(n)))} for n in range(1, 20)])
                first = len(place.between.requests)
                told(place.run("--json", "put", place.path("red"), "images:x"), 8, "UNAVAILABLE", "'bucket'", "one region after the other", "set region")
                assert len(place.between.requests) - first == 2
            place.between.plan([])
            assert place.keys("x") == []


def test_live_errors_nobody_there():
    nobody = "http://127.0.0.1:%d" % servers.free_port()
    for place, name in ((minio, "LARDER_MINIO"), (versitygw, "LARDER_TEST_ENDPOINT")):
        begun = time.monotonic()
        told(place.ingest("red", "j", more={name: nobody}), 8, "UNAVAILABLE", nobody[7:], "Connection refused", "the server runs")
        assert time.monotonic() - begun < 20 * SLOW


def test_live_errors_gone_in_an_upload():
    """The server dies with a third of the bytes; nothing is there when it is back."""
    minio.between.plan([{"method": "PUT", "do": "cut-request", "bytes": 1 << 20, "times": 1}, {"method": "PUT", "before": once(minio.server.kill)}])
    done = minio.run("--json", "put", minio.path("big"), "images:big")
    minio.between.plan([])
    minio.server.again()
    told(done, 8, "UNAVAILABLE", "'big'")
    minio.empty()
    done = minio.run("--json", "put", minio.path("big"), "images:big")
    assert done.code == 0 and minio.keys() == ["big"], done


def once(what):
    left = [what]
    return lambda _: left and left.pop()()


def with_big(*plan):
    if minio.keys() != ["big"]:
        minio.clear()
        minio.client.put_object(Bucket="bucket", Key="big", Body=BIG, ChecksumAlgorithm="CRC64NVME")
    minio.between.plan(plan)
    done, left = minio.get()
    minio.between.plan([])
    return done, left


def test_live_errors_gone_in_a_download():
    done, left = with_big({"method": "GET", "do": "cut-reply", "bytes": 1 << 20, "times": 1}, {"method": "GET", "before": once(minio.server.kill)})
    minio.server.again()
    told(done, 8, "UNAVAILABLE", "big")
    assert left == {}, list(left)


def test_live_errors_download_cut():
    """Cut once it goes on from there; cut always it ends, and leaves nothing."""
    done, left = with_big({"method": "GET", "nth": 1, "do": "cut-reply", "bytes": 1 << 20})
    ranges = [value for record in minio.between.matching("GET") for name, value in record["headers"] if name.lower() == "range"]
    assert done.code == 0 and left == {"out": BIG} and ranges and ranges[-1].startswith("bytes="), (done, ranges)
    done, left = with_big({"method": "GET", "do": "cut-reply", "bytes": 0})
    told(done, 8, "UNAVAILABLE", "big")
    assert left == {}, list(left)


def test_live_errors_download_longer_or_shorter():
    """A length that is not the object's."""
    for length in (len(BIG) - 1, len(BIG) + 1):
        done, left = with_big({"method": "GET", "do": "headers", "set": {"Content-Length": str(length)}})
        assert done.code in (6, 8) and done.error["next"] and left == {}, (done, list(left))


def test_live_errors_download_another_range():
    """Going on after a cut: the whole again, or a range that was not asked for, is not put behind what is there. It begins anew, once:
    what came is then what was asked for."""
    etag, size, had = '"%s"' % hashlib.md5(BIG).hexdigest(), len(BIG), 1 << 20
    near = {"ETag": etag, "Content-Range": "bytes 0-%d/%d" % (size - had - 1, size)}
    for answer, why in (({"do": "reply", "status": 200, "body": BIG.decode(), "headers": {"ETag": etag}}, "were asked for"),
                        ({"do": "headers", "set": {"Content-Range": "bytes 0-%d/%d" % (size - 1, size)}}, "content-range"),
                        ({"do": "reply", "status": 206, "body": BIG[:-had].decode(), "headers": near}, "were asked for")):
        done, left = with_big({"method": "GET", "nth": 1, "do": "cut-reply", "bytes": had}, {"method": "GET", "times": 1, **answer})
        again = [line for line in done.lines if line.get("action") == "again"]
        assert done.code == 0 and left == {"out": BIG} and len(again) == 1 and why in again[0]["reason"], (done, list(left))


def test_live_errors_one_bit():
    done, left = with_big({"method": "GET", "do": "flip", "bytes": 2 << 20})
    told(done, 6, "INTEGRITY", "big")
    assert left == {}, list(left)
    done, left = with_big()
    assert done.code == 0 and left == {"out": BIG}, done


def test_live_errors_paused():
    """Connections are taken, nothing answers."""
    minio.clear()
    minio.server.pause()
    begun = time.monotonic()
    direct, between = minio.ingest("red", "j", direct=True), minio.ingest("red", "j")
    minio.server.resume()
    for done in (direct, between):
        told(done, 8, "UNAVAILABLE", "no reply from '127.0.0.1", "within 1.0 s")
    assert time.monotonic() - begun < 40 * SLOW
    minio.empty()


def test_live_errors_stalled():
    """A reply that stops in its middle, again and again."""
    begun = time.monotonic()
    done, left = with_big({"method": "GET", "do": "cut-reply", "bytes": 0, "hold": True})
    told(done, 8, "UNAVAILABLE", "sent no byte of its reply for 1.0 s")
    assert left == {} and time.monotonic() - begun < 60 * SLOW, list(left)


def stopped_reader(size):
    """`cat` of so many bytes, whose reader stops for three times as long as a server may be silent; its peak in MiB."""
    text = base64.b64encode(os.urandom(size // 4 * 3)).decode()
    minio.client.put_object(Bucket="bucket", Key="slow", Body=text.encode())
    process = minio.start("cat", "images:slow", direct=True)
    read = process.stdout.read(100)
    ended = os.pidfd_open(process.pid)
    assert select.select([ended], [], [], 3)[0] == [], process.stderr.read()
    os.close(ended)
    with open("/proc/%d/status" % process.pid) as status:
        most = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) >> 10
    read += process.stdout.read()
    assert process.wait(120 * SLOW) == 0 and read == text, (process.returncode, len(read), process.stderr.read())
    return most


def test_live_errors_reader_that_stops():
    """c-T11: that is no stall of the server's, costs no memory, and all of it comes: in one request, and in parts."""
    for size in (2 << 20, 24 << 20):
        most = stopped_reader(size)
        assert most < 24 or SLOW > 1, (size, most)
    minio.clear()
    minio.put("big", BIG)


def slowed_down(*words):
    """The command, what it asked, and how long it waited between: in milliseconds."""
    first = len(minio.between.requests)
    done = minio.run(*words)
    waits = [float(number) * {"ms": 1, "s": 1000}[unit] for number, unit in re.findall(r"; again in (\S+) (ms|s)\n", done.err)]
    return done, [request["method"] for request in minio.between.requests[first:]], waits


def test_live_errors_slow_down_for_ever():
    """Two tries and one wait each, of a second at most; of 50 ms where a HEAD heard no more than 503, and is asked why in the end."""
    minio.clear()
    minio.between.plan([{"do": "reply", "code": "SlowDown"}])
    done, asked, waits = slowed_down("--json", "put", minio.path("red"), "images:x")
    told(done, 8, "UNAVAILABLE", "later", "fewer", provider="SlowDown")
    assert asked == ["GET"] * 2 and len(waits) == 1 and waits[0] <= 1000, (asked, waits)
    done, asked, waits = slowed_down(*minio.words("red", "j"))
    told(done, 8, "UNAVAILABLE", "u/2026/11/j.png", "fewer", provider="SlowDown")
    assert asked == ["HEAD", "HEAD", "GET"] and len(waits) == 1 and waits[0] <= 50, (asked, waits)
    minio.between.plan([])
    minio.empty()


class Full(servers.Minio):
    """On a disk of a few megabytes: mounted as root, or as anybody in a mount namespace of its own."""
    root = os.geteuid() == 0

    def command(self):
        inside = "mount -t tmpfs -o size=24m tmpfs %s && exec %s" % (shlex.quote(self.path("data")), " ".join(map(shlex.quote, super().command())))
        return ([] if self.root else ["unshare", "--user", "--map-root-user", "--mount"]) + ["sh", "-c", inside]

    def stop(self):
        if self.root and self.folder:
            subprocess.run(["umount", "-l", self.path("data")], stderr=subprocess.DEVNULL)
        super().stop()


def fill(place):
    """With pieces that get smaller until not a byte fits; the write that comes upon the end is told as it may: MinIO has
    InternalError and IncompleteBody for it, and its right name only from then on."""
    from botocore.exceptions import ClientError
    for size in (1 << 20, 1 << 16, 1 << 12, 1):
        for number in range(1000):
            try:
                place.client.put_object(Bucket="bucket", Key="fill/%d-%d" % (size, number), Body=bytes(size))
            except ClientError as error:
                if error.response["Error"]["Code"] == "XMinioStorageFull":
                    break
        else:
            raise AssertionError("the disk does not fill up")


def test_live_errors_full():
    """Nothing of what did not fit is there, not the thumbnail either."""
    with Place(Full()) as place:
        for number in range(12):
            done = place.run("--json", "put", place.path("big"), "images:big/%d" % number)
            if done.code:
                break
        assert done.code in (6, 7, 8) and number and done.error["next"] and place.keys() == ["big/%d" % n for n in range(number)], (done, place.keys())
        fill(place)
        told(place.run("--json", "put", place.path("big"), "images:more"), 7, "NOSPACE", "'more'", "free space", provider="XMinioStorageFull")
        told(place.ingest("red", "j"), 7, "NOSPACE", "u/2026/11/", "free space", provider="XMinioStorageFull")
        assert place.keys("u/") == [] and place.keys("more") == [] and place.uploads() == [], place.keys()


def test_live_errors_full_for_the_picture():
    """The thumbnail fitted, the picture did not: no reader sees it, and the same goes on when there is room."""
    minio.clear()
    minio.between.plan([{"method": "PUT", "nth": 2, "do": "reply", "status": 507, "code": "XMinioStorageFull"}])
    done = minio.ingest("red", "j")
    minio.between.plan([])
    told(done, 7, "NOSPACE", image_key("j"), provider="XMinioStorageFull")
    assert minio.keys() in ([], [thumbnail_key("j")]), minio.keys()
    assert minio.ingest("red", "j").action == "stored" and minio.head(image_key("j"))
    minio.clear()


def test_live_errors_clock():
    """Twenty minutes off, either way: learned from the server's Date, signed again, and said once."""
    for seconds, word in ((-1200, "behind"), (1200, "ahead of")):
        minio.clear()
        first = len(minio.between.requests)
        done = minio.ingest("red", "j", more=clock.off(seconds))
        refused = [r for r in minio.between.requests[first:] if r["status"] == 403]
        assert done.action == "stored" and 1 <= len(refused) <= 2 and done.err.count(word) == 1 and "timedatectl" in done.err, (done, refused)
        assert minio.head(image_key("j")) and minio.head(thumbnail_key("j"))
        minio.clear()
    told(minio_without_date(), 4, "DENIED", "clock", "timedatectl", provider="RequestTimeTooSkewed")
    minio.empty()


def minio_without_date():
    """Nothing to learn from: named."""
    minio.between.plan([{"do": "headers", "set": {"Date": None}}])
    done = minio.ingest("red", "j", more=clock.off(-1200))
    minio.between.plan([])
    return done


def test_live_errors_tls():
    """A stranger's certificate is refused, the right authority is accepted from either place."""
    with Place("minio", QUICK, tls=True) as place:
        trust = place.server.ca
        assert place.ingest("red", "j").action == "stored"
        place.change(place.path("pipeline/profiles/minio-tls.ini"), "[backend \"objects\"]\n", ["ca-file ="])
        told(place.ingest("red", "k", more={"AWS_CA_BUNDLE": None}), 8, "UNAVAILABLE", "cannot trust '127.0.0.1", "ca-file")
        assert place.ingest("red", "k", more={"AWS_CA_BUNDLE": trust}).action == "stored"
    with Place("minio", QUICK, bucket=False, tls="DNS:elsewhere") as place:
        told(place.ingest("red", "j"), 8, "UNAVAILABLE", "cannot trust '127.0.0.1", "the name in the server's certificate")


def test_live_errors_redirect():
    """Nobody else is told who we are, whatever the server says."""
    with proxy.Proxy(versitygw.server.endpoint) as other:
        for status in (301, 302, 307, 308):
            minio.between.plan([{"do": "reply", "status": status, "headers": {"Location": other.endpoint + "/bucket/x"}}])
            done = minio.ingest("red", "j")
            minio.between.plan([])
            assert done.code not in (0, 1) and done.error["message"] and done.error["next"] and other.connections == 0, (done, other.requests)
    minio.empty()


def test_live_errors_tell_no_secret():
    """Of all that was said above, -v included."""
    told_all = "\n".join(Place.said)
    assert "aws: " in told_all and len(Place.said) > 30 and len(Place.secrets) > 5
    for secret in Place.secrets:
        assert secret not in told_all and secret[:20] not in told_all, "a secret is told"


try:
    tap.run(sys.modules[__name__])
finally:
    for place in (minio, versitygw):
        place.__exit__()
