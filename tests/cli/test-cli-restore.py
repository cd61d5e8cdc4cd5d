#!/usr/bin/env python3
"""larder archive restore and status on the mock, whose clock is moved: a job that goes on where it was, whatever happened to it or to its objects."""
import calendar
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, HOME, LARDER, PIPELINE, SPACE, SRC, configured, larder, read, run, tree, write  # noqa: E402
from stopped import bad  # noqa: E402

DEMO = os.path.join(HOME, "demo")
STATE = {"XDG_STATE_HOME": os.path.join(HOME, "state")}
PRICES = ("[larder]\n", "[larder]\nprices = aws-ap-northeast-2\n")
CLASSES = ("STANDARD", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
GB = 1 << 30


def fresh(*changes):
    for folder in (DEMO, STATE["XDG_STATE_HOME"], "out"):
        shutil.rmtree(folder, ignore_errors=True)
    env = {**configured(PIPELINE, *changes), **STATE}
    shutil.copytree(os.path.join(SRC, "etc/prices"), "etc/prices", dirs_exist_ok=True)
    return env


def put(env, *names):
    """CLASS/name each."""
    for name in names:
        assert larder("put", "-q", "--class", name.partition("/")[0], "-", "backups:p/" + name, stdin=name.encode() * 50, env=env).code == 0, name


def restore(*words, code=0, env=None):
    """(events by what they tell, what the job came to, the run)"""
    got = larder("archive", "restore", "--json", *words, env=env)
    assert got.code == code, (got.code, got.out, got.err)
    events = {}
    for line in got.lines():
        if line["type"] == "object":
            events.setdefault(line["action"], []).append(line["src"].partition("p/")[2])
    jobs = [line for line in got.lines() if line["type"] == "job"]
    return {action: sorted(found) for action, found in events.items()}, jobs[0] if jobs else None, got


def counts(job):
    return tuple(job[name] for name in ("wanted", "asked", "ready", "fetched", "failed"))


def forward(by, env):
    assert larder("dev", "clock", by, env=env).code == 0


def test_cli_restore_asks_for_what_needs_it():
    """c-G01: each class, one restored, one on its way. Again at once: nothing is asked for. Each at its time; at its end the same command is a new job."""
    env = fresh()
    put(env, *(kind + "/a" for kind in CLASSES), "GLACIER/there", "DEEP_ARCHIVE/coming")
    assert restore("--tier", "expedited", "backups:p/GLACIER/there", code=9, env=env)[0] == {"asked": ["GLACIER/there"]}
    forward("+5m", env)
    restore("backups:p/DEEP_ARCHIVE/coming", code=9, env=env)
    events, job, _ = restore("backups:p/", code=9, env=env)
    assert events == {"asked": ["DEEP_ARCHIVE/a", "GLACIER/a"], "restored": ["GLACIER/there", "GLACIER_IR/a", "STANDARD/a"]} and counts(job) == (0, 3, 3, 0, 0), (events, job)
    events, again, got = restore("backups:p/", code=9, env=env)
    assert events == {} and counts(again) == (0, 3, 3, 0, 0) and again["job"] == job["job"] and "archive status " + job["job"] in got.err, (events, got.err)
    forward("+5h", env)
    assert restore("backups:p/", code=9, env=env)[0] == {"restored": ["GLACIER/a"]}
    got = larder("archive", "status", job["job"], env=env)
    assert got.code == 0 and "2 on their way, 4 can be read" in got.out, got.out
    forward("+7h", env)
    assert "0 on their way, 6 can be read" in larder("archive", "status", job["job"], env=env).out, "each is asked for"
    events, ended, got = restore("backups:p/", env=env)
    assert events == {"restored": ["DEEP_ARCHIVE/a", "DEEP_ARCHIVE/coming"]} and counts(ended) == (0, 0, 6, 0, 0) and got.summary()["done"] == 6
    assert larder("cat", "backups:p/DEEP_ARCHIVE/a", env=env).raw == b"DEEP_ARCHIVE/a" * 50
    put(env, "STANDARD/more")
    events, anew, _ = restore("backups:p/", env=env)
    assert "asked" not in events and anew["objects"] == 7 and counts(anew) == (0, 0, 7, 0, 0)


def test_cli_restore_fetches_each_once():
    """--to: what is ready is fetched and stays so, whatever becomes of its copy; the rest when it comes."""
    env = fresh()
    put(env, *(kind + "/a" for kind in CLASSES))
    words = ("--to", "out", "--days", "1", "backups:p/")
    events, job, _ = restore(*words, code=9, env=env)
    assert events["copied"] == ["GLACIER_IR/a", "STANDARD/a"] and counts(job) == (0, 2, 0, 2, 0), (events, job)
    forward("+5h", env)
    events, job, _ = restore(*words, code=9, env=env)
    assert events["copied"] == ["GLACIER/a"] and counts(job) == (0, 1, 0, 3, 0), (events, job)
    forward("+7h", env)
    forward("+4d", env)                     # c-G04: what was ready is archived again, before it was fetched; what was fetched is not asked for
    events, job, _ = restore(*words, code=9, env=env)
    assert events == {"asked": ["DEEP_ARCHIVE/a"]} and counts(job) == (0, 1, 0, 3, 0), (events, job)
    forward("+12h", env)
    events, job, _ = restore(*words, env=env)
    assert events["copied"] == ["DEEP_ARCHIVE/a"] and counts(job) == (0, 0, 0, 4, 0)
    assert {path.decode(): text for path, text in tree("out").items()} == {"p/%s/a" % kind: ("%s/a" % kind).encode() * 50 for kind in CLASSES}


def test_cli_restore_of_what_changes_meanwhile():
    """Overwritten, removed: told by name, once, and the rest comes. What is overwritten is another object, and is not fetched."""
    env = fresh()
    put(env, "GLACIER/a", "GLACIER/b", "GLACIER/c")
    restore("--to", "out", "backups:p/", code=9, env=env)
    assert larder("put", "-q", "--class", "GLACIER", "-", "backups:p/GLACIER/a", stdin=b"new", env=env).code == 0
    assert larder("rm", "-q", "backups:p/GLACIER/b", env=env).code == 0
    forward("+5h", env)
    events, job, got = restore("--to", "out", "backups:p/", code=1, env=env)
    assert events == {"failed": ["GLACIER/a", "GLACIER/b"], "restored": ["GLACIER/c"], "copied": ["GLACIER/c"]} and counts(job) == (0, 0, 0, 1, 2), (events, job)
    assert "was overwritten since its restore began" in got.err and os.listdir("out/p/GLACIER") == ["c"], got.err


def test_cli_restore_tells_the_price_before():
    """By class and tier, with the copies for their days; more than the ceiling, or nobody knows: nothing is asked for. A dry run keeps nothing."""
    env = fresh(PRICES)
    put(env, *("GLACIER/%d" % n for n in range(10)), "DEEP_ARCHIVE/a", "STANDARD/a")
    size = sum(len("GLACIER/%d" % n) * 50 for n in range(10))
    events, job, got = restore("-n", "backups:p/", env=env)
    told = [line for line in got.lines() if line["type"] == "estimate"]
    found = {line["class"]: line for line in told if line["chosen"]}
    assert [(line["class"], line["tier"], line["within_seconds"] / 3600) for line in told if line["class"] == "DEEP_ARCHIVE"] == [("DEEP_ARCHIVE", "Standard", 12), ("DEEP_ARCHIVE", "Bulk", 48)], told
    assert [line["tier"] for line in told if line["class"] == "GLACIER"] == ["Expedited", "Standard", "Bulk"] and all(line["price"] and "next" not in line for line in told), told
    want = size * 0.011 / GB + 10 * 0.0543 / 1000 + size * 0.025 / GB * 7 / 30
    assert got.summary()["done"] == 11 and set(found) == {"GLACIER", "DEEP_ARCHIVE"} and found["GLACIER"]["objects"] == 10 and found["GLACIER"]["within_seconds"] == 5 * 3600, found
    assert want <= float(found["GLACIER"]["price"]) <= want + 4e-6 and (events, job) == ({}, None) and larder("archive", "status", env=env).out == "", found
    got = larder("archive", "restore", "--max-cost", "0.0001", "backups:p/", env=env)
    assert got.code == 2 and "and may cost 0.0001: nothing was asked for" in got.err, got.err
    assert larder("archive", "restore", "--json", "--max-cost", "0.0001", "backups:p/", env=env).summary()["scanned"] == 0, "nothing was done"
    assert larder("archive", "restore", "--max-cost", "2" * 15, "backups:p/", env=env).code == 2, "more than money is counted in"
    assert larder("archive", "restore", "--max-cost", "much", "backups:p/", env=env).code == 2
    assert larder("archive", "restore", "--max-cost", "1", "--tier", "expedited", "backups:p/", env=env).code == 2, "no such tier has a price"
    assert larder("archive", "status", env=env).out == ""
    events, job, _ = restore("--max-cost", "1.5", "backups:p/", code=9, env=env)
    assert len(events["asked"]) == 11
    put(env, "GLACIER/new")
    told = [line["objects"] for line in restore("-n", "backups:p/GLACIER/0", "backups:p/GLACIER/new", env=env)[2].lines() if line.get("chosen")]
    assert told == [1], ("what is on its way costs nothing more", told)
    env = fresh()
    put(env, "GLACIER/a")
    got = larder("archive", "restore", "--max-cost", "1", "backups:p/", env=env)
    assert got.code == 2 and "nobody knows what it costs" in got.err, got.err
    out = larder("archive", "restore", "backups:p/", env=env).out
    assert "  1 object of 450 B in GLACIER, Expedited, within 5m00s\n* 1 object of 450 B in GLACIER, Standard, within 5h00m\n  no price table says" in out and "[larder] prices = NAME" in out, out


def test_cli_restore_tells_the_price_whenever_it_asks():
    """Killed while it asks, and again when all copies ended: what the next run would ask for is told and held against the ceiling, besides what was spent; one above it asks for nothing."""
    env = fresh(PRICES)
    put(env, *("GLACIER/%d" % n for n in range(6)))
    words = ("--tier", "expedited", "--days", "1", "--to", "out", "backups:p/")
    assert larder("archive", "restore", "-q", "--jobs", "1", "--max-cost", "0.07", *words, env={**env, **bad("pwrite:kill:2")}).code == -signal.SIGKILL

    def chosen(got):
        return [(line["objects"], line.get("paid_objects", 0)) for line in got.lines() if line["type"] == "estimate" and line["chosen"]]

    def refused(objects, paid):
        got = larder("archive", "restore", "--json", "--max-cost", "0.0001", *words, env=env)
        assert got.code == 2 and chosen(got) == [(objects, paid)] and "asked" not in [line.get("action") for line in got.lines()], (got.out, got.err)
        assert "more, after about 0.0" in got.err and "and may cost 0.0001: nothing more was asked for" in got.err, got.err

    refused(5, 1)
    refused(5, 1)
    _, _, got = restore("-n", *words, env=env)
    assert chosen(got) == [(5, 1)], got.out
    events, job, got = restore("--max-cost", "0.07", *words, code=9, env=env)
    assert len(events["asked"]) == 5 and chosen(got) == [(5, 1)] and counts(job) == (0, 6, 0, 0, 0), (events, job, got.out)
    events, _, got = restore("--max-cost", "0.0001", *words, code=9, env=env)
    assert events == {} and chosen(got) == [], ("nothing to ask for costs nothing", got.out)
    forward("+6m", env)
    forward("+3d", env)
    refused(6, 6)
    refused(6, 6)
    out = larder("archive", "restore", *words, env=env).out
    assert "* 6 objects of 2.6 KiB in GLACIER, Expedited: about 0.0" in out and ", after 6 asked for before for about 0.0" in out, out
    forward("+6m", env)
    assert counts(restore("--max-cost", "0.0001", *words, env=env)[1]) == (0, 0, 0, 6, 0)


def test_cli_restore_refuses_a_tier_that_one_class_lacks():
    """By name, before anything is asked for; and each alone is well."""
    env = fresh()
    put(env, "GLACIER/a", "DEEP_ARCHIVE/a", "DEEP_ARCHIVE/b", "STANDARD/a")
    got = larder("archive", "restore", "--tier", "expedited", "backups:p/", env=env)
    assert got.code == 2 and "'backups:p/DEEP_ARCHIVE/a' and 1 more: class DEEP_ARCHIVE has no tier Expedited; nothing was asked for" in got.err and "next: another --tier" in got.err, got.err
    assert larder("archive", "status", env=env).out == "" and "restore" not in larder("stat", "--json", "backups:p/GLACIER/a", env=env).out
    assert restore("--tier", "expedited", "backups:p/GLACIER/", code=9, env=env)[0] == {"asked": ["GLACIER/a"]}
    assert restore("--tier", "bulk", "backups:p/", code=9, env=env)[0]["asked"] == ["DEEP_ARCHIVE/a", "DEEP_ARCHIVE/b"]


def test_cli_restore_of_a_version():
    """The old one is asked for and fetched, under its key; the one above it stays as it is."""
    env = fresh(("bucket = pingvas-studio-backups", "versioning = yes\nbucket = pingvas-studio-backups"))
    got = larder("infra", "apply", "--only", "store/backups", env=env)
    assert got.code == 0, got.err
    put(env, "GLACIER/a")
    assert larder("put", "-q", "--class", "GLACIER", "-", "backups:p/GLACIER/a", stdin=b"new", env=env).code == 0
    first = min((line for line in larder("versions", "--json", "backups:p/GLACIER/a", env=env).lines() if "version" in line and "size" in line), key=lambda line: line["time"])["version"]
    words = ("--version", first, "--to", "out", "backups:p/GLACIER/a")
    assert restore(*words, code=9, env=env)[0] == {"asked": ["GLACIER/a"]}
    assert "restore" not in larder("stat", "--json", "backups:p/GLACIER/a", env=env).out, "the latest was not asked for"
    forward("+5h", env)
    _, job, _ = restore(*words, env=env)
    assert counts(job) == (0, 0, 0, 1, 0) and read("out/p/GLACIER/a") == b"GLACIER/a" * 50
    assert "1 fetched" in larder("archive", "status", job["job"], env=env).out
    summary = larder("archive", "restore", "--json", "-n", *words, env=env).summary()
    assert (summary["would_restore"], summary["failed"]) == (0, 0), ("what an ended job came to is no part of the next one", summary)
    restore("--version", first, "--to", "backups:back/", "backups:p/GLACIER/a", env=env)
    back, = (line for line in larder("stat", "--json", "backups:back/p/GLACIER/a", env=env).lines() if line["type"] == "object")
    assert back["size"] == len(b"GLACIER/a" * 50), ("an old version comes back into its own store", back)
    for words in (("--version", first, "backups:p/"), ("--version", first, "--prefix", "backups:p/GLACIER/a"), ("--version", first, "backups:p/GLACIER/a", "backups:p/b")):
        got = larder("archive", "restore", *words, env=env)
        assert got.code == 2 and "is of one object" in got.err, (words, got.err)
    assert larder("archive", "restore", "--version", "none", "backups:p/GLACIER/a", env=env).code == 3
    got = larder("archive", "restore", "--version", first, "--to", "out", "backups:p/../../a", env=env)
    assert got.code == 2 and "no file can be called 'p/../../a'" in got.err and not os.path.exists("a"), got.err


def test_cli_restore_refusals():
    """Each with what to do; nothing was asked for, and no job is left."""
    env = fresh()
    put(env, "DEEP_ARCHIVE/a")
    write("list", b"backups:p/DEEP_ARCHIVE/a\n\nimages:x\n")
    write("none", b"")
    for words, code, told in ((("--tier", "expedited", "backups:p/"), 2, "Expedited"), (("backups:p/none",), 3, "none"), (("backups:q/",), 3, "nothing to restore"), ((), 2, "name what is to be restored"),
                              (("--from", "list"), 2, "one restore for each store"), (("--from", "none"), 3, "names nothing"), (("--from", "no-file"), 3, "no-file"), (("out",), 2, "is in no store"),
                              (("--days", "0", "backups:p/"), 2, "days"), (("images:x",), 3, "x"), (("images:x", "backups:p/"), 2, "is not in 'images'")):
        got = larder("archive", "restore", *words, env=env)
        assert got.code == code and told in got.err, (words, got.code, got.err)
    write("afile", b"x")
    for to, code, told in (("afile", 2, "afile"), ("afile/below", 2, "afile"), ("backups:a/", 2, "lies in the store that is restored"), ("backups:", 2, "lies in the store"),
                           ("nostore:x", 2, "nostore")):
        for more in ((), ("-n",)):
            got = larder("archive", "restore", *more, "--to", to, "backups:p/", env=env)
            assert got.code == code and told in got.err, (to, got.code, got.err)
    os.makedirs("frozen", exist_ok=True)
    got = subprocess.run([*SPACE, "sh", "-c", 'mount -t tmpfs -o ro none frozen && exec "$@"', "sh", LARDER, "archive", "restore", "--to", "frozen/new", "backups:p/"],
                         env={**ENV, **env}, capture_output=True, text=True)
    assert got.returncode == 4 and "cannot write into 'frozen/new'" in got.stderr, (got.returncode, got.stderr)
    assert larder("archive", "status", env=env).out == "" and larder("archive", "status", "0123", env=env).code == 3 and larder("archive", "status", "../x", env=env).code == 3
    assert larder("stat", "--json", "backups:p/DEEP_ARCHIVE/a", env=env).out.count("restore") == 0
    write("list", b"\r\nbackups:p/DEEP_ARCHIVE/a\r\n")
    _, job, _ = restore("--from", "list", code=9, env=env)
    assert larder("archive", "status", "../restores/" + job["job"], env=env).code == 3
    path = os.path.join(STATE["XDG_STATE_HOME"], "larder", "restores", job["job"])
    whole = read(path)
    for broken in (whole[:-4], b"x" + whole, whole.replace(b"a {", b"z {"), whole.replace(b'"key"', b'"kye"'), b""):
        write(path, broken)
        got = larder("archive", "restore", "--from", "list", env=env)
        assert got.code == 6 and "is damaged" in got.err and "remove that file" in got.err, (broken, got.code, got.err)
    write(path, whole)
    with subprocess.Popen(["flock", "-x", path, "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        got = larder("archive", "restore", "--from", "list", env=env)
        assert got.code == 5 and "another process is at restore" in got.err and larder("archive", "status", job["job"], env=env).code == 0, got.err
        holder.communicate(b"\n")


def killed(env, call, number, code):
    """A restore that is killed before that call of this number. False: it came to its end before, with that code."""
    got = larder("archive", "restore", "-q", "--to", "out", "backups:p/", env={**env, **bad("%s:kill:%d" % (call, number))})
    assert got.code in (code, -signal.SIGKILL), (call, number, got.code, got.err)
    return got.code != code


def test_cli_restore_killed_anywhere():
    """Before each write in turn, of state, of what was asked for, of what is fetched, while it is asked for and, in the second run, fetched: the next one ends where an
    undisturbed one does."""
    names = ["GLACIER/%d" % n for n in range(4)]
    for fetches in (False, True):
        kills = {}
        for call in ("write", "pwrite", "linkat", "renameat"):
            for number in range(1, 200, 2):
                env = fresh()
                put(env, *names)
                if fetches:
                    restore("--to", "out", "backups:p/", code=9, env=env)
                    forward("+5h", env)
                if not killed(env, call, number, 0 if fetches else 9):
                    break                           # no such call any more
                kills[call] = kills.get(call, 0) + 1
                if not fetches:
                    restore("--to", "out", "backups:p/", code=9, env=env)
                    forward("+5h", env)
                _, job, _ = restore("--to", "out", "backups:p/", env=env)
                assert counts(job) == (0, 0, 0, 4, 0) and sorted(os.listdir("out/p/GLACIER")) == ["0", "1", "2", "3"], (call, number, job)
                assert all(read("out/p/GLACIER/%d" % n) == b"GLACIER/%d" % n * 50 for n in range(4)), (call, number)
        assert kills.get("pwrite", 0) >= 4 and sum(kills.values()) > 8, (fetches, kills)


def begun(*words, env):
    """A restore under way, whose pipe takes little more than it is read: until somebody reads on it stands where it is."""
    return subprocess.Popen([LARDER, "archive", "restore", "--json", *words], env={**ENV, **env}, stdout=subprocess.PIPE, text=True, pipesize=4096)


def until(waiting, action, name=None):
    """Reads on to that event, and gives it."""
    for line in map(json.loads, waiting.stdout):
        if line.get("action") == action and name in (None, line["src"].rpartition("/")[2]):
            return line
    raise AssertionError("it ended without %s of %s" % (action, name))


def test_cli_restore_of_copies_that_end_before_they_are_fetched():
    """Ready at the look, and refused at the fetch: asked for anew, and nothing fails; what is still there comes."""
    env, names = fresh(), ["%03d" % n + "n" * 200 for n in range(400)]
    for name in names:
        write("many/" + name)
    words = ("--to", "out", "--days", "1", "--tier", "expedited", "backups:p/")
    assert larder("put", "-q", "-r", "--class", "GLACIER", "many", "backups:p/", env=env).code == 0
    put(env, "STANDARD/plain")
    restore(*words, code=9, env=env)
    assert os.listdir("out/p") == ["STANDARD"]
    forward("+5m", env)
    with begun(*words, env=env) as fetching:
        for _ in range(110):                # those are ready and told, and the rest of the lines is more than its buffer and the pipe hold: it cannot be at the fetch
            until(fetching, "restored")
        forward("+3d", env)
        lines = [json.loads(line) for line in fetching.stdout]
    told = [line["action"] for line in lines if line["type"] == "object"]
    job, = (line for line in lines if line["type"] == "job")
    assert fetching.returncode == 9 and "failed" not in told and told.count("again") > 100 and told.count("asked") == 400 and counts(job) == (0, 400, 0, 1, 0), (told[:9], job)
    assert not os.path.exists("out/p/many")
    forward("+5m", env)
    _, job, _ = restore(*words, env=env)
    assert counts(job) == (0, 0, 0, 401, 0) and len(os.listdir("out/p/many")) == 400, job


def test_cli_restore_waits():
    """--wait: until all can be read, by the clock of what keeps them: it is moved to where the next look is to be, each time. Looks are as rare as the tier is slow,
    and the last is not much later than it could have been."""
    for tier, kind, least, most, hours in (("standard", "GLACIER", 3, 8, 5), ("bulk", "DEEP_ARCHIVE", 5, 30, 48), ("expedited", "GLACIER", 3, 6, 5 / 60)):
        env, looks, ahead = fresh(), 0, 0
        put(env, kind + "/a")
        with begun("--wait", "--tier", tier, "--to", "out", "backups:p/", env=env) as waiting:
            for line in map(json.loads, waiting.stdout):
                if line.get("action") == "waiting":
                    at = calendar.timegm(time.strptime(line["reason"].rpartition(" ")[2].partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"))
                    by = at + 1 - int(time.time()) - ahead
                    forward("+%ds" % by, env)
                    ahead, looks = ahead + by, looks + 1
        assert waiting.returncode == 0 and least <= looks <= most and ahead < hours * 3600 * 1.2 and os.listdir("out/p/" + kind) == ["a"], (tier, looks, ahead / 3600)


def test_cli_restore_waits_for_all_at_once():
    """What was there long ago and is gone when the last one comes is asked for anew: at the end all can be read."""
    env = fresh()
    put(env, "GLACIER/a", "DEEP_ARCHIVE/b")
    forward("+%ds" % (86400 + 3600 - int(time.time()) % 86400), env)         # at one: a copy ends at a midnight
    with begun("--wait", "--tier", "bulk", "--days", "1", "backups:p/", env=env) as waiting:
        for by, action, name in (("+12h", "restored", "a"), ("+37h", "restored", "b"), (None, "asked", "a"), ("+12h", "restored", "a")):
            if by:
                until(waiting, "waiting")   # it knows when it looks again, by the clock as it was
                forward(by, env)
            until(waiting, action, name)
        summary = json.loads(waiting.stdout.read().splitlines()[-1])
    assert waiting.returncode == 0 and summary["done"] == 2, summary
    for name in ("GLACIER/a", "DEEP_ARCHIVE/b"):
        assert larder("cat", "backups:p/" + name, env=env).raw == name.encode() * 50


run(sys.modules[__name__])
