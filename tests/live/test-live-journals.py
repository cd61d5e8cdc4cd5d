#!/usr/bin/env python3
"""test-live-journals: what is left of a transfer that was killed is known to its journal: standard input, copies from store to store, uploads whose
id never came. It is listed, gone on with where that can be, given up past its age; then nothing is open on the server."""
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import clock  # noqa: E402
import servers  # noqa: E402
from crc import crc32c  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

MIB = 1 << 20
A, B = os.urandom(41 * MIB + 3), os.urandom(41 * MIB + 3)     # six pieces of 8 MiB
LARGE = os.urandom(MIB) * 300 + b"end"                        # three parts of 128 MiB, where the service copies them
PART = {"method": "PUT", "path": "partNumber="}
BEGIN = {"method": "POST", "path": "uploads="}
COMPLETE = {"method": "POST", "path": "uploadId="}


class Place(Scene):
    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "copy-most = 200MiB"])
        self.server.make_bucket("bucket", versioning=True)
        self.use_bucket("bucket")
        self.put("a", A)

    def clean(self):
        self.between.plan([])
        for upload in self.uploads():
            self.client.abort_multipart_upload(Bucket="bucket", Key=upload["Key"], UploadId=upload["UploadId"])
        self.client.delete_object(Bucket="bucket", Key="t")
        for name in self.journals():
            os.unlink(self.path("state", "larder", "transfers", name))
        self.mark = len(self.between.requests)

    def body(self, key="t"):
        return self.client.get_object(Bucket="bucket", Key=key)["Body"].read()

    def listed(self):
        """Kind, and why it cannot go on."""
        done = self.run("--json", "transfer", "ls")
        assert done.code == 0, done
        return [(line["kind"], line.get("problem") or line.get("no_resume")) for line in done.lines if line["type"] == "transfer"]

    def gc(self, *words, hours=0, age="0s"):
        more = clock.off(3600 * hours) if hours else {}
        return self.run("--json", "transfer", "gc", "--older-than", age, *words, more=more)

    def parts(self):
        return sorted(int(r["path"].split("partNumber=")[1].split("&")[0]) for r in self.seen("PUT", "partNumber="))

    def nothing_left(self):
        assert self.uploads() == [] and self.journals() == [], (self.uploads(), self.journals())


place = Places(Place)


# ---- standard input

def stream_killed(name="minio"):
    at = place(name)
    with open(at.path("a"), "rb") as data:
        done = at.held(PART, 3, ("put", "-", "images:t"), signal.SIGKILL, stdin=data)
    assert done.code == -9 and len(at.uploads()) == 1 and len(at.journals()) == 1, (done, at.uploads(), at.journals())
    return at


def test_live_journals_standard_input_is_given_up():
    at = stream_killed()
    assert at.listed() == [("stream", "standard input cannot be gone on with: give it again")]
    done = at.run("--json", "transfer", "resume")
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and "give it again" in done.out and len(at.uploads()) == 1, done
    young = at.gc(age="7d")
    assert young.code == 0 and young.lines[-1]["skipped"] == 1 and len(at.uploads()) == 1, young
    done = at.gc()
    assert done.code == 0 and done.lines[-1]["removed"] == 1 and "t" not in at.keys(), done
    at.nothing_left()


def test_live_journals_standard_input_given_again():
    at = stream_killed("versitygw")
    with open(at.path("a"), "rb") as data:
        done = at.run("--json", "put", "-", "images:t", stdin=data)
    assert done.code == 0 and at.body() == A and at.parts() == [1, 2, 3, 4, 5, 6], done
    at.nothing_left()


def test_live_journals_standard_input_that_ends():
    """A failure, a cancel: given up at once."""
    at = place()
    at.between.plan([{**PART, "nth": 3, "do": "reply", "status": 403, "code": "AccessDenied"}])
    with open(at.path("a"), "rb") as data:
        done = at.run("--json", "put", "-", "images:t", stdin=data)
    assert done.code == 4 and "t" not in at.keys(), done
    at.nothing_left()
    with open(at.path("a"), "rb") as data:
        done = at.held(PART, 3, ("put", "-", "images:t"), signal.SIGINT, stdin=data)
    assert done.code == 130 and "t" not in at.keys(), done
    at.nothing_left()


# ---- from store to store

def copy_killed(at, words=("backups:m", "images:t"), data=A, rule=PART, number=3):
    at.put("m", data)
    assert at.run("put", "--content-type", "x/y", "--metadata", "job=7", at.path("m"), "backups:m").code == 0
    done = at.held(rule, number, ("cp", *words), signal.SIGKILL)
    assert done.code == -9 and len(at.journals()) == 1, (done, at.journals())


def copied(at, done, data=A):
    assert done.code == 0 and at.body() == data, done
    head = at.client.head_object(Bucket="bucket", Key="t")
    assert head["ContentType"] == "x/y" and head["Metadata"] == {"job": "7"}, head
    at.nothing_left()


def test_live_journals_copy_goes_on():
    for name in "minio", "versitygw":
        at = place(name)
        copy_killed(at)
        assert at.listed() == [("copy", None)] and len(at.uploads()) == 1, at.listed()
        done = at.run("--json", "cp", "backups:m", "images:t")
        copied(at, done)
        assert at.parts() == [4, 5, 6] and at.seen("POST", "uploads") == [], at.parts()    # the server tells of the third


def test_live_journals_copy_resumed():
    at = place()
    copy_killed(at)
    done = at.run("--json", "transfer", "resume")
    copied(at, done)
    assert at.parts() == [4, 5, 6], at.parts()


def test_live_journals_copy_out_of_a_service_goes_on():
    """Ranges that have become parts over there are not read again."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="from", Body=A)
    at.mark = len(at.between.requests)
    done = at.held({"method": "GET", "path": "/bucket/from"}, 3, ("cp", "images:from", "backups:out"), signal.SIGKILL)
    assert done.code == -9 and at.listed() == [("copy", None)], done
    done = at.run("--json", "transfer", "resume")
    ranges = [dict((n.lower(), v) for n, v in r["headers"])["range"] for r in at.seen("GET", "/bucket/from") if "tagging" not in r["path"]]
    assert done.code == 0 and sorted(ranges) == sorted("bytes=%d-%d" % (8 * MIB * n, min(8 * MIB * (n + 1), len(A)) - 1) for n in (2, 3, 4, 5)), ranges
    assert at.run("get", "backups:out", at.path("out")).code == 0 and at.journals() == []
    with open(at.path("out"), "rb") as file:
        assert file.read() == A


def test_live_journals_copy_of_another_object_begins_anew():
    """The pin is the source's: its etag and version."""
    at = place()
    copy_killed(at)
    at.put("m", B)
    assert at.run("put", "--content-type", "x/y", "--metadata", "job=7", at.path("m"), "backups:m").code == 0
    done = at.run("--json", "cp", "backups:m", "images:t")
    copied(at, done, B)
    assert at.parts() == [1, 2, 3, 4, 5, 6], at.parts()


def test_live_journals_copy_with_other_attributes_begins_anew():
    at = place()
    copy_killed(at)
    done = at.run("--json", "cp", "--content-type", "x/z", "backups:m", "images:t")
    assert done.code == 0 and at.body() == A and at.parts() == [1, 2, 3, 4, 5, 6], done
    assert at.client.head_object(Bucket="bucket", Key="t")["ContentType"] == "x/z"
    at.nothing_left()


def test_live_journals_copy_part_that_the_store_tells_otherwise():
    """A part whose checksum is not the one that was told when it was sent is sent again."""
    at = place()
    copy_killed(at)
    upload, = at.uploads()
    at.client.upload_part(Bucket="bucket", Key="t", UploadId=upload["UploadId"], PartNumber=2, Body=B[:8 * MIB], ChecksumAlgorithm="CRC64NVME")
    done = at.run("--json", "cp", "backups:m", "images:t")
    copied(at, done)
    assert at.parts() == [2, 4, 5, 6], at.parts()


def test_live_journals_copy_inside_a_service_goes_on():
    for name in "minio", "versitygw":
        at = place(name)
        at.client.put_object(Bucket="bucket", Key="large", Body=LARGE, ContentType="x/y", Metadata={"job": "7"})
        done = at.held(PART, 2, ("cp", "images:large", "images:t"), signal.SIGKILL)
        assert done.code == -9 and at.listed() == [("copy", None)] and len(at.uploads()) == 1, done
        done = at.run("--json", "transfer", "resume")
        copied(at, done, LARGE)
        assert at.parts() == [3], at.parts()


def test_live_journals_move_goes_on():
    """The source goes once the copy is whole and proven."""
    at = place()
    at.client.put_object(Bucket="bucket", Key="moving", Body=LARGE)
    at.held(PART, 2, ("mv", "images:moving", "images:t"), signal.SIGKILL)
    assert "moving" in at.keys()
    done = at.run("--json", "transfer", "resume")
    assert done.code == 0 and at.body() == LARGE and "moving" not in at.keys() and at.parts() == [3], done
    at.nothing_left()


def test_live_journals_roll_back_goes_on():
    at = place()
    at.client.put_object(Bucket="bucket", Key="back/t", Body=LARGE)
    then = [line["time"] for line in at.run("--json", "versions", "images:back/t").lines if "time" in line]
    at.client.put_object(Bucket="bucket", Key="back/t", Body=b"new")
    words = ("undelete", "-r", "--at", then[0], "images:back/")
    at.held(PART, 2, words, signal.SIGKILL)
    assert at.listed() == [("copy", None)]
    done = at.run("--json", *words)
    assert done.code == 0 and at.body("back/t") == LARGE and at.parts() == [3], done
    at.nothing_left()


def test_live_journals_copy_is_given_up():
    at = place()
    theirs = at.client.create_multipart_upload(Bucket="bucket", Key="t")["UploadId"]
    copy_killed(at)
    assert len(at.uploads()) == 2
    young = at.gc(age="7d")
    assert young.lines[-1]["skipped"] == 1 and len(at.uploads()) == 2, young
    done = at.gc()
    assert done.code == 0 and done.lines[-1]["removed"] == 1 and at.journals() == [], done
    assert [upload["UploadId"] for upload in at.uploads()] == [theirs]


def test_live_journals_copy_that_ended_is_settled():
    """Killed between the last step and the end of its journal: a sync finds both sides the same, and nothing stays; but its journal while the store does
    not say that the upload has gone."""
    at = place()
    at.put("m", A)
    assert at.run("put", at.path("m"), "backups:one/t").code == 0
    at.held(COMPLETE, 1, ("sync", "backups:one/", "images:"), signal.SIGKILL)
    assert at.body() == A and len(at.journals()) == 1
    at.between.plan([{"method": "GET", "path": "uploadId=", "do": "reply", "status": 403, "code": "AccessDenied"}])     # MinIO is asked so first
    assert at.run("sync", "backups:one/", "images:").code == 0 and len(at.journals()) == 1
    at.between.plan([])
    done = at.run("--json", "sync", "backups:one/", "images:")
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and at.parts() == [], done
    at.nothing_left()


def test_live_journals_stay_while_the_store_does_not_answer():
    """What cannot be given up now is given up later."""
    at = place()
    copy_killed(at)
    at.between.plan([{"method": "DELETE", "path": "uploadId=", "do": "cut-before"}])
    done = at.gc()
    assert done.code == 8 and done.lines[-1]["failed"] == 1 and len(at.journals()) == 1 and len(at.uploads()) == 1, done
    at.between.plan([])
    assert at.gc().code == 0
    at.nothing_left()


# ---- uploads whose id never came

LOST = "an upload may be open whose id never came: 'larder transfer gc' looks for it"


def test_live_journals_begin_unanswered_once():
    """The server has begun it, and nobody hears of it; asked again it begins another, and that one becomes the object. Past the age the first goes."""
    at = place()
    at.between.plan([{**BEGIN, "nth": 1, "do": "drop-reply"}])
    done = at.run("--json", "put", at.path("a"), "images:t")
    at.between.plan([])
    assert done.code == 0 and at.body() == A and len(at.uploads()) == 1 and at.listed() == [("upload", LOST)], (done, at.uploads(), at.listed())
    assert at.run("--json", "transfer", "resume").lines[-1]["skipped"] == 1
    young = at.gc()
    assert young.code == 0 and young.lines[-1]["skipped"] == 1 and "an hour" in young.out and len(at.uploads()) == 1, young
    dry = at.gc("-n", hours=2)
    assert dry.code == 0 and dry.lines[-1]["would_remove"] == 1 and len(at.uploads()) == 1 and len(at.journals()) == 1, dry
    done = at.gc(hours=2)
    assert done.code == 0 and done.lines[-1]["removed"] == 1, done
    at.nothing_left()


def test_live_journals_begin_never_answered():
    at = place()
    at.between.plan([{**BEGIN, "do": "drop-reply"}])
    done = at.run("--json", "put", at.path("a"), "images:t")
    assert done.code == 8 and "t" not in at.keys() and len(at.uploads()) == len(at.seen("POST", "uploads=")) and len(at.journals()) == 1, done
    at.between.plan([])
    done = at.run("--json", "transfer", "resume")              # begins anew; what may be open stays known
    assert done.code == 0 and at.body() == A and at.listed() == [("upload", LOST)], (done, at.listed())
    done = at.gc(hours=2)
    assert done.code == 0 and done.lines[-1]["removed"] == 1, done
    at.nothing_left()


def test_live_journals_begin_refused():
    """A service that said no has begun nothing, and nothing is kept; one that is silent may have, and it is looked for."""
    at = place()
    for rule, code in (({"status": 403, "code": "AccessDenied"}, 4), ({"status": 503, "code": "SlowDown"}, 8)):
        at.between.plan([{**BEGIN, "do": "reply", **rule}])
        done = at.run("--json", "put", at.path("a"), "images:t")
        assert done.code == code, done
        at.nothing_left()
    at.between.plan([{**BEGIN, "do": "cut-before"}])
    done = at.run("--json", "put", at.path("a"), "images:t")
    assert done.code == 8 and at.uploads() == [] and len(at.journals()) == 1, done
    at.between.plan([])
    assert at.gc(hours=2).lines[-1]["removed"] == 1
    at.nothing_left()


def test_live_journals_killed_while_it_begins():
    """Of each kind: what may be open is known. No part of another's goes, nor what began at another time or has another key."""
    for words, stdin in ((("put", "a", "images:t"), False), (("put", "-", "images:t"), True), (("cp", "backups:m", "images:t"), False)):
        at = place()
        at.put("m", A)
        assert at.run("put", at.path("m"), "backups:m").code == 0
        with open(at.path("a"), "rb") as data:
            at.held(BEGIN, 1, words, signal.SIGKILL, **({"stdin": data} if stdin else {}))
        assert len(at.uploads()) == 1 and len(at.journals()) == 1, (words, at.uploads())
        at.client.create_multipart_upload(Bucket="bucket", Key="tt")
        busy = at.client.create_multipart_upload(Bucket="bucket", Key="t")["UploadId"]
        at.client.upload_part(Bucket="bucket", Key="t", UploadId=busy, PartNumber=1, Body=b"theirs")
        assert at.gc(hours=2).lines[-1]["removed"] == 1 and at.journals() == []
        assert sorted((upload["Key"], upload["UploadId"] == busy) for upload in at.uploads()) == [("t", True), ("tt", False)], at.uploads()


def test_live_journals_begun_at_another_time_is_doubtful():
    """An upload without a part that began when we did not ask, by a clock that is off or by somebody else: it stays, and is told."""
    at = place()
    at.between.plan([{**BEGIN, "nth": 1, "do": "drop-reply"}])
    done = at.run("--json", "put", at.path("a"), "images:t", more=clock.off(-7200))
    at.between.plan([])
    assert done.code == 0 and at.body() == A and len(at.uploads()) == 1 and len(at.journals()) == 1, done
    done = at.gc()
    assert done.code == 0 and done.lines[-1]["skipped"] == 1 and "at another time" in done.out, done
    assert len(at.uploads()) == 1 and len(at.journals()) == 1
    at.client.abort_multipart_upload(Bucket="bucket", Key="t", UploadId=at.uploads()[0]["UploadId"])
    assert at.gc().lines[-1]["removed"] == 1
    at.nothing_left()


def test_live_journals_known_to_another_is_not_lost():
    """Another transfer to the same key that runs and has not sent its first part yet: its journal has the id."""
    at = place()
    at.between.plan([{**BEGIN, "nth": 1, "do": "drop-reply"}])
    assert at.run("--json", "put", at.path("a"), "images:t").code == 0
    lost, = [upload["UploadId"] for upload in at.uploads()]
    at.put("other", B)
    arrived, go = threading.Event(), threading.Event()
    at.between.plan([{**PART, "do": "cut-before", "before": lambda record: (arrived.set(), go.wait(60 * servers.SLOW))}])
    process = at.start("--json", "put", at.path("other"), "images:t")
    assert arrived.wait(30 * servers.SLOW)
    done = at.gc(hours=2)
    assert done.code == 0 and done.lines[-1]["removed"] == 1 and done.lines[-1]["skipped"] == 1, done
    assert len(at.uploads()) == 1 and at.uploads()[0]["UploadId"] != lost
    process.kill()
    go.set()
    at.end(process)
    at.gc()
    at.nothing_left()


# ---- of a version to come

def test_live_journals_of_a_newer_version():
    """Kept, and named; a transfer of the same name begins another beside it."""
    at = place()
    copy_killed(at)
    name, = at.journals()
    path = at.path("state", "larder", "transfers", name)
    with open(path, "rb") as file:
        first = file.read().split(b"\n")[0].rsplit(b" ", 1)[0].replace(b'"version":2', b'"version":3')
    assert b'"version":3' in first
    newer = b"%s %08x\n" % (first, crc32c(first))
    with open(path, "wb") as file:
        file.write(newer)
    assert at.listed() == [("unknown", "a newer larder wrote its journal")]
    assert at.gc(hours=2).lines[-1]["skipped"] == 1 and at.run("--json", "transfer", "resume").lines[-1]["skipped"] == 1
    assert at.run("cp", "backups:m", "images:t").code == 0 and at.body() == A
    left, = at.journals()
    with open(at.path("state", "larder", "transfers", left), "rb") as file:
        assert file.read() == newer



# ---- the same twice at a time

def both_under_way(at):
    """Two runs of one put: each has an upload, and its parts wait for ever."""
    ids, under_way = set(), (threading.Event(), threading.Event())

    def arrived(record):
        ids.add(record["path"].split("uploadId=")[1].split("&")[0])
        under_way[len(ids) - 1].set()

    at.between.plan([{**PART, "do": "stall", "after": arrived}])
    processes = []
    for event in under_way:
        processes.append(at.start("--json", "put", at.path("a"), "images:t"))
        assert event.wait(30 * servers.SLOW)
    assert len(at.uploads()) == 2 and len(at.journals()) == 2, (at.uploads(), at.journals())
    return processes


def test_live_journals_two_runs_killed():
    """Both uploads are known: the first can go on, and the second is given up by gc."""
    at = place()
    for process in both_under_way(at):
        process.kill()
        at.end(process)
    at.between.plan([])
    assert sorted(str(reason) for _, reason in at.listed()) == [
        "None", "another run of the same transfer goes on without it: 'larder transfer gc' gives it up"], at.listed()
    resumed = at.run("--json", "transfer", "resume")
    assert resumed.code == 0 and at.body() == A and len(at.uploads()) == 1, resumed
    done = at.gc()
    assert done.code == 0 and done.lines[-1]["removed"] == 1, done
    at.nothing_left()


def test_live_journals_two_runs_interrupted():
    """The second gives its upload up itself: nobody could go on with it."""
    at = place()
    first, second = both_under_way(at)
    second.send_signal(signal.SIGTERM)
    done = at.end(second)
    assert done.code == 143 and len(at.uploads()) == 1 and len(at.journals()) == 1, (done, at.uploads(), at.journals())
    first.send_signal(signal.SIGTERM)
    assert at.end(first).code == 143 and len(at.uploads()) == 1 and len(at.journals()) == 1
    at.between.plan([])
    assert at.run("--json", "transfer", "resume").code == 0 and at.body() == A
    at.nothing_left()


run_in(place, sys.modules[__name__])
