#!/usr/bin/env python3
"""test-live-drill: larder backup drill on real servers: MinIO in full, and on moto what is archived, whose restores go on when the test says so."""
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import servers  # noqa: E402
from scene import Places, Scene, run_in  # noqa: E402

FILES = {"a": b"one", "sub/b": b"two" * 9000, "sub/empty": b"", "large": bytes(range(256)) * (20 << 12)}


class Place(Scene):
    """One bucket that keeps versions, of one server, and the files that it is to keep."""

    def __init__(self, name):
        super().__init__(servers.start(name), ["create = no", "attempts = 2"])
        self.server.make_bucket("bucket", versioning=True)
        self.use_bucket("bucket")
        self.change(self.config, '[store "backups"]\n', ["bucket = bucket", "class = DEEP_ARCHIVE"])
        for path, text in FILES.items():
            os.makedirs(os.path.dirname(self.path("data", path)), exist_ok=True)
            self.put("data/" + path, text)

    def clean(self):
        super().clean()
        while entries := self.client.list_object_versions(Bucket="bucket"):
            entries = entries.get("Versions", []) + entries.get("DeleteMarkers", [])
            if not entries:
                break
            self.client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]})

    def drill(self, *words, code=0):
        """(keys by what was found of them, what it came to, the run)"""
        done = self.run("backup", "drill", "--json", "--report", "reports", *words)
        assert done.code == code, done
        found = {}
        for line in done.lines:
            if line["type"] == "object":
                found.setdefault(line["action"], []).append(line["src"].partition(":")[2])
        return {action: sorted(keys) for action, keys in found.items()}, next((line for line in done.lines if line["type"] == "drill"), None), done

    def left(self):
        return [name for folder in ("drills", "scratch") if os.path.isdir(self.path("state/larder", folder)) for name in os.listdir(self.path("state/larder", folder))]


place = Places(Place)


def test_live_drill_minio():
    """Kept by sync, proven byte for byte, an object in parts too; overwritten, removed, emptied behind our back: each found by key, 6."""
    scene = place("minio")
    assert scene.run("sync", "data", "images:data/").code == 0
    _, facts, _ = scene.drill("--source", "data", "images:data/")
    assert facts["compared_with_source"] == facts["restored"] == len(FILES) and facts["bytes"] == sum(map(len, FILES.values())) and scene.left() == [], facts
    _, facts, _ = scene.drill("--sample", "2", "images")
    assert facts["restored"] == 2 and facts["keys"] == len(FILES), facts
    scene.client.put_object(Bucket="bucket", Key="data/a", Body=b"eno")
    scene.client.put_object(Bucket="bucket", Key="data/large", Body=b"")
    scene.client.delete_object(Bucket="bucket", Key="data/sub/b")
    found, facts, done = scene.drill("--source", "data", "images:data/", code=6)
    assert found["differs"] == ["data/a", "data/large"] and found["missing"] == ["data/sub/b"] and (facts["differs"], facts["missing"]) == (2, 1), (found, done)
    with open(scene.path(facts["report"] + ".json")) as file:
        assert [one["key"] for one in json.load(file)["findings"]] == ["data/a", "data/large", "data/sub/b"]
    assert scene.left() == []


def test_live_drill_broken_lines():
    """What the service breaks off is asked for again; what it refuses is told by key, and is not proven."""
    scene = place("minio")
    assert scene.run("sync", "data", "images:data/").code == 0
    scene.between.plan([{"method": "GET", "path": "^/bucket/data/a", "do": "reply", "code": "AccessDenied"}])
    found, facts, done = scene.drill("--source", "data", "images:data/", code=4)
    assert found["failed"] == ["data/a"] and facts["failed"] == 1 and done.lines[-1]["proven"] == len(FILES) - 1, done


def test_live_drill_of_what_nobody_can_tell():
    """Of a key that only a manifest tells of, and that cannot be asked for, nothing is proven; nor is anything where a manifest cannot be had."""
    scene = place("minio")
    more = {"LARDER_MANIFESTS": "images:runs"}
    assert scene.run("sync", "data", "images:data/", more=more).code == 0
    scene.client.delete_object(Bucket="bucket", Key="data/a")
    for rule, code, failed in (({"path": "^/bucket/data/a", "code": "AccessDenied"}, 4, 1), ({"method": "GET", "path": "^/bucket/runs/images/", "code": "NoSuchKey"}, 3, None)):
        scene.between.plan([{**rule, "do": "reply"}])
        done = scene.run("backup", "drill", "--json", "--report", "reports", "images:data/", more=more)
        facts = next((line for line in done.lines if line["type"] == "drill"), {})
        assert done.code == code and facts.get("failed") == failed, done


def test_live_drill_moto():
    """Archived there: asked for, 9 while it is on its way, and proven when it came, by the same command with the same keys."""
    scene = place("moto")

    def restores(how):
        body = json.dumps({"model_name": "s3::keyrestore", "transition": how}).encode()
        urllib.request.urlopen(urllib.request.Request(scene.server.endpoint + "/moto-api/state-manager/set-transition", body, {"content-type": "application/json"})).close()

    restores({"progression": "manual", "times": 1})
    assert scene.run("sync", "data", "backups:data/").code == 0
    first, _, done = scene.drill("--sample", "3", "--source", "data", "backups:data/", code=9)
    assert len(first["asked"]) == 3 and "same command goes on" in done.err, done
    for times in (1, 1000000):
        restores({"progression": "manual", "times": times})
        assert scene.drill("--sample", "3", "--source", "data", "backups:data/", code=9)[0] == {}
    restores({"progression": "immediate"})
    found, facts, _ = scene.drill("--sample", "3", "--source", "data", "backups:data/")
    assert found["copied"] == first["asked"] and facts["compared_with_source"] == 3 and scene.left() == [], (found, facts)


run_in(place, sys.modules[__name__])
