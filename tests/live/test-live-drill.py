#!/usr/bin/env python3
"""test-live-drill: larder backup drill on real servers: MinIO in full, and on moto what is archived, whose restores go on when the test says so."""
import json
import os
import re
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import clock  # noqa: E402
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

    def drill(self, *words, code=0, more=None):
        """(keys by what was found of them, what it came to, the run)"""
        done = self.run("backup", "drill", "--json", "--report", "reports", *words, more=more)
        assert done.code == code, done
        found = {}
        for line in done.lines:
            if line["type"] == "object":
                found.setdefault(line["action"], []).append(line["src"].partition(":")[2])
        return {action: sorted(keys) for action, keys in found.items()}, next((line for line in done.lines if line["type"] == "drill"), None), done

    def report(self, facts, ending):
        with open(self.path(facts["report"] + ending)) as file:
            return file.read()

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
    assert [one["key"] for one in json.loads(scene.report(facts, ".json"))["findings"]] == ["data/a", "data/large", "data/sub/b"]
    assert scene.left() == []


def test_live_drill_bundles_minio():
    """Small files packed, as a manifest tells: bundles come as their members from a server that archives nothing, and are as it tells. What is damaged on its way is fetched again. One bit
    of a bundle flipped: 6, by that member, and by the bundle, which is not what was written; where no manifest tells so, by the member alone. 'archive restore' says the same."""
    scene = place("minio")
    more = {"LARDER_MANIFESTS": "images:runs"}
    small = {path: text for path, text in FILES.items() if len(text) < 1 << 20}
    assert scene.run("archive", "put", "--pack", "data/", "images:p/", more=more).code == 0
    (bundle,) = [key for key in scene.keys("p/") if key.endswith(".tar")]
    assert sorted(scene.keys("p/")) == sorted((bundle, bundle + ".index", "p/large")) and len(scene.keys("runs/")) == 1
    words = ("--source", "data", "images:p/")
    found, facts, done = scene.drill(*words, more=more)
    assert (facts["keys"], facts["manifests"], facts["compared_with_manifest"], facts["not_in_manifest"], facts["compared_with_source"]) == (3, 1, 3, 0, len(FILES)), facts
    assert facts["bytes"] > sum(map(len, FILES.values())) and done.lines[-1]["proven"] == 3, (found, done)
    assert found == {"restored": [bundle], "copied": sorted([bundle + ".index", "p/large", *("p/" + name for name in small)])}, found
    scene.between.plan([{"method": "GET", "path": "^/bucket/" + bundle + "(?!.index)", "nth": 1, "do": "flip", "bytes": 600}])
    assert scene.drill(*words, more=more)[1]["differs"] == 0 and "flip" in [one["action"] for one in scene.between.requests]
    scene.between.plan([])
    got = scene.client.get_object(Bucket="bucket", Key=bundle)
    text = got["Body"].read()
    at = text.index(small["sub/b"]) + 5000
    assert scene.client.put_object(Bucket="bucket", Key=bundle, Body=text[:at] + bytes((text[at] ^ 4,)) + text[at + 1:], Metadata=got["Metadata"])
    found, facts, done = scene.drill(*words, code=6, more=more)
    assert found["differs"] == [bundle, "p/sub/b"] and facts["differs"] == 2 and "sub/b" in done.err and facts["compared_with_source"] == len(FILES) - 1, (found, facts, done)
    found, facts, done = scene.drill(*words, code=6)
    assert found["differs"] == ["p/sub/b"] and (facts["differs"], facts["manifests"]) == (1, 0) and scene.left() == [], (found, facts, done)
    done = scene.run("archive", "restore", "--json", "--to", "back", "images:p/sub/b", "images:p/a")
    assert done.code == 6 and [line["src"] for line in done.lines if line.get("action") == "failed"] == ["images:p/sub/b"] and os.path.exists(scene.path("back/p/a")) and not os.listdir(scene.path("back/p/sub")), done


def test_live_drill_clock():
    """A clock that is ten minutes behind: the newest is of a time to come, and how old it is nobody tells: not 0, but by how much the clocks differ, wherever the figure stands. One that is set
    back while it goes on makes no RTO."""
    scene = place("minio")
    assert scene.run("sync", "data", "images:data/").code == 0
    for words in ((), ("-n",)):
        _, facts, done = scene.drill(*words, "images:data/", more=clock.off(-600))
        assert "rpo_seconds" not in facts and 595 <= facts["newest_ahead_seconds"] < 900 and "ahead of this machine's clock" in done.err, (facts, done)
    _, facts, _ = scene.drill("images:data/", more=clock.off(-600))
    told = {ending: scene.report(facts, ending) for ending in (".txt", ".json", ".html")}
    said = json.loads(told[".json"])
    assert "rpo_seconds" not in said and 595 <= said["newest_ahead_seconds"] < 900 and said["rto_seconds"] < 600 and said["verdict"] == "proven", said
    for ending in (".txt", ".html"):
        assert re.search("RPO.*not known: the newest was kept .* (9m5.s|1.m..s) ahead of this machine(&#39;|')s clock", told[ending]), told[ending]
    _, facts, done = scene.drill("images:data/", more=clock.off(600))
    assert 595 <= facts["rpo_seconds"] < 900 and "newest_ahead_seconds" not in facts and "clock" not in done.err, (facts, done)
    jumps = clock.Clock(scene.path("shift"))
    scene.between.plan([{"method": "GET", "path": "^/bucket/data/a", "do": "keep", "after": lambda record: jumps.set(-60)}])
    _, facts, _ = scene.drill("images:data/", more=jumps.environment)
    assert "rto_seconds" not in facts and 50 < facts["clock_set_back_seconds"] <= 60 and "rpo_seconds" in facts, facts
    assert "RTO            not known: this machine's clock was set back" in scene.report(facts, ".txt")


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
