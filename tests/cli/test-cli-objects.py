#!/usr/bin/env python3
"""ls, stat, cat, put, get, cp, mv, rm, du on the mock store."""
import base64
import gzip
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, HOME, LARDER, keys, larder, read, run, tree, write  # noqa: E402


def put(key, data=b"x", *more):
    got = larder("put", "-", "images:" + key, *more, stdin=data)
    assert got.code == 0, got.err


def facts(address):
    return [line for line in larder("stat", "--json", address).lines() if line["type"] == "object"][0]


def test_cli_objects_names_round_trip():
    # c-T04: names are bytes; none is a pattern, a flag or an encoding
    names = ["a b", "a$b", "it's \"q\"", "a\u200eb", "a\u00a0b", "~x", "-n", "%2F", "a+b", "a?b#c", "*", "[x]", "a\tb"]
    for name in names:
        write("names/" + name, name.encode())
    write(b"names/not-utf8-\xff", b"raw")
    got = larder("put", "-r", "--json", "names/", "images:n/")
    assert got.code == 0 and got.summary()["copied"] == len(names) + 1, got.err
    listed = [line for line in larder("ls", "-r", "--json", "images:n/").lines() if line["type"] == "object"]
    assert {"n/" + name for name in names} <= {line["key"] for line in listed}
    assert [line["key_b64"] for line in listed if "key_b64" in line] == ["bi9ub3QtdXRmOC3/"], listed
    assert larder("get", "-r", "images:n/", "back/").code == 0
    assert tree("names") == tree("back")
    assert "a\\x09b" in larder("ls", "images:n/").out
    for left, name in enumerate(names):
        got = larder("rm", "--json", "images:n/" + name)
        assert got.code == 0 and got.summary()["removed"] == 1, (name, got.err)
        assert len(keys("images:n/")) == len(names) - left
    assert larder("rm", "-r", "images:n/").code == 0


def test_cli_objects_path_ends_at_separator():
    # c-T18: logs never takes logs.json along
    for key in ("logs.json", "logs_backup/x", "logsx/y", "logs/a", "logs/b"):
        put(key)
    for form in ("images:logs", "images:logs/"):
        would = larder("rm", "-r", "-n", "--json", form)
        assert sorted(line["src"] for line in would.lines() if line["type"] == "object") == ["images:logs/a", "images:logs/b"]
    assert keys("images:logs") == ["logs/a", "logs/b"]
    assert larder("du", "--json", "images:logs").lines()[1]["objects"] == 2
    assert larder("mv", "-r", "images:logs", "images:moved/").code == 0
    assert keys("images:moved/") == ["moved/logs/a", "moved/logs/b"]
    assert larder("mv", "-r", "images:moved/logs/", "images:logs/").code == 0
    got = larder("rm", "-r", "--json", "images:logs")
    assert got.code == 0 and got.summary()["removed"] == 2
    assert keys("images:") == ["logs.json", "logs_backup/x", "logsx/y"]
    assert larder("rm", "-r", "images:logs").code == 3
    assert larder("rm", "-r", "images:").code == 0 and keys("images:") == []


def test_cli_objects_versions_of_the_mock_profile():
    # larder.ini asks for versions in uploads, not in logs: the mock makes each bucket as its store asks
    for data in (b"one", b"second"):
        got = larder("put", "-", "uploads:v/twice", stdin=data)
        assert got.code == 0, got.err
    listed = [line for line in larder("ls", "--versions", "-r", "--json", "uploads:v/").lines() if line["type"] == "object"]
    assert [(line["key"], line["size"], line["latest"]) for line in listed] == [("v/twice", 6, True), ("v/twice", 3, False)], listed
    assert larder("ls", "--versions", "-r", "uploads:v/").out.count("v/twice") == 2
    assert larder("cat", "uploads:v/twice").raw == b"second" and keys("uploads:v/") == ["v/twice"]
    stores = [line for line in larder("store", "list", "--json").lines() if line["type"] == "store"]
    asked = {line["name"] for line in stores if "versioned" in line.get("protection", "")}
    assert asked == {"images", "thumbnails", "uploads", "models", "images-replica"}, asked
    for store in ("logs", "backups", *asked):
        for data in (b"one", b"second"):
            assert larder("put", "-", "%s:%s/twice" % (store, store), stdin=data).code == 0, store
        assert larder("ls", "--versions", "-r", "%s:%s/" % (store, store)).out.count("/twice") == (2 if store in asked else 1), store
        assert larder("rm", "%s:%s/twice" % (store, store)).code == 0, store


def test_cli_objects_named_object_goes_with_its_path():
    put("log")
    put("log/a")
    put("log.json")
    assert larder("rm", "-r", "--json", "images:log").summary()["removed"] == 2
    assert keys("images:") == ["log.json"]
    larder("rm", "images:log.json")


def test_cli_objects_move_onto_itself_is_refused():
    put("self", b"precious")
    got = larder("mv", "images:self", "images:self")
    assert got.code == 5 and "same object" in got.err, got.err
    assert larder("cp", "images:self", "images:self").code == 5
    assert larder("cat", "images:self").raw == b"precious"
    write("self.txt", b"precious")
    os.link("self.txt", "twin.txt")
    assert larder("mv", "./self.txt", "./twin.txt").code == 5
    assert read("self.txt") == b"precious"
    larder("rm", "images:self")


def test_cli_objects_move_into_itself_is_refused():
    put("m/a")
    got = larder("mv", "-r", "images:m/", "images:m/n/")
    assert got.code == 2 and "inside" in got.err, got.err
    assert keys("images:m/") == ["m/a"]
    write("in/a")
    assert larder("cp", "-r", "in", "in/deeper/").code == 2
    larder("rm", "images:m/a")


def test_cli_objects_move_is_copy_then_remove():
    write("move.txt", b"moved bytes")
    assert larder("mv", "move.txt", "images:moved.txt").code == 0 and not os.path.exists("move.txt")
    assert larder("mv", "images:moved.txt", "uploads:moved.txt").code == 0
    assert larder("stat", "images:moved.txt").code == 3
    assert larder("mv", "uploads:moved.txt", "./back.txt").code == 0
    assert read("back.txt") == b"moved bytes" and larder("stat", "uploads:moved.txt").code == 3


def test_cli_objects_create_only_keeps_the_source():
    put("there", b"old")
    write("new.txt", b"new")
    got = larder("mv", "--create-only", "new.txt", "images:there")
    assert got.code == 5 and read("new.txt") == b"new", got.err
    assert larder("cat", "images:there").raw == b"old"
    got = larder("get", "--create-only", "images:there", "new.txt")
    assert got.code == 5 and read("new.txt") == b"new"
    larder("rm", "images:there")


def test_cli_objects_empty_stream():
    # c-T10: an empty stream is an object of no bytes
    put("empty", b"")
    stat = facts("images:empty")
    assert stat["size"] == 0 and stat["checksum"], stat
    assert larder("cat", "images:empty").raw == b""
    assert larder("get", "images:empty", "./empty.out").code == 0 and read("empty.out") == b""
    assert larder("cp", "images:empty", "images:empty2").code == 0 and facts("images:empty2")["size"] == 0
    larder("rm", "images:empty", "images:empty2")


def test_cli_objects_attributes_are_the_same_at_every_size():
    # c-T06: one description of the object, whatever its size
    flags = ["--content-type", "image/x-test", "--cache-control", "no-store", "--content-disposition", "inline",
             "--metadata", "a=1", "--metadata", "b=two words", "--metadata", "c=3", "--class", "STANDARD_IA"]
    names = ("content_type", "cache_control", "content_disposition", "metadata", "class")
    for size in (0, 1, 1 << 20, 12 << 20):
        write("sized", b"s" * size)
        assert larder("put", "sized", "images:s/file", *flags).code == 0
        put("s/stream", b"s" * size, *flags)
        assert larder("cp", "images:s/file", "images:s/copy").code == 0
        assert larder("cp", "images:s/file", "uploads:s/copy").code == 0
        assert larder("cp", "images:s/file", "images:s/changed", "--cache-control", "public").code == 0
        whole = {name: facts("images:s/file")[name] for name in names}
        assert whole["metadata"] == {"a": "1", "b": "two words", "c": "3"} and whole["content_type"] == "image/x-test", whole
        for address in ("images:s/stream", "images:s/copy", "uploads:s/copy"):
            other = facts(address)
            assert {name: other[name] for name in names} == whole and other["size"] == size, (size, address, other)
        changed = facts("images:s/changed")
        assert changed["cache_control"] == "public" and changed["metadata"] == whole["metadata"], changed
    larder("rm", "-r", "images:s/", "uploads:s/")


def test_cli_objects_encoding_is_an_attribute():
    # c-T13: bytes are never unpacked on the way; the encoding travels with them
    packed = gzip.compress(b"a text that packs " * 5000)
    for size in (len(packed), 9 << 20):
        data = (packed * (size // len(packed) + 1))[:size]
        put("z/packed", data, "--content-encoding", "gzip")
        assert larder("cp", "images:z/packed", "uploads:z/copy").code == 0
        for address in ("images:z/packed", "uploads:z/copy"):
            assert facts(address)["content_encoding"] == "gzip" and larder("cat", address).raw == data, address
            assert larder("get", address, "unpacked").code == 0 and read("unpacked") == data, address
    larder("rm", "-r", "images:z/", "uploads:z/")


def test_cli_objects_two_backends_of_one_driver():
    # c-A06: two sections are two instances, also when many threads copy both ways at once
    backends = "".join('[backend "%s"]\ndriver = localfs-mock\nroot = %s/%s\ncreate = yes\nfsync = no\nversioning = %s\n'
                       % (name, HOME, name, versioning) for name, versioning in (("left", "yes"), ("right", "no")))
    write("pair/larder.ini", b'[store "l"]\nbackend = left\nbucket = same\n[store "r"]\nbackend = right\nbucket = same\n')
    write("pair/profiles/mock.ini", backends.encode())
    place = ["--config", "pair/larder.ini", "--jobs", "8"]
    for number in range(60):
        write("of-l/%d" % number, b"left %d" % number)
        write("of-r/%d" % number, b"right %d" % number)
    for name in "lr":
        assert larder("put", "-r", "of-" + name, name + ":of-" + name, *place).code == 0
    both = [subprocess.Popen([LARDER, "cp", "-r", here + ":of-" + here, there + ":of-" + here, *place], env=ENV, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE) for here, there in ("lr", "rl")]
    for one in both:
        said = one.communicate()[1]
        assert one.returncode == 0, said
    for store, root, versioned in (("l", "left", True), ("r", "right", False)):
        for name in "lr":
            assert larder("get", "-r", "%s:of-%s" % (store, name), "got-" + store + name, *place).code == 0
            assert tree("got-" + store + name) == tree("of-" + name), (store, name)
        assert sorted(os.listdir(os.path.join(HOME, root))) == ["same"], root
        line = [line for line in larder("stat", "--json", store + ":of-l/0", *place).lines() if line["type"] == "object"][0]
        assert (line["version"] != "null") == versioned, line


def test_cli_objects_content_type_by_name_and_by_flag():
    # c-D08: plain put guesses from the name and can be told; the type can be changed without the bytes
    write("x.webp", b"bytes")
    assert larder("put", "x.webp", "images:t/").code == 0 and facts("images:t/x.webp")["content_type"] == "image/webp"
    assert larder("put", "x.webp", "images:t/y", "--content-type", "image/png").code == 0
    assert facts("images:t/y")["content_type"] == "image/png"
    assert larder("cp", "images:t/y", "images:t/y", "--content-type", "image/webp").code == 0
    assert facts("images:t/y")["content_type"] == "image/webp" and larder("cat", "images:t/y").raw == b"bytes"
    larder("rm", "-r", "images:t/")


def test_cli_objects_odd_files_are_skipped_with_reasons():
    # c-T19: links are not followed, a FIFO never blocks, each skipped entry is counted
    write("odd/file")
    os.symlink("..", "odd/up")
    os.symlink("/etc/passwd", "odd/outside")
    os.symlink("gone", "odd/dangling")
    os.mkfifo("odd/fifo")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("odd/socket")
    got = larder("put", "-r", "--json", "odd/", "images:o/")
    sum_ = got.summary()
    assert got.code == 0 and sum_["copied"] == 1 and sum_["skipped"] == 5, (sum_, got.err)
    assert all(line["reason"] for line in got.lines() if line.get("action") == "skipped")
    assert keys("images:o/") == ["o/file"]
    assert larder("put", "odd/fifo", "images:o/f").code == 2
    larder("rm", "-r", "images:o/")
    for words, verb in ((["cp", "-r", "odd/", "images:o/"], "copied"), (["cp", "-r", "odd/", "odd-copy/"], "copied"),
                        (["mv", "-r", "odd/", "images:p/"], "moved")):
        got = larder(*words, "--json")
        assert got.code == 0 and got.summary()[verb] == 1 and got.summary()["skipped"] == 5, (words, got.err)
    assert os.listdir("odd-copy") == ["file"] and keys("images:o/") + keys("images:p/") == ["o/file", "p/file"]
    assert sorted(os.listdir("odd")) == ["dangling", "fifo", "outside", "socket", "up"], "what was skipped stays"
    got = larder("image", "ingest", "-r", "odd", "--user", "u")
    assert got.code == 0 and "0 already there, 5 skipped, 0 failed" in got.err and "skipped odd/fifo: not a regular file" in got.err, got.err
    for name in ("fifo", "socket", "up"):
        assert larder("image", "probe", "odd/" + name).code == 2, name
    larder("rm", "-r", "images:o/", "images:p/")


def test_cli_objects_a_result_for_each_key():
    # c-T17: what cannot be removed is named, all else goes; in the end the exit code is that of what failed
    os.mkdir("rows")
    for number in range(300):
        write("rows/%d" % number, b"%d" % number)
    assert larder("put", "-r", "rows/", "images:r/").code == 0
    folder = os.path.join(HOME, "demo/pingvas-studio-images/.larder/lock")
    lock = os.path.join(folder, sorted(os.listdir(folder))[0])     # one of the 64 locks of keys, that nobody can take now
    os.rename(lock, lock + "-away")
    os.mkdir(lock)
    got = larder("rm", "-r", "images:r/", "--json")
    left = keys("images:r/")
    failed = {line["src"] for line in got.lines() if line.get("action") == "failed"}
    assert got.code == 1 and 0 < len(left) < 100 and failed == {"images:" + key for key in left}, (got.code, left, failed)
    assert [line["key"] for line in got.lines() if line["type"] == "error"] == ["images:" + key for key in left]
    assert (got.summary()["removed"], got.summary()["failed"]) == (300 - len(left), len(left)), got.summary()
    got = larder("rm", "-r", "images:r/", "--json")
    assert got.code == 2 and got.summary()["removed"] == 0 and keys("images:r/") == left, "all for one reason: its code"
    os.rmdir(lock)
    os.rename(lock + "-away", lock)
    assert larder("rm", "-r", "images:r/").code == 0 and keys("images:r/") == []


def test_cli_objects_standard_input_of_any_length():
    """c-T09, c-T10: nothing, and both sides of the border from which it goes in parts; no upload is left open."""
    mib = 1 << 20
    data = os.urandom(17 * mib)
    for size in (0, 1, 8 * mib - 1, 8 * mib, 8 * mib + 1, 17 * mib):
        put("stream", data[:size])
        assert larder("cat", "images:stream").raw == data[:size], size
    uploads = os.path.join(HOME, "demo/pingvas-studio-images/.larder/uploads")
    assert (not os.path.exists(uploads) or os.listdir(uploads) == []) and larder("rm", "images:stream").code == 0


def test_cli_objects_order_of_folders_and_files():
    # c-T08: keys are compared as bytes, also around '/': a name beside a folder of that name, and one that is not UTF-8
    names = [b"foo.txt", b"foo/foo2", b"foo-bar", b"foo0", "föö".encode(), b"bad\xff", b"foo/-", b"foo/0", b"foo-/x"]
    for name in names:
        write(os.path.join(b"order", name), name)
    assert larder("put", "-r", "order/", "images:order/").code == 0
    lines = larder("ls", "-r", "--json", "images:order/").lines()
    listed = [base64.b64decode(line["key_b64"]) if "key_b64" in line else line["key"].encode() for line in lines if line["type"] == "object"]
    assert listed == [b"order/" + name for name in sorted(names)], listed
    assert larder("get", "-r", "images:order/", "order-back/").code == 0 and tree("order-back") == tree("order")
    assert larder("rm", "-r", "images:order/", "--json").summary()["removed"] == len(names)


def test_cli_objects_names_that_would_be_markup():
    # c-D10: a key is text wherever it is shown: nothing of it reaches a terminal as a command, a listing as another line
    names = ["\"><img src=x onerror=alert(1)>.png", "javascript:x", "a&amp;b", "</script>", "\u202egnp.exe", "esc\x1b[31m", "line\nbreak"]
    for name in names:
        got = larder("put", "-", "images:names/" + name, stdin=b"x")
        assert got.code == 0, (name, got.err)
    got = larder("ls", "-r", "images:names/")
    assert len(got.out.splitlines()) == len(names) and "\u202e" not in got.out and "\x1b" not in got.out, got.out
    assert sorted(keys("images:names/")) == sorted("names/" + name for name in names)
    for name in names:
        got = larder("stat", "images:names/" + name, "--json")
        address = [line for line in got.lines() if line["type"] == "object"][0]["url"]
        assert re.fullmatch(r"file://[A-Za-z0-9/._~%-]+", address) and read(urllib.parse.unquote(address[7:])) == b"x", address
    larder("rm", "-r", "images:names/")


def test_cli_objects_keys_no_file_can_have_are_refused():
    # c-T07: key and folder of one name, empty parts, parts that mean another folder
    for key in ("k/a", "k/a/b", "k/c/d", "k/e//f", "k/../../up", "k/./g", "k/" + "l" * 300, "k/ok"):
        put(key)
    for _ in range(2):
        got = larder("get", "-r", "--json", "images:k/", "out/deep/")
        sum_ = got.summary()
        assert got.code == 1 and sum_["refused"] == 5 and sum_["copied"] == 3, (sum_, got.err)
        assert sorted(tree("out")) == [b"deep/a", b"deep/c/d", b"deep/ok"], tree("out")
        assert not os.path.exists(os.path.join(HOME, "up"))
    larder("rm", "-r", "images:k/")


def test_cli_objects_get_stays_below_its_folder():
    put("link/x", b"evil")
    os.makedirs("elsewhere")
    os.makedirs("root")
    os.symlink("../elsewhere", "root/link")
    got = larder("get", "-r", "images:", "root/")
    assert got.code != 0 and os.listdir("elsewhere") == [], got.err
    larder("rm", "images:link/x")


def test_cli_objects_get_keeps_time_and_honours_umask():
    put("timed")
    assert larder("get", "images:timed", "timed").code == 0
    stat = os.stat("timed")
    assert stat.st_mode & 0o777 == 0o644, oct(stat.st_mode)
    import datetime
    when = datetime.datetime.strptime(facts("images:timed")["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert int(stat.st_mtime) == int(when.timestamp())
    assert not [name for name in os.listdir(".") if name.startswith(".tmp")]
    larder("rm", "images:timed")


def test_cli_objects_dry_run_changes_nothing():
    write("dry/a")
    put("dry/b")
    before = keys("images:")
    for args in (["put", "-r", "dry", "images:"], ["mv", "-r", "dry", "images:"], ["cp", "images:dry/b", "images:c"],
                 ["mv", "images:dry/b", "images:c"], ["rm", "-r", "images:dry"], ["get", "images:dry/b", "./got"]):
        got = larder(*args, "-n", "--json")
        assert got.code == 0 and got.summary()["done"] == 1, (args, got.err)
        assert [line["action"] for line in got.lines() if line["type"] == "object"][0].startswith("would-")
        said = got.summary()
        assert said["would_" + {"put": "copy", "get": "copy", "cp": "copy", "mv": "move", "rm": "remove"}[args[0]]] == 1, said
        assert not {"copied", "moved", "removed"} & set(said), said
    put("dry2/a")
    put("dry2/b")
    assert "2 would be removed" in larder("rm", "-r", "-n", "images:dry2").err
    assert larder("rm", "-r", "images:dry2").code == 0
    assert keys("images:") == before and os.path.exists("dry/a") and not os.path.exists("got")
    larder("rm", "images:dry/b")


def test_cli_objects_several_sources_need_a_folder():
    write("one")
    write("two")
    assert larder("put", "one", "two", "images:both").code == 2
    assert larder("put", "one", "two", "images:both/").code == 0 and keys("images:both/") == ["both/one", "both/two"]
    got = larder("put", "one", "missing", "images:both/", "--json")
    assert got.code == 1 and got.summary()["failed"] == 1 and got.summary()["copied"] == 1
    assert larder("put", "missing", "gone", "images:both/").code == 3
    larder("rm", "-r", "images:both/")


def test_cli_objects_two_things_that_would_become_one_are_refused():
    """Of trees as of files, whatever the command; nothing was written, and each source is as it was. Trees of one name become one."""
    for name in ("ma/t/x", "mb/t/x", "mc/t/z"):
        write("meet/" + name, name.encode())
        put("meet/" + name, name.encode())
    here = (("meet/ma/", "meet/mb/", "t/x"), ("meet/ma/t", "meet/mb/t", "t/x"), ("meet/ma/t/x", "meet/mb/t/", "x"))
    there = [("images:%s" % one, "images:%s" % other, name) for one, other, name in here]
    cases = [(words, sources, to) for words, froms, to in ((("put", "-r"), here, "images:met/"), (("get", "-r"), there, "met/"), (("cp", "-r"), there, "images:met/"), (("mv", "-r"), there, "images:met/"),
                                                           (("mv", "-r"), here, "images:met/"), (("cp", "-r", "-n"), there, "images:met/")) for sources in froms]
    for words, (one, other, name), to in cases:
        got = larder(*words, one, other, to)
        assert got.code == 2 and re.search("'%s\\S*' and '%s\\S*' would both become '%s'" % (one, other, name), got.err), (words, one, other, got.code, got.err)
    assert keys("images:met/") == [] and not os.path.exists("met") and len(keys("images:meet/")) == 3 and len(tree("meet")) == 3
    for words, one, other in ((("put", "-r"), "meet/ma/t", "meet/mc/t"), (("cp", "-r"), "images:meet/mb/t", "images:meet/mc/t/")):
        got = larder(*words, one, other, "images:met/")
        assert got.code == 0, (words, got.err)
    assert keys("images:met/") == ["met/t/x", "met/t/z", "met/z"]
    for store in ("uploads", "logs"):
        assert larder("put", "-q", "-", store + ":whole", stdin=b"x").code == 0
    got = larder("cp", "-r", "uploads:", "logs:", "images:met/")
    assert got.code == 2 and "'uploads:whole' and 'logs:whole' would both become 'whole'" in got.err, got.err
    assert larder("rm", "-q", "uploads:whole", "logs:whole").code == 0


def test_cli_objects_large_stream_spills():
    data = bytes(range(256)) * (40 << 10)
    put("large", data)
    assert larder("cat", "images:large").raw == data
    assert facts("images:large")["size"] == len(data)
    larder("rm", "images:large")


def test_cli_objects_many_pages():
    for number in range(1203):
        write("many/%04d" % number)
    assert larder("put", "-r", "-q", "many", "images:").code == 0
    assert len(keys("images:many/")) == 1203
    assert larder("cp", "-r", "-q", "--json", "images:many/", "uploads:many/").summary()["copied"] == 1203
    assert larder("rm", "-r", "--json", "images:many").summary()["removed"] == 1203
    assert larder("rm", "-r", "--json", "uploads:many/").summary()["removed"] == 1203


def test_cli_objects_known_store_is_no_url():
    assert larder("put", "-", "uploads://x", stdin=b"slashes").code == 0
    assert "//x" in keys("uploads:") and larder("cat", "uploads://x").raw == b"slashes"
    got = larder("cat", "https://example.org/x")
    assert got.code == 2 and "for https:// addresses" in got.err and "STORE:KEY" in got.err, (got.code, got.err)
    assert larder("rm", "uploads://x").code == 0


def test_cli_objects_stream_to_a_key_that_ends_in_a_slash():
    assert larder("put", "-", "uploads:dir/").code == 0 and "dir/" in keys("uploads:")
    assert larder("put", "-", "uploads:dir/", stdin=b"bytes").code == 0 and larder("cat", "uploads:dir/").raw == b"bytes"
    write("beside")
    for args in (["put", "-", "uploads:"], ["put", "-", "beside", "uploads:dir/"], ["cp", "-", "./"]):
        got = larder(*args)
        assert got.code in (1, 2) and "has no name" in got.err, (args, got.code, got.err)
    assert larder("rm", "-r", "uploads:dir/").code == 0


def test_cli_objects_a_look_makes_no_root():
    # checks and dry runs leave nothing behind; the first write makes the root, wherever it is to be
    write("below/file")
    for root in ("fresh", "./fresh/", "../fresh", os.path.join(HOME, "fresh")):
        cwd, env = os.path.join(HOME, "below"), {"LARDER_ROOT": root}
        path = os.path.normpath(os.path.join(cwd, root))
        for args, code in ((["config", "check"], 0), (["store", "list"], 0), (["doctor"], 0), (["-n", "put", "file", "images:a.txt"], 0),
                           (["stat", "images:a.txt"], 3), (["rm", "images:a"], 3)):
            got = larder(*args, cwd=cwd, env=env)
            assert got.code == code and not os.path.exists(path), (root, args, got.code, got.err)
        assert larder("put", "file", "images:a.txt", cwd=cwd, env=env).code == 0 and os.listdir(path), root
        said = larder("stat", "images:a.txt", "--json", cwd=cwd, env=env).lines()[1]
        assert said["url"] == "file://" + path + "/pingvas-studio-images/a.txt", (root, said["url"])
        shutil.rmtree(path)


def test_cli_objects_root_that_cannot_be_made():
    write("once")
    got = larder("put", "once", "images:a", env={"LARDER_ROOT": "/proc/none/deep"})
    assert got.code == 3 and "cannot make the root '/proc/none/deep' of backend 'objects'" in got.err, (got.code, got.err)


def test_cli_objects_first_writes_at_once():
    # the root is missing for all of them when they begin
    env = {**ENV, "LARDER_ROOT": os.path.join(HOME, "at-once/deep")}
    write("once")
    started = [subprocess.Popen([LARDER, "put", "once", "images:%d" % number], env=env, stderr=subprocess.PIPE) for number in range(8)]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 8, said
    listed = larder("ls", "--json", "images:", env={"LARDER_ROOT": env["LARDER_ROOT"]}).lines()
    assert sorted(line["key"] for line in listed if line["type"] == "object") == [str(number) for number in range(8)], listed


run(sys.modules[__name__])
