#!/usr/bin/env python3
"""test-live-versions.py: versions, undelete, a roll back to a time, removal of versions and du on real servers, with the tool.
What the objects are is asked of the server past the tool, by boto3."""
import datetime
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402
from scene import Scene  # noqa: E402
from session import check_sent, started  # noqa: E402

TICKS = {"minio": 0.01, "versitygw": 1.1, "moto": 1.1}       # how fine the times of a listing are, in seconds


class World(Scene):
    """Store images keeps versions, store uploads does not."""

    count = 0

    def __init__(self, name):
        super().__init__(started(name), settings=["server = " + name])
        self.name = name
        World.count += 1
        for store, bucket, versioning in (("images", "versions-%d", True), ("uploads", "plain-%d", False)):
            bucket %= World.count
            self.server.make_bucket(bucket, versioning)
            self.change(self.config, "[store \"%s\"]\n" % store, ["bucket = " + bucket])
        self.bucket, self.plain = "versions-%d" % World.count, bucket

    def tick(self):
        time.sleep(TICKS[self.name])

    def put_text(self, key, text, bucket=None, **more):
        made = self.client.put_object(Bucket=bucket or self.bucket, Key=key, Body=text.encode(), **more).get("VersionId")
        return made

    def delete(self, key, **more):
        return self.client.delete_object(Bucket=self.bucket, Key=key, **more).get("VersionId")

    def text(self, key):
        """What a read gives, or None."""
        from botocore.exceptions import ClientError
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error
            return None

    def larder(self, code, *words):
        """Its lines of JSON, by the key of each where it is of one."""
        done = self.run("--json", *words)
        assert done.code == code, done
        return done

    def actions(self, code, *words):
        done = self.larder(code, *words)
        return sorted((line["action"], line["src"].partition(":")[2]) for line in done.lines if line["type"] == "object"), done.lines[-1]

    def shown(self, *words):
        return [line for line in self.larder(0, "versions", *words).lines if line["type"] == "object_version"]

    def __exit__(self, kind, *rest):
        sent = self.between.requests
        super().__exit__(kind, *rest)
        if not kind:
            check_sent(sent)


# ---- undelete

def check_undelete(name):
    """c-B01: each case for itself, then all in one call."""
    with World(name) as w:
        w.put_text("live", "live")
        for key in ("gone", "twice"):
            w.put_text(key, "first")
            w.tick()
            w.put_text(key, "last", ContentType="image/x-test", Metadata={"n": "1"}, CacheControl="no-store")
        w.tick()
        w.delete("gone")
        w.delete("twice")
        w.tick()
        between = w.put_text("twice", "between")
        w.tick()
        w.delete("twice")
        w.delete("twice", VersionId=between)
        assert [line["state"] for line in w.shown("images:twice")] == ["delete_marker", "delete_marker", "old", "old"]
        for key in ("gone", "twice"):
            assert w.text(key) is None
            actions, total = w.actions(0, "undelete", "-n", "images:" + key)
            assert actions == [("would-restore", key)] and w.text(key) is None and total["would_restore"] == 1
            actions, total = w.actions(0, "undelete", "images:" + key)
            assert actions == [("restored", key)] and (total["restored"], total["skipped"], total["failed"]) == (1, 0, 0)
            seen = w.client.head_object(Bucket=w.bucket, Key=key)
            assert w.text(key) == "last" and (seen["ContentType"], seen["Metadata"], seen["CacheControl"]) == ("image/x-test", {"n": "1"}, "no-store")
            assert [line["state"] for line in w.shown("images:" + key)] == ["latest", "old"]
        actions, total = w.actions(0, "undelete", "images:live")
        assert actions == [("skipped", "live")] and (total["restored"], total["skipped"]) == (0, 1) and w.text("live") == "live"
        assert w.larder(3, "undelete", "images:never").error["code"] == "NOTFOUND"
        w.put_text("plain", "plain", w.plain)
        error = w.larder(2, "undelete", "uploads:plain").error
        assert "keeps no versions" in error["message"] and error["next"], error
        w.delete("gone")
        actions, total = w.actions(1, "undelete", "images:live", "images:gone", "images:never", "uploads:plain")
        assert (total["scanned"], total["restored"], total["skipped"], total["failed"]) == (4, 1, 1, 2) and w.text("gone") == "last", total
        actions, total = w.actions(0, "undelete", "-r", "images:")
        assert actions == [("skipped", "gone"), ("skipped", "live"), ("skipped", "twice")], actions


def test_live_versions_undelete_minio():
    check_undelete("minio")


def test_live_versions_undelete_versitygw():
    check_undelete("versitygw")


def test_live_versions_undelete_moto():
    check_undelete("moto")


# ---- more versions of one key than a page holds

def test_live_versions_of_many_pages_minio():
    """c-B02: 1,500 versions and 20 delete markers of one key among 5 others: each once, newest first, with its state, and the
    key after it; both markers of a page are sent; a roll back to version 1,200, and what du says."""
    others = ["a", "b", "k!", "k2", "z"]
    with World("minio") as w:
        made = []
        for key in others:
            w.put_text(key, "other")
        for number in range(1500):
            made.append(("old", w.put_text("k", "%04d" % number)))
            if number % 75 == 40:
                made.append(("delete_marker", w.delete("k")))
        made[-1] = ("latest", made[-1][1])
        assert len(made) == 1520
        wanted = [("k", *one) for one in made[::-1]]
        listed = [(line["key"], line["state"], line["version"]) for line in w.shown("images:k")]
        assert listed == wanted
        w.between.requests.clear()
        listed = [(line["key"], line["state"], line["version"]) for line in w.shown("-r", "images:")]
        assert [key for key, _, _ in listed] == ["a", "b"] + ["k"] * 1520 + ["k!", "k2", "z"]
        assert [line for line in listed if line[0] == "k"] == wanted
        pages = [request["path"] for request in w.between.matching("GET", "versions")]
        assert len(pages) == 2 and re.search("key-marker=k(%5B|&)", pages[1]) and re.search("version-id-marker=[^&]", pages[1]) and "marker" not in pages[0], pages
        usage = [line for line in w.larder(0, "du", "--versions", "images:").lines if line["type"] == "usage"][0]
        assert [usage[name] for name in ("objects", "bytes", "old_versions", "old_bytes", "delete_markers")] == [6, 29, 1499, 1499 * 4, 20], usage
        back = [version for state, version in made if state != "delete_marker"][1199]
        when = next(line["time"] for line in w.shown("images:k") if line["version"] == back)
        actions, total = w.actions(0, "undelete", "--at", when, "images:k")
        assert actions == [("restored", "k")] and w.text("k") == "1199", (actions, w.text("k"))
        older = [version for state, version in made if state != "delete_marker"][9]
        assert w.actions(0, "cp", "--version", older, "images:k", "images:k")[0] == [("copied", "k")] and w.text("k") == "0009"
        assert len(w.shown("images:k")) == 1522
        total = w.actions(0, "rm", "--all-versions", "images:k")[1]
        assert total["removed"] == 1522 and sorted(w.versions()) == sorted(others), total


# ---- rolling back

def check_roll_back(name):
    """Each key as it was; the dry run says exactly what the run does, and a second run finds nothing to do."""
    with World(name) as w:
        for key, text in (("p/changed", "good"), ("p/deleted", "kept"), ("p/same", "same"), ("p/meta", "meta"), ("p/then", "x"), ("other", "1")):
            w.put_text(key, text, ContentType="image/x-test", Metadata={"n": "1"})
        w.tick()
        w.delete("p/then")
        w.tick()
        then = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        w.tick()
        for key, text in (("p/changed", "spoilt"), ("p/then", "back"), ("p/new", "new"), ("other", "2")):
            w.put_text(key, text)
        w.put_text("p/meta", "meta", ContentType="image/x-test", Metadata={"n": "2"})
        w.delete("p/deleted")
        before = w.versions()
        acts = {"restore": ["p/changed", "p/deleted", "p/meta"], "remove": ["p/new", "p/then"], "skipped": ["p/same"]}
        for dry, names in ((["-n"], ("would-restore", "would-remove", "skipped")), ([], ("restored", "removed", "skipped"))):
            actions, total = w.actions(0, "undelete", "-r", "--at", then, *dry, "images:p/")
            assert actions == sorted((act, key) for act, keys in zip(names, acts.values()) for key in keys), actions
            assert (total["scanned"], total["done"], total["skipped"]) == (6, 5, 1) and (w.versions() == before) == bool(dry), total
        texts = {key: w.text(key) for key in ("p/changed", "p/deleted", "p/same", "p/meta", "p/then", "p/new", "other")}
        assert texts == {"p/changed": "good", "p/deleted": "kept", "p/same": "same", "p/meta": "meta", "p/then": None, "p/new": None, "other": "2"}, texts
        seen = w.client.head_object(Bucket=w.bucket, Key="p/meta")
        assert (seen["Metadata"], seen["ContentType"]) == ({"n": "1"}, "image/x-test"), seen
        assert all(w.versions()[key] == count + (key not in ("p/same", "other")) for key, count in before.items())
        actions, total = w.actions(0, "undelete", "-r", "--at", then, "images:p/")
        assert (total["done"], total["skipped"]) == (0, 6), actions
        copies = [request for request in w.between.matching("PUT") if any(name.lower() == "x-amz-copy-source" for name, _ in request["headers"])]
        assert len(copies) == 3 and len(w.between.matching("PUT")) == 3                       # within the storage: no bytes came here
        assert w.larder(2, "undelete", "-r", "--at", then, "uploads:").error["code"] == "UNSUPPORTED"


def test_live_versions_roll_back_minio():
    check_roll_back("minio")


def test_live_versions_roll_back_versitygw():
    check_roll_back("versitygw")


def test_live_versions_roll_back_moto():
    check_roll_back("moto")


# ---- one version, and all of them

def check_one_version(name):
    with World(name) as w:
        first, second = w.put_text("k", "first", Metadata={"n": "1"}), w.put_text("k", "second")
        assert w.run("cat", "--version", first, "images:k").out == "first"
        assert w.larder(0, "stat", "--version", first, "images:k").lines[1]["metadata"] == {"n": "1"}
        w.larder(0, "get", "--version", first, "images:k", w.path("old"))
        with open(w.path("old")) as file:
            assert file.read() == "first"
        w.larder(0, "cp", "--version", first, "images:k", "uploads:copy")
        assert w.client.get_object(Bucket=w.plain, Key="copy")["Body"].read() == b"first"
        w.larder(0, "cp", "--version", first, "images:k", "images:k")
        assert w.text("k") == "first" and w.client.head_object(Bucket=w.bucket, Key="k")["Metadata"] == {"n": "1"} and w.versions()["k"] == 3
        w.larder(5, "cp", "images:k", "images:k")
        assert w.actions(0, "rm", "--version", second, "images:k")[0] == [("removed", "k")] and w.versions()["k"] == 2
        assert w.larder(3, "rm", "--version", second, "images:k").error["code"] == "NOTFOUND"


def test_live_versions_one_version_minio():
    check_one_version("minio")


def test_live_versions_one_version_versitygw():
    check_one_version("versitygw")


def test_live_versions_one_version_moto():
    check_one_version("moto")


def check_remove_all(name):
    """c-T18: of the object and of what is below its path, deleted ones too, and nothing else."""
    with World(name) as w:
        for key in ("logs", "logs/a", "logs/b", "logs.json", "logsx/y"):
            if key == "logs" and name != "moto":       # there an object hides, or forbids, what is below its name
                continue
            for text in ("1", "2"):
                w.put_text(key, text)
                w.tick()
        w.delete("logs/b")
        inside = sum(count for key, count in w.versions().items() if key == "logs" or key.startswith("logs/"))
        actions, total = w.actions(0, "rm", "-r", "--all-versions", "-n", "images:logs")
        assert total["would_remove"] == inside == len(actions) and len(w.versions()) == (5 if name == "moto" else 4)
        removed, total = w.actions(0, "rm", "-r", "--all-versions", "images:logs")
        assert [key for _, key in removed] == [key for _, key in actions] and total["removed"] == inside
        assert sorted(w.versions()) == ["logs.json", "logsx/y"]
        assert w.larder(3, "rm", "-r", "--all-versions", "images:logs").error["code"] == "NOTFOUND"


def test_live_versions_remove_all_minio():
    check_remove_all("minio")


def test_live_versions_remove_all_versitygw():
    check_remove_all("versitygw")


def test_live_versions_remove_all_moto():
    check_remove_all("moto")


# ---- object lock

def check_locked(name):
    """What object lock keeps is denied, by whatever code the server says so, and stays; what it let go is removed."""
    with World(name) as w:
        w.client.create_bucket(Bucket="locked-%d" % World.count, ObjectLockEnabledForBucket=True)
        w.use_bucket("locked-%d" % World.count)
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        kept = w.put_text("kept", "kept", ChecksumAlgorithm="CRC32", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
        free = w.put_text("free", "free")
        error = w.larder(4, "rm", "--version", kept, "images:kept").error
        assert error["code"] == "DENIED" and "object lock keeps it" in error["next"] and w.text("kept") == "kept", error
        w.larder(0, "rm", "--version", free, "images:free")
        assert w.larder(4, "rm", "-r", "--all-versions", "images:").lines[-1]["failed"] == 1 and w.versions() == {"kept": 1}


def test_live_versions_locked_minio():
    check_locked("minio")


def test_live_versions_locked_versitygw():
    check_locked("versitygw")


if __name__ == "__main__":
    servers.boto3()
    tap.run(sys.modules["__main__"])
