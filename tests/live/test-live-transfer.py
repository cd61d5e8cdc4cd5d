#!/usr/bin/env python3
"""test-live-transfer: large objects in parts and ranges, on real servers, and what goes wrong on the way of one of them:
whole and right, or not there at all, and no upload left open."""
import fcntl
import gzip
import os
import shutil
import signal
import struct
import sys
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

MIB = 1 << 20
SIZE = 24 * MIB + 5                               # four parts of 8 MiB, the last of five bytes
A, B = os.urandom(SIZE), os.urandom(SIZE)
PACKED = gzip.compress(A[:17 * MIB], 1)
PART = {"method": "PUT", "path": "partNumber="}
RANGE = {"method": "GET", "path": "/bucket/t"}
COMPLETE = {"method": "POST", "path": "uploadId="}


class Place(Scene):
    def __init__(self, name, settings=()):
        super().__init__(servers.start(name), settings)
        self.server.make_bucket("bucket", versioning=True)
        self.use_bucket("bucket")
        self.replace('backend "archive"', ["driver = localfs-mock", "root = " + self.path("archive"), "create = yes"])
        self.put("a", A)
        self.put("b", B)

    def clean(self):
        listed = self.client.list_object_versions(Bucket="bucket")
        for version in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
            self.client.delete_object(Bucket="bucket", Key=version["Key"], VersionId=version["VersionId"])
        self.between.plan([])
        self.put("a", A)
        for upload in self.uploads():
            self.client.abort_multipart_upload(Bucket="bucket", Key=upload["Key"], UploadId=upload["UploadId"])
        shutil.rmtree(self.path("state"), ignore_errors=True)
        for name in os.listdir(self.folder):
            if name.startswith((".tmp", "out")):
                os.unlink(self.path(name))
        self.mark = len(self.between.requests)

    def upload(self, *words, file="a", **kinds):
        return self.run("--json", "put", *words, self.path(file), "images:t", **kinds)

    def download(self, **kinds):
        return self.run("--json", "get", "images:t", self.path("out"), **kinds)

    def out(self):
        """What the folder of the target has, private files included."""
        names = [name for name in os.listdir(self.folder) if name.startswith((".tmp", "out"))]
        assert names in ([], ["out"]), names
        if not names:
            return None
        with open(self.path("out"), "rb") as file:
            return file.read()

    def stored(self):
        return self.client.get_object(Bucket="bucket", Key="t")["Body"].read()

    def nothing(self):
        assert self.keys() == [] and self.uploads() == [], (self.keys(), self.uploads())


def fails(done, code, kind, *texts):
    assert done.code == code and done.error.get("code") == kind, done
    for text in texts:
        assert text in str(done.error), (text, done.error)


place = Places(Place)


# ---- whole, in both directions

def check_both_ways(name):
    at = place(name)
    done = at.upload()
    assert done.code == 0 and at.stored() == A and at.uploads() == [], done
    assert len(at.seen("PUT", "partNumber=")) == 4 and len(at.seen("POST", "uploads")) == 1 and len(at.seen("POST", "uploadId=")) == 1
    assert at.client.head_object(Bucket="bucket", Key="t")["ETag"].endswith('-4"')
    done = at.download()
    assert done.code == 0 and at.out() == A and len(at.seen("HEAD", "/bucket/t")) == 1, done     # looked at once
    ranges = sorted(dict(r["headers"]).get("Range") or dict(r["headers"]).get("range") for r in at.seen("GET", "/bucket/t"))
    assert ranges == sorted("bytes=%d-%d" % (at, min(at + 8 * MIB, SIZE) - 1) for at in range(0, SIZE, 8 * MIB)), ranges
    assert all("if-match" in {key.lower() for key, _ in r["headers"]} for r in at.seen("GET", "/bucket/t"))
    stamp = at.client.head_object(Bucket="bucket", Key="t")["LastModified"].timestamp()
    assert int(os.stat(at.path("out")).st_mtime) == int(stamp)


def test_live_transfer_both_ways_minio():
    check_both_ways("minio")


def test_live_transfer_both_ways_versitygw():
    check_both_ways("versitygw")


def test_live_transfer_both_ways_moto():
    check_both_ways("moto")


def meet(count):
    """A rule's function that lets nobody pass before so many are there at once."""
    gate = threading.Barrier(count)
    return lambda record: gate.wait(30 * servers.SLOW)


def test_live_transfer_parts_are_sent_together():
    at = place()
    at.between.plan([{**PART, "before": meet(4)}])
    assert at.upload().code == 0 and at.stored() == A


def test_live_transfer_ranges_are_read_together():
    at = place()
    at.upload()
    at.between.plan([{**RANGE, "before": meet(4)}])
    assert at.download().code == 0 and at.out() == A


def test_live_transfer_small_ones_pass_large_ones():
    # eight large ones are held; a small one that comes behind them arrives all the same
    at = place()
    os.makedirs(at.path("tree"), exist_ok=True)
    for number in range(9):
        os.link(at.path("a"), at.path("tree/%d" % number))
    at.put("tree/small", b"small")
    arrived = threading.Event()
    at.between.plan([{"method": "PUT", "path": "/bucket/t/small", "before": lambda record: arrived.set()},
                     {**PART, "before": lambda record: arrived.wait(30 * servers.SLOW) or os._exit(9)}])
    done = at.run("put", "-r", at.path("tree/"), "images:t/")
    assert done.code == 0 and len(at.keys()) == 10, done
    shutil.rmtree(at.path("tree"))


def check_standard_input(name):
    # c-T09, c-T10: nothing, one part, and both sides of the borders; what is small opens no upload
    at = place(name)
    for size in (0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, SIZE):
        at.clean()
        with open(at.path("a"), "r+b") as file:
            file.truncate(size)
        with open(at.path("a"), "rb") as file:
            done = at.run("--json", "put", "-", "images:t", stdin=file)
        assert done.code == 0 and at.stored() == A[:size] and at.uploads() == [], (size, done)
        assert len(at.seen("POST", "uploads")) == (size >= 8 * MIB), size


def test_live_transfer_standard_input_minio():
    check_standard_input("minio")


def test_live_transfer_standard_input_versitygw():
    check_standard_input("versitygw")


def test_live_transfer_standard_input_moto():
    check_standard_input("moto")


def test_live_transfer_standard_input_expected():
    # c-T09: parts of 11 MiB for a stream that may have 100 GB, also where it ends before or in the first of them; a hint that is far
    # too small is no limit; and what cannot be is refused before anything is sent
    at = place()
    for expected, size, part in (("100GB", SIZE, 11), ("100GB", 11 * MIB, 11), ("100GB", 9 * MIB, 11), ("100GB", MIB, 11), ("1MiB", SIZE, 8)):
        at.clean()
        with open(at.path("a"), "r+b") as file:
            file.truncate(size)
            file.seek(0)
            done = at.run("--json", "put", "--expected-size", expected, "-", "images:t", stdin=file)
            file.seek(0)
            file.write(A)
        assert done.code == 0 and at.stored() == A[:size] and at.uploads() == [], (expected, size, done)
        sent = [int(value) for r in at.seen("PUT", "partNumber=") for name, value in r["headers"] if name.lower() == "content-length"]
        full = [part * MIB] * (size // (part * MIB)) + ([size % (part * MIB)] if size % (part * MIB) else [])
        assert sent == (full if size >= 8 * MIB else []), (expected, size, sent)
    at.clean()
    with open(at.path("a"), "rb") as file:
        fails(at.run("--json", "put", "--expected-size", "49TiB", "-", "images:t", stdin=file), 2, "LIMIT", "48.8 TiB")
    fails(at.upload("--expected-size", "1GB"), 2, "INVALID", "standard input")
    assert at.seen("PUT", "") == [] and at.seen("POST", "") == [] and at.keys() == []


# ---- moving sources

def during_part(at, number, what):
    at.between.plan([{**PART, "path": r"partNumber=%d(&|$)" % number, "before": what}])


def test_live_transfer_source_truncated():
    # c-T01
    at = place()
    during_part(at, 2, lambda record: os.truncate(at.path("a"), 10 * MIB))
    fails(at.upload(), 6, "INTEGRITY", "source changed while being read")
    at.nothing()


def test_live_transfer_source_changed():
    # c-T01: one byte, and the time put back
    at = place()

    def change(record):
        before = os.stat(at.path("a"))
        with open(at.path("a"), "r+b") as file:
            file.write(bytes([A[0] ^ 1]))
        os.utime(at.path("a"), ns=(before.st_atime_ns, before.st_mtime_ns))
    during_part(at, 3, change)
    fails(at.upload(), 6, "INTEGRITY", "source changed while being read")
    at.nothing()


def test_live_transfer_source_unlinked():
    # c-T01: what is open can be read to its end
    at = place()
    during_part(at, 2, lambda record: os.unlink(at.path("a")))
    done = at.upload()
    assert done.code == 0 and at.stored() == A, done


def replaced(at, data):
    """412 for the third range: it begins anew, and what is there is all of the new one."""
    at.upload()
    at.between.plan([{**RANGE, "nth": 3, "before": lambda record: at.client.put_object(Bucket="bucket", Key="t", Body=data)}])
    done = at.download()
    assert done.code == 0 and at.out() == data and done.lines[-1]["again"] == 1 and done.lines[-1]["bytes"] == len(data), done


def test_live_transfer_object_replaced_all_the_time():
    # c-T02: not for ever: CONFLICT, and nothing of any of them
    at = place()
    at.upload()
    bodies = (B[:n] + b"x" for n in range(20 * MIB, 24 * MIB))
    at.between.plan([{**RANGE, "nth": list(range(2, 40)), "before": lambda record: at.client.put_object(Bucket="bucket", Key="t", Body=next(bodies))}])
    fails(at.download(), 5, "CONFLICT")
    assert at.out() is None


def test_live_transfer_object_replaced():
    # c-T02
    replaced(place(), B)


def test_live_transfer_object_replaced_by_shorter():
    # c-T02
    replaced(place(), B[:MIB])


# ---- bad lines and servers

def test_live_transfer_range_cut():
    # c-T12: at byte 5 and before the last one; read on from there, of the same version
    at = place()
    at.upload()
    at.between.plan([{**RANGE, "nth": 1, "do": "cut-reply", "bytes": 5}, {**RANGE, "nth": 3, "do": "cut-reply", "bytes": 8 * MIB - 1}])
    done = at.download()
    assert done.code == 0 and at.out() == A, done


def test_live_transfer_range_always_cut():
    at = place()
    at.upload()
    at.between.plan([{**RANGE, "do": "cut-reply", "bytes": 5}])
    fails(at.download(), 8, "UNAVAILABLE", "broke off", "goes on from there")
    assert not os.path.exists(at.path("out"))
    at.between.plan([])
    done = at.download()
    assert done.code == 0 and at.out() == A, done


def test_live_transfer_bit_flipped():
    at = place()
    at.upload()
    at.between.plan([{**RANGE, "nth": 2, "do": "flip", "bytes": 2}])
    done = at.download()                       # found, and fetched once more
    assert done.code == 0 and done.lines[-1]["again"] == 1 and at.out() == A, done
    at.between.plan([{**RANGE, "do": "flip", "bytes": 2}])
    os.unlink(at.path("out"))
    fails(at.download(), 6, "INTEGRITY", "checksum")
    assert at.out() is None


def test_live_transfer_part_refused_once():
    at = place()
    at.between.plan([{**PART, "nth": 2, "do": "reply", "code": "SlowDown"}, {**PART, "nth": 4, "do": "cut-request", "bytes": 1000}])
    done = at.upload()
    assert done.code == 0 and at.stored() == A and at.uploads() == [], done


def test_live_transfer_part_refused_for_good():
    at = place()
    at.between.plan([{**PART, "path": r"partNumber=3(&|$)", "do": "reply", "code": "AccessDenied"}])
    fails(at.upload(), 4, "DENIED", "part 3")
    at.nothing()


def test_live_transfer_finish_unanswered():
    # c-T15: it was done, and nobody heard of it: one object, success
    at = place()
    at.between.plan([{**COMPLETE, "nth": 1, "do": "drop-reply"}])
    done = at.upload()
    assert done.code == 0 and at.versions() == {"t": 1} and at.stored() == A, (done, at.versions())


def lost(at, method, *words):
    """The same command with its first answer lost: how often it was asked."""
    mark = len(at.between.requests)
    at.between.plan([{"method": method, "path": "^/bucket/lost", "nth": 1, "do": "drop-reply"}])
    done = at.run("--json", *words)
    assert done.code == 0, done
    return len([r for r in at.between.requests[mark:] if r["method"] == method])


def test_live_transfer_small_ones_unanswered():
    # c-T15: a look tells that it was done: one version, one delete marker, and the bytes go once
    at = place()
    at.put("small", b"small")
    for words in ((), ("--cache-control", "max-age=1")):          # the same bytes, but another object
        assert lost(at, "PUT", "put", *words, at.path("small"), "images:lost") == 1
    listed = at.client.list_object_versions(Bucket="bucket", Prefix="lost")
    assert len(listed["Versions"]) == 2 and at.client.head_object(Bucket="bucket", Key="lost")["CacheControl"] == "max-age=1", listed
    assert lost(at, "DELETE", "rm", "images:lost") == 1
    listed = at.client.list_object_versions(Bucket="bucket", Prefix="lost")
    assert len(listed["Versions"]) == 2 and len(listed["DeleteMarkers"]) == 1, listed


def test_live_transfer_small_one_lost_with_its_answer():
    # not done: it is sent again
    at = place()
    at.put("small", b"small")
    at.between.plan([{"method": "PUT", "path": "^/bucket/lost", "nth": 1, "do": "cut-request", "bytes": 2}])
    mark = len(at.between.requests)
    assert at.run("put", at.path("small"), "images:lost2").code == 0
    assert [r["method"] for r in at.between.requests[mark:] if r["path"] == "/bucket/lost2"] == ["PUT", "HEAD", "PUT"]
    assert at.client.get_object(Bucket="bucket", Key="lost2")["Body"].read() == b"small"


def test_live_transfer_finish_unanswered_and_replaced():
    # c-T15: somebody else's object is never taken for ours
    at = place()
    at.between.plan([{**COMPLETE, "nth": 1, "do": "drop-reply",
                      "after": lambda record: at.client.put_object(Bucket="bucket", Key="t", Body=b"theirs")}])
    fails(at.upload(), 5, "CONFLICT", "another object")
    assert at.stored() == b"theirs"


def test_live_transfer_finish_error_in_success():
    # c-T15: 200 with an error in it, also behind white space
    at = place()
    body = "   \n\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>"
    at.between.plan([{**COMPLETE, "do": "reply", "status": 200, "body": body}])
    fails(at.upload(), 8, "UNAVAILABLE", "InternalError", "goes on from there")
    assert at.keys() == []
    at.between.plan([])
    at.mark = len(at.between.requests)
    done = at.upload()
    assert done.code == 0 and at.stored() == A and not at.seen("PUT", "partNumber=") and at.uploads() == [], done


def test_live_transfer_finish_tells_another_checksum():
    """The parts are right, and what the server says it made of them is not: nobody takes it for stored."""
    at = place()
    body = ("<CompleteMultipartUploadResult><ETag>&quot;e-4&quot;</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"
            "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>")
    at.between.plan([{**COMPLETE, "do": "reply", "forward": True, "status": 200, "body": body}])
    done = at.upload()
    fails(done, 6, "INTEGRITY", "says that it stored AAAAAAAAAAA=", "do not trust what is there now")
    assert at.uploads() == [] and at.journals() == [], done


def test_live_transfer_create_only():
    # refused before a byte of it is sent
    at = place()
    at.upload()
    at.mark = len(at.between.requests)
    fails(at.upload("--create-only", file="b"), 5, "CONFLICT", "images:t")
    assert at.stored() == A and not at.seen("PUT", "") and at.uploads() == []


# ---- a service that is busy

def tree(at, count):
    os.makedirs(at.path("many"), exist_ok=True)
    for number in range(count):
        at.put("many/%03d" % number, b"x" * number)
    return at.path("many/")


def check_throttled(name):
    # refused as often as one item is tried, and taken when the others are done
    at = place(name)
    rule = {"method": "PUT", "path": "/bucket/t/000", "times": 3, "do": "reply", "code": "SlowDown"}
    at.between.plan([rule])
    done = at.run("--json", "put", "-r", tree(at, 40), "images:t/")
    puts = [r["path"].split("?")[0] for r in at.seen("PUT", "/bucket/t/")]
    assert done.code == 0 and done.lines[-1]["copied"] == 40 and len(at.keys()) == 40, (done.error, done.lines[-1], puts)
    assert puts[-1].endswith("/000") and len(puts) == 43, puts
    shutil.rmtree(at.path("many"))


def test_live_transfer_throttled_one_goes_behind_the_rest_minio():
    check_throttled("minio")


def test_live_transfer_throttled_one_goes_behind_the_rest_versitygw():
    check_throttled("versitygw")


def test_live_transfer_throttled_one_goes_behind_the_rest_moto():
    check_throttled("moto")


def test_live_transfer_busy_for_ever_ends():
    # nothing gets through: the rest is not tried, and the retries are few
    at = place()
    at.between.plan([{"do": "reply", "code": "SlowDown"}])
    done = at.run("--json", "put", "-r", tree(at, 300), "images:t/")
    shutil.rmtree(at.path("many"))
    tail = done.lines[-1]
    assert done.code == 8 and tail["failed"] >= 20 and tail["failed"] < 60 and tail["scanned"] == tail["failed"], done
    assert len(at.between.requests) - at.mark < 200, len(at.between.requests) - at.mark


def test_live_transfer_bandwidth():
    # 24 MiB in parts of 8 at 8 MB/s: the last begins when 24 MiB have had their time
    at = place()
    since = time.monotonic()
    done = at.run("--json", "--bandwidth", "8MB/s", "put", at.path("a"), "images:t")
    assert done.code == 0 and time.monotonic() - since >= 3 * 8 * MIB / 8e6, done


def test_live_transfer_requests():
    at = place()
    since = time.monotonic()
    done = at.run("--json", "--requests", "20", "put", "-r", tree(at, 41), "images:t/")
    shutil.rmtree(at.path("many"))
    assert done.code == 0 and time.monotonic() - since >= 40 / 20, done


# ---- a cancel

def queued(process):
    """Seconds that its first thread was ready and another had the processor."""
    with open("/proc/%d/schedstat" % process.pid) as file:
        return int(file.read().split()[1]) / 1e9


def end_by(at, process, stop):
    """(what it said, seconds from the signal to its end, without those that a busy machine made its first thread wait)"""
    since, before = time.monotonic(), queued(process)
    process.send_signal(stop)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    took = time.monotonic() - since - (queued(process) - before)
    return at.end(process), took


def ends_soon(what, begun, stop):
    """Ends within a second, whatever `begun(at)`, a process, is at. What others on the machine add differs each time: the least of three counts,
    all of which would show a wait of the program's own."""
    at, times = place(), []
    at.client.put_object(Bucket="bucket", Key="t", Body=A)
    for _ in range(3):
        done, took = end_by(at, begun(at), stop)
        assert done.code == 128 + stop and done.lines[-1]["type"] == "summary" and done.lines[-1]["done"] == 0, (what, done)
        times.append(took)
        shutil.rmtree(at.path("state"), ignore_errors=True)
    at.between.plan([])
    print("# %s: %s s" % (what, ", ".join("%.3f" % one for one in times)))
    assert min(times) < servers.SLOW, (what, times)


def check_cancelled(rule, *words, do="stall", stop=signal.SIGINT, **kinds):
    """While the server is at a request of that kind, or has sent back what is to be tried again."""
    def begun(at):
        reached = threading.Event()
        at.between.quiet()                   # or a request of the process before would be taken for one of this
        at.between.plan([{**rule, "do": do, "before": lambda record: reached.set(), **kinds}])
        process = at.start("--json", *(at.path(word[1:]) if word[0] == "@" else word for word in words))
        assert reached.wait(30 * servers.SLOW), words
        return process
    ends_soon("%s %s at %s" % (" ".join(words[:3]), do, " ".join(rule.values())), begun, stop)


def check_cancelled_silent(count, stop):
    """While whoever writes to standard input says nothing, after so many bytes that have all been read."""
    ends = []

    def begun(at):
        reading, writing = os.pipe()
        process = at.start("--json", "put", "-", "images:u", stdin=reading)
        ends.append(writing)
        with open(writing, "wb", buffering=0, closefd=False) as file:
            for _ in range(count // 4096):
                file.write(A[:4096])
        left = 1
        while left:
            assert process.poll() is None
            left = struct.unpack("i", fcntl.ioctl(reading, termios.FIONREAD, struct.pack("i", 0)))[0]
        os.close(reading)
        return process
    ends_soon("put - after %d bytes" % count, begun, stop)
    for writing in ends:
        os.close(writing)
    assert place().uploads() == [] and "u" not in place().keys()


def test_live_transfer_cancelled_while_standard_input_is_silent():
    check_cancelled_silent(4096, signal.SIGINT)
    check_cancelled_silent(9 * MIB, signal.SIGTERM)


def test_live_transfer_cancelled_while_bandwidth_is_waited_for():
    check_cancelled(PART, "--bandwidth", "4KB/s", "put", "@a", "images:u", do="pass")
    check_cancelled(RANGE, "--bandwidth", "4KB/s", "get", "images:t", "@out", do="pass", stop=signal.SIGTERM)


def test_live_transfer_cancelled_at_any_point():
    check_cancelled({"method": "POST", "path": "uploads"}, "put", "@a", "images:u")
    check_cancelled(PART, "put", "@a", "images:u", stop=signal.SIGTERM)
    check_cancelled(COMPLETE, "put", "@a", "images:u")
    check_cancelled({"method": "HEAD"}, "get", "images:t", "@out")
    check_cancelled(RANGE, "get", "images:t", "@out", stop=signal.SIGTERM)
    check_cancelled({"method": "GET", "path": "list-type"}, "sync", "--delete", "images:", "@out-tree")
    check_cancelled({"method": "GET", "path": "list-type"}, "rm", "-r", "images:x/")
    check_cancelled({"method": "GET", "path": "versions"}, "undelete", "-r", "--at", "2026-01-01", "images:")
    check_cancelled({"method": "PUT", "path": "/bucket/copy"}, "cp", "images:t", "images:copy")
    check_cancelled({"method": "PUT"}, "put", "@a", "images:u", "--jobs", "1", do="reply", code="SlowDown")
    check_cancelled({"method": "POST", "path": "uploads"}, "put", "@a", "images:u", do="reply", code="SlowDown")


# ---- going on where a run ended

def drafts(at):
    return [name for name in os.listdir(at.folder) if name.startswith(".tmp")]


def check_upload_goes_on(name, stop, code):
    at = place(name)
    done = at.held(PART, 3, ("put", at.path("a"), "images:t"), stop)
    assert done.code == code and at.keys() == [] and len(at.uploads()) == 1 and len(at.journals()) == 1, (done, at.uploads(), at.journals())
    done = at.upload()
    sent = sorted(r["path"].split("partNumber=")[1].split("&")[0] for r in at.seen("PUT", "partNumber="))
    assert done.code == 0 and at.stored() == A and sent == ["4"], (done, sent)     # the server tells of the third, the journal does not
    assert at.versions() == {"t": 1} and at.uploads() == [] and at.journals() == [] and len(at.seen("POST", "uploads")) == 0, (at.versions(), at.uploads(), at.journals())


def test_live_transfer_interrupted_upload_goes_on_minio():
    check_upload_goes_on("minio", signal.SIGINT, 130)


def test_live_transfer_killed_upload_goes_on_minio():
    check_upload_goes_on("minio", signal.SIGKILL, -9)


def test_live_transfer_killed_upload_goes_on_versitygw():
    check_upload_goes_on("versitygw", signal.SIGKILL, -9)


def test_live_transfer_killed_upload_goes_on_moto():
    check_upload_goes_on("moto", signal.SIGKILL, -9)


def test_live_transfer_upload_of_another_file_begins_anew():
    at = place()
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    at.put("a", B)
    done = at.upload()
    assert done.code == 0 and at.stored() == B and len(at.seen("PUT", "partNumber=")) == 4, done
    assert at.uploads() == [] and at.journals() == []


def test_live_transfer_upload_with_other_attributes_begins_anew():
    at = place()
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    done = at.upload("--content-type", "image/x-other")
    assert done.code == 0 and len(at.seen("PUT", "partNumber=")) == 4 and at.uploads() == [], done
    assert at.client.head_object(Bucket="bucket", Key="t")["ContentType"] == "image/x-other"


def test_live_transfer_part_that_the_store_tells_otherwise():
    """What is there under a part's number is compared with the file, not taken."""
    at = place()
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    upload, = at.uploads()
    at.client.upload_part(Bucket="bucket", Key="t", UploadId=upload["UploadId"], PartNumber=2, Body=B[:8 * MIB], ChecksumAlgorithm="CRC64NVME")
    done = at.upload()
    sent = sorted(r["path"].split("partNumber=")[1].split("&")[0] for r in at.seen("PUT", "partNumber="))
    assert done.code == 0 and at.stored() == A and sent == ["2", "4"] and at.uploads() == [] and at.journals() == [], (done, sent)


def test_live_transfer_upload_that_is_gone_begins_anew():
    at = place()
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    for upload in at.uploads():
        at.client.abort_multipart_upload(Bucket="bucket", Key="t", UploadId=upload["UploadId"])
    done = at.upload()
    assert done.code == 0 and at.stored() == A and at.uploads() == [] and at.journals() == [], done


def download_held(at, stop):
    at.upload()
    at.mark = len(at.between.requests)
    return at.held(RANGE, 3, ("get", "images:t", at.path("out")), stop)


def check_download_goes_on(name, stop, code):
    at = place(name)
    done = download_held(at, stop)
    assert done.code == code and not os.path.exists(at.path("out")) and len(drafts(at)) == 1 and len(at.journals()) == 1, (done, drafts(at))
    done = at.download()
    ranges = sorted(dict(r["headers"]).get("Range") or dict(r["headers"]).get("range") for r in at.seen("GET", "/bucket/t"))
    assert done.code == 0 and at.out() == A and ranges == ["bytes=16777216-25165823", "bytes=25165824-25165828"], (done, ranges)
    assert at.journals() == []


def test_live_transfer_interrupted_download_goes_on():
    check_download_goes_on("minio", signal.SIGTERM, 143)


def test_live_transfer_killed_download_goes_on_minio():
    check_download_goes_on("minio", signal.SIGKILL, -9)


def test_live_transfer_killed_download_goes_on_versitygw():
    check_download_goes_on("versitygw", signal.SIGKILL, -9)


def test_live_transfer_killed_download_goes_on_moto():
    check_download_goes_on("moto", signal.SIGKILL, -9)


# ---- bytes that are packed

def check_packed(name):
    """c-T13: what says of itself that it is packed comes as it went, in ranges, by a resumed run and in another store."""
    at = place(name)
    at.put("a", PACKED)
    assert at.upload("--content-encoding", "gzip").code == 0 and at.client.head_object(Bucket="bucket", Key="t")["ContentEncoding"] == "gzip"
    at.held(RANGE, 2, ("get", "images:t", at.path("out")), signal.SIGKILL)
    done = at.download()
    assert done.code == 0 and at.out() == PACKED, done
    done = at.run("--json", "cp", "images:t", "backups:t")
    assert done.code == 0, done
    assert at.run("verify", "images:t", "backups:t").code == 0
    assert "gzip" in at.run("--json", "stat", "backups:t").out
    offers = [value for r in at.between.requests for key, value in r["headers"] if key.lower() == "accept-encoding"]
    assert set(offers) <= {"identity"}, offers


def test_live_transfer_packed_minio():
    check_packed("minio")


def test_live_transfer_packed_versitygw():
    check_packed("versitygw")


def test_live_transfer_packed_moto():
    check_packed("moto")


def test_live_transfer_download_of_another_object_begins_anew():
    at = place()
    download_held(at, signal.SIGKILL)
    at.client.put_object(Bucket="bucket", Key="t", Body=B)
    done = at.download()
    assert done.code == 0 and at.out() == B and at.journals() == [], done


def test_live_transfer_what_a_power_cut_left_is_read_again():
    # the record of a range outlived its bytes: it is fetched once more
    at = place()
    download_held(at, signal.SIGKILL)
    draft, = drafts(at)
    with open(at.path(draft), "r+b") as file:
        file.write(bytes(MIB))
    done = at.download()
    assert done.code == 0 and at.out() == A and len(at.seen("GET", "/bucket/t")) == 3, done


def listed(at):
    done = at.run("--json", "transfer", "ls")
    return [(line["kind"], line["running"], line.get("problem")) for line in done.lines if line["type"] == "transfer"]


def test_live_transfer_resume():
    # both kinds at once, without their commands' words; attributes are those of the command
    at = place()
    at.client.put_object(Bucket="bucket", Key="u", Body=B)
    at.held({**RANGE, "path": "/bucket/u"}, 3, ("get", "images:u", at.path("out")), signal.SIGKILL)
    at.held(PART, 3, ("put", "--content-type", "image/x-a", "--metadata", "n=v w", at.path("a"), "images:t"), signal.SIGKILL)
    assert sorted(listed(at)) == [("download", False, None), ("upload", False, None)]
    dry = at.run("--json", "-n", "transfer", "resume")
    assert dry.code == 0 and dry.lines[-1]["would_copy"] == 2 and len(at.journals()) == 2, dry
    done = at.run("--json", "transfer", "resume")
    head = at.client.head_object(Bucket="bucket", Key="t")
    assert done.code == 0 and at.stored() == A and at.out() == B and at.journals() == [] and at.uploads() == [], done
    assert head["ContentType"] == "image/x-a" and head["Metadata"] == {"n": "v w"} and len(at.seen("POST", "uploads")) == 0, head


def tree_of(at):
    os.makedirs(at.path("tree"), exist_ok=True)
    at.put("tree/t", A)
    return at.path("tree")


def test_live_transfer_of_a_plan_goes_on_with_its_plan():
    # resume does not know what the plan takes for granted
    at = place()
    assert at.run("sync", "--plan", at.path("plan"), tree_of(at), "images:").code == 0
    at.held(PART, 3, ("apply", at.path("plan")), signal.SIGKILL)
    done = at.run("--json", "transfer", "resume")
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and "larder apply" in str(done) and len(at.uploads()) == 1, done
    done = at.run("--json", "apply", at.path("plan"))
    assert done.code == 0 and at.stored() == A and len(at.seen("PUT", "partNumber=")) == 1 and at.uploads() == [] and at.journals() == [], done
    assert [{name.lower(): value for name, value in r["headers"]}["if-none-match"] for r in at.seen("POST", "uploadId=")] == ["*"]


def test_live_transfer_resume_keeps_exact_times():
    at = place()
    tree_of(at)
    os.utime(at.path("tree/t"), ns=(1, 1700000000123456789))
    at.held(PART, 3, ("sync", "--exact-times", at.path("tree"), "images:"), signal.SIGKILL)
    done = at.run("--json", "transfer", "resume")
    assert done.code == 0 and at.stored() == A and len(at.seen("PUT", "partNumber=")) == 1 and at.journals() == [], done
    assert at.client.head_object(Bucket="bucket", Key="t")["Metadata"] == {"mtime": "1700000000.123456789"}


def test_live_transfer_running_is_left_alone():
    at = place()
    stalled = threading.Event()
    at.between.plan([{**PART, "nth": 3, "do": "stall", "before": lambda record: stalled.set()}])
    process = at.start("--json", "put", at.path("a"), "images:t")
    assert stalled.wait(30 * servers.SLOW)
    assert listed(at) == [("upload", True, None)]
    done = at.run("--json", "transfer", "gc", "--older-than", "0s")
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and len(at.uploads()) == 1, done
    process.kill()
    at.end(process)


def test_live_transfer_gc():
    # only what our journals tell of, and only past its age
    at = place()
    theirs = at.client.create_multipart_upload(Bucket="bucket", Key="theirs")["UploadId"]
    at.client.put_object(Bucket="bucket", Key="u", Body=B)
    at.held({**RANGE, "path": "/bucket/u"}, 3, ("get", "images:u", at.path("out")), signal.SIGKILL)
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    at.put(".tmp-of-somebody-else", b"")
    young = at.run("--json", "transfer", "gc")
    assert young.code == 0 and young.lines[-1]["skipped"] == 2 and len(at.journals()) == 2 and len(at.uploads()) == 2, young
    done = at.run("--json", "transfer", "gc", "--older-than", "0s")
    assert done.code == 0 and done.lines[-1]["removed"] == 2 and at.journals() == [] and drafts(at) == [".tmp-of-somebody-else"], done
    assert [upload["UploadId"] for upload in at.uploads()] == [theirs]


def test_live_transfer_to_a_url_wants_its_backend():
    """Without it nobody knows where that bucket is: what is missing is told, and the upload stays; with it, it goes on."""
    at, backend = place(), ("--backend", "objects")
    at.held(PART, 3, (*backend, "put", at.path("a"), "s3://bucket/t"), signal.SIGKILL)
    assert listed(at) == [("upload", False, "give the --backend that it was begun with")]
    done = at.run("--json", "transfer", "gc", "--older-than", "0s")
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and len(at.uploads()) == 1, done
    done = at.run("--json", *backend, "transfer", "resume")
    assert done.code == 0 and at.stored() == A and len(at.seen("PUT", "partNumber=")) == 1 and at.journals() == [], done


def test_live_transfer_of_another_place_is_left_alone():
    # the same store under the same name, elsewhere
    at, other = place(), Place("versitygw")
    at.held(PART, 3, ("put", at.path("a"), "images:t"), signal.SIGKILL)
    with other:
        done = other.run("--json", "--state", at.path("state", "larder"), "transfer", "gc", "--older-than", "0s")
        assert done.code == 0 and done.lines[-1]["skipped"] == 1 and "another profile" in done.out, done
    other.server.stop()
    assert len(at.uploads()) == 1 and len(at.journals()) == 1


def test_live_transfer_journals_that_cannot_be_read_stay():
    """Of a version to come, damaged, or somebody else's: what hangs on them is not known. One that was torn before its first line goes."""
    at = place()
    at.clean()
    folder = at.path("state/larder/transfers")
    os.makedirs(folder, exist_ok=True)
    kept = {"a" * 40 + ".journal": b'{"journal":"larder-transfer","version":2} 00000000\n', "mine.journal": b"a diary\n"}
    for name, data in {**kept, "b" * 40 + ".journal": b'{"journal":"lar'}.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    for words in (("transfer", "ls"), ("transfer", "gc", "--older-than", "0s"), ("transfer", "resume")):
        assert at.run(*words).code == 0
    assert sorted(os.listdir(folder)) == sorted(kept), os.listdir(folder)


def test_live_transfer_no_state_no_remains():
    # where nothing can be kept, nothing is: the upload is given up at once
    at = place()
    at.put("file", b"")
    stalled = threading.Event()
    at.between.plan([{**PART, "nth": 3, "do": "stall", "before": lambda record: stalled.set()}])
    process = at.start("--json", "--state", at.path("file"), "put", at.path("a"), "images:t")
    assert stalled.wait(30 * servers.SLOW)
    process.send_signal(signal.SIGINT)
    done = at.end(process)
    assert done.code == 130, done
    at.nothing()


def test_live_transfer_no_state_is_said():
    """Once a run, of what would have had a journal: what a kill would leave is then known to nobody."""
    at = place()
    tree = tree_of(at)
    at.put("tree/u", B)
    words = ("--state", at.put("file", b""))
    up, down = at.run(*words, "sync", tree, "images:"), at.run(*words, "get", "images:t", at.path("out"))
    for done in (up, down):
        assert done.code == 0 and done.err.count("no journal can be kept in '%s'" % at.path("file")) == 1, done
    assert "no journal" not in at.run("put", at.path("a"), "images:t").err
    assert "no journal" not in at.run(*words, "put", at.path("file"), "images:t").err


run_in(place, sys.modules[__name__])
