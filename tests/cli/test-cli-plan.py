#!/usr/bin/env python3
"""larder sync --plan and larder apply on the mock store: what is planned is done, and nothing on what has changed since."""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, keys, larder, run, tree, write  # noqa: E402

NAMES = [b"a b", b"it's \"q\"", "a\u200eb".encode(), b"-n", b"%2F", b"a+b", b"a?b#c", b"*", b"new\nline", b"\xff\xfe", b"foo.txt", b"foo/foo2", b"foo-bar", b"foo0"]


def did(*words, code=0):
    """(done, skipped, refused, failed), and {action: sorted names}."""
    got = larder("--json", *words)
    assert got.code == code, (got.code, got.out, got.err)
    found = {}
    for line in got.lines():
        if line["type"] == "object":
            found.setdefault(line["action"], []).append(line["src"].rpartition(":")[2])
    last = got.summary()
    return tuple(last[name] for name in ("done", "skipped", "refused", "failed")), {action: sorted(names) for action, names in found.items()}, got


def plan(*words, code=0):
    return did("sync", "--plan", "plan", *words, code=code)


def steps():
    with open("plan") as file:
        return [json.loads(line) for line in file]


def put(address, data=b"x"):
    got = larder("put", "-", address, stdin=data)
    assert got.code == 0, got.err


def both(source, target):
    """A source with a new, a changed and a same file, and a target with one too many."""
    for name in ("new", "changed", "same"):
        write(source + "/" + name, b"12345" if name == "changed" else b"1234")
    for name in ("changed", "same", "old"):
        put("%s/%s" % (target, name), b"1234")


# ---- there and done

def test_cli_plan_then_apply_in_all_pairings():
    """A plan does nothing; applied it does what it says; applied again it finds all of it done."""
    for name in NAMES:
        write(os.path.join(b"names", name), name)
    for source, target in (("names", "images:n"), ("images:n/", "images:m"), ("images:m", "back"), ("back", "again/deep")):
        counts, told, _ = plan(source, target)
        assert counts == (len(NAMES), 0, 0, 0) and list(told) == ["would-copy"], (source, target, counts)
        assert not os.path.exists(target) and not target.startswith("images:") or keys(target + "/") == [], target
        assert [one["to"] for one in steps()[1:-1]] == [None] * len(NAMES)
        assert did("apply", "-n", "plan")[:2] == (counts, told), (source, target)
        assert did("apply", "plan")[0] == (len(NAMES), 0, 0, 0), (source, target)
        assert did("apply", "plan")[0] == (0, len(NAMES), 0, 0), (source, target)
        assert did("sync", source, target)[0] == (0, len(NAMES), 0, 0), (source, target)
    assert tree("again/deep") == tree("names")


def test_cli_plan_says_what_both_sides_had():
    both("says", "images:says")
    counts, told, _ = plan("--delete", "says", "images:says")
    assert told == {"would-copy": ["says/changed", "says/new"], "would-remove": ["says/old"]} and counts == (3, 1, 0, 0)
    head, changed, new, old, end = steps()
    assert head["plan"] == "larder-sync" and head["version"] == 1 and head["from"] == "says" and head["to"] == "images:says", head
    assert head["from_address"] == os.path.realpath("says") and head["to_address"].startswith("file://") and head["profile"], head
    assert (changed["do"], changed["key"], changed["from"]["length"], changed["to"]["length"]) == ("copy", "changed", 5, 4) and changed["to"]["etag"], changed
    assert (new["do"], new["key"], new["to"]) == ("copy", "new", None), new
    assert (old["do"], old["key"], old["to"]["length"]) == ("remove", "old", 4) and "from" not in old, old
    assert (end["copies"], end["removals"], end["bytes"], end["skipped"]) == (2, 1, 9, 1), end
    planned = did("apply", "-n", "plan")[2].summary()
    counts, told, got = did("apply", "plan")
    assert counts == (3, 0, 0, 0) and told == {"copied": ["says/changed", "says/new"], "removed": ["says/old"]}, told
    assert (got.summary()["copied"], got.summary()["removed"]) == (planned["would_copy"], planned["would_remove"]) == (2, 1), (planned, got.out)
    assert keys("images:says/") == ["says/changed", "says/new", "says/same"]
    assert did("apply", "plan")[0] == (0, 3, 0, 0)


def test_cli_plan_and_nothing_else():
    """What has come or gone since, beside what the plan names, is neither copied nor removed, on either side."""
    both("only", "images:only")
    write("only/kept", b"1234")
    put("images:only/kept", b"1234")
    plan("--delete", "only", "images:only")
    write("only/later", b"new")
    os.unlink("only/kept")
    write("only/same", b"of another length")
    put("images:only/later-there", b"new")
    counts, told, _ = did("apply", "plan")
    assert counts == (3, 0, 0, 0) and told == {"copied": ["only/changed", "only/new"], "removed": ["only/old"]}, told
    assert keys("images:only/") == ["only/changed", "only/kept", "only/later-there", "only/new", "only/same"]
    assert larder("cat", "images:only/same").raw == b"1234" and larder("cat", "images:only/changed").raw == b"12345"
    assert sorted(os.listdir("only")) == ["changed", "later", "new", "same"]


def test_cli_plan_where_one_is_in_the_way():
    """A file where a folder comes and a folder where a file comes: those copies wait until what is in the way has gone."""
    write("way/x/y", b"old")
    write("way/p", b"old")
    put("images:w/x", b"new")
    put("images:w/p/q", b"new")
    put("images:w/z", b"new")
    put("images:w/f/", b"")
    plan("--delete", "images:w/", "way")
    assert [(one["do"], one["key"]) for one in steps()[1:-1]] == [("copy", "f/"), ("copy", "z"), ("remove", "p"), ("remove", "x/y"), ("copy", "x"), ("copy", "p/q")]
    assert did("apply", "plan")[0] == (6, 0, 0, 0)
    assert tree("way") == {b"x": b"new", b"p/q": b"new", b"z": b"new"} and os.path.isdir("way/f")
    assert did("apply", "plan", code=5)[0][3] == 1                 # what was to go has come again, as a folder
    assert tree("way") == {b"x": b"new", b"p/q": b"new", b"z": b"new"}


def test_cli_plan_broken_off_goes_on():
    """What a run before has done is skipped, the rest is done."""
    for name in ("a", "b", "c"):
        write("off/" + name, name.encode())
    plan("off", "images:off")
    put("images:off/b", b"b")
    counts, told, _ = did("apply", "plan")
    assert counts == (2, 1, 0, 0) and told == {"copied": ["off/a", "off/c"]}, told


def test_cli_plan_killed_goes_on():
    """Ended by a signal, or by force, an apply leaves whole files alone, and the same command does the rest."""
    for i in range(2000):
        write("long/%d" % i, b"%d" % i)
    plan("long", "killed")
    for sent in (signal.SIGTERM, signal.SIGKILL):
        begun = subprocess.Popen([LARDER, "apply", "--json", "--jobs", "1", "plan"], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3):
            begun.stdout.readline()
        begun.send_signal(sent)
        out, err = begun.communicate(timeout=60)
        found = tree("killed")
        assert begun.returncode in (-sent, 128 + sent) and 2 <= len(found) < 2000 and all(data == name for name, data in found.items()), (begun.returncode, err)
        if sent == signal.SIGTERM:
            last = json.loads(out.splitlines()[-1])
            assert last["type"] == "summary" and last["scanned"] == last["done"] + last["skipped"], last
    counts, _, _ = did("apply", "plan")
    assert counts == (2000 - len(found), len(found), 0, 0) and tree("killed") == tree("long")


def test_cli_plan_ended_by_a_signal_is_none():
    for i in range(2000):
        write("endless/%d" % i)
    write("plan", b"before")
    begun = subprocess.Popen([LARDER, "sync", "--json", "--plan", "plan", "endless", "images:endless"], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begun.stdout.readline()                       # the pipe holds a part of the lines: it waits for a reader
    begun.send_signal(signal.SIGTERM)
    out, err = begun.communicate(timeout=60)
    assert begun.returncode == 128 + signal.SIGTERM and b'"summary"' in out.splitlines()[-1], err
    with open("plan", "rb") as file:
        assert file.read() == b"before"
    assert not [name for name in os.listdir(".") if name.startswith(".tmp-")]


# ---- drift

def drifts(prepare, source, target, change, word):
    prepare()
    plan("--delete", source, target)
    change()
    counts, told, got = did("apply", "plan", code=5)
    assert counts[3] == 1 and word in got.err and "since the plan was made" in got.err and "plan again" in got.err, (word, got.err)
    assert "removed" not in told, told
    return told, got


def test_cli_plan_drift_of_the_source():
    def again(name, data):
        write("ds/" + name, data)
        os.utime("ds/" + name, (1, 1))
    def prepare():
        shutil.rmtree("ds", True)
        larder("rm", "-r", "images:ds/")
        both("ds", "images:ds")
    drifts(prepare, "ds", "images:ds", lambda: again("new", b"4321"), "'ds/new' has changed")
    drifts(prepare, "ds", "images:ds", lambda: os.unlink("ds/new"), "'ds/new' has gone")
    assert keys("images:ds/") == ["ds/changed", "ds/old", "ds/same"]


def test_cli_plan_drift_of_an_object_that_is_the_source():
    def prepare():
        shutil.rmtree("do", True)
        write("do/old")
        for name in ("a", "b"):
            put("images:do/" + name)
    drifts(prepare, "images:do", "do", lambda: put("images:do/a", b"y"), "'images:do/a' has changed")
    assert set(tree("do")) <= {b"old", b"b"}
    drifts(prepare, "images:do", "do", lambda: larder("rm", "images:do/b"), "'images:do/b' has gone")
    prepare()
    drifts(prepare, "images:do", "images:do2", lambda: put("images:do/a", b"y"), "'images:do/a' has changed")
    assert "do2/a" not in keys("images:do2/")


def test_cli_plan_drift_of_the_destination():
    def prepare():
        larder("rm", "-r", "images:dd/")
        both("dd", "images:dd")
    drifts(prepare, "dd", "images:dd", lambda: put("images:dd/new", b"other"), "'images:dd/new' has come")
    drifts(prepare, "dd", "images:dd", lambda: put("images:dd/changed", b"other"), "'images:dd/changed' has changed")
    drifts(prepare, "dd", "images:dd", lambda: larder("rm", "images:dd/changed"), "'images:dd/changed' has gone")
    told, got = drifts(prepare, "dd", "images:dd", lambda: put("images:dd/old", b"other"), "'images:dd/old' has changed")
    assert told["copied"] == ["dd/changed", "dd/new"] and "2 of the plan's operations were done now" in got.err, got.err
    assert larder("cat", "images:dd/old").raw == b"other"


def test_cli_plan_drift_of_files():
    def prepare():
        larder("rm", "-r", "images:df/")
        for name in ("changed", "new"):
            put("images:df/" + name, b"12345")
        shutil.rmtree("df", True)
        write("df/changed", b"1234")
        write("df/old", b"1234")
    def renew(name):
        write("df/" + name, b"4321")
        os.utime("df/" + name, (1, 1))
    drifts(prepare, "images:df", "df", lambda: write("df/new", b"other"), "'df/new' has come")
    assert tree("df")[b"new"] == b"other"
    drifts(prepare, "images:df", "df", lambda: renew("changed"), "'df/changed' has changed")
    assert tree("df")[b"changed"] == b"4321"
    drifts(prepare, "images:df", "df", lambda: renew("old"), "'df/old' has changed")
    assert tree("df")[b"old"] == b"4321" and tree("df")[b"new"] == b"12345"


def test_cli_plan_dry_apply_finds_drift():
    both("dry", "images:dry")
    plan("--delete", "dry", "images:dry")
    put("images:dry/new", b"other")
    counts, told, _ = did("apply", "-n", "plan", code=5)
    assert counts == (1, 0, 0, 1) and told == {"would-copy": ["dry/changed"], "failed": ["dry/new"]}, told
    assert larder("cat", "images:dry/changed").raw == b"1234"


# ---- a plan that is none

def test_cli_plan_cut_or_changed():
    both("cut", "images:cut")
    plan("--delete", "cut", "images:cut")
    with open("plan", "rb") as file:
        whole = file.read()
    lines = whole.splitlines(True)
    before = keys("images:cut/")
    damaged = [whole[:at] for at in range(1, len(whole), 37)] + [b"".join(lines[:n]) for n in range(1, len(lines))]
    damaged += [whole.replace(b'"old"', b'"same"'), whole.replace(b'"removals":1', b'"removals":2'), whole.replace(b'"length":5', b'"length":6'),
                lines[0] + lines[2] + lines[1] + b"".join(lines[3:]), b"".join(lines[:2] + lines[3:]), whole + lines[1], whole + b"x", whole + b"\0\n"]
    for one in damaged:
        assert one != whole
        write("plan", one)
        got = larder("apply", "plan")
        assert got.code == 6 or (got.code == 2 and one == whole[:len(one)] and len(one) < len(lines[0])), (one, got.code, got.err)
    for one, word in ((b"", "cut short"), (b"{}\n", "no plan"), (b"hello\n", "no plan"), (whole.replace(b'"version":1', b'"version":2', 1), "version 2"),
                      (whole[:-2] + b" " * 200000 + b"}\n", "cut short")):
        write("plan", one)
        got = larder("apply", "plan")
        assert got.code in (2, 6) and word in got.err, (one[:80], got.code, got.err)
    assert keys("images:cut/") == before and larder("apply", "nothing").code == 3 and larder("apply").code == 2


def test_cli_plan_of_another_place():
    both("place", "images:place")
    plan("place", "images:place")
    os.makedirs("other")
    got = larder("apply", "../plan", cwd="other")
    assert got.code in (2, 3), got.err                                       # the folder is not there
    shutil.copytree("place", "other/place")
    got = larder("apply", "../plan", cwd="other")
    assert got.code == 2 and "made for the source" in got.err, got.err
    got = larder("apply", "plan", env={"LARDER_ROOT": os.path.abspath("elsewhere")})
    assert got.code == 2 and "made for the destination" in got.err, got.err
    got = larder("apply", "plan", env={"LARDER_PROFILE": "minio"})
    assert got.code == 2 and "made for the profile 'mock'" in got.err, got.err
    assert did("apply", "plan")[0] == (2, 0, 0, 0)


def test_cli_plan_not_written_when_a_guard_holds():
    """Where a sync would remove nothing there is no plan either, and one of before stays."""
    write("plan", b"before")
    write("guard/1")
    for i in range(1, 7):
        put("images:guard/%d" % i)
    os.makedirs("void")
    for words, code in ((("--delete", "--delete-most", "4", "guard", "images:guard"), 5), (("--delete", "void", "images:guard"), 5), (("nowhere", "images:guard"), 3),
                        (("guard", "guard/sub"), 2), (("--mode", "755", "images:guard", "moded"), 2)):
        got = larder("sync", "--plan", "plan", *words)
        assert got.code == code, (words, got.code, got.err)
        with open("plan", "rb") as file:
            assert file.read() == b"before", words
    for wrong in ("-", "no/such/folder/plan", "guard", "void/"):
        assert larder("sync", "--plan", wrong, "guard", "images:guard").code in (2, 3, 5), wrong
    assert len(keys("images:guard/")) == 6 and not os.path.exists("-")


run(sys.modules[__name__])
