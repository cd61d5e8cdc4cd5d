#!/usr/bin/env python3
"""larder verify on the mock store: what is alike, what differs, what is missing on either side, and that nothing is changed."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import HOME, larder, read, run, tree, write  # noqa: E402

FILES = {b"a": b"one", b"b/c": b"two" * 50000, b"b/\xc3\xa9 \n": b"", b"z": os.urandom(100000)}


def fill(top, files=None):
    for name, data in (FILES if files is None else files).items():
        write(os.path.join(os.fsencode(top), name), data)
    return top


def verify(*words, code=0):
    """(lines told of objects as {name: action}, summary)"""
    got = larder("verify", "--json", *words)
    assert got.code == code, (got.code, got.out, got.err)
    return {line["src"].rpartition(":")[2]: line["action"] for line in got.lines() if line["type"] == "object"}, got


def store(key):
    """The mock's own file of an object: of its one version, where versions are kept."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(HOME, "demo")) for name in names]
    found = [path for path in files if "/data/" + key in path]
    assert len(found) == 1, found
    return found[0]


def both(name):
    """A tree, and a store's prefix with the same."""
    fill(name)
    assert larder("sync", "-q", name, "images:%s/" % name).code == 0
    return name, "images:%s/" % name


def test_cli_verify_alike_in_every_pairing():
    folder, prefix = both("alike")
    assert larder("sync", "-q", prefix, "uploads:alike/").code == 0
    for words in ((), ("--download",), ("--size-only",)):
        for one, other in ((folder, prefix), (prefix, folder), (prefix, "uploads:alike/"), (folder, fill("alike2"))):
            told, got = verify(*words, one, other)
            assert set(told.values()) == {"same"} and got.summary()["same"] == len(FILES), (one, other, told)


def test_cli_verify_what_differs():
    """Other bytes of one length, another length, missing here, missing there: each is told, exit 6, nothing is changed."""
    folder, prefix = both("differ")
    write("differ/a", b"ONE")
    write("differ/z", b"short")
    os.unlink("differ/b/c")
    write("differ/new", b"x")
    before = tree(folder)
    for one, other in ((folder, prefix), (prefix, folder)):
        told, got = verify(one, other, code=6)
        total = got.summary()
        assert sorted(told.values()) == ["differs"] * 2 + ["missing"] * 2 + ["same"], told
        assert [total[name] for name in ("scanned", "same", "differs", "missing", "failed", "skipped", "refused")] == [5, 1, 2, 2, 4, 0, 0], total
        assert "1 same, 0 skipped, 0 refused, 4 failed (2 differ, 2 missing)" in got.err, got.err
        for words in ("the bytes differ", "not of one length", "b/c' has nothing of its name", "new' has nothing of its name"):
            assert got.err.count(words) == 1, (words, got.err)
    assert tree(folder) == before and larder("cat", prefix + "a").raw == b"one"


def test_cli_verify_size_only():
    folder, prefix = both("sizes")
    write("sizes/a", b"ONE")
    verify(folder, prefix, code=6)
    verify("--size-only", folder, prefix)


def test_cli_verify_damage_below_a_checksum():
    """The store tells the checksum that it was given; what became of the bytes only reading shows."""
    folder, prefix = both("damage")
    path = store("damage/z")
    byte = read(path)[5000]
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(5000)
        file.write(bytes([byte ^ 1]))
    verify(folder, prefix)
    told, got = verify("--download", folder, prefix, code=6)
    assert told["%s/z" % folder] == "failed" and "damaged" in got.err, got.err
    assert [got.summary()[name] for name in ("same", "differs", "missing", "failed")] == [len(FILES) - 1, 0, 0, 1], got.out


def test_cli_verify_cut_below_a_checksum():
    """A file of the store that lost its end is found without reading."""
    folder, prefix = both("cut")
    path = store("cut/z")
    os.chmod(path, 0o600)
    os.truncate(path, 50000)
    told, got = verify(folder, prefix, code=6)
    assert told["%s/z" % folder] == "failed" and got.summary()["failed"] == 1 and got.summary()["same"] == len(FILES) - 1, (told, got.err)


def test_cli_verify_one_object():
    folder, prefix = both("single")
    for one, other in (("single/a", prefix + "a"), (prefix + "a", "single/a"), (prefix + "a", prefix + "a"), ("single/a", "single/a")):
        assert verify(one, other)[1].summary()["same"] == 1, (one, other)
    verify("single/a", prefix + "z", code=6)
    for one, other in (("single/a", prefix + "none"), (prefix + "none", "single/a"), ("nowhere", prefix), (prefix, "nowhere"), ("images:none/", "images:never/")):
        got = larder("verify", one, other)
        assert got.code == 3 and "next:" in got.err and not os.path.exists("nowhere"), (one, other, got.code, got.err)
    got = larder("verify", "single/a", prefix + "a")
    assert got.code == 0 and "1 same" in got.err and got.out == "", (got.out, got.err)


def test_cli_verify_filters_and_shards():
    folder, prefix = both("chosen")
    write("chosen/a", b"ONE")
    verify("--exclude", "a", folder, prefix)
    assert set(verify("--include", "a", folder, prefix, code=6)[0]) == {"chosen/a"}
    seen = [name for shard in range(3) for name in verify("--shard", "%d/3" % shard, "--size-only", folder, prefix)[0]]
    assert len(seen) == len(set(seen)) == len(FILES), seen


def test_cli_verify_links_and_private_files():
    """A link is passed by and said so; the private file of a download under way is none of the tree's."""
    folder, prefix = both("links")
    os.symlink("a", "links/link")
    write("links/.tmp-abc", b"x")
    told, got = verify(folder, prefix)
    assert told["links/link"] == "skipped" and "links/.tmp-abc" not in told and got.summary()["skipped"] == 1, told


run(sys.modules[__name__])
