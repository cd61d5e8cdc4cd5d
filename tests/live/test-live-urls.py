#!/usr/bin/env python3
"""test-live-urls: addresses like s3://bucket/key: a bucket that no [store] tells of, in every command; and what is said where none, several or
a wrong [backend] is for them."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from folders import files  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402


class Place(Scene):
    def __init__(self):
        super().__init__(servers.start("minio"), ["create = yes"])
        self.server.make_bucket("loose", versioning=True)
        self.server.make_bucket("other")
        os.makedirs(self.path("tree/b"))
        self.put("tree/a", b"a" * 100)
        self.put("tree/b/c", b"c" * 9000000)

    def done(self, *words, code=0):
        got = self.run("--json", "--backend", "objects", *words)
        assert got.code == code, got
        return got


place = Places(lambda name: Place())


def test_live_urls_every_command():
    at = place()
    at.done("put", "-r", at.path("tree") + "/", "s3://loose/one/")
    at.done("cp", "-r", "s3://loose/one/", "s3://other/two/")
    assert [line["key"] for line in at.done("ls", "-r", "s3://other/two/").lines if line["type"] == "object"] == ["two/a", "two/b/c"]
    assert at.done("stat", "s3://loose/one/a").lines[1]["size"] == 100
    assert at.run("--backend", "objects", "cat", "s3://loose/one/a").out == "a" * 100
    assert at.done("sync", at.path("tree"), "s3://loose/one").lines[-1]["skipped"] == 2
    assert at.done("verify", "s3://loose/one", "s3://other/two").lines[-1]["same"] == 2
    at.done("get", "-r", "s3://other/two/", at.path("back") + "/")
    with open(at.path("back/b/c"), "rb") as file:
        assert file.read() == b"c" * 9000000
    assert at.done("du", "s3://loose/").lines[-1]["type"] == "summary"
    at.done("mv", "s3://other/two/a", "s3://other/three")
    assert at.done("rm", "-r", "s3://loose/one/").lines[-1]["removed"] == 2
    assert at.done("undelete", "-r", "s3://loose/one/").lines[-1]["restored"] == 2
    told = [line for line in at.done("versions", "s3://loose/one/a").lines if line["type"] == "version"]
    assert len(told) >= 1, told
    assert at.done("ls", "s3://other/three").lines[1]["store"] == "s3://other"


def test_live_urls_restored_from():
    """What can be read is fetched at once, from a bucket that no [store] tells of, too."""
    at = place()
    for name in ("deep/a", "deep/b c"):
        at.client.put_object(Bucket="other", Key=name, Body=name.encode())
    done = at.done("archive", "restore", "--to", at.path("restored"), "--prefix", "s3://other/deep/")
    assert done.lines[-1]["done"] == 2 and files(at.path("restored")) == {"deep/a": b"deep/a", "deep/b c": b"deep/b c"}, done


def test_live_urls_version_refused_when_it_is_fetched():
    """Readable by its facts, and archived when its bytes are asked for: told as such, looked at again at once, and fetched."""
    at = place()
    version = at.client.put_object(Bucket="loose", Key="cold", Body=b"old")["VersionId"]
    at.client.put_object(Bucket="loose", Key="cold", Body=b"new")
    words = ("archive", "restore", "--version", version, "--to", at.path("thawed"), "s3://loose/cold")
    at.between.plan([{"method": "GET", "path": "cold", "do": "reply", "status": 403, "code": "InvalidObjectState"}])
    done = at.done(*words, code=9)
    assert [line["action"] for line in done.lines if line["type"] == "object"] == ["restored", "again", "restored", "again"], done
    at.between.plan([])
    done = at.done(*words)
    assert done.lines[-1]["done"] == 1 and files(at.path("thawed")) == {"cold": b"old"}, done


def test_live_urls_removed_early():
    """What goes before it was paid for long enough is summed up a bucket; of one that keeps versions nothing goes."""
    at = place()
    os.makedirs(at.path("pipeline/prices"), exist_ok=True)
    at.put("pipeline/prices/t.ini", b'[prices]\ncurrency = USD\nregion = r\ndate = 2026-01-01\n[price "storage STANDARD"]\namount = 1\nunit = a GB-month\nsource = a test\nleast = 30d\n')
    at.server.make_bucket("third")
    for bucket in ("loose", "other", "third"):
        at.client.put_object(Bucket=bucket, Key="early/a", Body=b"x" * 1000)
    with open(at.config) as file:
        before = file.read()
    at.change(at.config, "[larder]\n", ["prices = t"])
    done = at.done("rm", "-n", "-r", "s3://loose/early/", "s3://other/early/", "s3://third/early/")
    with open(at.config, "w") as file:
        file.write(before)
    told = sorted((line["store"], line["objects"]) for line in done.lines if line["type"] == "early-removal")
    assert told == [("s3://other", 1), ("s3://third", 1)], (told, done)


def test_live_urls_with_a_store():
    """One side a URL, the other a store of the pipeline; the names people see are the ones they wrote."""
    at = place()
    at.use_bucket("other")
    at.put("x", b"x")
    at.done("put", at.path("x"), "s3://loose/x")
    got = at.done("cp", "s3://loose/x", "images:y")
    assert [(line["src"], line["dst"]) for line in got.lines if line["type"] == "object"] == [("s3://loose/x", "images:y")], got
    refused = at.run("--backend", "objects", "cp", "s3://other/y", "images:y")
    assert refused.code == 5 and "same object" in refused.err, refused


def test_live_urls_what_is_not_there():
    at = place()
    for words, code, text in ((("stat", "s3://loose/none"), 3, "none"), (("ls", "s3://nobody/"), 3, "nobody"), (("ls", "s3:///x"), 2, "names no bucket"),
                              (("ls", "gopher://b/k"), 2, "is not for gopher://")):
        got = at.run("--backend", "objects", *words)
        assert got.code == code and text in got.err and "next:" in got.err, (words, got)
    for words, text in ((("ls", "gopher://b/k"), "no [backend] of this profile is for gopher://"), (("ls", "--backend", "objcts", "s3://loose/"), "objects"),
                        (("ls", "--backend", "files", "s3://loose/"), "is not for s3://")):
        got = at.run(*words)
        assert got.code == 2 and text in got.err and "next:" in got.err, (words, got)


def test_live_urls_mistyped_bucket():
    """No bucket comes of a slip of the pen, and none that is not there counts as an empty source."""
    at = place()
    os.makedirs(at.path("keep"), exist_ok=True)
    at.put("keep/file", b"x")
    for words in (("put", at.path("keep/file"), "s3://looze/k"), ("ls", "s3://looze/"), ("ls", "-r", "s3://looze/"), ("du", "s3://looze/"), ("rm", "-r", "s3://looze/a/"),
                  ("sync", at.path("keep"), "s3://looze/"), ("sync", "--delete", "--allow-empty-source", "s3://looze/", at.path("keep"))):
        got = at.run("--backend", "objects", *words)
        assert got.code == 3 and "looze" in got.err and "next:" in got.err, (words, got)
    assert "looze" not in [bucket["Name"] for bucket in at.client.list_buckets()["Buckets"]] and os.path.exists(at.path("keep/file"))


def test_live_urls_one_or_several_backends():
    """Of the two services of this profile one has to be named; of one it is clear."""
    at = place()
    got = at.run("ls", "s3://loose/")
    assert got.code == 2 and "objects, objects-replica" in got.err and "--backend" in got.err, got
    profile = at.path("pipeline/profiles", at.profile + ".ini")
    with open(profile) as file:
        before = file.read()
    head, _, rest = before.partition('[backend "objects-replica"]')
    with open(profile, "w") as file:
        file.write(head + '[backend "objects-replica"]\ndriver = localfs-mock\nroot = ' + at.path("replica") + "\n" + rest[rest.index("\n["):])
    got = at.run("ls", "s3://loose/")
    with open(profile, "w") as file:
        file.write(before)
    assert got.code == 0, got


run_in(place, sys.modules[__name__])
