#!/usr/bin/env python3
"""test-live-replication: larder replication on real servers. What a service says of each object is put into its answers: these servers copy nothing by themselves."""
import email.utils
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

STATUS = "x-amz-replication-status"


class Place(Scene):
    """Two buckets that keep versions, of one server."""

    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "attempts = 2"])
        for bucket in ("bucket", "replica"):
            self.server.make_bucket(bucket, versioning=True)
        self.use_bucket("bucket")
        self.to("replica")
        self.change(self.path("pipeline/profiles", self.profile + ".ini"), '[backend "objects-replica"]\n', ["create = no", "attempts = 2"])
        with open(self.config) as file:
            self.plain = file.read()

    def to(self, bucket):
        self.change(self.config, '[store "images-replica"]\n', ["bucket = " + bucket])

    def clean(self):
        super().clean()
        self.put(self.config, self.plain.encode())
        for bucket in ("bucket", "replica"):
            while entries := self.client.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in entries]})

    def fill(self, bucket, *keys, body=b"bytes"):
        for key in keys:
            self.client.put_object(Bucket=bucket, Key=key, Body=body)

    def says(self, *rules):
        """Of the objects whose path is like the first of these patterns, this word, and how old they are."""
        plan = []
        for pattern, word, seconds in rules:
            headers = {STATUS: word}
            if seconds:
                headers["Last-Modified"] = email.utils.formatdate(time.time() - seconds, usegmt=True)
            plan.append({"method": "HEAD", "path": "^/bucket/" + pattern, "do": "headers", "set": headers})
        self.between.plan(plan)

    def replication(self, word, *words, code=0):
        """([lines of that kind], the run)"""
        done = self.run("replication", word, "--json", *words)
        assert done.code == code, done
        return [line for line in done.lines if line["type"] in ("replication", "object")], done

    def there(self):
        return [entry["Key"] for entry in self.client.list_objects_v2(Bucket="replica").get("Contents", [])]


place = Places(Place)


def names(lines):
    return {line["src"].partition(":")[2]: line["action"] for line in lines}


def verdict(name, healthy):
    """c-F06: the verdict comes from the objects, not from the rule. `healthy`: the exit status where nothing is wrong with them. For two reasons together it is 1."""
    scene = place(name)
    os.makedirs(scene.path("tree"), exist_ok=True)
    for n in range(1000):
        scene.put("tree/%03d" % n, b"%d" % n)
    assert scene.run("put", "-q", "-r", scene.path("tree") + "/", "images:k/").code == 0
    words = [("k/00[0-2]$", "FAILED", 0), ("k/01", "PENDING", 3600), ("k/0[2-6]", None, 0), ("k/07", "REPLICA", 0), ("k/08", "COMPLETE", 0), ("k/", "COMPLETED", 0)]
    scene.says(*words)
    (line,), done = scene.replication("status", "--all", "images", code=1)
    assert line["objects"] == {"COMPLETED": 927, "PENDING": 10, "FAILED": 3, "REPLICA": 10, "none": 50, "OTHER": 0}, line
    assert [one["key"] for one in sorted(line["failed"], key=lambda one: one["key"])] == ["k/000", "k/001", "k/002"], line
    assert line["late"] == 10 and line["oldest_pending"].startswith("k/01") and 3600 <= line["behind_seconds"] < 3900, line
    assert "50 have no status" in done.err and "3 failed" in done.err and "10 have been pending for more than 15m" in done.err, done.err
    scene.says(*words[1:])
    (line,), done = scene.replication("status", "--sample", "1000", "images", code=1 if healthy else 9)
    assert line["looked"] == 1000 and line["late"] == 10, line
    scene.says(words[0], *words[2:])
    assert scene.replication("status", "--all", "images", code=6)[0][0]["late"] == 0
    scene.says(("k/", "PENDING", 300))
    (line,), done = scene.replication("status", "--sample", "30", "images", code=healthy)
    assert line["looked"] == 30 and line["listed"] == 1000 and line["objects"]["PENDING"] == 30 and line["late"] == 0, line
    scene.says(("k/", "PENDING", -3600))            # by a clock that is ahead of ours
    (line,), done = scene.replication("status", "--sample", "30", "images", code=healthy)
    assert line["late"] == 0 and line["behind_seconds"] < 300 and 3300 < line["clock_behind_seconds"] <= 3600 and re.search("clock is (59m..s|1h00m) behind", done.err), (line, done)
    scene.says(("k/000$", "PENDING", -300), ("k/999$", "COMPLETED", -3600))
    (line,), done = scene.replication("status", "--all", "images", code=1 if healthy else 9)
    assert line["late"] == 1 and line["oldest_pending"] == "k/000" and 3000 < line["behind_seconds"] < 3600 and "1 have been pending for more than 15m" in done.err, (line, done)
    scene.says(("k/", "COMPLETED", 0))
    (line,), done = scene.replication("status", "--sample", "30", "images", code=healthy)
    assert "clock_behind_seconds" not in line and "clock" not in done.err, (line, done)


def test_live_replication_status_minio():
    """MinIO has none of the kind that a section sets up, so there is nothing to hold against it."""
    verdict("minio", 0)


def test_live_replication_status_moto():
    """The rule is not there: 6, whatever becomes of the objects."""
    verdict("moto", 6)


def repairs(name):
    scene = place(name)
    scene.fill("bucket", "a", "b/c", "b/d", "same")
    scene.fill("replica", "same", "besides")
    scene.fill("replica", "b/c", body=b"other")
    lines, done = scene.replication("check", "images", code=6)
    assert {key: action for key, action in names(lines).items() if action != "same"} == {"a": "missing", "b/c": "differs", "b/d": "missing"}, done
    assert len(scene.replication("repair", "-n", "images")[0]) == 3 and scene.there() == ["b/c", "besides", "same"]
    lines, done = scene.replication("repair", "images")
    assert names(lines) == {"a": "copied", "b/c": "copied", "b/d": "copied"} and scene.there() == ["a", "b/c", "b/d", "besides", "same"], done
    assert set(names(scene.replication("check", "--all", "images")[0]).values()) == {"same"}
    assert scene.client.get_object(Bucket="replica", Key="b/c")["Body"].read() == b"bytes"
    return scene, done


def test_live_replication_repair_minio():
    """MinIO has no STANDARD_IA: copied without, which is said."""
    _, done = repairs("minio")
    assert "STANDARD_IA is not applied" in done.err, done.err


def test_live_replication_repair_moto():
    scene, _ = repairs("moto")
    assert scene.client.head_object(Bucket="replica", Key="a")["StorageClass"] == "STANDARD_IA"


def test_live_replication_one_backend_copies_within():
    """Where both stores are of one [backend], no byte of an object passes through this machine."""
    scene = place("minio")
    scene.fill("bucket", "a", body=os.urandom(3 << 20))
    scene.change(scene.config, '[store "images-replica"]\n', ["backend = objects"])
    mark = len(scene.between.requests)
    assert len(scene.replication("repair", "images")[0]) == 1 and scene.there() == ["a"]
    seen = scene.between.requests[mark:]
    assert [r for r in seen if r["method"] == "PUT" and any(header.lower() == "x-amz-copy-source" for header, _ in r["headers"])], seen
    assert not [r for r in seen if r["body_bytes"] > 100000 or r["reply_bytes"] > 100000], seen


def test_live_replication_tag():
    """What the tag selects has a status; what has none is left out, and how many is said."""
    scene = place("minio")
    scene.fill("bucket", "t/1", "t/2", "t/3", "b/4")
    scene.change(scene.config, '[replication "tokyo"]\n', ["prefix = t/", "tag = keep=yes"])
    scene.says(("t/1", "COMPLETED", 0), ("t/2", "FAILED", 0))
    lines, done = scene.replication("check", "--all", "images", code=6)
    assert names(lines) == {"t/1": "missing", "t/2": "missing"} and "1 keys of 'images' are left out" in done.err, done
    assert names(scene.replication("repair", "images")[0]) == {"t/1": "copied", "t/2": "copied"} and scene.there() == ["t/1", "t/2"]
    assert scene.replication("check", "images")[1].lines[-1]["same"] == 2


def test_live_replication_read_the_replica():
    """A rehearsal: while the bucket answers nothing at all, what was copied is read by its own address; no request goes to the bucket, and nothing is written to either."""
    for name in ("minio", "moto"):
        scene = place(name)
        scene.fill("bucket", "copied/1", "copied/2")
        scene.replication("repair", "images")
        scene.between.plan([{"path": "^/bucket", "do": "cut-before"}])
        mark = len(scene.between.requests)
        for words in (("cat", "images:copied/1"), ("ls", "-r", "images:"), ("sync", "images:copied/", scene.path("back")), ("verify", "images:copied/", scene.path("back")), ("stat", "images:copied/2"), ("du", "images:")):
            done = scene.run(*words, "--replica")
            assert done.code == 0 and "store 'images' is read from its replica 'images-replica'" in done.err, (words, done)
        done = scene.run("cp", scene.path("back/1"), "images:b", "--replica")
        assert done.code == 5 and "nothing is written there" in done.err, done
        seen = scene.between.requests[mark:]
        assert seen and not [r for r in seen if r["path"].startswith("/bucket") or r["method"] not in ("GET", "HEAD")], seen
        assert sorted(os.listdir(scene.path("back"))) == ["1", "2"] and scene.there() == ["copied/1", "copied/2"]


def replica_and_manifests(name, where):
    """While the bucket answers nothing: is on the replica what runs say they wrote to the bucket? Its versions are its own; what is another, and what never came, is told with the way out."""
    scene = place(name)
    more = {"LARDER_MANIFESTS": where}
    for path in ("a", "b", "c"):
        os.makedirs(scene.path("kept"), exist_ok=True)
        scene.put("kept/" + path, b"bytes of " + path.encode())
    assert scene.run("sync", "kept", "images:k/", more=more).code == 0
    scene.replication("repair", "images")
    words = ("verify", "--json", "--manifest", "images:k/", "--replica")
    for damage, code, found in ((False, 0, {"k/a": "same", "k/b": "same", "k/c": "same"}), (True, 6, {"k/a": "differs", "k/b": "missing", "k/c": "same"})):
        if damage:
            scene.client.put_object(Bucket="replica", Key="k/a", Body=b"bytes of A")
            scene.client.delete_object(Bucket="replica", Key="k/b")
        scene.between.plan([{"path": "^/bucket/k|^/bucket\\?", "do": "cut-before"}])
        done = scene.run(*words, more=more)
        assert done.code == code and names([line for line in done.lines if line["type"] == "object"]) == found, done
        assert "read from its replica 'images-replica'" in done.err and ("has no replica, and is read itself" in done.err) == (not where.startswith("images:")) and done.err.count("larder replication repair") == 2 * damage, done
    scene.between.plan([])
    done = scene.run(*words[:-1], more=more)
    assert done.code == 0 and done.lines[-1]["same"] == 3, done


def test_live_replication_read_the_replica_by_manifests():
    replica_and_manifests("minio", "images:runs")
    replica_and_manifests("moto", "images:runs")


def test_live_replication_read_the_replica_by_manifests_elsewhere():
    scene = place("minio")
    scene.server.make_bucket("kept-apart")
    scene.change(scene.config, '[store "backups"]\n', ["bucket = kept-apart"])
    with open(scene.config) as file:
        scene.plain = file.read()
    replica_and_manifests("minio", "backups:runs")


def replica_lacks_versions(name):
    """All that is the latest is alike, and of what was written over before the rule nothing is there: a check of the latest passes, one of versions tells which keys, and how many."""
    scene = place(name)
    for n in range(3):
        scene.fill("bucket", "v/0 older", "v/2", "u/other", body=b"%d" % n)
    scene.fill("bucket", "v/1", "v/3 never came")
    scene.client.delete_object(Bucket="bucket", Key="v/1")                  # a deletion is no version
    scene.fill("bucket", "v/1")
    scene.fill("replica", "v/0 older", "u/other", body=b"2")
    for n in range(3):
        scene.fill("replica", "v/2", body=b"%d" % n)
    for n in range(2):
        scene.fill("replica", "v/1", "v/besides")
    scene.change(scene.config, '[replication "tokyo"]\n', ["prefix = v/"])
    lines, done = scene.replication("check", "--versions", "images", code=6)
    assert names(lines) == {"v/0 older": "differs", "v/1": "same", "v/2": "same", "v/3 never came": "missing"}, done
    assert [done.lines[-1][what] for what in ("scanned", "differs", "missing")] == [4, 1, 1], done
    assert "'images:v/0 older' has 3 versions, and 'images-replica:v/0 older' has 1" in done.error["message"] and "'replication repair' copies the latest alone" in done.error["next"], done
    assert "'images:v/3 never came' has 1 version, and 'images-replica:v/3 never came' has none" in done.err, done
    assert scene.replication("check", "--all", "images", code=6)[1].lines[-1]["missing"] == 1
    scene.change(scene.config, 'prefix = v/\n', ["tag = kind=kept"])
    lines, done = scene.replication("check", "--versions", "images", code=6)
    assert names(lines) == {"v/0 older": "differs", "v/1": "same", "v/2": "same"} and "of 1 that 'images-replica' has not at all" in done.err and "tagged kind" in done.err, done


def test_live_replication_versions():
    replica_lacks_versions("minio")
    replica_lacks_versions("moto")


def test_live_replication_no_replica():
    """Its bucket is not there, or may not be listed: named, with what to do, and nothing is written."""
    scene = place("minio")
    scene.fill("bucket", "a")
    scene.to("gone")
    for word in ("check", "repair"):
        done = scene.replication(word, "images", code=3)[1]
        assert "gone" in done.error["message"] and done.error["next"], done
    scene.to("replica")
    scene.between.plan([{"method": "GET", "path": "^/replica", "do": "reply", "code": "AccessDenied"}])
    for word in ("check", "repair"):
        done = scene.replication(word, "images", code=4)[1]
        assert "replica" in done.error["message"] and done.error["next"], done
    scene.between.plan([{"method": "HEAD", "path": "^/bucket/a", "do": "reply", "status": 403}])
    (line,), done = scene.replication("status", "images", code=4)
    assert line["looked"] == 0 and done.error["what"] == "images:a" if "what" in done.error else "images:a" in done.out, done
    assert scene.there() == []


def test_live_replication_replica_without_versions():
    """The service would refuse such a rule: told before it is asked to."""
    scene = place("moto")
    scene.server.make_bucket("plain")
    scene.to("plain")
    (line,), _ = scene.replication("status", "images", code=6)
    assert line["versioning"] == "yes" and line["versioning_to"] == "no", line


run_in(place, sys.modules[__name__])
