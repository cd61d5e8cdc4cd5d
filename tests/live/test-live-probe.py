#!/usr/bin/env python3
"""test-live-probe.py: larder doctor --probe on real servers. What it finds is what the capability table says, what it prints is
a section that can be taken over, and nothing but objects of its own is touched: none of them is there afterwards, whenever it was
interrupted and whatever went wrong."""
import configparser
import os
import re
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
import tap  # noqa: E402
from scene import Scene  # noqa: E402

NOT_HERE = {"bucket-location", "bucket-encryption", "bucket-encryption-kms", "bucket-tagging", "lifecycle", "lifecycle-classes", "lifecycle-size", "lifecycle-abort", "cors",
            "public-access", "ownership", "intelligent-tiering", "policy", "policy-readers", "policy-secret", "replication"}
OF_VERSIONS = {"versions", "version-order", "create-over-marker"}
SCRATCH = re.compile(r"^/bucket/{1,2}\.larder-probe/\d{8}T\d{6}Z-[0-9a-f]{16}/")


class Place(Scene):
    """A bucket with an object of somebody else's in it, of two versions where it keeps them."""

    def __init__(self, name, settings=(), versioning=False, **options):
        super().__init__(servers.start(name, **options), settings)
        self.server.make_bucket("bucket", versioning)
        self.use_bucket("bucket")
        for body in (b"old", b"new"):
            self.client.put_object(Bucket="bucket", Key="keep/k", Body=body)
        self.before = self.versions(), self.client.get_bucket_versioning(Bucket="bucket").get("Status")

    def probe(self, *words, **kinds):
        self.between.plan(kinds.pop("plan", []))
        return self.run(*words, "doctor", "--probe", "images", **kinds)

    def check_clean(self):
        """Nothing of the probe's is left, the object is what it was; and what was sent had a key of the probe's own, or none."""
        assert self.uploads() == [], self.uploads()
        found = self.versions(), self.client.get_bucket_versioning(Bucket="bucket").get("Status")
        assert found == self.before, (found, self.before)
        assert self.client.get_object(Bucket="bucket", Key="keep/k")["Body"].read() == b"new"
        for sent in self.between.requests:
            if sent["method"] in ("PUT", "DELETE", "POST"):
                assert SCRATCH.search(sent["path"]) or (sent["method"], sent["path"]) == ("POST", "/bucket?delete="), sent

    def take_over(self, printed):
        section = configparser.ConfigParser(interpolation=None)
        section.read_string(printed)
        assert section.sections() == ['backend "objects"'], section.sections()
        keys = dict(section['backend "objects"'])
        assert keys.pop("driver") == "s3"
        self.change(self.path("pipeline/profiles", self.profile + ".ini"), '[backend "objects"]\n', ["%s = %s" % pair for pair in keys.items()])
        return keys

    def __exit__(self, *_):
        super().__exit__()
        self.server.stop()


def marks(done):
    """{feature: ok, differs, - or FAILED}"""
    assert done.code == 0, done
    return {line[11:].split()[0]: line[2:].split()[0] for line in done.out.splitlines()[1:] if line.startswith("# ")}


def of_mark(done, mark):
    return {name for name, found in marks(done).items() if found == mark}


# ---- it agrees with the table

def check_agrees(name, versioning):
    with Place(name, ["server = " + name], versioning) as place:
        done = place.probe()
        assert place.take_over(done.out) == {"server": name}, done
        assert of_mark(done, "differs") == set() and of_mark(done, "FAILED") == set(), done
        assert of_mark(done, "-") == NOT_HERE | {"encoding-type"} | (set() if versioning else OF_VERSIONS), done
        place.check_clean()
        assert place.run("config", "check").code in (0, 3), "the section is wrong"


def test_live_probe_minio():
    check_agrees("minio", False)


def test_live_probe_minio_versioned():
    check_agrees("minio", True)


def test_live_probe_versitygw():
    check_agrees("versitygw", False)


def test_live_probe_versitygw_versioned():
    check_agrees("versitygw", True)


def test_live_probe_moto():
    check_agrees("moto", False)


def test_live_probe_moto_versioned():
    check_agrees("moto", True)


# ---- and says where the configuration does not

def test_live_probe_of_a_server_of_unknown_make():
    with Place("versitygw", ["server = other"]) as place:
        done = place.probe()
        assert "put-create-only" in of_mark(done, "differs") and "taken to be unknown" in done.out, done
        assert place.take_over(done.out) == {"server": "versitygw"}
        assert of_mark(place.probe(), "differs") == set()


def test_live_probe_of_a_server_that_does_more_than_others_of_its_kind():
    """A MinIO with a key of its own encrypts; the section says so, and then the driver asks for it."""
    with Place("minio", kms=True) as place:
        done = place.probe()
        assert of_mark(done, "differs") == {"encryption", "encryption-kms"}, done
        assert place.take_over(done.out) == {"server": "minio", "features": "encryption=supported, encryption-kms=supported"}
        assert of_mark(place.probe(), "differs") == set()
        place.check_clean()


def test_live_probe_json():
    with Place("moto") as place:
        done = place.probe("--json")
        assert done.code == 0, done
        found = {line["what"]: line for line in done.lines if line["type"] == "finding"}
        assert found["copy-condition"]["verdict"] == "warn" and found["copy-condition"]["store"] == "images"
        assert [(line["backend"], line["key"], line["value"]) for line in done.lines if line["type"] == "advice"] == [("objects", "server", "moto")]


def test_live_probe_what_credentials_may_not_is_not_measured():
    """A refusal of the credentials is no fact about the server."""
    with Place("minio") as place:
        done = place.probe(plan=[{"path": "tagging", "do": "reply", "code": "AccessDenied"}])
        assert "tagging" in of_mark(done, "-") and "403 AccessDenied" in done.out, done
        assert place.take_over(done.out) == {"server": "minio"}
        place.check_clean()


# ---- nothing is left

def test_live_probe_interrupted():
    """At many places, by a signal while a request is under way whose answer does not come."""
    with Place("minio", versioning=True) as place:
        whole = len(place.between.requests)
        place.probe()
        whole = len(place.between.requests) - whole
        for number in range(2, whole - 60, 9):
            first = len(place.between.requests)
            came = threading.Event()
            place.between.plan([{"number": first + number, "do": "stall", "after": lambda _, came=came: came.set()}])
            process = place.start("doctor", "--probe", "images")
            assert came.wait(60 * servers.SLOW)
            process.send_signal(signal.SIGINT)
            done = place.end(process)
            assert done.code == 130 and "\n[backend" not in done.out, (number, done)
            place.check_clean()


def test_live_probe_broken_off():
    """The network goes in the middle, and comes back; answers to uploads that were begun are lost."""
    for rule in ({"path": r"\?uploads=$", "method": "POST", "do": "drop-reply"}, {"path": "/sum", "method": "PUT", "do": "cut-before"},
                 {"path": r"partNumber=2", "method": "PUT", "do": "cut-before"}):
        for name in ("minio", "versitygw"):
            with Place(name, ["attempts = 3"]) as place:
                done = place.probe(plan=[rule])
                assert done.code == 8 and "\n[backend" not in done.out, done
                place.check_clean()


def test_live_probe_says_what_it_left():
    with Place("minio", ["attempts = 1"]) as place:
        done = place.probe(plan=[{"method": "DELETE", "path": "/beside", "do": "reply", "code": "ServiceUnavailable"}])
        left = place.keys(".larder-probe/")
        assert left and "left behind" in done.err and left[0].split("/")[1] in done.err and done.code != 0, done


def test_live_probe_where_nothing_can_be_removed():
    """One object is tried first: for want of a permission, and in a bucket that locks what comes. It stays, is told, and stays alone."""
    with Place("minio", versioning=True) as place:
        done = place.probe(plan=[{"method": "DELETE", "do": "reply", "code": "AccessDenied"}])
        left = {key: count for key, count in place.versions().items() if key != "keep/k"}
        assert done.code == 4 and "cannot be removed: 403 AccessDenied" in done.err and "left behind" in done.err, done
        assert list(left.values()) == [1] and list(left)[0] in done.err, (left, done)
        place.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        place.client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})
        place.use_bucket("locked")
        done = place.probe()
        assert done.code == 4 and "what a probe makes in bucket 'locked' cannot be removed" in done.err and "\n[backend" not in done.out, done
        assert list(place.versions().values()) == [1], place.versions()


def test_live_probe_removes_nothing_that_is_not_its_own():
    """A server that gives a listing of the whole bucket, whatever prefix it was asked for."""
    body = ("<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><Contents><Key>keep/k</Key>"
            "<LastModified>2026-11-05T10:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents></ListBucketResult>")
    with Place("minio") as place:
        place.probe(plan=[{"method": "GET", "path": "list-type=2", "do": "reply", "status": 200, "body": body}])
        assert place.client.get_object(Bucket="bucket", Key="keep/k")["Body"].read() == b"new"
        assert not place.between.matching("DELETE", "keep/k")


# ---- where there is nothing to find out

def test_live_probe_refuses():
    with Place("minio", ["create = yes"]) as place:
        place.use_bucket("nowhere")
        done = place.probe()
        assert done.code == 3 and "NoSuchBucket" in done.err and "left behind" not in done.err, done
        assert [bucket["Name"] for bucket in place.client.list_buckets()["Buckets"]] == ["bucket"], "it made the bucket"
        done = place.run("doctor", "--probe", "image")
        assert done.code == 3 and "did you mean 'images'" in done.err, done
        done = place.run("doctor", "--probe", "images", "--identity")
        assert done.code == 2, done
        place.use_bucket("bucket")
        done = place.run("-n", "doctor", "--probe", "images")
        assert done.code == 2 and "has no dry run" in done.err and not place.between.matching("PUT", r"/bucket/"), done
        for text, said in (("put-if-mach=refused", "did you mean put-if-match"), ("put-if-match=perhaps", "which is not FEATURE=STATE")):
            place.change(place.path("pipeline/profiles", place.profile + ".ini"), '[backend "objects"]\n', ["features = tagging=supported, " + text])
            for words in (("config", "check"), ("ls", "images:")):
                done = place.run(*words)
                assert done.code == 2 and said in done.err + done.out and "doctor --probe" in done.err + done.out, (words, done)
        place.profile = "mock"
        done = place.run("doctor", "--probe", "images")
        assert done.code == 2 and "there is nothing to probe in store 'images': its driver 'localfs-mock' speaks to no server" in done.err, done


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
