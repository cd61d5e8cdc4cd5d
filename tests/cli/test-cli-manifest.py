#!/usr/bin/env python3
"""Manifests on the mock: what each run of sync and archive put leaves of what it wrote, and larder verify --manifest."""
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, HOME, LARDER, PIPELINE, SLOW, SRC, configured, keys, larder, read, run, tree, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
STATE = os.path.join(HOME, "state")
FILES = {"a": b"one", "b/c": b"two" * 50000, "z": os.urandom(100000)}


def fresh(files=FILES):
    for folder in (DEMO, STATE, "src"):
        shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        write("src/" + name, data)


def ok(*words, code=0, env=None):
    got = larder(*words, "--state", STATE, env=env)
    assert got.code == code, (words, got.code, got.out, got.err)
    return got


def names(store):
    return [key for key in keys("backups:manifests/") if key.startswith("manifests/%s/" % store)]


def lines(key):
    """Of a manifest: head, what it tells, end; whose sums are checked."""
    raw = larder("cat", "backups:" + key).raw
    head, *told, end = [json.loads(line) for line in raw.splitlines()]
    before = raw[:raw.rstrip(b"\n").rindex(b"\n") + 1]
    assert end == {"count": len(told), "bytes": sum(line.get("size", 0) for line in told), "sha256": hashlib.sha256(before).hexdigest()}, end
    assert head["larder-manifest"] == 1, head
    return head, told


def facts(address):
    [told] = [line for line in larder("stat", "--json", address).lines() if line["type"] == "object"]
    return told


def verify(*words, code=0):
    """({key: action}, what people read)"""
    got = ok("verify", "--manifest", "--json", *words, code=code)
    return {line["src"].rpartition(":")[2]: line["action"] for line in got.lines() if line["type"] == "object"}, got


def test_cli_manifest_of_a_sync():
    """Of each object what the store tells of it; none of a run that wrote nothing, or was dry; what went is told, too."""
    fresh()
    ok("sync", "-n", "src", "images:x/")
    assert not names("images")
    ok("sync", "src", "images:x/")
    [name] = names("images")
    assert name.startswith("manifests/images/20") and name.endswith(".ndjson") and "Z-sync-" in name, name
    head, told = lines(name)
    assert (head["command"], head["store"], head["profile"]) == ("sync", "images", "mock"), head
    assert {line["key"]: line["size"] for line in told} == {"x/" + key: len(data) for key, data in FILES.items()}, told
    for line in told:
        stat = facts("images:" + line["key"])
        assert (line["version"], line["etag"]) == (stat["version"], stat["etag"]) and line["checksum"] == {"algorithm": stat["checksum_type"], "value": stat["checksum"]}, (line, stat)
    ok("sync", "src", "images:x/")
    assert names("images") == [name]
    os.unlink("src/a")
    ok("sync", "--delete", "src", "images:x/")
    [second] = [one for one in names("images") if one != name]
    assert [(line["key"], line.get("removed")) for line in lines(second)[1]] == [("x/a", True)]
    assert verify("images")[0] == {"x/b/c": "same", "x/z": "same"}
    assert facts("backups:" + name)["class"] == "STANDARD"


def test_cli_manifest_of_a_plan():
    fresh()
    ok("sync", "--plan", "today.plan", "src", "images:")
    assert not names("images")
    ok("apply", "today.plan")
    [name] = names("images")
    assert "-apply-" in name and len(lines(name)[1]) == len(FILES)


def test_cli_manifest_of_an_archive():
    """Of a bundle it and its index, not its members; and what is archived is compared without being read."""
    fresh()
    ok("archive", "put", "--pack", "src", "backups:q/")
    [name] = names("backups")
    told = {line["key"] for line in lines(name)[1]}
    assert told == set(keys("backups:q/")) and len(told) == 2 and "-archive-put-" in name, (told, name)
    assert set(verify("backups")[0].values()) == {"same"}
    actions, got = verify("--download", "backups", code=9)
    assert sorted(actions.values()) == ["failed", "same"] and "archive restore" in got.err, (actions, got.err)


def test_cli_manifest_none_without_the_key():
    fresh()
    env = configured(PIPELINE, ("manifests = backups:manifests ", "; manifests = backups:manifests "))
    ok("sync", "src", "images:", env=env)
    ok("archive", "put", "src", "backups:", env=env)
    assert not [key for key in keys("backups:") if "manifest" in key]
    ok("sync", "src", "uploads:", env={"LARDER_MANIFESTS": ""})
    assert not [key for key in keys("backups:") if "manifest" in key]
    assert "manifests = STORE:PREFIX" in ok("verify", "--manifest", "images", code=2, env=env).err


def test_cli_manifest_none_yet():
    """Of a store that no run wrote to there is none: said, with what leaves one."""
    fresh()
    assert larder("put", "-q", "src/a", "backups:a").code == 0
    got = ok("verify", "--manifest", "backups", code=3)
    assert "no manifest below 'backups:manifests/backups/'" in got.err and "leave one each" in got.err, got.err


def test_cli_manifest_what_differs():
    fresh()
    ok("sync", "src", "images:x/")
    write("other", b"ONE")
    write("same", FILES["z"])
    for words in (("put", "other", "images:x/a"), ("put", "same", "images:x/z"), ("rm", "images:x/b/c"), ("put", "other", "images:x/more"), ("put", "other", "images:y/more")):
        ok(*words)
    before = tree(DEMO)
    actions, got = verify("images:x", code=6)
    assert actions == {"x/a": "differs", "x/z": "differs", "x/b/c": "missing", "x/more": "skipped"}, actions
    total = got.summary()
    assert [total[name] for name in ("scanned", "same", "differs", "missing", "failed", "skipped")] == [4, 0, 2, 1, 3, 1], total
    people = ok("verify", "--manifest", "images:x", code=6).err
    for words in ("its checksum is another; 3 bytes were written at 20", "written again, with the same bytes; 100000 bytes were written at 20", "x/b/c' is not there", "more: not in a manifest"):
        assert people.count(words) == 1, (words, people)
    assert verify("--exclude", "[abz]*", "images:x")[0] == {"x/more": "skipped"}
    assert tree(DEMO) == before
    ok("sync", "--checksum", "src", "images:x/")
    ok("sync", "--delete", "src", "images:x/")
    assert verify("images:x", code=6)[0] == {"x/a": "same", "x/b/c": "same", "x/z": "differs"}      # a sync leaves the same bytes as they are


def test_cli_manifest_damage_below_a_checksum():
    """The store tells what it was given; what became of the bytes only reading shows."""
    fresh()
    ok("sync", "src", "images:")
    [path] = [os.path.join(folder, name) for folder, _, found in os.walk(DEMO) for name in found if "/data/z" in os.path.join(folder, name)]
    os.chmod(path, 0o600)
    write(path, b"x" + FILES["z"][1:])
    verify("images")
    assert verify("--download", "images", code=6)[0]["z"] in ("differs", "failed")


def test_cli_manifest_of_a_view_is_its_stores():
    fresh()
    ok("sync", "src", "thumbnails:t/")
    assert len(names("images")) == 1 and not names("thumbnails")
    assert set(verify("images")[0].values()) == set(verify("thumbnails:t/")[0].values()) == {"same"}


def test_cli_manifest_is_no_data():
    """Where it lies in a bucket of data, no sync removes it there, and nobody misses a line of it."""
    fresh()
    ok("sync", "src", "backups:")
    [name] = names("backups")
    ok("sync", "-n", "--delete", "src", "backups:")
    got = ok("sync", "--json", "--delete", "src", "backups:")
    assert got.summary()["removed"] == 0 and names("backups") == [name]
    assert set(verify("backups")[0]) == set(FILES)


def forge(*told, head=None, end=None, tail=b""):
    """A manifest of these lines."""
    head = head or {"larder-manifest": 1, "store": "images"}
    text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in (head, *told))
    size = sum(line.get("size", 0) for line in told if isinstance(line, dict))
    end = end or {"count": len(told), "bytes": size, "sha256": hashlib.sha256(text).hexdigest()}
    return text + (json.dumps(end).encode() + b"\n" if end != "none" else b"") + tail


GOOD = {"key": "k", "size": 1, "time": "2026-01-01T00:00:00Z"}
# what it is, exit, what is said, in which line
HOSTILE = [
    (b"", 6, "was cut short", 1),
    (forge(GOOD, end="none"), 6, "was cut short", 3),
    (forge(GOOD)[:-20], 6, "was cut short", 3),
    (forge(GOOD).replace(b'"size": 1', b'"size": 2'), 6, "was changed", 3),
    (forge(GOOD, end={"count": 1, "bytes": 1, "sha256": "0" * 64}), 6, "was changed", 3),
    (forge(GOOD, tail=b"{}\n"), 6, "goes on behind its end", 4),
    (forge(b"no json\n"), 6, "no JSON", 2),
    (forge(b'{"key":"a\0b","size":1,"time":"2026-01-01T00:00:00Z"}\n'), 6, "no JSON", 2),
    (forge(b'{"key":"a\\u0000b","size":1,"time":"2026-01-01T00:00:00Z"}\n'), 6, "no JSON", 2),
    (forge(b"[1]\n"), 6, "no JSON", 2),
    (forge(b'{"key":"' + b"x" * (1 << 20) + b'"}\n'), 6, "too long", 2),
    (forge({**GOOD, "key": "../../etc/passwd"}), 6, "no run wrote", 2),
    (forge(GOOD, {**GOOD, "key": "a/.."}), 6, "no run wrote", 3),
    (forge({**GOOD, "key": ""}), 6, "no run wrote", 2),
    (forge({**GOOD, "key": "k" * 1025}), 6, "no run wrote", 2),
    (forge({**GOOD, "key_b64": base64.b64encode(b"a\0b").decode()}), 6, "no run wrote", 2),
    (forge({**GOOD, "size": -1}), 6, "no run wrote", 2),
    (forge({**GOOD, "time": "yesterday"}), 6, "no run wrote", 2),
    (forge({**GOOD, "checksum": {"algorithm": "CRC64NVME"}}), 6, "no run wrote", 2),
    (forge({**GOOD, "version": "v" * 2000}), 6, "no run wrote", 2),
    (forge(GOOD, head={"larder-manifest": 1, "store": "uploads"}), 6, "of another store", 1),
    (forge(GOOD, head={"store": "images"}), 6, "has no head", 1),
    (forge(GOOD, head={"larder-manifest": 2, "store": "images"}), 2, "is of version 2", None),
]


def test_cli_manifest_hostile():
    """Each is an error that names it, and where it can the line; nothing is written."""
    fresh()
    ok("sync", "src", "images:")
    for text, code, words, line in HOSTILE:
        write("bad", text)
        ok("put", "--class", "STANDARD", "bad", "backups:manifests/images/bad.ndjson")
        before = tree(DEMO)
        got = ok("verify", "--manifest", "images", code=code)
        assert "the manifest 'backups:manifests/images/bad.ndjson' " in got.err and words in got.err and not got.out, (words, got.err)
        assert line is None or "(line %d)" % line in got.err, (words, line, got.err)
        assert tree(DEMO) == before
    write("bad", forge(GOOD))
    ok("put", "--class", "STANDARD", "bad", "backups:manifests/images/bad.ndjson")
    assert verify("images", code=6)[0]["k"] == "missing"


LOST = ("; ---- how long", '[backend "lost"]\ndriver = localfs-mock\nroot = %s\ncreate = no\nfsync = no\n\n[store "lost"]\nbackend = lost\nbucket = gone\n\n; ---- how long' % os.path.join(HOME, "lost"))


def test_cli_manifest_that_cannot_be_put():
    """The data is there and the run fails; the manifest waits below the state folder, and the next run puts it though it writes nothing itself."""
    fresh()
    shutil.rmtree("lost", ignore_errors=True)
    os.makedirs("lost")
    env = configured(PIPELINE, LOST, ("manifests = backups:", "manifests = lost:"))
    got = ok("sync", "src", "images:", code=1, env=env)
    assert "what was written to 'images:' is there, but not its manifest 'lost:manifests/images/20" in got.err and "'%s/manifests'" % STATE in got.err, got.err
    assert sorted(keys("images:")) == sorted(FILES)
    again = ok("sync", "src", "images:", code=1, env=env)
    assert "which an earlier run could not write" in again.err and "0 copied" in again.err, again.err
    configured(PIPELINE, (LOST[0], LOST[1].replace("create = no", "create = yes")), ("manifests = backups:", "manifests = lost:"))
    ok("sync", "-n", "src", "images:", env=env)
    ok("verify", "--manifest", "images", code=3, env=env)
    [waits] = [name for _, _, found in os.walk(os.path.join(STATE, "manifests")) for name in found]
    ok("put", "--class", "STANDARD", "src/a", "lost:manifests/images/" + waits, env=env)
    assert "which an earlier run could not write" in ok("sync", "src", "images:", code=1, env=env).err, "another object has its name: it goes on waiting"
    ok("rm", "lost:manifests/images/" + waits, env=env)
    ok("sync", "src", "images:", env=env)
    actions = ok("verify", "--manifest", "--json", "images", env=env)
    assert actions.summary()["same"] == len(FILES)
    assert not [name for _, _, found in os.walk(os.path.join(STATE, "manifests")) for name in found]
    configured(PIPELINE, LOST, ("manifests = backups:", "manifests = lost:"))
    shutil.rmtree("lost/gone")
    write("src/new", b"new")
    write("nowhere", b"")
    nowhere = larder("sync", "src", "images:", "--state", "nowhere/state", env=env)
    assert nowhere.code == 1 and "it could be kept nowhere" in nowhere.err, nowhere.err


def test_cli_manifest_of_an_interrupted_run():
    """At a signal: of what was written until then."""
    fresh({"%02d" % number: os.urandom(200000) for number in range(20)})
    started = subprocess.Popen([LARDER, "sync", "src", "images:", "--jobs", "1", "--bandwidth", "400KB/s", "--state", STATE], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = started.stdout.readline()
    assert first.startswith(b"copied"), first
    started.send_signal(signal.SIGTERM)
    out, err = started.communicate(timeout=60 * SLOW)
    assert started.returncode == 143, (started.returncode, out, err)
    [name] = names("images")
    told = {line["key"] for line in lines(name)[1]}
    assert told == set(keys("images:")) and 0 < len(told) < 20, told


INGEST = ("[pipeline \"image\"]\n", "[pipeline \"image\"]\nmanifest = yes\n")


def take(picture, *words, env=None, code=0):
    return ok("image", "ingest", os.path.join(SRC, "doc/examples/pictures", picture), "--user", "u", "--job", "j", "--at", "2026-11-25", *words, env=env, code=code)


def test_cli_manifest_of_ingests():
    """Where the pipeline asks for it: picture and thumbnail, and what an overwrite in another format removes; none of what is there, or by a pipeline that does not ask."""
    fresh()
    first, second = [name for name in sorted(os.listdir(os.path.join(SRC, "doc/examples/pictures"))) if name.endswith((".png", ".jpg", ".webp"))][:2]
    env = configured(PIPELINE, INGEST)
    take(first, "--dry-run", env=env)
    assert not names("images")
    take(first, env=env)
    [name] = names("images")
    told = {line["key"] for line in lines(name)[1]}
    assert told == set(keys("images:")) and len(told) == 2 and "-ingest-" in name, (told, name)
    take(first, env=env)
    assert names("images") == [name]
    take(second, "--overwrite", env=env)
    assert len(names("images")) == 2 and set(verify("images")[0].values()) == {"same"}
    assert set(verify("images")[0]) == set(keys("images:"))
    fresh()
    take(first)
    assert not names("images")


def test_cli_manifest_of_ingests_without_a_place():
    fresh()
    env = configured(PIPELINE, INGEST, ("manifests = backups:manifests ", "; manifests = backups:manifests "))
    got = take("none.png", env=env, code=2)
    line = read("etc/larder.ini").decode().split("\n").index("manifest = yes") + 1
    assert "larder.ini:%d: 'manifest' wants a place" % line in got.err and "[larder] manifests = STORE:PREFIX" in got.err, got.err


def test_cli_manifest_of_ingests_that_cannot_be_put():
    """The picture is there, the run fails and says so; the next run puts both manifests."""
    fresh()
    shutil.rmtree("lost", ignore_errors=True)
    os.makedirs("lost")
    env = configured(PIPELINE, INGEST, LOST, ("manifests = backups:", "manifests = lost:"))
    picture = sorted(name for name in os.listdir(os.path.join(SRC, "doc/examples/pictures")) if name.endswith(".png"))[0]
    for words in ((), ("none.png",)):                    # alone, and beside a picture that failed
        got = ok("image", "ingest", os.path.join(SRC, "doc/examples/pictures", picture), *words, "--user", "u%d" % len(words), env=env, code=1 if words else 3)
        assert "what was written to 'images:' is there, but not its manifest" in got.err, got.err
    assert len(keys("images:")) == 4
    configured(PIPELINE, INGEST, (LOST[0], LOST[1].replace("create = no", "create = yes")), ("manifests = backups:", "manifests = lost:"))
    ok("sync", "src", "images:more/", env=env)
    assert ok("verify", "--manifest", "--json", "images", env=env).summary()["same"] == 4 + len(FILES)


def test_cli_manifest_of_ingests_each_that_cannot_be_put():
    """Pictures in one bucket, thumbnails in another: both manifests are named, not the first alone."""
    fresh()
    shutil.rmtree("lost", ignore_errors=True)
    os.makedirs("lost")
    env = configured(PIPELINE, INGEST, LOST, ("manifests = backups:", "manifests = lost:"), ("thumbnail-store = thumbnails", "thumbnail-store = models"))
    picture = sorted(name for name in os.listdir(os.path.join(SRC, "doc/examples/pictures")) if name.endswith(".png"))[0]
    got = take(picture, env=env, code=3)
    assert all("what was written to '%s:' is there, but not its manifest" % store in got.err for store in ("images", "models")), got.err


def test_cli_manifest_of_many():
    """More than memory keeps, of keys that are no UTF-8 as well."""
    many = {"%04d-%s" % (number, "x" * 60): b"" for number in range(1500)}
    fresh(many)
    write(b"src/\xff\n\"", b"odd")
    ok("sync", "-q", "src", "images:")
    [name] = names("images")
    told = lines(name)[1]
    assert len(told) == len(many) + 1 and [base64.b64decode(line["key_b64"]) for line in told if "key_b64" in line] == [b"\xff\n\""]
    assert facts("backups:" + name)["size"] > 200000
    assert verify("images")[1].summary()["same"] == len(many) + 1


run(sys.modules[__name__])
