#!/usr/bin/env python3
"""test-live-options: what narrows, guards and steers a sync, on MinIO, versitygw and moto: filters, shards, ceilings, checksums, sizes, modes,
keys that are no paths, names in one another's way, and lists of what failed. One seeded tree, each option up and down."""
import os
import random
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from syncing import page, place  # noqa: E402
import servers  # noqa: E402
from scene import run_in  # noqa: E402

DICE = random.Random(16)
TREE = {"%s/%02d%s" % (DICE.choice(["keep", "keep/deep", "other"]), number, DICE.choice([".txt", ".tmp"])): DICE.randbytes(DICE.randint(1, 2000)) for number in range(40)}
TEMPORARY = {name for name in TREE if name.endswith(".tmp")}


def fill(scene, top, tree):
    """Local files, below a folder of that name."""
    for name, data in tree.items():
        scene.write(top + "/" + name, data)
    return scene.path(top)


def store(scene, prefix, tree):
    for name, data in tree.items():
        scene.client.put_object(Bucket="bucket", Key=prefix + name, Body=data)


def stored(scene, prefix):
    return {key[len(prefix):]: scene.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in scene.keys(prefix)}


def changing(scene):
    return [one for one in scene.asked() if not one.startswith(("GET", "HEAD"))]


def old(scene, top, *names):
    """As if written long before anything else."""
    for name in names:
        os.utime(scene.path(top, name), (1, 1))


def told(done, action):
    """Names below the prefix or folder that were told so."""
    return sorted(line["src"].rpartition(":")[2] for line in done.lines if line["type"] == "object" and line["action"] == action)


# ---- what takes part

def check_filters(scene):
    """What is excluded on one side is neither copied nor removed on the other, up and down."""
    top = fill(scene, "filters", TREE)
    theirs = {name: b"theirs" for name in sorted(TEMPORARY)[:3]} | {"gone/1.tmp": b"theirs"}
    store(scene, "f/", {**theirs, "gone/1.txt": b"goes", "keep/gone.txt": b"goes"})
    numbers, done = scene.sync("--delete", "--exclude", "*.tmp", top, "images:f/")
    plain = {name: data for name, data in TREE.items() if name not in TEMPORARY}
    assert numbers[0] == len(plain) + 2 and told(done, "removed") == ["f/gone/1.txt", "f/keep/gone.txt"], done
    assert stored(scene, "f/") == {**plain, **theirs}
    fill(scene, "filtered", {"keep/mine.txt": b"goes", "keep/mine.tmp": b"stays", "other/mine.txt": b"stays"})
    words = ("--delete", "--include", "keep/*", "--exclude", "*.tmp", "images:f", scene.path("filtered"))
    kept = {name: data for name, data in plain.items() if name.startswith("keep/")}
    assert scene.sync(*words)[0] == (len(kept) + 1, 0, 0, 0)
    assert scene.tree("filtered") == {**kept, "keep/mine.tmp": b"stays", "other/mine.txt": b"stays"}
    assert scene.sync(*words)[0] == (0, len(kept), 0, 0)


def sharded(scene, monkeys, *words):
    """Three runs, the last one as a pod of an Indexed Job: what each did."""
    done = [scene.sync("--shard", "%d/3" % number, *words) for number in range(2)]
    return [told(one[1], monkeys) for one in done + [scene.sync("--shard", "/3", *words, more={"JOB_COMPLETION_INDEX": "2"})]]


def check_shards(scene):
    """Each key is of one shard, by whichever side it is met; a removal, too."""
    top = fill(scene, "shards", TREE)
    store(scene, "s/", {"old/%d" % number: b"" for number in range(20)})
    for action, words in (("copied", (top, "images:s/")), ("copied", ("images:s/", scene.path("sharded"))), ("removed", ("--delete", top, "images:s/"))):
        shards = sharded(scene, action, *words)
        whole = [name for shard in shards for name in shard]
        assert all(shards) and len(whole) == len(set(whole)) == {top: 40, "images:s/": 60, "--delete": 20}[words[0]], (words, shards)
        assert sharded(scene, action, *words) == [[], [], []]
    assert stored(scene, "s/") == TREE and {name: data for name, data in scene.tree("sharded").items() if data} == TREE


def check_ceilings(scene):
    """More would go than may: nothing of it does, on either side, and nothing is asked for that changes anything."""
    few = {name: TREE[name] for name in sorted(TREE)[:30]}
    top = fill(scene, "few", few)
    store(scene, "c/", TREE)
    fill(scene, "many", TREE)
    for most in ("9", "20%"):
        for source, target in ((top, "images:c/"), ("images:d/", scene.path("many"))):
            if not scene.keys("d/"):
                store(scene, "d/", few)
            _, done = scene.sync("--size-only", "--delete", "--delete-most", most, source, target, code=5)
            assert "10 of 40" in str(done.error) and not changing(scene), (done, scene.asked())
    assert stored(scene, "c/") == TREE == scene.tree("many")
    assert scene.sync("--size-only", "--delete", "--delete-most", "10", top, "images:c/")[0] == (10, 30, 0, 0)
    assert scene.sync("--size-only", "--delete", "--delete-most", "25%", "images:d/", scene.path("many"))[0] == (10, 30, 0, 0)
    assert stored(scene, "c/") == few == scene.tree("many")


# ---- what decides

def check_checksum(scene):
    """Bytes decide, whatever size and time say: up, down, and between prefixes."""
    top, one = fill(scene, "sums", TREE), sorted(TREE)[7]
    turned = bytes([TREE[one][0] ^ 1]) + TREE[one][1:]
    for source, target in ((top, "images:k/"), ("images:k/", "images:l/"), ("images:l/", scene.path("summed"))):
        assert scene.sync(source, target)[0] == (len(TREE), 0, 0, 0)
    scene.write("sums/" + one, turned)
    old(scene, "sums", *TREE)
    assert scene.sync(top, "images:k/")[0] == (0, len(TREE), 0, 0)            # by time there is nothing new
    for source, target in ((top, "images:k/"), ("images:k/", "images:l/"), ("images:l/", scene.path("summed"))):
        numbers, done = scene.sync("--checksum", source, target)
        assert numbers == (1, len(TREE) - 1, 0, 0) and told(done, "copied")[0].endswith(one), (source, done)
        assert scene.sync("--checksum", source, target)[0] == (0, len(TREE), 0, 0)
    assert scene.tree("summed") == {**TREE, one: turned} == stored(scene, "l/")


def check_size(scene):
    """Times and bytes do not count, and nothing but the listing is asked for."""
    top, names = fill(scene, "sizes", TREE), sorted(TREE)
    store(scene, "z/", {name: bytes(len(data)) for name, data in TREE.items()})
    later = max(os.stat(scene.path("sizes", name)).st_mtime for name in names) + 3600
    for name in names:
        os.utime(scene.path("sizes", name), (later, later))
    for source, target in ((top, "images:z/"), ("images:z/", top)):
        assert scene.sync("--size-only", source, target)[0] == (0, len(TREE), 0, 0)
        assert set(scene.asked()) == {"GET /bucket"}, scene.asked()
    assert scene.sync("-n", top, "images:z/")[0] == (len(TREE), 0, 0, 0)      # by time all of it is new
    scene.write("sizes/" + names[3], b"longer" * 500)
    numbers, done = scene.sync("--size-only", top, "images:z/")
    assert numbers == (1, len(TREE) - 1, 0, 0) and told(done, "copied") == [scene.path("sizes", names[3])], done


def check_mode(scene):
    """Files and folders, those that were there as well; another run mends what somebody changed."""
    store(scene, "m/", {"sub/a": b"x", "b": b"y"})
    scene.write("moded/there/c")
    os.chmod(scene.path("moded/there"), 0o700)
    for mode in (0o755, 0o750):
        scene.sync("images:m/", scene.path("moded"), "--mode", "%o" % mode)
        for name in ("", "sub", "sub/a", "there", "there/c", "b"):
            assert stat.S_IMODE(os.stat(scene.path("moded", name)).st_mode) == mode, (name, oct(mode))


# ---- keys that are no paths, and names in one another's way

def check_refused(scene):
    """Each is named and counted, nothing is written outside, and the rest goes on. What a service does not keep, its listing only tells of."""
    bad = ["../out", "a//b", "x/./y", "x/../y", "/lead", "dots/.."]
    store(scene, "r/", {"fine": b"x", "x/fine": b"x"})
    if scene.server.row == "moto":
        store(scene, "r/", {name: b"bad" for name in bad})
    else:
        scene.between.plan([page(sorted(bad + ["fine", "x/fine"]), False, prefix="r/")])
    numbers, done = scene.sync("--size-only", "images:r/", scene.path("paths/below"), code=1)
    assert numbers == (2, 0, len(bad), 0) and told(done, "refused") == sorted("r/" + name for name in bad), done
    assert all(name in done.err for name in bad), done.err
    assert scene.tree("paths") == {"below/fine": b"x", "below/x/fine": b"x"} and not os.path.exists(scene.path("out"))
    numbers, done = scene.sync("--size-only", "--delete", "images:r/", scene.path("paths/below"), code=1)
    assert numbers == (0, 2, len(bad), 0) and scene.tree("paths") == {"below/fine": b"x", "below/x/fine": b"x"}, done


def check_refused_names(scene):
    """Upwards: a name that is no text in UTF-8 is no key of this service."""
    scene.write("bytes/fine")
    with open(os.fsencode(scene.path("bytes")) + b"/\xff\xfe", "wb") as file:
        file.write(b"x")
    numbers, done = scene.sync(scene.path("bytes"), "images:b/", code=1)
    assert numbers == (1, 0, 0, 1) and done.error["code"] == "INVALID" and "it is not UTF-8" in done.error["message"], done
    assert stored(scene, "b/") == {"fine": b"x"} and not [one for one in scene.asked() if "%FF" in one], scene.asked()


def check_clash_down(scene):
    """c-T07: of a key and a folder of one name the key goes in, in every run; a key that ends in '/' is a folder."""
    keys = {"a": b"k", "a/b": b"b", "c/": b"", "c/d": b"x", "e//f": b"f"}
    if scene.server.row == "moto":
        store(scene, "a/", keys)
    else:
        store(scene, "a/", {"a": b"k", "c/": b"", "c/d": b"x"})
        rule = page(sorted(keys), False, prefix="a/")
        scene.between.plan([{**rule, "body": rule["body"].replace("<Key>a/c/</Key><Size>1<", "<Key>a/c/</Key><Size>0<")}])
    for numbers in ((3, 0, 2, 0), (0, 3, 2, 0)):
        got, done = scene.sync("--size-only", "images:a/", scene.path("clash"), code=1)
        assert got == numbers and told(done, "refused") == ["a/a/b", "a/e//f"], done
        assert scene.tree("clash") == {"a": b"k", "c/d": b"x"}


def check_clash_over_a_tree(scene):
    """c-T07: a key where the tree has a folder, and a folder where it has a file: nothing of the tree goes without --delete."""
    store(scene, "o/", {"x": b"new", "p/q": b"new", "z": b"new"})
    tree = {"x/y": b"old", "p": b"old"}
    fill(scene, "over", tree)
    numbers, done = scene.sync("images:o/", scene.path("over"), code=1)
    assert numbers == (1, 0, 1, 1) and scene.tree("over") == {**tree, "z": b"new"}, done
    assert scene.sync("--delete", "images:o/", scene.path("over"))[0] == (4, 1, 0, 0)
    assert scene.tree("over") == {"x": b"new", "p/q": b"new", "z": b"new"}


def check_clash_up(scene):
    """Upwards, over the other kind of name: a service that keeps both has both; of the others each is told, and --delete makes room."""
    store(scene, "u/", {"file": b"old", "folder/below": b"old"})
    top = fill(scene, "up", {"file/below": b"new", "folder": b"new", "z": b"new"})
    both = scene.server.row == "moto"
    numbers, done = scene.sync(top, "images:u/", code=0 if both else 1)
    assert numbers == ((3, 0, 0, 0) if both else (1, 0, 0, 2)) and stored(scene, "u/").items() >= {"file": b"old", "folder/below": b"old"}.items(), done
    assert both or {line["code"] for line in done.lines if line["type"] == "error"} == {"CONFLICT"}, done
    _, done = scene.sync("--delete", "--delete-most", "1", top, "images:u/", code=5)
    assert not told(done, "removed") and stored(scene, "u/").items() >= {"file": b"old", "folder/below": b"old"}.items(), done
    assert scene.sync("--delete", top, "images:u/")[0] == ((2, 3, 0, 0) if both else (4, 1, 0, 0))
    assert stored(scene, "u/") == {"file/below": b"new", "folder": b"new", "z": b"new"}


def check_lists(scene):
    """What the service refused is in the list, also a name with a line feed and one that could not be removed; only that is tried again."""
    odd = "c%d" if scene.server.row == "moto" else "c\nd"                     # moto keeps no line feed
    for name in ("a", "b", odd, "e"):
        scene.write("list/" + name)
    scene.client.put_object(Bucket="bucket", Key="f/old", Body=b"x")
    path = scene.path("failed")
    scene.between.plan([{"method": method, "path": "/f/" + name, "do": "reply", "code": "AccessDenied"}
                        for method, name in (("PUT", "b"), ("PUT", "c%"), ("DELETE", "old"))])
    numbers, done = scene.sync("--delete", "--failed-to", path, scene.path("list"), "images:f", code=1)
    assert numbers == (2, 0, 0, 3), done
    with open(path) as file:
        assert sorted(file.read().splitlines()) == ["b", odd.replace("%", "%25").replace("\n", "%0A"), "old"]
    scene.between.plan([])
    assert scene.sync("--delete", "--from", path, "--failed-to", path, scene.path("list"), "images:f")[0] == (3, 0, 0, 0)
    assert not [one for one in scene.asked() if one.endswith(("/f/a", "/f/e"))], scene.asked()
    assert scene.keys() == ["f/a", "f/b", "f/" + odd, "f/e"] and os.path.getsize(path) == 0


def case(check, name):
    def test():
        scene = place(name)
        check(scene)
    return test


CHECKS = [(name[6:], value) for name, value in vars().items() if name.startswith("check_")]
for what, check in CHECKS:
    for server in servers.NAMES:
        globals()["test_live_options_%s_%s" % (what, server)] = case(check, server)

run_in(place, sys.modules[__name__])
