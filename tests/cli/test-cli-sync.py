#!/usr/bin/env python3
"""larder sync on the mock store: names, what a listing decides, filters, and when nothing may be removed."""
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, SPACE, keys, larder, run, tree, write  # noqa: E402

NAMES = [b"a b", b"a$b", b"it's \"q\"", "a\u200eb".encode(), "a\u00a0b".encode(), b"~x", b"-n", b"%2F", b"a+b", b"a?b#c", b"*", b"[x]", b"a\tb"]


def sync(*words, code=0, **kinds):
    got = larder("sync", "--json", *words, **kinds)
    assert got.code == code, (got.code, got.out, got.err)
    return got


def counts(got):
    last = got.summary()
    return tuple(last[name] for name in ("done", "skipped", "refused", "failed"))


def test_cli_sync_dry_run_counts_bytes():
    """What would be copied, in bytes, as the real run then counts what it copied; a plan and a put do so, too."""
    for name, data in (("a", b"12345"), ("b/c", b"1234567")):
        write("weighed/" + name, data)
    words = ("sync", "--json", "weighed", "images:weighed/")
    for more in (("-n",), ("--plan", "weighed.plan"), ()):
        got = larder(*words, *more)
        assert got.code == 0 and got.summary()["bytes"] == 12 and ", 12 B in " in got.err, (more, got.out, got.err)
    got = larder("put", "-n", "--json", "-r", "weighed", "images:weighed2/")
    assert got.code == 0 and got.summary()["bytes"] == 12, got.out
    got = larder(*words, "-n")
    assert got.code == 0 and got.summary()["bytes"] == 0, got.out


def did(got):
    """{action: sorted keys} of what was told."""
    found = {}
    for line in got.lines():
        if line["type"] == "object":
            found.setdefault(line["action"], []).append(line["src"].rpartition(":")[2])
    return {action: sorted(names) for action, names in found.items()}


def put(address, data=b"x"):
    got = larder("put", "-", address, stdin=data)
    assert got.code == 0, got.err


# ---- names and order

def test_cli_sync_odd_names_there_and_back():
    """c-T04."""
    for name in NAMES:
        write(os.path.join(b"names", name), name)
    assert counts(sync("names/", "images:n/")) == (len(NAMES), 0, 0, 0)
    assert counts(sync("images:n/", "back/")) == (len(NAMES), 0, 0, 0)
    assert tree("back") == tree("names")
    left = len(NAMES)
    for name in NAMES:
        assert larder("rm", "images:n/" + os.fsdecode(name)).code == 0
        left -= 1
        assert len(keys("images:n/")) == left, name


def test_cli_sync_second_run_does_nothing():
    """c-T08: names around the separator, in all pairings."""
    names = [b"foo.txt", b"foo/foo2", b"foo-bar", b"foo0", "föö".encode(), b"\xff\xfe", b"foo/-", b"foo-/x", b"foo1/x0"]
    for name in names:
        write(os.path.join(b"order", name), name)
    for source, target in (("order/", "images:o/"), ("images:o", "images:p"), ("images:p/", "order2"), ("order2", "order3/")):
        assert counts(sync("--delete", source, target)) == (len(names), 0, 0, 0), (source, target)
        assert counts(sync("--delete", source, target)) == (0, len(names), 0, 0), (source, target)
    assert tree("order3") == tree("order")


def test_cli_sync_path_ends_at_a_separator():
    """c-T18: what only begins like the prefix is of no concern."""
    others = ["logs.json", "logs_backup/a", "logsx/b"]
    for key in others + ["logs/a", "logs/b", "logs"]:
        put("images:sep/" + key)
    write("sep/a", b"new")
    told = did(sync("-n", "--delete", "sep/", "images:sep/logs"))
    assert told == {"would-copy": ["sep/a"], "would-remove": ["sep/logs/b"]}, told
    assert len(keys("images:sep/")) == 6
    got = sync("--delete", "sep/", "images:sep/logs")
    assert did(got) == {"copied": ["sep/a"], "removed": ["sep/logs/b"]}
    assert [got.summary()[name] for name in ("scanned", "done", "copied", "removed")] == [2, 2, 1, 1] and "1 copied, 1 removed," in got.err, (got.out, got.err)
    assert keys("images:sep/") == sorted("sep/" + key for key in others + ["logs", "logs/a"])


def test_cli_sync_links_and_pipes():
    """c-T19: no link is followed, no FIFO blocks, each is told with its reason; over there its name counts as present."""
    write("odd/sub/file")
    write("outside/file")
    os.symlink("..", "odd/sub/up")
    os.symlink("../outside/file", "odd/file")
    os.symlink("nowhere", "odd/dangling")
    os.mkfifo("odd/fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("odd/socket")
        for key in ("file", "dangling", "sub/up/kept", "fifo"):
            put("images:l/" + key)
        put("images:l/sub/upper")
        got = sync("--delete", "odd/", "images:l/")
    assert did(got) == {"copied": ["odd/sub/file"], "removed": ["l/sub/upper"],
                        "skipped": ["odd/dangling", "odd/fifo", "odd/file", "odd/socket", "odd/sub/up"]}, did(got)
    assert all(line["reason"] for line in got.lines() if line.get("action") == "skipped")
    assert keys("images:l/") == ["l/dangling", "l/fifo", "l/file", "l/sub/file", "l/sub/up/kept"]


def test_cli_sync_key_and_folder_of_one_name():
    """c-T07: of a key and a folder of one name the key goes in, the same in every run; the rest arrives."""
    for key in ("a", "a/b", "c/d", "e//f", "g"):
        put("images:f/" + key)
    put("images:f/c/", b"")
    for turn in ((4, 0), (0, 4)):
        got = sync("images:f/", "clash", code=1)
        assert counts(got) == (turn[0], turn[1], 2, 0), got.out
        assert did(got)["refused"] == ["f/a/b", "f/e//f"] and "a/b" in got.err and "e//f" in got.err
    assert set(tree("clash")) == {b"a", b"c/d", b"g"} and os.path.isdir("clash/c")


def test_cli_sync_folder_stays_without_delete():
    """c-T07: a key where the tree still has a folder, and a folder where it has a file."""
    write("ways/x/y", b"old")
    write("ways/p", b"old")
    put("images:w/x", b"new")
    put("images:w/p/q", b"new")
    put("images:w/z", b"new")
    got = sync("images:w/", "ways", code=1)
    told = did(got)
    assert told == {"copied": ["w/z"], "refused": ["w/p/q"], "failed": ["w/x"]} and tree("ways") == {b"x/y": b"old", b"p": b"old", b"z": b"new"}, got.out
    planned = did(sync("-n", "--delete", "images:w/", "ways"))
    assert planned == {"would-copy": ["w/p/q", "w/x"], "would-remove": ["ways/p", "ways/x/y"]}, planned
    got = sync("--delete", "images:w/", "ways")
    assert did(got) == {"copied": ["w/p/q", "w/x"], "removed": ["ways/p", "ways/x/y"]}, got.out
    assert tree("ways") == {b"x": b"new", b"p/q": b"new", b"z": b"new"}


# ---- what decides

def test_cli_sync_size_and_time():
    write("when/same", b"1234")
    write("when/longer", b"1234")
    write("when/newer", b"1234")
    assert counts(sync("when", "images:t"))[0] == 3
    write("when/longer", b"12345")
    os.utime("when/longer", (1, 1))
    write("when/newer", b"4321")
    later = time.time() + 5
    os.utime("when/newer", (later, later))
    assert counts(sync("-n", "--size-only", "when", "images:t")) == (1, 2, 0, 0)
    assert did(sync("when", "images:t")) == {"copied": ["when/longer", "when/newer"]}
    # Going down, another time is a change, also an older one.
    sync("images:t", "then")
    assert counts(sync("images:t", "then")) == (0, 3, 0, 0)
    os.utime("then/same", (1, 1))
    assert did(sync("images:t", "then")) == {"copied": ["t/same"]}
    # Between stores the bytes count, not the time.
    sync("images:t", "images:t2")
    put("images:t2/same", b"1235")
    assert did(sync("images:t", "images:t2")) == {"copied": ["t/same"]}


def test_cli_sync_checksum():
    """Bytes decide, whatever the times say, in all pairings."""
    for name in ("same", "changed"):
        write("sum/" + name, b"1234")
    sync("sum", "images:sum")
    sync("images:sum", "images:sum2")
    sync("images:sum2", "summed")
    write("sum/changed", b"4321")
    for name in ("same", "changed"):
        os.utime("sum/" + name, (1, 1))
    for source, target in (("sum", "images:sum"), ("images:sum", "images:sum2"), ("images:sum2", "summed"), ("sum", "summed2")):
        if target == "summed2":
            sync("images:sum2", target)
            write("summed2/changed", b"1234")
        told = did(sync("-n", "--checksum", source, target))
        assert [name.rpartition("/")[2] for name in told["would-copy"]] == ["changed"], (source, target, told)
        assert counts(sync("--checksum", source, target)) == (1, 1, 0, 0), (source, target)
        assert counts(sync("--checksum", source, target)) == (0, 2, 0, 0), (source, target)
    assert tree("summed") == tree("summed2") == tree("sum")
    assert larder("sync", "--checksum", "--size-only", "sum", "summed").code == 2


def kept(address):
    [line] = [line for line in larder("stat", "--json", address).lines() if line["type"] == "object"]
    return line["metadata"].get("mtime")


def test_cli_sync_exact_times():
    """The time of a file stays with its object to the nanosecond, there and back, and a nanosecond is a change."""
    times = {"now": 1700000000123456789, "even": 1700000000000000000, "epoch": 0, "before": -1500000001}
    texts = {"now": "1700000000.123456789", "even": "1700000000.000000000", "epoch": "0.000000000", "before": "-1.500000001"}
    for name, time in times.items():
        write("ex/" + name, b"1234")
        os.utime("ex/" + name, ns=(time, time))
    count = len(times)
    for source, target in (("ex", "images:ex"), ("images:ex", "images:ex2"), ("images:ex2", "exact"), ("exact", "exact2")):
        assert counts(sync("--exact-times", source, target)) == (count, 0, 0, 0), (source, target)
        assert counts(sync("--exact-times", source, target)) == (0, count, 0, 0), (source, target)
    assert {name: kept("images:ex2/" + name) for name in times} == texts
    assert {name: os.stat("exact2/" + name).st_mtime_ns for name in times} == times
    for source, target in (("ex", "images:ex"), ("images:ex", "images:ex2"), ("images:ex", "exact"), ("ex", "exact2")):
        os.utime("ex/even", ns=(1, os.stat("ex/even").st_mtime_ns - 1))
        assert counts(sync("--include", "even", "ex", "images:ex")) == (0, 1, 0, 0)     # older: a listing sees nothing
        if not source == "ex":
            sync("--exact-times", "ex", "images:ex")
        assert counts(sync("-n", "--exact-times", source, target)) == (1, count - 1, 0, 0), (source, target)
        assert did(sync("--exact-times", source, target)) == {"copied": ["ex/even"]}, (source, target)
    assert os.stat("exact/even").st_mtime_ns == times["even"] - 3


def test_cli_sync_exact_times_of_others():
    """An object that keeps no time, or no such time, is copied over once; coming down it has its own."""
    write("alien/a", b"1234")
    put("images:alien/a", b"1234")
    assert did(sync("--exact-times", "images:alien", "alienr")) == {"copied": ["alien/a"]}
    assert counts(sync("--exact-times", "images:alien", "alienr")) == (0, 1, 0, 0)
    assert counts(sync("--exact-times", "images:alien", "images:alien2")) == (1, 0, 0, 0)
    assert counts(sync("--exact-times", "images:alien", "images:alien2")) == (0, 1, 0, 0)
    for wrong in ("", "x", "1.x", "99999999999999999999", "-"):
        assert larder("put", "--metadata", "mtime=" + wrong, "alien/a", "images:alien/a").code == 0
        assert did(sync("--exact-times", "alien", "images:alien")) == {"copied": ["alien/a"]}, wrong
    assert counts(sync("--exact-times", "alien", "images:alien")) == (0, 1, 0, 0)
    for other in ("--checksum", "--size-only"):
        assert larder("sync", "--exact-times", other, "alien", "images:alien").code == 2


def test_cli_sync_exact_times_in_a_plan():
    write("exp/a", b"1234")
    os.utime("exp/a", ns=(1, 1500000000000000001))
    for source, target in (("exp", "images:exp"), ("images:exp", "expected")):
        sync("--exact-times", "--plan", "plan", source, target)
        assert larder("apply", "plan").code == 0
        assert counts(sync("--exact-times", source, target)) == (0, 1, 0, 0), (source, target)
    assert os.stat("expected/a").st_mtime_ns == 1500000000000000001


def test_cli_sync_dry_run_changes_nothing():
    write("dry/a")
    got = sync("-n", "dry", "dryer/deep")
    assert did(got) == {"would-copy": ["dry/a"]} and not os.path.exists("dryer")


def test_cli_sync_filters_act_on_both_sides():
    for name in ("keep.txt", "drop.tmp", "sub/keep.txt", "sub/drop.tmp"):
        write("filter/" + name)
        put("images:x/" + name.replace("keep", "old"))
    got = sync("--delete", "--exclude", "*.tmp", "filter", "images:x")
    assert did(got) == {"copied": ["filter/keep.txt", "filter/sub/keep.txt"], "removed": ["x/old.txt", "x/sub/old.txt"]}, got.out
    got = sync("--include", "sub/*", "--exclude", "*.tmp", "filter", "images:y")
    assert did(got) == {"copied": ["filter/sub/keep.txt"]}
    # A '*' in a name is a name.
    write("star/*")
    write("star/other")
    assert did(sync("--include", "\\*", "star", "images:star")) == {"copied": ["star/*"]}


def test_cli_sync_mode():
    write("modes/sub/a")
    sync("modes", "images:m")
    write("moded/there/b")
    os.chmod("moded/there", 0o700)
    sync("images:m", "moded", "--mode", "755")
    for path in ("moded", "moded/sub", "moded/sub/a", "moded/there", "moded/there/b"):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o755, path
    assert larder("sync", "modes", "images:m", "--mode", "755").code == 2 and larder("sync", "a", "b", "--mode", "8").code == 2


def test_cli_sync_shards_are_the_whole():
    for i in range(40):
        write("shards/%d" % i)
    done = [counts(sync("--shard", "%d/3" % i, "shards", "images:shards")) for i in range(2)]
    done.append(counts(sync("--shard", "/3", "shards", "images:shards", env={"JOB_COMPLETION_INDEX": "2"})))
    assert sum(one[0] for one in done) == 40 and all(one[0] > 4 and one[1:] == (0, 0, 0) for one in done), done
    assert counts(sync("shards", "images:shards")) == (0, 40, 0, 0)
    for wrong in ("3/3", "1", "x/3", "/3", "1/", "-1/3"):
        assert larder("sync", "--shard", wrong, "shards", "images:shards").code == 2, wrong


def test_cli_sync_shards_remove_their_own():
    """c-C13: with --delete each shard removes leftovers of its own keys alone, and all together exactly the leftovers."""
    stay, go = {"sharded/s%02d" % i for i in range(40)}, {"sharded/g%02d" % i for i in range(30)}
    for name in stay:
        write(name)
    sync("sharded", "images:sharded")
    for name in go:
        put("images:" + name)
    removed = []
    for shard in ("0/3", "1/3", "2/3"):
        words = ("--delete", "--delete-most", "100%", "--shard", shard, "sharded", "images:sharded")
        left = set(keys("images:sharded/"))
        planned = did(sync("-n", *words)).get("would-remove", [])
        told = did(sync(*words))
        assert list(told) == ["removed"] and told["removed"] == planned and len(planned) > 3, (shard, told)
        assert set(keys("images:sharded/")) == left - set(planned), shard
        removed += planned
    assert len(removed) == len(go) and set(removed) == go and set(keys("images:sharded/")) == stay, removed


# ---- when nothing is removed

def test_cli_sync_empty_source():
    os.makedirs("empty/but/folders")
    os.makedirs("bare")
    put("images:full/a")
    for source in ("empty", "bare", "images:nothing/"):
        got = sync("--delete", source, "images:full/", code=5)
        assert "empty" in got.err and "--allow-empty-source" in got.err and keys("images:full/") == ["full/a"], got.err
    sync("images:nothing/", "images:full/", code=3)
    assert counts(sync("bare", "images:full/")) == (0, 0, 0, 0)
    assert did(sync("--delete", "--allow-empty-source", "empty", "images:full/")) == {"removed": ["full/a"]}


def test_cli_sync_ceilings():
    write("few/1")
    for i in range(1, 7):
        put("images:many/%d" % i)
    sync("few", "images:many")
    for most in ("4", "50%"):
        got = sync("--delete", "--delete-most", most, "few", "images:many", code=5)
        assert "5 of 6" in got.err and "--delete-most" in got.err and len(keys("images:many/")) == 6, got.err
    assert counts(sync("-n", "--delete", "--delete-most", "90%", "few", "images:many")) == (5, 1, 0, 0)
    assert counts(sync("--delete", "--delete-most", "5", "few", "images:many")) == (5, 1, 0, 0)
    for wrong in ("0", "101%", "x", "-1", "5x"):
        assert larder("sync", "--delete", "--delete-most", wrong, "few", "images:many").code == 2, wrong


def test_cli_sync_refused_after_its_copies():
    """A refusal comes after the copies, and says so: nothing was removed, they stay. A dry run has copied nothing, a second run has nothing to copy."""
    write("few/2")
    for i in range(3, 9):
        put("images:later/%d" % i)
    got = sync("-n", "--delete", "--delete-most", "5", "few", "images:later", code=5)
    assert "nothing was removed" in got.err and "copied before" not in got.err, got.err
    got = sync("--delete", "--delete-most", "5", "few", "images:later", code=5)
    last = got.summary()
    assert "nothing was removed: 6 of 6 would go" in got.err and "; 2 were copied before, and stay" in got.err and "--delete-most 6" in got.err, got.err
    assert (last["copied"], last["removed"]) == (2, 0) and keys("images:later/") == ["later/%d" % i for i in range(1, 9)], last
    got = sync("--delete", "--delete-most", "5", "few", "images:later", code=5)
    assert "copied before" not in got.err and got.summary()["skipped"] == 2, got.err
    assert counts(sync("--delete", "--delete-most", "6", "few", "images:later")) == (6, 2, 0, 0)


def test_cli_sync_default_ceilings():
    """One in count and one in percent, and both hold; ten may always go. What is refused has removed nothing, and names the flag."""
    for name, there, may in (("hundreds", 401, 200), ("thousands", 2101, 1000), ("handful", 12, 10), ("three", 3, 2)):
        for i in range(there):
            write("%s/%04d" % (name, i))
        sync(name, "images:" + name)
        for i in range(may):
            os.unlink("%s/%04d" % (name, i))
        assert counts(sync("-n", "--delete", name, "images:" + name)) == (may, there - may, 0, 0), name
        if there - may < 2:
            continue
        os.unlink("%s/%04d" % (name, may))
        for dry in ((), ("-n",)):
            got = sync("--delete", name, "images:" + name, *dry, code=5)
            assert "%d of %d" % (may + 1, there) in got.err and "at most %d may" % may in got.err and "--delete-most %d" % (may + 1) in got.err, got.err
        assert len(keys("images:%s/" % name)) == there
        assert counts(sync("--delete", "--delete-most", str(may + 1), name, "images:" + name)) == (may + 1, there - may - 1, 0, 0), name
    write("one/file")
    for i in range(400):
        write("all/%03d" % i)
    sync("all", "images:all")
    assert "400 of 400" in sync("--delete", "one", "images:all", code=5).err and len(keys("images:all/")) == 401
    assert did(sync("--delete", "--delete-most", "100%", "one", "images:all"))["removed"] == ["all/%03d" % i for i in range(400)]


def test_cli_sync_unreadable_folder():
    """Not all of the source was seen: what can be read is copied, nothing is removed, and both are said."""
    if os.geteuid() == 0:
        # Root reads everything: a path too deep to be opened is unreadable to all.
        deep = os.open(".", os.O_RDONLY)
        os.mkdir("locked", dir_fd=deep)
        at = os.open("locked", os.O_RDONLY, dir_fd=deep)
        for _ in range(17):
            os.mkdir("d" * 250, dir_fd=at)
            at = os.open("d" * 250, os.O_RDONLY, dir_fd=at)
    else:
        os.makedirs("locked/in")
        os.chmod("locked/in", 0)
    write("locked/z")
    put("images:locked/old")
    got = larder("sync", "--json", "--delete", "locked", "images:locked")
    assert got.code == 5 and counts(got) == (1, 0, 0, 1), (got.code, got.out, got.err)
    assert "nothing was removed" in got.err and "cannot read the folder" in got.err
    assert keys("images:locked/") == ["locked/old", "locked/z"]


def test_cli_sync_private_files_stay():
    """The beginning of a download that is to be gone on with."""
    put("images:priv/a")
    write("priv/.tmp-1-2")
    write("priv/old/b")
    assert did(sync("--delete", "images:priv", "priv")) == {"copied": ["priv/a"], "removed": ["priv/old/b"]}
    assert set(tree("priv")) == {b"a", b".tmp-1-2"} and not os.path.exists("priv/old")


def test_cli_sync_refuses_overlap():
    write("over/a/b")
    for source, target in (("over", "over/a"), ("over/a", "over"), ("over", "over/new/er"), ("over", "over"), ("over/.", "./over/"),
                           ("images:over", "images:over/a"), ("images:over/a", "images:over"), ("images:", "images:x")):
        got = larder("sync", "--delete", "--allow-empty-source", source, target)
        assert got.code == 2 and "in one another" in got.err, (source, target, got.err)
    assert tree("over") == {b"a/b": b"x"} and larder("sync", "over", "over2").code == 0
    assert larder("sync", "over/a/b", "images:f").code == 2 and larder("sync", "nowhere", "images:f").code == 3


def test_cli_sync_summary_after_a_signal():
    """Whatever ends it, the last line is the summary, and it adds up."""
    for i in range(3000):
        write("long/%d" % i)
    begun = subprocess.Popen([LARDER, "sync", "--json", "--jobs", "1", "long", "images:long"], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = [begun.stdout.readline() for _ in range(3)]
    begun.send_signal(signal.SIGTERM)
    out, err = begun.communicate(timeout=60)
    last = json.loads((b"".join(first) + out).splitlines()[-1])
    assert begun.returncode == 128 + signal.SIGTERM and last["type"] == "summary", (begun.returncode, err)
    assert 2 <= last["done"] < 3000 and last["scanned"] == last["done"] + last["skipped"] + last["refused"] + last["failed"], last
    assert len(keys("images:long/")) >= last["done"]


def test_cli_sync_onto_a_read_only_disk():
    """Said once, with the path and what to do: exit 4, and the thousandth file is not tried either."""
    for number in range(1000):
        write("many/%d" % number)
    os.makedirs("frozen", exist_ok=True)
    script = 'mount -t tmpfs -o ro none frozen && exec "$@"'
    done = subprocess.run([*SPACE, "sh", "-c", script, "sh", LARDER, "sync", "many", "frozen"], env=ENV, capture_output=True, text=True)
    assert done.returncode == 4 and "frozen/" in done.stderr and "mount it for writing" in done.stderr, (done.returncode, done.stderr[-600:])
    assert done.stderr.count("cannot write") < 200 and "was not tried" in done.stderr, done.stderr[-600:]


run(sys.modules[__name__])
