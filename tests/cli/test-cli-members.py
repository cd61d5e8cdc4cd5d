#!/usr/bin/env python3
"""larder archive restore --to of bundles on the mock: they come as the files that went into them, one or all, each proven by its own checksum."""
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, HOME, LARDER, PIPELINE, SRC, configured, keys, larder, read, run, tree, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
STATE = {"XDG_STATE_HOME": os.path.join(HOME, "state")}
AT_ONCE = ("class = DEEP_ARCHIVE", "class = GLACIER_IR")


def fresh(*changes):
    for folder in (DEMO, STATE["XDG_STATE_HOME"], "out", "src"):
        shutil.rmtree(folder, ignore_errors=True)
    return {**configured(PIPELINE, *changes), **STATE}


def put(env, *words):
    got = larder("archive", "put", "-q", "--pack", *words, env=env)
    assert got.code == 0, got.err


def restore(*words, code=0, env=None):
    """(events by what they tell, what the job came to, the run)"""
    got = larder("archive", "restore", "--json", "--to", "out", *words, env=env)
    assert got.code == code, (got.code, got.out, got.err)
    events = {}
    for line in got.lines():
        if line["type"] == "object":
            events.setdefault(line["action"], []).append(line["src"].partition(":")[2])
    jobs = [line for line in got.lines() if line["type"] == "job"]
    return {action: sorted(found) for action, found in events.items()}, jobs[0] if jobs else None, got


def bundles(prefix="p/"):
    return [key for key in keys("backups:" + prefix) if key.endswith(".tar")]


def members(bundle):
    return [json.loads(line) for line in larder("cat", "backups:%s.index" % bundle).out.splitlines()]


def facts(top):
    """Of each file: its bytes, mode and time."""
    return {os.fsdecode(path): (text, os.stat(os.path.join(top, os.fsdecode(path))).st_mode & 0o777, os.stat(os.path.join(top, os.fsdecode(path))).st_mtime_ns) for path, text in tree(top).items()}


def some_files(count=40):
    """Names, modes, times and lengths of every kind."""
    sizes = random.Random(7)
    names = ["a", "b c", "ü/ö" * 5, "d/" + "long" * 40, "'\"$`\\n", "z/%41", "z/\t", "-rf"] + ["many/%03d" % n for n in range(count)]
    for number, name in enumerate(names):
        path = os.path.join("src", name)
        write(path, sizes.randbytes((0, 1, 511, 512, 513, 9000)[number % 6]))
        os.chmod(path, (0o644, 0o600, 0o755, 0o664, 0o444)[number % 5])
        os.utime(path, ns=(0, 10 ** 18 + number * 1234567891))


def test_cli_members_all_come_back():
    """A bundle with --to: its files, with mode and time, and neither the tar nor its index. What is there already is not fetched again; one that was changed is."""
    env = fresh(AT_ONCE)
    some_files()
    write("src/many/long", random.Random(8).randbytes(1 << 20))
    put(env, "--bundle-size", "1050KiB", "src", "backups:p")
    assert len(bundles()) >= 2
    events, job, _ = restore("backups:p/", env=env)
    assert facts("out/p/src") == facts("src") and (job["fetched"], job["failed"]) == (len(bundles()), 0) and len(events["copied"]) == 49, (events, job)
    write("out/p/src/a", b"changed")
    events, _, _ = restore("backups:p/", env=env)
    assert events["copied"] == ["p/src/a"] and len(events["skipped"]) == 48 and facts("out/p/src") == facts("src"), events
    shutil.rmtree("out")
    assert restore("backups:" + bundles()[0], env=env)[1]["fetched"] == 1 and set(facts("out/p/src").items()) < set(facts("src").items()), "one bundle by its name"


def test_cli_members_a_private_file_shuts_no_folder():
    """A file that nobody else may read comes first, and its folders are as open as before; and so it is when it is copied as a file."""
    env = fresh(AT_ONCE)
    write("src/a/b/key", b"mine")
    write("src/a/b/open", b"ours")
    os.chmod("src/a/b/key", 0o600)
    put(env, "src/", "backups:p/")
    restore("--prefix", "backups:p/", env=env)
    assert larder("cp", "-q", "src/a/b/key", "out/q/r/key", env=env).code == 0
    for path, mode in (("p/a", 0o755), ("p/a/b", 0o755), ("p/a/b/key", 0o600), ("p/a/b/open", 0o644), ("q", 0o755), ("q/r", 0o755), ("q/r/key", 0o600)):
        assert stat.S_IMODE(os.stat("out/" + path).st_mode) == mode, (path, oct(os.stat("out/" + path).st_mode))


def test_cli_members_a_bundle_without_an_index_is_a_tar():
    env = fresh(AT_ONCE)
    write("src/a", b"a" * 99)
    put(env, "src", "backups:p")
    (bundle,) = bundles()
    tar = larder("cat", "backups:" + bundle).raw
    assert larder("rm", "-q", "backups:%s.index" % bundle).code == 0
    restore("backups:p/", env=env)
    assert tree("out") == {os.fsencode(bundle): tar}
    got = larder("archive", "restore", "--to", "images:q/", "backups:p/", env=env)
    assert larder("cat", "images:q/%s" % bundle).raw == tar, ("into a store it goes as it is", got.err)


def test_cli_members_one_by_its_name():
    """Of one bundle or several, at whichever depth the prefix ends; the newest has it, which is said. A name that is in none is NOTFOUND, and nothing is asked for."""
    env = fresh(AT_ONCE)
    some_files()
    put(env, "src", "backups:p/2025")
    write("src/many/003", b"newer")
    put(env, "src", "backups:p/2025")
    for name in ("many/003", "a", "z/\t", "ü/ö" * 5):
        shutil.rmtree("out", ignore_errors=True)
        events, job, got = restore("backups:p/2025/src/" + name, env=env)
        assert facts("out/p/2025/src") == {name: facts("src")[name]} and job["objects"] == 1, (name, events)
        (found,) = [line for line in got.lines() if line.get("action") == "found"]
        assert "the newest of 2 bundles that have it" in found["reason"] and found["dst"].endswith(".tar"), found
    shutil.rmtree("out")
    write("list", b"backups:p/2025/src/many/003\nbackups:p/2025/src/many/001\nbackups:p/2025/src/many/003\n")
    events, job, _ = restore("--from", "list", env=env)
    assert sorted(facts("out/p/2025/src/many")) == ["001", "003"] and job["objects"] == 1 and read("out/p/2025/src/many/003") == b"newer"
    for name in ("p/2025/src/none", "p/2025/many/003", "p/src/a", "x"):
        got = larder("archive", "restore", "backups:p/2025/src/a", "backups:" + name, env=env)
        assert got.code == 3 and "'backups:%s', and it is in no bundle above it" % name in got.err, (name, got.err)
    got = larder("archive", "restore", "--to", "images:q/", "backups:p/2025/src/a", env=env)
    assert got.code == 2 and "whose members go into a folder" in got.err, got.err


def test_cli_members_the_newest_of_all_is_what_stays():
    """All bundles of a prefix: the older ones first. An object of that very name is what comes, whatever bundles have."""
    env = fresh(AT_ONCE)
    for number in range(4):
        write("src/a", b"%d" % number)
        write("src/only-%d" % number, b"x")
        put(env, "src", "backups:p")
    restore("backups:p/", env=env)
    assert len(bundles()) == 4 and read("out/p/src/a") == b"3" and sorted(os.listdir("out/p/src")) == ["a", "only-0", "only-1", "only-2", "only-3"]
    assert larder("put", "-q", "-", "backups:p/src/a", stdin=b"alone", env=env).code == 0
    restore("backups:p/", env=env)
    assert read("out/p/src/a") == b"alone"
    shutil.rmtree("out")
    restore("backups:p/", env=env)
    assert read("out/p/src/a") == b"alone"


def test_cli_members_archived_ones_come_when_their_bundle_can_be_read():
    """The job asks for the bundle, once, and is about the member; then for nothing but it. A newer bundle that is there first waits for the older."""
    env = fresh()
    some_files()
    put(env, "src", "backups:p")
    events, job, got = restore("backups:p/src/a", "backups:p/src/many/001", code=9, env=env)
    assert events["asked"] == bundles() and job["asked"] == 1 and not os.path.exists("out"), (events, job)
    assert restore("backups:p/src/a", "backups:p/src/many/001", code=9, env=env)[0] == {}
    assert larder("dev", "clock", "+12h", env=env).code == 0
    events, job, _ = restore("backups:p/src/a", "backups:p/src/many/001", env=env)
    assert events["copied"] == ["p/src/a", "p/src/many/001"] and job["fetched"] == 1 and len(tree("out")) == 2, (events, job)
    shutil.rmtree("out")
    write("src/a", b"newer")
    put(env, "--class", "GLACIER_IR", "src", "backups:p")
    assert larder("dev", "clock", "+9d", env=env).code == 0
    events, job, _ = restore("backups:p/", code=9, env=env)
    assert "copied" not in events and (job["asked"], job["ready"]) == (1, 1), (events, job)
    assert larder("dev", "clock", "+12h", env=env).code == 0
    restore("backups:p/", env=env)
    assert read("out/p/src/a") == b"newer" and facts("out/p/src") == facts("src")


def test_cli_members_an_object_of_the_name_that_came_first():
    """It can be read at once, and the bundle that has the name, too, hours later: the object stays."""
    env = fresh()
    write("src/a", b"in the bundle")
    write("src/b", b"b")
    put(env, "src", "backups:p")
    assert larder("put", "-q", "--class", "STANDARD", "-", "backups:p/src/a", stdin=b"alone", env=env).code == 0
    assert restore("backups:p/", code=9, env=env)[0]["copied"] == ["p/src/a"]
    assert larder("dev", "clock", "+12h", env=env).code == 0
    events, _, _ = restore("backups:p/", env=env)
    assert events["copied"] == ["p/src/b"] and events["skipped"] == ["p/src/a"] and read("out/p/src/a") == b"alone", events


def flip(path, offset):
    text = bytearray(read(path))
    text[offset] ^= 1
    write(path, bytes(text))


def test_cli_members_one_flipped_bit_is_one_member():
    """Exit 6 with its name; the others are there, and nothing is under its name. Of a single one likewise; another one of the same bundle comes."""
    env = fresh(AT_ONCE)
    some_files()
    put(env, "src", "backups:p")
    (bundle,) = bundles()
    (hit,) = [one for one in members(bundle)[1:] if one["path"] == "src/many/009"]
    (path,) = [os.fsdecode(path) for path in tree(DEMO) if path.endswith(os.fsencode(bundle)) and b".larder" not in path]
    flip(os.path.join(DEMO, path), hit["offset"] + hit["length"] - 1)
    events, job, got = restore("backups:p/", code=6, env=env)
    want = facts("src")
    assert want.pop("many/009") and facts("out/p/src") == want and events["failed"] == ["p/src/many/009"] and job["failed"] == 1, (events, job)
    assert "the member 'src/many/009' of" in got.err and "is damaged" in got.err, got.err
    assert restore("backups:p/src/many/009", code=6, env=env)[0]["failed"] == ["p/src/many/009"] and not os.path.exists("out/p/src/many/009")
    assert restore("backups:p/src/many/008", env=env)[0]["skipped"] == ["p/src/many/008"]


def test_cli_members_what_an_index_says_is_not_believed():
    """Names that lead out, places beyond the bundle, lengths that are not so, what is no JSON: INTEGRITY or INVALID with the name; nothing is written outside of out."""
    env = fresh(AT_ONCE)
    for name in "abc":
        write("src/" + name, name.encode() * 600)
    put(env, "src", "backups:p")
    (bundle,) = bundles()
    whole = [json.dumps(line) for line in members(bundle)]
    first, a, b, c = [json.loads(line) for line in whole]
    end = first["length"]

    def lines(*changed, head=first):
        return "".join("%s\n" % (line if isinstance(line, str) else json.dumps(line)) for line in (head, *changed)).encode()

    for text, told in ((lines(a, b, {**c, "offset": end - 1}), "line 4 has a member that lies beyond the end"), (lines(a, b, {**c, "length": 2 ** 62}), "lies beyond the end"),
                       (lines(a, b, {**c, "length": -1}), "does not say where"), (lines(a, b, {**c, "offset": a["offset"]}), "begins in the one before it"), (lines(a, b, "{"), "line 4 is no JSON object"),
                       (lines(a, b, "[]"), "no JSON object"), (lines(a, b), "not the last that it should have"), (lines(a, b, c)[:-1], "not the last"), (lines(a, b, c, head={**first, "length": 5}), "another length"),
                       (lines(a, b, c, head={**first, "name": "bundle-x.tar"}), "of another bundle"), (lines(a, b, {**c, "sha256": "x"}), "no checksum"), (lines(a, b, {**c, "mode": "rw"}), "no mode"),
                       (lines(a, b, {**c, "path": 5}), "names no member"), (lines(a, b, {**c, "path_b64": "AGE="}), "names no member"), (b"", "line 0"), (b"x" * 70000, "is too long"), (lines(a, b, {**c, "x": "y" * 70000}), "is too long")):
        assert larder("put", "-q", "-", "backups:%s.index" % bundle, stdin=text, env=env).code == 0
        shutil.rmtree("out", ignore_errors=True)
        for words in (("backups:p/",), ("backups:p/src/a",)):
            got = larder("archive", "restore", "--to", "out", *words, env=env)
            assert got.code == 6 and told in got.err and bundle + ".index" in got.err and tree("out") == {}, (told, words, got.code, got.err)
    before = set(os.listdir(HOME)) | {"out"}
    for path, code in (("../../../x", 2), ("/x", 2), ("src/../../../../x", 2), ("src//c", 2), ("src/c/", 2)):
        assert larder("put", "-q", "-", "backups:%s.index" % bundle, stdin=lines(a, b, {**c, "path": path}), env=env).code == 0
        shutil.rmtree("out", ignore_errors=True)
        got = larder("archive", "restore", "--to", "out", "backups:p/", env=env)
        assert got.code == code and "no file can be called" in got.err and path in got.err and sorted(os.listdir("out/p/src")) == ["a", "b"] and set(os.listdir(HOME)) == before, (path, got.code, got.err)
    write("elsewhere/c", b"mine")
    os.makedirs("out/p", exist_ok=True)
    shutil.rmtree("out/p/src", ignore_errors=True)
    os.symlink("../../elsewhere", "out/p/src")
    assert larder("put", "-q", "-", "backups:%s.index" % bundle, stdin=lines(a, b, c), env=env).code == 0
    got = larder("archive", "restore", "--to", "out", "backups:p/", env=env)
    assert got.code != 0 and tree("elsewhere") == {b"c": b"mine"}, got.err
    os.unlink("out/p/src")
    for length, names in ((599, ["a", "b"]), (601, ["a", "b"])):
        assert larder("put", "-q", "-", "backups:%s.index" % bundle, stdin=lines(a, b, {**c, "length": length}), env=env).code == 0
        shutil.rmtree("out", ignore_errors=True)
        assert restore("backups:p/", code=6, env=env)[0]["failed"] == ["p/src/c"] and sorted(os.listdir("out/p/src")) == names
    assert larder("put", "-q", "-", "backups:%s.index" % bundle, stdin=lines(a, b, {**c, "mode": "4755"}), env=env).code == 0
    restore("backups:p/", env=env)
    assert os.stat("out/p/src/c").st_mode & 0o7777 == 0o755, "whose rights it has when it runs, no index says"


def test_cli_members_small_files_by_the_thousand():
    """c-G03: 10,000 of 1 KiB and five large ones: a handful of objects; one of them comes back; all do, killed in the middle and run again; verify agrees."""
    env = fresh(AT_ONCE)
    for number in range(10000):
        write("src/%04d/%04d" % (number // 100, number), b"%04d" % number * 256)
    for number in range(5):
        with open("src/large-%d" % number, "wb") as file:
            file.truncate(50 << 20)
            file.write(b"%d" % number)
    plan = larder("archive", "put", "-n", "--pack", "src", "backups:a", env=env)
    assert plan.code == 0 and "(10000 files in " in plan.out, plan.out
    put(env, "src", "backups:a")
    assert len(keys("backups:a/")) == 5 + 2 * len(bundles("a/")) <= 15
    restore("backups:a/src/0042/4242", env=env)
    assert facts("out") == {"a/src/0042/4242": facts("src/0042")["4242"]}
    words = [LARDER, "archive", "restore", "-q", "--to", "out", "backups:a/"]
    with subprocess.Popen(words, env={**ENV, **env}) as running:
        while len(os.listdir("out/a/src/0042")) < 50 and running.poll() is None:
            os.sched_yield()
        running.send_signal(signal.SIGKILL)
    there = len(tree("out"))
    assert running.returncode == -signal.SIGKILL and 50 <= there < 10000, (running.returncode, there)
    events, job, _ = restore("backups:a/", env=env)
    assert len(events["copied"]) <= 10006 - there and job["fetched"] == job["objects"] == 5 + len(bundles("a/")), (len(events["copied"]), there, job)
    assert facts("out/a/src").items() >= {name: fact for name, fact in facts("src").items() if not name.startswith("large")}.items() and tree("out/a/src") == tree("src")
    assert not [name for name in tree("out") if b".tmp-" in name]


run(sys.modules[__name__])
