#!/usr/bin/env python3
"""The rules of a [lifecycle] on the mock, whose clock is moved: objects go to other classes, expire behind a marker or for good, old versions go and so do uploads that nobody ended, each at the
midnight after its days."""
import os
import shutil
import sys

from place import Place
from tool import HOME, larder, pipeline, read, run, tree, write

DEMO = os.path.join(HOME, "demo")
PROFILE = '[backend "b"]\ndriver = localfs-mock\nroot = %s\nfsync = no\ncreate = yes\n' % DEMO
BIG, SMALL = b"x" * (128 << 10), b"x" * ((128 << 10) - 1)       # as large as moves without a size of its own, and a byte less
STORE = ["--only", "store/s"]


def fresh(rules, more="lifecycle = old\n"):
    """A store with that [lifecycle], set up."""
    shutil.rmtree(DEMO, ignore_errors=True)
    env = pipeline('[larder]\nenvironment = test\n[store "s"]\nbackend = b\nbucket = bucket-of-s\n%s[lifecycle "old"]\n%s' % (more, rules), PROFILE)
    done(env, "infra", "apply", "-q", *STORE)
    return env


VERSIONS = "versioning = yes\nlifecycle = old\n"


def done(env, *command, **words):
    got = larder(*command, env=env, **words)
    assert got.code == 0, (command, got.err)
    return got


def ask(what, key=None, **words):
    with Place(DEMO) as place:
        return place.ask(what, key, bucket="bucket-of-s", **words)


def put(env, key, body=BIG, kind="STANDARD"):
    done(env, "put", "-q", "--class", kind, "-", "s:" + key, stdin=body)


def forward(env, by):
    done(env, "dev", "clock", by)


def classes(env):
    """Of each object that a listing has; a look at each says the same."""
    found = {line["key"]: line.get("class", "STANDARD") for line in done(env, "ls", "-r", "--json", "s:").lines() if line["type"] == "object"}
    for key, kind in found.items():
        (seen,) = [line for line in done(env, "stat", "--json", "s:" + key).lines() if line["type"] == "object"]
        assert seen.get("class", "STANDARD") == kind, (key, seen)
    return found


def versions(env, key):
    return [line for line in done(env, "versions", "--json", "s:" + key).lines() if line["type"] == "object_version"]


def gone(env, key):
    return larder("cat", "s:" + key, env=env).code == 3


def bytes_kept():
    return sorted(text for path, text in tree(DEMO).items() if b"/.larder/data/" in path)


# ---- classes ----

def test_cli_lifecycle_moves_what_a_rule_is_for():
    """c-D11: 0 days are by the next midnight, for all objects of 128 KiB and more; each later class when its day comes, and it stays there. Down alone."""
    for rule, days, found in (
            ("transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE\n", (0, 1, 89, 1), ({}, {"big": "GLACIER_IR", "a/big": "GLACIER_IR"}, {"big": "GLACIER_IR", "a/big": "GLACIER_IR"}, {"big": "DEEP_ARCHIVE", "a/big": "DEEP_ARCHIVE"})),
            ("transition = 30d GLACIER\nprefix = a/\n", (30, 1), ({}, {"a/big": "GLACIER"})), ("transition = 1d GLACIER_IR\nlarger-than = 2\n", (2,), ({"big": "GLACIER_IR", "a/big": "GLACIER_IR", "small": "GLACIER_IR"},)),
            ("transition = 1d GLACIER_IR\nlarger-than = 200KiB\n", (2,), ({},)),
            ("transition = 1d GLACIER_IR\nlarger-than = %d\n" % len(SMALL), (2,), ({"big": "GLACIER_IR", "a/big": "GLACIER_IR"},)),
            ("transition = 1d STANDARD_IA\ntag = kind=old\n", (2,), ({"a/big": "STANDARD_IA"},))):
        env = fresh(rule)
        for key, text in (("big", BIG), ("a/big", BIG), ("small", SMALL), ("kept", BIG)):
            put(env, key, text, "DEEP_ARCHIVE" if key == "kept" else "STANDARD")
        ask("tags_set", "a/big", tags={"kind": "old"})
        ask("tags_set", "big", tags={"kind": "new"})
        for by, moved in zip(days, found):
            forward(env, "+%dd" % by) if by else None
            expected = {"big": "STANDARD", "a/big": "STANDARD", "small": "STANDARD", "kept": "DEEP_ARCHIVE", **moved}
            assert classes(env) == expected, (rule, by)
        for key, kind in expected.items():
            assert larder("cat", "s:" + key, env=env).code == (9 if kind in ("GLACIER", "DEEP_ARCHIVE") else 0), (rule, key, kind)
        ask("tags_set", "big", tags={"a": "b"})                             # written down with what else is changed
        assert classes(env) == expected
        done(env, "infra", "plan", "--detailed-exitcode", *STORE)


def test_cli_lifecycle_an_object_counts_by_the_clock_when_it_came():
    """What is written after the clock was moved has all its days before it; so it has when the clock goes back."""
    env = fresh("transition = 30d GLACIER_IR\n")
    forward(env, "+60d")
    put(env, "late")
    assert classes(env) == {"late": "STANDARD"}
    forward(env, "+31d")
    assert classes(env) == {"late": "GLACIER_IR"}
    forward(env, "reset")
    assert classes(env) == {"late": "STANDARD"}
    forward(env, "+60d")
    assert classes(env) == {"late": "STANDARD"}
    forward(env, "+31d")
    assert classes(env) == {"late": "GLACIER_IR"}


def test_cli_lifecycle_what_became_archived_is_restored():
    env = fresh("transition = 1d DEEP_ARCHIVE\n")
    put(env, "b")
    forward(env, "+2d")
    got = larder("cat", "s:b", env=env)
    assert got.code == 9 and "larder archive restore 's:b'" in got.err, got.err
    assert larder("archive", "restore", "s:b", env={**env, "XDG_STATE_HOME": HOME + "/state"}).code == 9
    forward(env, "+12h")
    assert done(env, "cat", "s:b").raw == BIG and classes(env) == {"b": "DEEP_ARCHIVE"}


# ---- expiry ----

def test_cli_lifecycle_expires():
    """It is there until its midnight, and gone for every command from then on; what is beside it stays. The next change of the key takes its bytes; a clock that goes back has it again until then."""
    env = fresh("prefix = logs/\nexpire = 7d\n")
    put(env, "logs/a")
    put(env, "logs/b", b"other")
    put(env, "b")
    forward(env, "+7d")
    assert list(classes(env)) == ["b", "logs/a", "logs/b"]
    forward(env, "+1d")
    assert list(classes(env)) == ["b"] and gone(env, "logs/a") and gone(env, "logs/b") and ask("stat", "logs/a")["code"] == ask("tags_set", "logs/a", tags={})["code"] == "NOTFOUND"
    assert larder("ls", "s:", env=env).out.count("logs/") == 0, "a folder of what is gone is none"
    forward(env, "reset")
    assert list(classes(env)) == ["b", "logs/a", "logs/b"]
    forward(env, "+8d")
    put(env, "logs/a", b"anew")
    assert done(env, "cat", "s:logs/a").raw == b"anew" and bytes_kept() == sorted([b"anew", b"other", BIG])
    assert larder("rm", "s:logs/b", env=env).code == 3 and ask("remove", items=[{"key": "logs/b"}])["items"][0]["code"] == 0
    assert bytes_kept() == sorted([b"anew", BIG]) and not os.path.exists(DEMO + "/bucket-of-s/logs/b")


def test_cli_lifecycle_expires_behind_a_marker():
    """One and the same at each look; it is written with what comes next, and the version below can be read and had back, until it is due again."""
    env = fresh("expire = 7d\n", VERSIONS)
    put(env, "a", b"first")
    forward(env, "+8d")
    assert classes(env) == {} and gone(env, "a")
    marker, first = versions(env, "a")
    assert versions(env, "a") == [marker, first] and marker["version"] != first["version"], (marker, first)
    assert done(env, "cat", "--version", first["version"], "s:a").raw == b"first"
    put(env, "a", b"second")
    second, *below = versions(env, "a")
    assert [one["version"] for one in below] == [marker["version"], first["version"]] and done(env, "cat", "s:a").raw == b"second", below
    forward(env, "+8d")
    assert gone(env, "a") and [one["version"] for one in versions(env, "a")[1:]] == [second["version"], marker["version"], first["version"]]
    removed = ask("remove", items=[{"key": "a", "version": second["version"]}])["items"][0]
    assert removed["code"] == 0 and removed["version"] == second["version"] and len(versions(env, "a")) == 3, (removed, versions(env, "a"))


def test_cli_lifecycle_what_expired_first_moves_no_more():
    env = fresh("expire = 7d\n[lifecycle \"other\"]\ntransition = 30d GLACIER\n", "versioning = yes\nlifecycle = old, other\n")
    put(env, "a")
    forward(env, "+60d")
    assert [(one["latest"], one.get("class", "STANDARD")) for one in versions(env, "a")][1:] == [(False, "STANDARD")], versions(env, "a")


def test_cli_lifecycle_as_the_settings_say():
    """What infra would set right: a rule that is turned off, a limit of the size that is another, uploads of a prefix."""
    env = fresh("transition = 1d GLACIER_IR, 91d DEEP_ARCHIVE\nabort-uploads = 3d\n")
    path = DEMO + "/bucket-of-s/.larder/settings"
    settings = read(path)
    put(env, "a", b"small")
    write(path, settings.replace(b"\nrule[", b"\nleast-size\tvaries_by_storage_class\nrule[", 1))
    forward(env, "+2d")
    assert classes(env) == {"a": "STANDARD"}
    forward(env, "+90d")
    assert classes(env) == {"a": "DEEP_ARCHIVE"}
    write(path, read(path).replace(b"\tenabled", b"\tdisabled"))
    assert classes(env) == {"a": "STANDARD"}
    write(path, settings.replace(b"\nrule[abort-uploads].status", b"\nrule[abort-uploads].prefix\tlogs/\nrule[abort-uploads].status"))
    begun = {key: ask("begin", key)["id"] for key in ("logs/a", "a")}
    forward(env, "+5d")
    assert [one["id"] for one in ask("uploads")["items"]] == [begun["a"]]


def test_cli_lifecycle_expires_in_a_bucket_that_keeps_versions_no_more():
    """A marker without an id of its own, where older versions are; nothing where there are none."""
    env = fresh("expire = 7d\n", VERSIONS)
    put(env, "a", b"first")
    write("own.ini", read("own.ini").replace(b"versioning = yes", b"versioning = no"))
    done(env, "infra", "apply", "-q", *STORE)
    put(env, "a", b"second")
    put(env, "b", b"alone")
    forward(env, "+8d")
    assert classes(env) == {} and [one["version"] == "null" for one in versions(env, "a")] == [True, False] and gone(env, "b")
    put(env, "a", b"third")
    assert done(env, "cat", "s:a").raw == b"third" and b"second" not in bytes_kept() and b"first" in bytes_kept()


def test_cli_lifecycle_old_versions_go():
    """So many days after they were replaced, and not before: those that a rule is for. A marker that hides nothing any more goes by its rule's days, too."""
    env = fresh("prefix = old/\nexpire-noncurrent = 30d\n", VERSIONS)
    for key in ("old/b", "b"):
        put(env, key, b"first")
    forward(env, "+60d")
    for key in ("old/b", "b"):
        put(env, key, b"newer")
    forward(env, "+29d")
    assert len(versions(env, "old/b")) == 2
    forward(env, "+2d")
    assert len(versions(env, "old/b")) == 1 and done(env, "cat", "s:old/b").raw == b"newer" and len(versions(env, "b")) == 2
    put(env, "old/b", b"third")
    assert bytes_kept() == sorted([b"first", b"newer", b"newer", b"third"])
    env = fresh("expire = 10d\nexpire-noncurrent = 5d\n", VERSIONS)
    put(env, "a", b"first")
    forward(env, "+17d")
    assert [one["latest"] for one in versions(env, "a")] == [True], versions(env, "a")     # the marker alone
    forward(env, "+10d")
    assert larder("versions", "s:a", env=env).code == 3
    put(env, "a", b"second")
    assert bytes_kept() == [b"second"] and len(versions(env, "a")) == 1


def test_cli_lifecycle_a_bucket_of_what_expired_is_empty():
    """It can be taken away and made again, with no file left."""
    env = fresh("expire = 7d\n")
    put(env, "folder/a", b"old")
    refused = larder("infra", "destroy", "--environment", "test", *STORE, env=env)
    assert refused.code == 5, refused.err
    forward(env, "+8d")
    done(env, "infra", "destroy", "--environment", "test", *STORE)
    assert not os.path.exists(DEMO + "/bucket-of-s"), tree(DEMO)
    done(env, "infra", "apply", "-q", *STORE)


# ---- uploads ----

def test_cli_lifecycle_uploads_that_nobody_ended():
    """Gone for whoever asks; the parts go when the next begins."""
    env = fresh("abort-uploads = 3d\n")
    key, words = "whole", {"bucket": "bucket-of-s"}
    with Place(DEMO) as place:
        old = place.do("begin", key, **words)["id"]
        place.do("part", key, id=old, text="bytes of a part", **words)
        forward(env, "+3d")
        new = place.do("begin", key, **words)["id"]
        assert [one["id"] for one in place.do("uploads", **words)["items"]] == sorted([old, new])
        forward(env, "+1d")
        assert [one["id"] for one in place.do("uploads", **words)["items"]] == [new]
        assert place.code("part", key, id=old, text="more", **words) == "NOTFOUND" and place.code("abort", key, id=old, **words) == "NOTFOUND"
        place.do("begin", "other", **words)
        assert old not in os.listdir(DEMO + "/bucket-of-s/.larder/uploads") and new in os.listdir(DEMO + "/bucket-of-s/.larder/uploads")


run(sys.modules[__name__])
