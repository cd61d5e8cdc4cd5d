"""What is archived and restored, on a clock that is moved."""
import os
import subprocess
import sys

from place import DAY, DONE, HOUR, MINUTE, NONE, RUNNING, Place
from tool import larder, pipeline, read, run, tree, write

TIMES = {("GLACIER", "Expedited"): 5 * MINUTE, ("GLACIER", "Standard"): 5 * HOUR, ("GLACIER", "Bulk"): 12 * HOUR,
         ("DEEP_ARCHIVE", "Standard"): 12 * HOUR, ("DEEP_ARCHIVE", "Bulk"): 48 * HOUR}


def archived(place, key, kind, running=False):
    """It is told as what it is, with what to do."""
    for command in (["cat", "images:" + key], ["get", "images:" + key, "here"], ["cp", "images:" + key, "images:there"], ["mv", "images:" + key, "images:there"],
                    ["cp", "images:" + key, "backups:there"]):
        done = place.larder(*command)
        assert done.code == 9 and not done.out and not os.path.exists("here"), (command, done.code, done.err)
        assert "archived, not restored" in done.err and kind in done.err and "next: larder archive restore 'images:%s'" % key in done.err, done.err
        assert ("under way" in done.err) == running, done.err
    assert place.code("stat", "there") == "NOTFOUND"


# ---- restores ----

def test_cli_clock_each_tier_of_each_class():
    for (kind, tier), takes in TIMES.items():
        with Place() as place:
            place.put("k", kind)
            archived(place, "k", kind)
            assert place.state("k") == NONE
            place.do("restore", "k", tier=tier, days=1)
            archived(place, "k", kind, running=True)
            place.move(takes - MINUTE)
            assert place.state("k") == RUNNING and place.code("read", "k") == "NOTREADY", (kind, tier)
            place.move(MINUTE)
            assert place.state("k") == DONE and place.larder("cat", "images:k").out == "bytes", (kind, tier)
            assert place.do("list")["items"][0]["restore"] == DONE and place.do("stat", "k")["class"] == kind
            place.expire("k")
            assert place.state("k") == NONE and place.do("list")["items"][0]["restore"] == NONE and place.do("stat", "k")["class"] == kind
            archived(place, "k", kind)


def test_cli_clock_what_is_not_archived_is_read_at_once():
    with Place() as place:
        for kind in ("STANDARD", "STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"):
            place.put("k", kind)
            assert place.larder("cat", "images:k").out == "bytes"
            refused = place.ask("restore", "k")
            assert refused["code"] == "CONFLICT" and kind in refused["message"] and "read as it is" in refused["next"], refused


def test_cli_clock_what_no_service_restores_is_refused():
    with Place() as place:
        place.put("g", "GLACIER")
        place.put("d", "DEEP_ARCHIVE")
        for key, words in (("d", {"tier": "Expedited"}), ("g", {"tier": "bulk"}), ("g", {"days": 0}), ("g", {"days": 2 ** 31})):
            refused = place.ask("restore", key, **words)
            assert refused["code"] == "INVALID" and refused["message"] and refused["next"], (key, words, refused)
        assert place.ask("restore", "d", tier="Expedited")["next"] == "Standard or Bulk" and place.ask("restore", "g", tier="x")["next"] == "Expedited, Standard or Bulk"
        assert place.state("g") == NONE and place.state("d") == NONE
        assert place.code("restore", "nothing") == "NOTFOUND" and place.code("restore", "g", bucket="no-such-bucket-here") == "NOTFOUND"


def test_cli_clock_asked_again():
    """While it is under way nothing changes; of a copy that is there the days are counted anew."""
    with Place() as place:
        place.put("k", "GLACIER")
        place.do("restore", "k", tier="Bulk", days=1)
        place.move(11 * HOUR)
        place.do("restore", "k", tier="Expedited", days=30)
        place.move(HOUR - MINUTE)
        assert place.state("k") == RUNNING
        place.move(MINUTE)
        before = place.do("stat", "k")["until"]
        assert place.state("k") == DONE
        for days in (10, 20, 1):
            place.do("restore", "k", days=days)
            after = place.do("stat", "k")
            assert after["restore"] == DONE and after["until"] - before in ((days - 1) * DAY, days * DAY), (days, before, after)
        assert place.larder("cat", "images:k").out == "bytes"


def test_cli_clock_a_restored_copy_is_copied_and_the_original_stays():
    with Place() as place:
        place.put("k", "GLACIER")
        place.do("tags_set", "k", tags={"kind": "x"})
        place.do("restore", "k", tier="Expedited")
        place.move("+5m")
        assert place.larder("cp", "images:k", "images:same").code == 0 and place.larder("cp", "--class", "STANDARD", "images:k", "images:free").code == 0
        assert place.do("stat", "k")["class"] == "GLACIER" and place.do("stat", "same")["class"] == "GLACIER" and place.do("stat", "free")["class"] == "STANDARD"
        assert place.state("k") == DONE and place.code("read", "same") == "NOTREADY" and place.larder("cat", "images:free").out == "bytes"
        place.do("tags_set", "k", tags={"kind": "y"})
        assert place.state("k") == DONE
        place.expire("k")
        assert place.larder("cat", "images:free").out == "bytes" and place.code("read", "k") == "NOTREADY"


def test_cli_clock_archived_keys_are_overwritten_and_removed():
    with Place() as place:
        place.put("k", "GLACIER")
        place.do("restore", "k", tier="Expedited")
        place.put("k", "GLACIER", b"other")
        place.move("+5m")
        assert place.state("k") == NONE and place.code("read", "k") == "NOTREADY"
        place.put("k", "STANDARD", b"new")
        assert place.larder("cat", "images:k").out == "new"
        place.put("gone", "DEEP_ARCHIVE")
        assert place.larder("rm", "images:gone").code == 0 and place.code("stat", "gone") == "NOTFOUND"


def test_cli_clock_versions_are_restored_each():
    with Place() as place:
        place.put("k", "GLACIER", b"old")
        old = place.do("stat", "k")["version"]
        place.put("k", "GLACIER", b"new")
        place.do("restore", "k", version=old, tier="Expedited")
        place.move("+5m")
        assert place.do("read", "k", version=old)["text"] == "old" and place.code("read", "k") == "NOTREADY"
        assert [item["restore"] for item in place.do("list", versions=True)["items"]] == [NONE, DONE]


def test_cli_clock_a_class_is_changed_once_it_can_be_read():
    with Place() as place:
        place.put("k", "GLACIER")
        assert place.code("class", "k", **{"class": "STANDARD"}) == "NOTREADY"
        place.do("restore", "k", tier="Expedited")
        place.move("+5m")
        place.do("class", "k", **{"class": "DEEP_ARCHIVE"})
        assert place.state("k") == NONE and place.code("read", "k") == "NOTREADY"


def test_cli_clock_parts_of_what_is_archived_are_not_copied():
    with Place() as place:
        place.put("k", "GLACIER")
        upload = place.do("begin", "whole")["id"]
        words = {"id": upload, "from": "k"}
        assert place.code("part", "whole", **words) == "NOTREADY"
        place.do("restore", "k", tier="Expedited")
        place.move("+5m")
        assert place.do("part", "whole", **words)["length"] == 5
        place.do("abort", "whole", id=upload)


def test_cli_clock_stat_tells_of_a_restore():
    with Place() as place:
        place.put("k", "GLACIER")

        def told():
            return ([line.split(None, 1)[1] for line in place.larder("stat", "images:k").out.splitlines() if line.startswith("  restore ")],
                    [(line.get("restore"), line.get("restored_until")) for line in place.larder("stat", "--json", "images:k").lines() if line["type"] == "object"])
        assert told() == ([], [(None, None)])
        place.do("restore", "k", tier="Expedited")
        assert told() == (["running"], [("running", None)])
        place.move("+5m")
        until = subprocess.check_output(["date", "-ud", "@%d" % place.do("stat", "k")["until"], "+%FT%TZ"], text=True).strip()
        assert told() == (["done, can be read until " + until], [("done", until)])


# ---- the clock ----

def test_cli_clock_tells_and_moves():
    with Place() as place:
        assert {line["ahead_seconds"] for line in place.clock().values()} == {0} and not tree(place.root)
        told = place.clock("-n", "+5h")
        assert {line["ahead_seconds"] for line in told.values()} == {5 * HOUR} and not tree(place.root)
        place.move("+5h")
        place.move("+30m")
        told = place.clock()
        assert set(told) == {"objects", "objects-replica", "archive", "cdn", "backup", "database"}     # those of the driver efs have none
        assert {line["ahead_seconds"] for line in told.values()} == {5 * HOUR + 30 * MINUTE}, told     # objects and cdn have one root
        place.move("+1h", "backups")
        told = {name: line["ahead_seconds"] // MINUTE for name, line in place.clock().items()}
        assert (told["archive"], told["objects"]) == (390, 330) and set(place.clock("archive")) == set(place.clock("backups")) == {"archive"}
        assert place.larder("dev", "clock", "archive").out.split() == ["BACKEND", "TIME", "AHEAD", "archive", place.clock("archive")["archive"]["now"], "6h30m"]
        place.move("reset")
        assert {line["ahead_seconds"] for line in place.clock().values()} == {0}


def test_cli_clock_a_reset_makes_nothing_ready():
    with Place() as place:
        place.put("k", "GLACIER")
        place.do("restore", "k")
        place.move("+5h")
        assert place.state("k") == DONE
        place.move("reset")
        assert place.state("k") == RUNNING


def test_cli_clock_times_of_objects_are_the_machines():
    """A file that was changed is newer than its object, whatever that clock tells."""
    with Place() as place:
        place.move("+30d")
        write("folder/a", b"one")
        assert place.larder("sync", "folder/", "images:s/").code == 0
        write("folder/a", b"two")
        os.utime("folder/a", (os.path.getmtime("folder/a") + 2,) * 2)
        assert place.larder("sync", "folder/", "images:s/").code == 0 and place.larder("cat", "images:s/a").out == "two"


def test_cli_clock_words_that_are_none():
    with Place() as place:
        for words in (["+0h"], ["+"], ["+5x"], ["5h", "5h"], ["images", "back"], ["images", "archive", "+5h"], ["+999999d"]):
            refused = place.larder("dev", "clock", *words)
            assert refused.code == 2 and "next: " in refused.err, (words, refused.code, refused.err)
        unknown = place.larder("dev", "clock", "imges", "+5h")
        assert unknown.code == 3 and "images" in unknown.err, unknown.err
        assert not tree(place.root) or {line["ahead_seconds"] for line in place.clock().values()} == {0}


def test_cli_clock_back_by_a_reset_alone():
    """Also by somebody who saw it before another moved it."""
    with Place() as place:
        place.move("+5h")
        assert place.larder("dev", "clock", "images", "-5h").code == 2
        for ahead, code in ((5 * HOUR, 0), (5 * HOUR - 1, "CONFLICT"), (0, "CONFLICT"), (-1, "INVALID"), (36501 * DAY, "INVALID"), (6 * HOUR, 0)):
            moved = place.ask("action", kind="clock", arguments={"ahead": "%d000000000" % ahead})
            assert moved["code"] == code and (code == 0 or moved["next"]), (ahead, moved)
        assert place.clock("images")["objects"]["ahead_seconds"] == 6 * HOUR
        assert place.do("action", kind="clock", arguments={})["results"]["ahead"] == "%d000000000" % (6 * HOUR)
        for arguments in ({"ahead": ""}, {"ahead": "5h"}, {"back": "1"}):
            assert place.code("action", kind="clock", arguments=arguments) == "INVALID", arguments
        with Place(place.root, LARDER_TEST_READ_ONLY="1") as other:
            assert other.code("action", kind="clock", arguments={"reset": ""}) == "DENIED" and other.code("action", kind="clock", arguments={}) == 0
        assert place.clock("images")["objects"]["ahead_seconds"] == 6 * HOUR


def test_cli_clock_damaged():
    with Place() as place:
        place.put("k", "STANDARD")
        for text in (b"", b"larder-clock 1\nahead 5", b"larder-clock 1\nahead -5\n", b"larder-clock 1\nahead 99999999999999999999\n", b"larder-clock 2\nahead 5\n"):
            write(os.path.join(place.root, ".larder-clock"), text)
            for command in (["ls", "images:"], ["dev", "clock", "images"], ["dev", "clock", "images", "+5h"]):
                refused = place.larder(*command)
                assert refused.code == 6 and ".larder-clock" in refused.err and "next: larder dev clock reset" in refused.err, (text, refused.err)
            place.move("reset")
            assert place.larder("cat", "images:k").out == "bytes"


def test_cli_clock_where_there_is_none():
    with Place() as place:
        none = place.larder("dev", "clock", "files")
        assert none.code == 2 and "backend 'files' has no clock" in none.err and "driver is efs" in none.err, none.err
        own = pipeline('[store "s"]\nbackend = b\nbucket = bbb\n', '[backend "b"]\ndriver = efs\nroot = %s\n' % place.root)
        none = larder("dev", "clock", "+5h", env=own)
        assert none.code == 2 and "no backend of this profile has a clock" in none.err and "next: " in none.err, none.err
        beside = pipeline('[store "s"]\nbackend = b\nbucket = bbb\n', '[backend "b"]\ndriver = localfs-mock\nroot = %s\n[backend "e"]\ndriver = efs\nroot = %s/no\ncreate = no\n' % (place.root, place.root))
        assert larder("dev", "clock", "+5h", env=beside).code == 0                         # what has none need not be there
        gone = pipeline('[store "s"]\nbackend = b\nbucket = bbb\n', '[backend "b"]\ndriver = localfs-mock\nroot = %s/no\n' % place.root)
        assert larder("dev", "clock", env=gone).code == 3


# ---- commands that meet archived keys ----

def test_cli_clock_what_is_archived_is_compared_with_no_edge():
    with Place() as place:
        place.put("a b%.txt", "GLACIER")
        checked = place.larder("cdn", "check", "images:a b%.txt")
        assert checked.code == 9 and "next: larder archive restore 'images:a b%.txt'" in checked.err, (checked.out, checked.err)
        place.do("restore", "a b%.txt", tier="Expedited")
        place.move("+5m")
        checked = place.larder("cdn", "check", "images:a b%.txt")
        assert checked.code == 0, (checked.out, checked.err)


def cold(place):
    """Two that can be read, two that cannot, as a folder has them."""
    os.makedirs(os.path.join(place.root, "folder"))
    for name, kind in (("a", "STANDARD"), ("b", "GLACIER"), ("c", "DEEP_ARCHIVE"), ("d", "GLACIER_IR")):
        path = os.path.join(place.root, "folder", name)
        write(path, name.encode())
        os.utime(path, (1e9, 1e9))                # older than its object: a sync fetches it
        place.put("t/" + name, kind, name.encode())
    return os.path.join(place.root, "folder") + "/"


def test_cli_clock_sync_takes_archived_keys_for_present():
    with Place() as place:
        folder = cold(place)
        before = tree(folder)
        write(folder + "extra")
        done = place.larder("sync", "--delete", "images:t/", folder)
        assert done.code == 1 and done.err.count("larder archive restore 'images:t/") == 2 and "2 copied, 1 removed, 0 skipped, 0 refused, 2 failed" in done.err, done.err
        assert tree(folder) == before
        write(folder + "extra")
        done = place.larder("sync", "--delete", "--checksum", "images:t/", folder)         # which the service tells
        assert done.code == 0 and "0 copied, 1 removed, 4 skipped" in done.err and tree(folder) == before, done.err
        empty = os.path.join(place.root, "empty") + "/"
        os.mkdir(empty)
        done = place.larder("sync", "images:t/", empty)
        assert done.code == 1 and set(tree(empty)) == {b"a", b"d"} and done.err.count("larder archive restore 'images:t/") == 2, (done.err, tree(empty))
        done = place.larder("sync", "--delete", folder, "images:t/", "--json")
        assert done.code == 0 and done.summary()["done"] == 0, done.out


def test_cli_clock_sync_puts_over_archived_keys_and_removes_them():
    with Place() as place:
        folder = cold(place)
        write(folder + "b", b"longer")
        os.unlink(folder + "c")
        done = place.larder("sync", "--delete", folder, "images:t/")
        assert done.code == 0 and place.larder("cat", "images:t/b").out == "longer" and place.code("stat", "t/c") == "NOTFOUND", done.err


def test_cli_clock_verify_tells_archived_from_missing():
    with Place() as place:
        folder = cold(place)
        assert place.larder("verify", folder, "images:t/").code == 0      # by the checksums that the service tells
        done = place.larder("verify", "--download", folder, "images:t/", "--json")
        assert done.code == 9, (done.code, done.err)
        total = done.summary()
        assert (total["scanned"], total["done"] + total["skipped"], total["failed"]) == (4, 2, 2) and not total.get("missing") and not total.get("differ"), total
        assert done.err.count("larder archive restore 'images:t/") == 2, done.err
        os.unlink(folder + "a")
        assert place.larder("verify", "--download", folder, "images:t/").code in (1, 6)


def test_cli_clock_models_whose_source_is_archived():
    with Place() as place:
        write("m.safetensors", b"weights")
        for name in ("base", "cold"):
            assert place.larder("put", "m.safetensors", "models:sdxl/%s.safetensors" % name, *(["--class", "GLACIER"] if name == "cold" else [])).code == 0
        refused = place.larder("model", "load", "cold", "--base", "sdxl")
        assert refused.code == 9 and "next: larder archive restore 'models:sdxl/cold.safetensors'" in refused.err, refused.err
        loaded = place.larder("model", "load", "base", "--base", "sdxl").out.strip()
        assert read(loaded) == b"weights"
        write("m.safetensors", b"others")
        assert place.larder("put", "m.safetensors", "models:sdxl/base.safetensors", "--class", "DEEP_ARCHIVE").code == 0
        again = place.larder("model", "load", "base", "--base", "sdxl")
        assert again.code == 0 and read(again.out.strip()) == b"weights", (again.code, again.err)
        pulled = place.larder("model", "pull")
        assert pulled.code in (1, 9) and read(loaded) == b"weights" and pulled.err.count("larder archive restore 'models:sdxl/") == 2, pulled.err
        assert place.larder("model", "verify").code == 0 and "sdxl/base.safetensors" in place.larder("model", "ls").out


run(sys.modules[__name__])
