#!/usr/bin/env python3
"""versions, undelete, rolling back, versions of cat, stat, get, cp and rm, and du, on the mock store."""
import datetime
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import keys, larder, read, run  # noqa: E402


def put(key, data=b"x", *more, store="images"):
    got = larder("put", "-", "%s:%s" % (store, key), *more, stdin=data)
    assert got.code == 0, got.err


def remove(*names):
    got = larder("rm", *["images:" + name for name in names])
    assert got.code == 0, got.err


def cat(key):
    got = larder("cat", "images:" + key)
    return got.raw if got.code == 0 else got.code


def facts(address):
    return [line for line in larder("stat", "--json", address).lines() if line["type"] == "object"][0]


def versions(*words):
    return [line for line in larder("versions", "--json", *words).lines() if line["type"] == "object_version"]


def events(got):
    """{(action, key): reason} of the lines of --json."""
    return {(line["action"], line["src"].partition(":")[2]): line.get("reason") for line in got.lines() if line["type"] == "object"}


def test_cli_versions_lists_each_newest_first():
    put("v/k", b"one", "--class", "STANDARD_IA")
    put("v/k", b"second")
    remove("v/k")
    put("v/k", b"three")
    put("v/k2", b"x")
    put("v/k/below", b"x")
    listed = versions("images:v/k")
    assert [(line["state"], line.get("size")) for line in listed] == [("latest", 5), ("delete_marker", None), ("old", 6), ("old", 3)], listed
    assert [line["latest"] for line in listed] == [True, False, False, False] and listed[3]["class"] == "STANDARD_IA", listed
    assert len({line["version"] for line in listed}) == 4 and sorted((line["time"] for line in listed), reverse=True) == [line["time"] for line in listed]
    assert {line["key"] for line in versions("-r", "images:v/k")} == {"v/k", "v/k/below"}
    shown = larder("versions", "images:v/k")
    assert shown.code == 0 and shown.out.count("v/k\n") == 4 and [word in shown.out for word in (" latest ", " old ", " deleted ")] == [True] * 3, shown.out
    remove("v/k")
    assert "latest, deleted" in larder("versions", "images:v/k").out


def test_cli_versions_of_what_is_not_there():
    put("none/below/a")
    got = larder("versions", "images:none/below")
    assert got.code == 3 and "--recursive" in got.err, got.err
    assert larder("versions", "-r", "images:nothing/").code == 3 and larder("versions", "images:").code == 2


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


# ---- undelete

def test_cli_versions_undelete_each_case_for_itself():
    """c-B01: a deleted key comes back with bytes and attributes, twice deleted or not; a live key is skipped, an unknown one
    is an error, and a store without versions says so."""
    put("u/live", b"live")
    for key in ("u/gone", "u/twice"):
        put(key, b"first")
        put(key, b"last", "--content-type", "image/x-test", "--metadata", "a=1", "--cache-control", "no-store")
        remove(key)
    put("u/twice", b"between")
    remove("u/twice")
    between = [line["version"] for line in versions("images:u/twice") if line.get("size") == 7]
    assert larder("rm", "--version", between[0], "images:u/twice").code == 0
    before = {key: versions("images:" + key) for key in ("u/gone", "u/twice")}
    assert [line["state"] for line in before["u/twice"]] == ["delete_marker", "delete_marker", "old", "old"]
    for key in ("u/gone", "u/twice"):
        got = larder("undelete", "--json", "images:" + key)
        assert got.code == 0 and got.summary()["restored"] == 1 and events(got) == {("restored", key): None}, got.out
        seen = facts("images:" + key)
        assert cat(key) == b"last" and seen["content_type"] == "image/x-test" and seen["metadata"] == {"a": "1"} and seen["cache_control"] == "no-store"
        assert versions("images:" + key) == [dict(line, state="latest" if not n else "old", latest=not n) for n, line in enumerate(before[key][-2:])]
    got = larder("undelete", "--json", "images:u/live")
    assert got.code == 0 and got.summary()["done"] == 0 and got.summary()["skipped"] == 1 and "live" in events(got)[("skipped", "u/live")], got.out
    got = larder("undelete", "images:u/live")
    assert got.code == 0 and "live" in got.err and "restored" not in got.out, got.err
    got = larder("undelete", "--json", "images:u/never")
    assert got.code == 3 and got.summary()["failed"] == 1, got.err
    put("u/plain", store="logs")
    assert larder("rm", "logs:u/plain").code == 0
    for address in ("logs:u/plain", "logs:u/other"):
        got = larder("undelete", address)
        assert got.code == 2 and "keeps no versions" in got.err, got.err


def test_cli_versions_undelete_all_cases_in_one_call():
    """c-B01"""
    for key in ("m/live", "m/gone", "m/left"):
        put(key, key.encode())
    remove("m/gone", "m/left")
    for version in [line["version"] for line in versions("images:m/left") if line["state"] == "old"]:
        assert larder("rm", "--version", version, "images:m/left").code == 0
    put("m/plain", store="logs")
    names = ["images:m/live", "images:m/gone", "images:m/never", "logs:m/plain"]
    got = larder("undelete", "--json", *names)
    total = got.summary()
    assert got.code == 1 and (total["scanned"], total["restored"], total["skipped"], total["failed"]) == (4, 1, 1, 2), total
    assert sorted(line["exit"] for line in got.lines() if line["type"] == "error") == [2, 3] and cat("m/gone") == b"m/gone"
    got = larder("undelete", "images:m/left")
    assert got.code == 3 and "no version of it is left" in got.err, got.err
    got = larder("undelete", "-r", "--json", "images:m/")
    assert got.code == 0 and events(got).keys() == {("skipped", "m/gone"), ("skipped", "m/left"), ("skipped", "m/live")}, got.out


def test_cli_versions_undelete_path_ends_at_separator():
    """c-T18: logs is the object logs and what is below logs/, and the dry run says exactly what the run does."""
    inside, outside = ["logs", "logs/a", "logs/b"], ["logs.json", "logs_backup/x", "logsx/y"]
    for key in inside + outside:
        put(key)
    remove(*inside, *outside)
    for form, wanted in (("images:logs", inside), ("images:logs/", inside[1:])):
        got = larder("undelete", "-r", "-n", "--json", form)
        assert got.code == 0 and events(got).keys() == {("would-restore", key) for key in wanted} and keys("images:") == got_before(), got.out
    assert larder("undelete", "-r", "--json", "images:logs").summary()["restored"] == 3
    assert all(cat(key) == b"x" for key in inside) and all(cat(key) == 3 for key in outside)
    assert larder("undelete", "-r", "images:nothing/").code == 3 and larder("undelete", "images:").code == 2
    got = larder("undelete", "images:logs_backup")
    assert got.code == 3 and "--recursive" in got.err, got.err


def got_before():
    return [key for key in keys("images:") if not key.startswith("logs")]


# ---- rolling back

def test_cli_versions_roll_back_to_a_time():
    """Each key as it was: a version copied over, a delete marker where there was nothing; the dry run says exactly that, a
    second run finds nothing to do, and the roll back can be rolled back."""
    flags = ("--content-type", "image/x-test", "--metadata", "n=1")
    for key, data in (("b/changed", b"good"), ("b/deleted", b"kept"), ("b/same", b"same"), ("b/meta", b"meta"), ("b/gone-then", b"x")):
        put(key, data, *flags)
    remove("b/gone-then")
    then = now()
    put("b/changed", b"spoilt")
    put("b/changed", b"more so")
    put("b/meta", b"meta", "--metadata", "n=2", "--content-type", "image/x-test")
    remove("b/deleted")
    put("b/gone-then", b"back")
    put("b/new", b"new")
    put("b/new-and-gone", b"new")
    remove("b/new-and-gone")
    after = now()
    before = {key: versions("images:" + key) for key in ("b/changed", "b/deleted", "b/same", "b/meta", "b/gone-then", "b/new")}
    acts = {"restore": ["b/changed", "b/deleted", "b/meta"], "remove": ["b/gone-then", "b/new"], "skipped": ["b/new-and-gone", "b/same"]}
    for dry, words in ((True, ("would-restore", "would-remove", "skipped")), (False, ("restored", "removed", "skipped"))):
        got = larder("undelete", "-r", "--at", then, "--json", "images:b/", *(["-n"] if dry else []))
        assert got.code == 0 and events(got).keys() == {(word, key) for word, keys in zip(words, acts.values()) for key in keys}, got.out
        total = got.summary()
        assert (total["scanned"], total["done"], total["skipped"]) == (7, 5, 2)
        assert [total.get(name) for name in (("would_restore", "would_remove") if dry else ("restored", "removed"))] == [3, 2], total
        assert total["bytes"] == 12 and "removed" not in total or not dry, total
        assert ("3 would be restored, 2 would be removed, 2 skipped" if dry else "3 restored, 2 removed, 2 skipped") in got.err, got.err
        assert {key: versions("images:" + key) for key in before} == before or not dry
    assert [cat(key) for key in before] == [b"good", b"kept", b"same", b"meta", 3, 3] and cat("b/new-and-gone") == 3
    seen = facts("images:b/meta")
    assert seen["metadata"] == {"n": "1"} and facts("images:b/changed")["content_type"] == "image/x-test", seen
    for key, old in before.items():
        kept = {line["version"] for line in versions("images:" + key)}
        assert {line["version"] for line in old} <= kept and len(kept) == len(old) + (key != "b/same"), key
    got = larder("undelete", "-r", "--at", then, "--json", "images:b/")
    assert got.code == 0 and got.summary()["done"] == 0 and got.summary()["skipped"] == 7, got.out
    assert larder("undelete", "-r", "--at", after, "--json", "images:b/").summary()["done"] == 5
    assert [cat(key) for key in before] == [b"more so", 3, b"same", b"meta", b"back", b"new"] and facts("images:b/meta")["metadata"] == {"n": "2"}


def test_cli_versions_roll_back_to_a_time_that_versions_shows():
    put("t/k", b"one")
    put("t/k", b"two")
    put("t/k", b"three")
    middle = versions("images:t/k")[1]
    got = larder("undelete", "--at", middle["time"], "--json", "images:t/k")
    assert got.code == 0 and got.summary()["restored"] == 1 and cat("t/k") == b"two", got.err
    line = [line for line in got.lines() if line["type"] == "object"][0]
    assert line["version"] == middle["version"] and line["bytes"] == 3, line
    for time in ("yesterday", "2026-13-01", ""):
        got = larder("undelete", "--at", time, "images:t/k")
        assert got.code == 2 and "is not a time" in got.err, got.err
    got = larder("undelete", "--at", middle["time"], "logs:t/k")
    assert got.code == 2 and "keeps no versions" in got.err, got.err


def test_cli_versions_roll_back_refuses_where_versions_are_suspended():
    """There a copy would replace the version called null; markers may still go."""
    put("k", b"one", store="models")
    assert larder("rm", "models:k").code == 0
    state = os.path.join(os.environ.get("LARDER_ROOT", "demo"), "pingvas-studio-models/.larder/bucket")
    with open(state, "w") as file:
        file.write("larder-bucket 1\nversioning suspended\n")
    got = larder("undelete", "--at", now(), "models:k")
    assert got.code == 2 and "suspended" in got.err, got.err
    assert larder("undelete", "models:k").code == 0 and larder("cat", "models:k").raw == b"one"


# ---- one version

def test_cli_versions_read_and_restore_one():
    """An old version is read, fetched, copied elsewhere and over its own object, with its attributes; a deleted object, too."""
    put("o/k", b"first", "--content-type", "image/x-test", "--metadata", "n=1")
    put("o/k", b"second one")
    latest, first = [line["version"] for line in versions("images:o/k")]
    assert larder("cat", "--version", first, "images:o/k").raw == b"first"
    assert larder("stat", "--json", "--version", first, "images:o/k").lines()[1]["metadata"] == {"n": "1"}
    assert larder("get", "--version", first, "images:o/k", "old.bin").code == 0 and read("old.bin") == b"first"
    assert larder("cp", "--version", first, "images:o/k", "images:o/copy").code == 0 and cat("o/copy") == b"first"
    assert larder("cp", "--version", first, "images:o/k", "logs:o/copy").code == 0 and larder("cat", "logs:o/copy").raw == b"first"
    got = larder("cp", "-n", "--json", "--version", first, "images:o/k", "images:o/k")
    assert got.code == 0 and got.summary()["would_copy"] == 1 and cat("o/k") == b"second one", got.out
    got = larder("cp", "--version", first, "images:o/k", "images:o/k")
    assert got.code == 0 and cat("o/k") == b"first" and facts("images:o/k")["metadata"] == {"n": "1"}, got.err
    assert [line["version"] for line in versions("images:o/k")][1:] == [latest, first]
    remove("o/k")
    assert larder("cp", "--version", latest, "images:o/k", "images:o/k").code == 0 and cat("o/k") == b"second one"
    assert larder("cp", "images:o/k", "images:o/k").code == 5
    for words in (["get", "images:o/k", "none.bin"], ["cp", "images:o/k", "images:o/none"], ["cat", "images:o/k"]):
        got = larder(words[0], "--version", "nonsense", *words[1:])
        assert got.code == 3 and not os.path.exists("none.bin") and cat("o/none") == 3, (words, got.err)
    for words in (["-r", "images:o/", "images:p/"], ["images:o/k", "images:o/copy", "images:p/"], ["old.bin", "images:p/k"]):
        got = larder("cp", "--version", first, *words)
        assert got.code == 2 and larder("ls", "images:p/").code == 3, (words, got.err)


# ---- removing versions

def test_cli_versions_rm_all_versions():
    """c-T18: of the object and of what is below its path, deleted ones too, and nothing else; the dry run says exactly what goes."""
    for key in ("a", "a/1", "a/2", "a.b"):
        put(key, b"1")
        put(key, b"2")
    remove("a/2")
    listed = {(line["key"], line["version"]) for line in versions("-r", "images:a")}
    assert len(listed) == 7
    for dry in (True, False):
        got = larder("rm", "-r", "--all-versions", "--json", "images:a", *(["-n"] if dry else []))
        lines = [line for line in got.lines() if line["type"] == "object"]
        assert got.code == 0 and got.summary()["done"] == 7 and {line["action"] for line in lines} == {"would-remove" if dry else "removed"}
        assert {(line["src"][len("images:"):], line["version"]) for line in lines} == listed, got.out
        assert len(versions("-r", "images:a")) == 7 if dry else larder("versions", "-r", "images:a").code == 3
    assert len(versions("images:a.b")) == 2 and larder("rm", "-r", "--all-versions", "images:a").code == 3
    got = larder("rm", "--all-versions", "images:a.b")
    assert got.code == 0 and got.out.count("removed images:a.b  version ") == 2, got.out


def test_cli_versions_rm_one_version():
    for data in (b"1", b"22", b"333"):
        put("r/k", data)
    latest, middle, first = [line["version"] for line in versions("images:r/k")]
    got = larder("rm", "--version", middle, "--json", "images:r/k")
    assert got.code == 0 and got.summary()["removed"] == 1 and [line["version"] for line in versions("images:r/k")] == [latest, first], got.out
    got = larder("rm", "--version", middle, "images:r/k")
    assert got.code == 3 and "larder versions" in got.err, got.err
    got = larder("rm", "-n", "--version", latest, "images:r/k")
    assert got.code == 0 and cat("r/k") == b"333"
    assert larder("rm", "--version", latest, "images:r/k").code == 0 and cat("r/k") == b"1"
    assert larder("rm", "--version", latest, "images:r/other").code == 3
    for words in (["-r", "images:r/"], ["images:r/k", "images:t/k"], ["--all-versions", "images:r/k"]):
        assert larder("rm", "--version", first, *words).code == 2 and cat("r/k") == b"1", words


# ---- du

def usage(*words):
    got = larder("du", "--json", *words)
    assert got.code == 0, got.err
    return [line for line in got.lines() if line["type"] == "usage"]


def test_cli_versions_du_by_prefix_class_and_version():
    for key, size, more in (("d/top", 1, ()), ("d/a/x/1", 10, ("--class", "STANDARD_IA")), ("d/a/x/2", 20, ()), ("d/a/y", 40, ()), ("d/a.b", 80, ()),
                            ("d/b/z", 160, ("--class", "GLACIER_IR"))):
        put(key, b"." * size, *more)
    put("d/a/y", b"." * 3)
    remove("d/b/z")
    assert [(line["address"], line["objects"], line["bytes"]) for line in usage("images:d")] == [("images:d", 5, 114)]
    assert [(line["address"], line["objects"], line["bytes"]) for line in usage("--depth", "2", "images:d/")] == [
        ("images:d/a/x/", 2, 30), ("images:d/a/", 3, 33), ("images:d/", 5, 114)]
    by_class = {line["address"]: {name: (sums["objects"], sums["bytes"]) for name, sums in line["classes"].items()} for line in usage("-d", "1", "--classes", "images:d")}
    assert by_class == {"images:d/a/": {"STANDARD_IA": (1, 10), "STANDARD": (2, 23)}, "images:d": {"STANDARD_IA": (1, 10), "STANDARD": (4, 104)}}, by_class
    old = {line["address"]: [line[name] for name in ("objects", "bytes", "old_versions", "old_bytes", "delete_markers")]
           for line in usage("-d1", "--versions", "images:d/")}
    assert old == {"images:d/a/": [3, 33, 1, 40, 0], "images:d/b/": [0, 0, 1, 160, 1], "images:d/": [5, 114, 2, 200, 1]}, old
    shown = larder("du", "-d", "1", "--classes", "--versions", "images:d").out.splitlines()
    assert [line.split()[-1] for line in shown] == ["images:d/a/", "STANDARD_IA", "STANDARD", "images:d/b/", "GLACIER_IR",
                                                    "images:d", "STANDARD", "STANDARD_IA", "GLACIER_IR"], shown
    assert "200 B" in shown[5] and "2 old" in shown[5] and "1 deleted" in shown[5], shown[5]
    assert larder("du", "images:d/none").code == 3 and usage("--versions", "images:d/b/")[0]["objects"] == 0


run(sys.modules[__name__])
