#!/usr/bin/env python3
"""test-live-cases: what users of other tools met, as the tool meets it on real servers; each test names its case by id.
The proxy plays the network; MinIO is the server where none is named."""
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import proxy  # noqa: E402
import servers  # noqa: E402
from scene import RED, WHEN, Places, Scene, image_key, run_in  # noqa: E402

DATA = bytes(random.Random(7).randrange(32, 127) for _ in range(5000))      # bytes that a plan of the proxy can say


class Place(Scene):
    """A server of its own, with an empty bucket, and a few files; what a command leaves in the folder `to`."""

    def __init__(self, name, settings=(), **options):
        super().__init__(servers.start(name, **options), ["create = no", "attempts = 3", *settings])
        self.server.make_bucket("bucket")
        self.use_bucket("bucket")
        self.put("data", DATA)
        os.mkdir(self.path("to"))

    def json(self, *words, **kinds):
        return self.run("--json", *words, **kinds)

    def plan(self, *rules):
        self.between.plan(rules)
        self.first = len(self.between.requests)

    def asked(self, method=None, path=""):
        """What went out since the last plan."""
        return [r for r in self.between.matching(method, path) if r["number"] > self.first]

    def clean(self):
        self.plan()
        for key in self.keys():
            self.client.delete_object(Bucket="bucket", Key=key)

    def get(self, key):
        """The command, and the files that it left."""
        done, left = self.json("get", "images:" + key, self.path("to", "out")), {}
        for name in os.listdir(self.path("to")):
            with open(self.path("to", name), "rb") as file:
                left[name] = file.read()
            os.unlink(self.path("to", name))
        return done, left

    def body(self, key):
        return self.client.get_object(Bucket="bucket", Key=key)["Body"].read()


class Lines:
    """Facts of an ended command."""

    def __init__(self, done):
        self.summary = done.lines[-1] if done.lines else {}
        self.objects = [line for line in done.lines if line["type"] == "object"]
        self.errors = [line for line in done.lines if line["type"] == "error"]


place = Places(Place)


def told(done, code, kind, *words):
    """One error, with a next step, as text and as JSON alike."""
    error = done.error
    text = "%s | %s | %s" % (error.get("message"), error.get("next"), error.get("provider"))
    assert done.code == code and error.get("code") == kind and error.get("next") and "next: " in done.err, done
    for word in words:
        assert word in text, (word, done)


# ---- c-A05: a key, a section or a profile that is misspelt: nothing is sent, to nobody

def caught(scene, code, *words, file="profile"):
    """`config check` and `ls`, while whatever would leave this machine would have to come by the trap."""
    with proxy.Proxy(scene.server.endpoint) as trap:
        names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        for command in (("config", "check"), ("ls", "images:")):
            scene.plan()
            done = scene.run(*command, more={**{name: trap.endpoint for name in names}, "no_proxy": None, "NO_PROXY": None, "AWS_REGION": "us-east-1"})
            assert done.code in (code if isinstance(code, tuple) else (code,)), done
            for word in words:
                assert word in done.err, (word, done)
            assert not scene.asked(), scene.asked()
        return trap.connections


def test_live_cases_misspelt_key():
    """c-A05: 'endpoints' leads nowhere, least of all to AWS; what would leave is seen, as the last part shows."""
    for line, code, words in (("endpoints = ${LARDER_MINIO}", 2, ("minio.ini:", "unknown key 'endpoints'", "'endpoint'")),
                              ("x-endpoints = ${LARDER_MINIO}", (0, 8), ())):
        with Place("minio") as scene:
            path = scene.path("pipeline/profiles/minio.ini")
            with open(path) as file:
                text = file.read()
            with open(path, "w") as file:
                file.write(text.replace("endpoint = ${LARDER_MINIO:-http://127.0.0.1:9000}", line, 1).replace("server = minio", "server = aws", 1))
            left = caught(scene, code, *words)
            assert (left > 0) == line.startswith("x-"), left
            scene.server.stop()


def test_live_cases_misspelt_section():
    """c-A05"""
    with Place("minio") as scene:
        with open(scene.config, "a") as file:
            file.write("\n[stroe \"other\"]\nbackend = objects\nbucket = bucket\n")
        assert caught(scene, 2, "larder.ini:", "'stroe'", "[store") == 0
        scene.server.stop()


def test_live_cases_unknown_profile():
    """c-A05"""
    with Place("minio") as scene:
        scene.profile = "minoi"
        assert caught(scene, 2, "minoi", "'minio'") == 0
        scene.server.stop()


# ---- c-T05: control bytes in keys

ODD = ("a\bb.txt", "a\rb.txt")
HARMLESS = ("one.txt", "two.txt", "sub/three.txt")


def put_odd(scene):
    folder = scene.path("names")
    os.makedirs(os.path.join(folder, "sub"), exist_ok=True)
    for name in ODD + HARMLESS:
        with open(os.path.join(folder, name), "w") as file:
            file.write(name)
    return scene.json("put", "--recursive", folder, "images:n")


def test_live_cases_control_bytes_in_keys():
    """c-T05: where the server can hold them they come back as they went, from listings too."""
    scene = place()
    done = put_odd(scene)
    assert done.code == 0 and Lines(done).summary["done"] == 5, done
    listed = [line["key"] for line in Lines(scene.json("ls", "--recursive", "images:n/")).objects]
    assert listed == sorted("n/" + name for name in ODD + HARMLESS), listed
    done = scene.json("get", "--recursive", "images:n", scene.path("back"))
    assert done.code == 0, done
    for name in ODD + HARMLESS:
        with open(scene.path("back", "n", name) if os.path.isdir(scene.path("back", "n")) else scene.path("back", name)) as file:
            assert file.read() == name.replace("\r", "\n"), name
    text = scene.run("ls", "--recursive", "images:n/")
    assert "\b" not in text.out and "\r" not in text.out and "a\\x08b" in text.out, text
    for name in ODD:
        assert scene.run("rm", "images:n/" + name).code == 0
    assert scene.keys() == sorted("n/" + name for name in HARMLESS) and scene.uploads() == []


def test_live_cases_control_bytes_refused():
    """c-T05: where it cannot, the key is refused before anything is sent for it, and its siblings go."""
    scene = place("versitygw")
    done = put_odd(scene)
    summary = Lines(done).summary
    assert done.code == 1 and summary["done"] == 4 and summary["scanned"] == 5 == summary["done"] + summary["refused"] + summary["failed"], done
    assert [line["message"] for line in Lines(done).errors] == ["versitygw cannot hold the key 'n/a\bb.txt': byte 0x08 at 3 would come back as another"], done
    assert not scene.asked(path="%08"), scene.asked()
    listed = [line["key"] for line in Lines(scene.json("ls", "--recursive", "images:n/")).objects]
    assert listed == sorted("n/" + name for name in HARMLESS + ODD[1:]) and scene.uploads() == [], listed


# ---- c-T12: a body that ends early

def test_live_cases_body_cut():
    """c-T12: gone on from by range and If-Match; cut again and again it ends, and leaves no file."""
    scene = place()
    scene.client.put_object(Bucket="bucket", Key="k", Body=DATA)
    for at in (5, len(DATA) - 1):
        cut = {"method": "GET", "do": "cut-reply", "bytes": at}
        scene.plan({**cut, "times": 1})
        done, left = scene.get("k")
        gets = [{name.lower(): value for name, value in r["headers"]} for r in scene.asked("GET")]
        assert done.code == 0 and left == {"out": DATA}, (at, done)
        assert gets[-1]["range"] == "bytes=%d-" % at and gets[-1].get("if-match"), gets
        scene.plan({**cut, "times": 1})
        done = scene.run("cat", "images:k")
        assert done.code == 0 and done.out.encode() == DATA, (at, done)
        scene.plan({"method": "GET", "nth": 1, "do": "cut-reply", "bytes": at}, {"method": "GET", "do": "cut-reply", "bytes": 0})
        done, left = scene.get("k")
        assert done.code in (6, 8) and left == {} and done.error["next"], (at, done, left)
        scene.plan({"method": "GET", "nth": 1, "do": "cut-reply", "bytes": at}, {"method": "GET", "do": "cut-reply", "bytes": 0})
        done = scene.run("cat", "images:k")
        assert done.code in (6, 8) and done.out.encode() == DATA[:at] and "%d" % at in done.err, (at, done)


def test_live_cases_chunks_without_an_end():
    """c-T12: all bytes came, and the mark of their end did not."""
    scene = place()
    etag = scene.client.put_object(Bucket="bucket", Key="k", Body=DATA)["ETag"]
    head = {"Content-Length": None, "Transfer-Encoding": "chunked", "ETag": etag, "Last-Modified": "Fri, 27 Nov 2026 10:00:00 GMT", "Connection": "close"}
    scene.plan({"method": "GET", "do": "reply", "status": 200, "headers": head, "body": "%x\r\n%s\r\n" % (len(DATA), DATA.decode())})
    done, left = scene.get("k")
    assert done.code in (6, 8) and left == {} and done.error["next"], (done, left)


# ---- c-T14: listings that lie

def page(keys, truncated, token=None):
    items = "".join("<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-11-25T10:00:00Z</LastModified><ETag>\"e\"</ETag></Contents>" % key for key in keys)
    token = "<NextContinuationToken>%s</NextContinuationToken>" % token if token else ""
    return {"method": "GET", "path": "list-type=2", "do": "reply", "status": 200, "body":
            "<ListBucketResult><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>" % (str(truncated).lower(), token, items)}


LIES = {
    "token repeated": (2, [page("ab", True, "t"), page("cd", True, "t")]),
    "token repeated, no keys": (2, [page("", True, "t"), page("", True, "t")]),
    "truncated without token": (1, [page("ab", True)]),
    "not truncated with token": (1, [page("ab", False, "t")]),
    "out of order": (2, [page("bc", True, "t"), page("ad", False)]),
    "the last key again": (2, [page("bc", True, "t"), page("cd", False)]),
}


def test_live_cases_empty_page():
    """c-T14: a page without keys is no end."""
    scene = place()
    for keys in (["", "ab"], ["a", "", "", "b"]):
        pages = [{**page(each, number < len(keys), "t%d" % number if number < len(keys) else None), "nth": number} for number, each in enumerate(keys, 1)]
        for command in ("ls", "du"):
            scene.plan(*[dict(rule) for rule in pages])
            done = scene.json(command, "images:")
            assert done.code == 0, done
            if command == "ls":
                assert [line["key"] for line in Lines(done).objects] == ["a", "b"], done
            else:
                assert '"objects":2' in done.out.replace(" ", ""), done


def test_live_cases_listings_that_lie():
    """c-T14: each is an error of the listing that names the page."""
    scene = place()
    for what, (number, pages) in LIES.items():
        for command in (("ls", "images:"), ("du", "images:"), ("rm", "--recursive", "images:")):
            scene.plan(*[{**rule, "nth": at} for at, rule in enumerate(pages, 1)])
            done = scene.json(*command)
            told(done, 8, "UNAVAILABLE", "page %d" % number)
            assert not [r for r in scene.asked() if r["method"] in ("DELETE", "POST") and number == 1], (what, scene.asked())


# ---- c-T16: a race is no 'exists already'

def test_live_cases_conditional_conflict():
    scene = place()
    conflict = {"method": "PUT", "do": "reply", "status": 409, "code": "ConditionalRequestConflict"}
    scene.plan({**conflict, "times": 1})
    done = scene.json("put", "--create-only", scene.path("red"), "images:k")
    assert done.code == 0 and len(scene.asked("PUT")) == 2 and scene.body("k") == RED, done
    scene.plan()
    done = scene.json("put", "--create-only", scene.path("blue"), "images:k")
    told(done, 5, "CONFLICT", "'k'", "PreconditionFailed")
    assert scene.body("k") == RED
    scene.plan({"method": "PUT", "nth": 1, "do": "drop-reply"})
    done = scene.json("put", "--create-only", scene.path("red"), "images:l")
    assert done.code == 0 and [r["server"] for r in scene.asked("PUT")] == [200], (done, scene.asked("PUT"))     # a look tells that it was ours
    scene.plan(conflict)
    done = scene.json("put", "--create-only", scene.path("red"), "images:m")
    told(done, 5, "CONFLICT", "'m'", "ConditionalRequestConflict")
    assert len(scene.asked("PUT")) == 3 and scene.keys() == ["k", "l"]


# ---- c-T17: errors inside a 200

def test_live_cases_removed_but_two():
    scene = place()
    keys = ["p/%04d" % number for number in range(1003)]
    for key in keys:
        scene.client.put_object(Bucket="bucket", Key=key, Body=b"x")
    denied = (keys[3], keys[700])
    body = "".join("<Error><Key>%s</Key><Code>AccessDenied</Code><Message>no</Message></Error>" % key if key in denied
                   else "<Deleted><Key>%s</Key></Deleted>" % key for key in keys[:1000])

    def take(_):
        scene.client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in keys[:1000] if key not in denied]})
    scene.plan({"method": "POST", "nth": 1, "do": "reply", "status": 200, "headers": {"x-amz-request-id": "BATCH"}, "before": take,
                "body": "<DeleteResult>%s</DeleteResult>" % body}, {"method": "POST", "nth": 2, "do": "drop-reply"})
    done = scene.json("rm", "--recursive", "images:p/")
    lines = Lines(done)
    assert done.code == 1 and (lines.summary["done"], lines.summary["failed"], lines.summary["scanned"]) == (1001, 2, 1003), done
    assert [line["key"].split(":")[-1] for line in lines.errors] == list(denied) and len(scene.asked("POST")) == 2, (lines.errors, scene.asked("POST"))
    assert all(line["provider"] == "AccessDenied" and line["request"] == "BATCH" and line["next"] for line in lines.errors), lines.errors
    assert scene.keys() == list(denied)
    scene.plan({"method": "POST", "do": "reply", "status": 200, "body": "<DeleteResult>%s</DeleteResult>" % "".join(
        "<Error><Key>%s</Key><Code>AccessDenied</Code><Message>no</Message></Error>" % key for key in denied)})
    done = scene.json("rm", "--recursive", "images:p/")
    assert done.code == 4 and Lines(done).summary["failed"] == 2, done


# ---- c-T21: get and put, and no more

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::bucket/*"]}]}


def limited(scene):
    """Credentials that may get and put."""
    given = scene.server.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/limited", RoleSessionName="limited", Policy=json.dumps(POLICY))["Credentials"]
    return {"AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"], "AWS_SESSION_TOKEN": given["SessionToken"]}


def forbidden(path):
    """As S3 answers whoever may not list; MinIO says 404 all the same."""
    return [{"method": method, "path": path, "do": "reply", "code": "AccessDenied"} for method in ("HEAD", "GET")]


def test_live_cases_get_and_put_alone():
    """c-T21: a missing object cannot be told from a forbidden one, and both are said; what needs no look goes through."""
    scene = place()
    more = limited(scene)
    scene.plan(*forbidden("/none"))
    told(scene.json("stat", "images:none", more=more), 4, "DENIED", "'none'", "missing", "may not read", "s3:ListBucket on bucket 'bucket'", "AccessDenied")
    told(scene.json("get", "images:none", scene.path("to", "none"), more=more), 4, "DENIED", "missing")
    told(scene.json("ls", "images:", more=more), 4, "DENIED", "'bucket'", "AccessDenied")
    done = scene.json("put", scene.path("red"), "images:new", more=more)
    assert done.code == 0 and done.err.count("may not look into bucket 'bucket'") == 1, done
    assert scene.json("put", "--create-only", scene.path("red"), "images:only", more=more).code == 0
    told(scene.json("put", "--create-only", scene.path("blue"), "images:only", more=more), 5, "CONFLICT", "'only'")
    assert scene.json("stat", "images:new", more=more).code == 0
    scene.plan(*forbidden("/u/2026/11/"))
    assert scene.ingest("red", "j", more=more).action == "stored"
    scene.plan()
    assert scene.ingest("red", "j", more=more).action == "already" and scene.head(image_key("j"))


# ---- c-T22: an etag that is no MD5

def test_live_cases_etag_of_a_key_service():
    """c-T22: by a real key service: size and checksum decide."""
    with Place("minio", kms=True) as scene:
        scene.client.put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "larder"}}]})
        check_etag(scene)
        assert scene.client.head_object(Bucket="bucket", Key="k")["ServerSideEncryption"] == "aws:kms"
        scene.server.stop()


def test_live_cases_etag_by_chance():
    """c-T22: by random digits."""
    scene = place()
    chance = random.Random(22)
    etag = {"ETag": '"%032x"' % chance.getrandbits(128), "x-amz-server-side-encryption": "aws:kms"}
    whole = {"method": "GET", "do": "reply", "status": 200, "body": DATA.decode(), "headers": {**etag, "Last-Modified": "Fri, 27 Nov 2026 10:00:00 GMT"}}
    scene.plan({"method": "PUT", "do": "headers", "set": etag}, {"method": "HEAD", "do": "headers", "set": etag}, {**whole, "path": "/k"})
    assert scene.json("put", scene.path("data"), "images:k").code == 0
    done, left = scene.get("k")
    assert done.code == 0 and left == {"out": DATA}, done


def check_etag(scene):
    for create in ((), ("--create-only",)):
        done = scene.json("put", *create, scene.path("data"), "images:k")
        assert done.code == (5 if create else 0), done
    assert scene.get("k") [1] == {"out": DATA}
    scene.plan({"method": "GET", "nth": 1, "do": "cut-reply", "bytes": 100})
    done, left = scene.get("k")
    assert done.code == 0 and left == {"out": DATA}, done
    scene.plan({"method": "PUT", "nth": 1, "do": "drop-reply"})
    done = scene.json("put", "--create-only", scene.path("data"), "images:l")
    assert done.code == 0 and scene.ingest("red", "j").action == "stored", done


# ---- c-D07: metadata that is no ASCII

def test_live_cases_ids_read_back():
    """c-D07, by ingest: what is taken comes back byte for byte, on MinIO as on the mock; what cannot travel is refused first."""
    scene = place()
    scene.change(scene.config, "[pipeline \"image\"]\n", ["values = note", "metadata = user_id={user}, job_id={job}, uploaded_at={now}, note={note}"])
    for user, job, note in (("사용자", "über ☃", "é"), ("two  spaces ", " lead", "  lead, two  inside, trail "), ("u", "😀=%&+'\"\\", "=?UTF-8?B?w6Q=?=")):
        done = scene.json("image", "ingest", scene.path("red"), "--user", user, "--job", job, "--value", "note=" + note, "--at", WHEN)
        assert done.code == 0 and "ignature" not in done.err, done
        found = Lines(scene.json("stat", "images:%s/2026/11/%s.png" % (user, job))).objects[0]["metadata"]
        assert (found["user_id"], found["job_id"], found["note"]) == (user, job, note), found
    before = scene.keys()
    for note, code, words in (("line\nbreak", 2, ("note", "control byte")), ("v" * 3072, 2, ("2048",))):
        scene.plan()
        done = scene.json("image", "ingest", scene.path("red"), "--user", "u", "--job", "refused", "--value", "note=" + note, "--at", WHEN)
        assert done.code == code and all(word in done.error["message"] for word in words) and done.error["next"], done
        assert not scene.asked("PUT"), scene.asked("PUT")
    assert scene.keys() == before


run_in(place, sys.modules[__name__])
