#!/usr/bin/env python3
"""larder replication on the mock, which copies nothing by itself: status says so, check finds what is missing or differs, repair copies it."""
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import HOME, PIPELINE, configured, keys, larder, run  # noqa: E402

TOKYO = '[replication "tokyo"]\n'


def fresh(*changes, set_up=True):
    """A pipeline of the test's, on nothing; set up, unless that is the subject."""
    shutil.rmtree(os.path.join(HOME, "demo"), ignore_errors=True)
    env = configured(PIPELINE, *changes)
    if set_up:
        assert larder("infra", "apply", "-q", "--only", "store/images", env=env).code == 0
    return env


def put(env, *addresses, text=b"bytes"):
    for address in addresses:
        got = larder("put", "-q", "-", address, stdin=text, env=env)
        assert got.code == 0, got.err


def replication(word, *words, code=0, env=None):
    """(lines but of version and summary, the run)"""
    got = larder("replication", word, "--json", *words, env=env)
    assert got.code == code, (got.code, got.out, got.err)
    return [line for line in got.lines() if line["type"] not in ("version", "summary", "error")], got


def of_keys(lines):
    return {line["src"].partition(":")[2]: line["action"] for line in lines}


def test_cli_replication_nothing_copies_here():
    """No object has a status: said with the way out, and no failure where the rule is as declared."""
    env = fresh()
    put(env, "images:a", "images:b/c")
    (line,), got = replication("status", env=env)
    assert line["set_up"] == "as declared" and (line["versioning"], line["versioning_to"]) == ("yes", "yes"), line
    assert line["objects"] == {"COMPLETED": 0, "PENDING": 0, "FAILED": 0, "REPLICA": 0, "none": 2, "OTHER": 0} and line["listed"] == line["looked"] == 2, line
    assert "'larder replication repair images'" in got.err and "nothing is copied here by itself" in got.err, got.err
    told = larder("replication", "status", "images", env=env)
    assert told.code == 0 and 'images -> images-replica  [replication "tokyo"]' in told.out and "2 of 2 objects" in told.out, told.out


def test_cli_replication_check_and_repair():
    """What is missing and what differs is found, copied, in the class of the section; what the replica has besides stays, and is no difference."""
    env = fresh()
    put(env, "images:a", "images:b/c", "images:b/d e%")
    put(env, "images-replica:b/c", "images-replica:b/besides", text=b"other")
    lines, got = replication("check", "images", code=6, env=env)
    assert of_keys(lines) == {"a": "missing", "b/c": "differs", "b/d e%": "missing"}, lines
    assert (got.summary()["differs"], got.summary()["missing"]) == (1, 2) and "larder replication repair images" in got.out, got.out
    lines, _ = replication("repair", "-n", "images", env=env)
    assert set(of_keys(lines).values()) == {"would-copy"} and len(lines) == 3 and keys("images-replica:") == ["b/besides", "b/c"], lines
    lines, got = replication("repair", "images", env=env)
    assert of_keys(lines) == {"a": "copied", "b/c": "copied", "b/d e%": "copied"}, lines
    assert keys("images-replica:") == ["a", "b/besides", "b/c", "b/d e%"]
    assert larder("cat", "images-replica:b/c", env=env).out == "bytes" and '"class":"STANDARD_IA"' in larder("stat", "--json", "images-replica:a", env=env).out
    assert of_keys(replication("check", "--all", "images", env=env)[0]) == {"a": "same", "b/c": "same", "b/d e%": "same"}
    got = replication("repair", "images", env=env)[1].summary()
    assert (got["copied"], got["skipped"]) == (0, 3), got


def test_cli_replication_versions():
    """An empty replica lacks every key: each is named, and that is no success. It is of every key, so what chooses among them is refused."""
    env = fresh()
    put(env, "images:a", "images:b c")
    lines, got = replication("check", "--versions", "images", code=6, env=env)
    assert of_keys(lines) == {"a": "missing", "b c": "missing"} and got.summary()["missing"] == 2, lines
    replication("repair", "images", env=env)
    assert of_keys(replication("check", "--versions", "images", env=env)[0]) == {"a": "same", "b c": "same"}
    for words in (("--all",), ("--sample", "5")):
        got = larder("replication", "check", "--versions", *words, "images", env=env)
        assert got.code == 2 and "'%s' does not go with it" % words[0] in got.err, got.err


def test_cli_replication_prefix():
    """Keys without the prefix are neither compared nor copied nor counted; a sign of globs in it is none."""
    env = fresh((TOKYO, TOKYO + "prefix = b/[x\n"))
    put(env, "images:a", "images:b/[x1", "images:b/[x/2", "images:b/x", "images:b/[y")
    (line,), _ = replication("status", "images", env=env)
    assert line["listed"] == 2, line
    for words in ((), ("--all",)):
        assert of_keys(replication("check", *words, "images", code=6, env=env)[0]) == {"b/[x1": "missing", "b/[x/2": "missing"}
    assert len(replication("repair", "images", env=env)[0]) == 2 and keys("images-replica:") == ["b/[x/2", "b/[x1"]
    replication("check", "images", env=env)


def test_cli_replication_tag():
    """A tag selects what has a status of replication: where nothing has one, nobody can tell, and the error says what compares all."""
    env = fresh((TOKYO, TOKYO + "tag = keep=yes\n"))
    put(env, "images:a")
    for word in ("check", "repair"):
        got = larder("replication", word, "images", env=env)
        assert got.code == 2 and "tagged keep=yes" in got.err and "larder verify images: images-replica:" in got.err, got.err
    assert keys("images-replica:") == []


def test_cli_replication_sample():
    """So many of them, and every one with a chance."""
    env = fresh()
    put(env, *("images:k/%02d" % n for n in range(20)))
    seen = set()
    for _ in range(60):
        lines = replication("check", "--sample", "4", "images", code=6, env=env)[0]
        assert len(lines) == 4, lines
        seen |= set(of_keys(lines))
    assert len(seen) == 20, seen                  # 1.5e-6 of all runs would miss one of 20
    (line,), _ = replication("status", "--sample", "7", "images", env=env)
    assert line["listed"] == 20 and line["looked"] == 7, line


def test_cli_replication_not_set_up():
    """6, with what to do: no rule, no bucket; a replica that keeps no versions."""
    env = fresh(set_up=False)
    (line,), got = replication("status", "images", code=6, env=env)
    assert line["set_up"] == "not set up" and line["versioning_to"] == "bucket is not there", line
    assert "larder infra plan --only store/images" in got.err, got.err
    env = fresh()
    state = os.path.join(HOME, "demo/replica/pingvas-studio-images-replica-tokyo/.larder")
    shutil.rmtree(os.path.dirname(state))
    plain = configured(PIPELINE, ("bucket = pingvas-studio-images-replica-tokyo\nversioning = yes\n", "bucket = pingvas-studio-images-replica-tokyo\n"))
    put(plain, "images-replica:a")
    (line,), _ = replication("status", "images", code=6, env=plain)
    assert (line["versioning"], line["versioning_to"]) == ("yes", "no"), line


def test_cli_replication_none():
    """A store without one, a view, and no such store: what to do is said. Of all stores without any, too."""
    env = fresh()
    for word in ("status", "check", "repair"):
        got = larder("replication", word, "models", env=env)
        assert got.code == 2 and '[store "models"] has no replication' in got.err and "replication = NAME" in got.err, got.err
        got = larder("replication", word, "thumbnails", env=env)
        assert got.code == 2 and "name the store that has the bucket: images" in got.err, got.err
        got = larder("replication", word, "imagse", env=env)
        assert got.code == 3 and "images" in got.err, (got.code, got.err)
    env = fresh(("replication = tokyo\n", ""), set_up=False)
    got = larder("replication", "status", env=env)
    assert got.code == 2 and "no [store] of the pipeline has a replication" in got.err, got.err


def test_cli_replication_several():
    """Each of a store's is compared and repaired; one summary."""
    second = '[replication "osaka"]\nto = uploads\nprefix = b/\n'
    env = fresh(("replication = tokyo\n", "replication = tokyo, osaka\n"), (TOKYO, second + "\n" + TOKYO), set_up=False)
    put(env, "images:a", "images:b/c")
    lines, got = replication("check", "images", code=6, env=env)
    assert len(lines) == 3 and got.summary()["missing"] == 3, lines
    lines, got = replication("repair", "images", env=env)
    assert sorted(line["dst"] for line in lines) == ["images-replica:a", "images-replica:b/c", "uploads:b/c"] and got.summary()["copied"] == 3, lines
    assert replication("check", "images", env=env)[1].summary()["same"] == 3


run(sys.modules[__name__])
