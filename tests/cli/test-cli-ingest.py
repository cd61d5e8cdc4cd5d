#!/usr/bin/env python3
"""larder image ingest and probe, from files, standard input and batches."""
import json
import os
import signal
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tool import ENV, LARDER, SRC, Ran, keys, larder, read, run, write  # noqa: E402

PICTURES = os.path.join(SRC, "doc/examples/pictures")
AT = ["--at", "2026-11-25"]


def png(width=8, height=8, shade=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 7 + y * 3 + shade) % 256 for x in range(width) for _ in range(3)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pictures(got, action=None):
    return [line for line in got.lines() if line["type"] == "picture" and action in (None, line["action"])]


def facts(address):
    return [line for line in larder("stat", "--json", address).lines() if line["type"] == "object"][0]


def test_cli_ingest_ids_read_back_as_they_were_given():
    # c-D07: what cannot travel is refused before anything is stored; all else reads back byte for byte
    write("ids.png", png(9, 9))
    for user, job in (("사용자", "über ☃"), ("  two  spaces ", "é"), ("u", "😀=%&+'\"\\")):
        got = larder("image", "ingest", "ids.png", "--user", user, "--job", job, *AT, "--json")
        assert got.code == 0 and pictures(got)[0]["key"] == "%s/2026/11/%s.png" % (user, job), (user, job, got.err)
        found = facts("images:%s/2026/11/%s.png" % (user, job))["metadata"]
        assert (found["user_id"], found["job_id"]) == (user, job), found
        assert found["larder-thumbnail"] in keys("images:" + user + "/"), found
    before = keys("images:")
    for user, job, said in (("u", "line\nbreak", "job 'line\\x0abreak' holds a control byte"), ("u\x7f", "j", "user"),
                            ("u", "j" * 1100, "key has 1114 bytes, at most 1024"), ("u", "j" * 3000, "key has 3014 bytes")):
        got = larder("image", "ingest", "ids.png", "--user", user, "--job", job, *AT)
        assert got.code == 2 and said in got.err and "next: " in got.err, (user, job, got.code, got.err)
    assert keys("images:") == before


def test_cli_ingest_what_nobody_finished_is_removed_when_asked():
    """A thumbnail without its image, past the age and past the grace time whatever age is given; whole pictures and what others wrote stay."""
    write("gc.png", png(12, 12))
    for job in ("whole", "half"):
        assert larder("image", "ingest", "gc.png", "--user", "gc", "--job", job, *AT).code == 0
    assert larder("rm", "images:gc/2026/11/half.png").code == 0
    write("theirs", b"x")
    assert larder("put", "theirs", "images:gc/2026/11/thumbnails/theirs.webp").code == 0
    orphan = "gc/2026/11/thumbnails/half.webp"
    before = keys("images:gc/")

    def gc(*words, later=None):
        return larder("--json", "transfer", "gc", *words, env={"LARDER_CLOCK_OFFSET": later} if later else {})
    for words, later in ((["--older-than", "0s"], "30d"), (["--pipeline", "image", "--older-than", "0s"], None), (["--pipeline", "image", "--older-than", "0s"], "590s"),
                         (["--pipeline", "image"], "6d")):
        got = gc(*words, later=later)
        assert got.code == 0 and got.lines()[-1]["removed"] == 0 and keys("images:gc/") == before, (words, later, got.out, got.err)
    got = gc("--pipeline", "image", "-n", later="8d")
    assert got.code == 0 and got.lines()[-1]["would_remove"] == 1 and keys("images:gc/") == before, got.out
    assert [line["src"] for line in got.lines() if line["type"] == "object"] == ["thumbnails:" + orphan], got.out
    got = gc("--pipeline", "image", "--older-than", "1h", later="2h")
    last = got.lines()[-1]
    assert got.code == 0 and last["removed"] == 1 and last["scanned"] == last["removed"] + last["skipped"] and last["failed"] == 0, got.out
    assert keys("images:gc/") == [key for key in before if key != orphan]
    got = gc("--pipeline", "picture")
    assert got.code == 3 and "did you mean" not in got.err.split("picture")[0] and "next: " in got.err, got.err


def test_cli_ingest_overwrite_in_another_format():
    # one job, one picture: the former format does not stay behind with the other picture's thumbnail
    write("swap.png", png(40, 30, 5))
    say = ["image", "ingest", "swap.png", "--user", "swap", "--job", "one", *AT]
    assert larder(*say).code == 0
    assert larder(*say, "--format", "webp").code == 5
    assert larder(*say, "--format", "webp", "--overwrite").code == 0
    assert keys("images:swap/") == ["swap/2026/11/one.webp", "swap/2026/11/thumbnails/one.webp"], keys("images:swap/")
    assert larder("image", "ingest", "swap.png", "--user", "swap", "--job", "one", *AT, "--overwrite").code == 0
    assert keys("images:swap/") == ["swap/2026/11/one.png", "swap/2026/11/thumbnails/one.webp"], keys("images:swap/")


def test_cli_ingest_examples_then_already():
    files = sorted(os.path.join(PICTURES, name) for name in os.listdir(PICTURES) if name.endswith((".png", ".webp", ".jpg")))
    first = larder("image", "ingest", *files, "--user", "demo", *AT, "--json")
    assert first.code == 0 and first.summary()["ingested"] == len(files), first.err
    for line in pictures(first):
        assert line["key"].startswith("demo/2026/11/") and line["thumbnail_key"].startswith("demo/2026/11/thumbnails/"), line
        assert line["url"].startswith("file:///") and os.path.getsize(line["url"][7:]) == line["bytes"], line
    again = larder("image", "ingest", *files, "--user", "demo", *AT, "--json")
    assert again.code == 0 and len(pictures(again, "already")) == len(files) and again.summary()["done"] == 0, again.err
    assert "%d already there" % len(files) in again.err
    for line in pictures(first) + pictures(again):
        sizes = [line[name] for name in line if name in ("width", "height") or name.startswith("thumbnail_") and isinstance(line[name], int)]
        assert 0 not in sizes, line
    assert all(line["width"] > 0 and line["thumbnail_width"] > 0 and line["thumbnail_bytes"] > 0 for line in pictures(first))


def test_cli_ingest_people_see_key_thumbnail_size_time_address():
    write("look.png", png())
    got = larder("image", "ingest", "look.png", "--user", "ann", *AT)
    top, below = got.out.splitlines()
    assert top.startswith("stored ") and " B " in top and " ms " in top and "ann/2026/11/look.png" in top and "file:///" in top, top
    assert "thumbnail" in below and "ann/2026/11/thumbnails/look.webp" in below, below
    assert "1 ingested, 0 already there, 0 failed" in got.err and "images/s" in got.err, got.err
    assert larder("image", "ingest", "look.png", "--user", "ann", *AT).out.startswith("already stored ")


def test_cli_ingest_tells_what_was_odd():
    # damage behind the last pixel costs nothing, and is told: by ingest and probe, to people and to scripts
    odd = {"trailing": png(30, 20, 1) + b"more", "end-missing": png(30, 20, 2)[:-12], "end-damaged": png(30, 20, 3)[:-1] + b"x"}
    words = {"trailing": "bytes follow", "end-missing": "ends before", "end-damaged": "damaged"}
    for name, data in odd.items():
        write(name + ".png", data)
        for what, more in (("ingest", ["--user", "odd", *AT]), ("probe", [])):
            got = larder("image", what, name + ".png", *more, *(["-n"] if what == "ingest" else []))
            assert got.code == 0 and words[name] in got.out + got.err, (name, what, got.out, got.err)
            line = [one for one in larder("image", what, name + ".png", *more, "--json").lines() if one["type"] in ("picture", "probe")][0]
            assert words[name] in line["note"], (name, what, line)
    write("plain.png", png(30, 20, 4))
    got = larder("image", "ingest", "plain.png", "--user", "odd", *AT, "--json")
    assert "note" not in pictures(got)[0] or not pictures(got)[0]["note"], got.out


def test_cli_ingest_says_what_to_do_about_a_picture():
    # every refusal of a picture has a next step; a limit names its key
    write("cut.png", png(30, 20)[:60])
    write("crc.png", png(30, 20)[:45] + b"!" + png(30, 20)[46:])
    write("kind.gif", b"GIF89a" + bytes(60))
    head = struct.pack(">IIBBBBB", 70000, 20, 8, 2, 0, 0, 0)
    write("wide.png", png()[:12] + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head)) + png()[33:])
    for name, code, word in (("cut.png", 6, "export"), ("crc.png", 6, "export"), ("kind.gif", 2, "convert"), ("wide.png", 2, "'max-width'")):
        got = larder("image", "ingest", name, "--user", "next", *AT)
        assert got.code == code and word in got.out + got.err, (name, got.code, got.out, got.err)
    write("right.png", png())
    got = larder("image", "ingest", "right.png", "--user", "next", *AT, "--format", "gif")
    assert got.code == 2 and "'gif': one of png, webp, jpeg" in got.err and "next: take one" in got.err, got.err


def test_cli_ingest_values_of_the_pipeline():
    # a caller's own placeholders: declared in the pipeline, all of them given, none else
    os.makedirs("own/profiles")
    text = read(os.path.join(SRC, "etc/larder.ini")).decode()
    assert "[pipeline \"image\"]\n" in text
    text = text.replace("[pipeline \"image\"]\n", "[pipeline \"image\"]\nvalues = shelf, room\n")
    text = "\n".join("key = {user}/{shelf}/{room}/{job}.{ext}" if line.startswith("key = {user}") else
                     "thumbnail-key = {user}/{shelf}/{room}/small/{job}.webp" if line.startswith("thumbnail-key") else line
                     for line in text.split("\n"))
    write("own/larder.ini", text.encode())
    write("own/profiles/mock.ini", read(os.path.join(SRC, "etc/profiles/mock.ini")))
    write("shelf.png", png(20, 20, 9))
    say = ["--config", "own/larder.ini", "image", "ingest", "shelf.png", "--user", "val", *AT, "--value", "shelf=top"]
    got = larder(*say)
    assert got.code == 2 and "'room'" in got.err and "--value room=" in got.err, got.err
    got = larder(*say, "--value", "room=3", "--value", "colour=red")
    assert got.code == 2 and "'colour'" in got.err and "'values'" in got.err, got.err
    got = larder(*say, "--value", "room=3", "--value", "room=4")
    assert got.code == 2 and "twice" in got.err, got.err
    got = larder(*say, "--value", "room=3", "--json")
    assert got.code == 0 and pictures(got)[0]["key"] == "val/top/3/shelf.png", got.err
    assert pictures(got)[0]["thumbnail_key"] == "val/top/3/small/shelf.webp", got.out
    line = {"file": "shelf.png", "user": "val", "job": "line", "values": {"shelf": "low", "room": "4"}}
    got = larder("--config", "own/larder.ini", "image", "ingest", "--json", stdin=json.dumps(line).encode())
    assert got.code == 0 and pictures(got)[0]["key"] == "val/low/4/line.png", got.out + got.err


def test_cli_ingest_codec_sections():
    # options of a codec, from its section; wrong ones are told with file, line and range, by ingest and by config check
    def configured(more):
        write("codec/larder.ini", read(os.path.join(SRC, "etc/larder.ini")) + more.encode())
        write("codec/profiles/mock.ini", read(os.path.join(SRC, "etc/profiles/mock.ini")))
        return ["--config", "codec/larder.ini"]
    os.makedirs("codec/profiles")
    sizes = []
    for level in (0, 9):
        say = configured("\n[codec \"png\"]\nlevel = %d\n" % level)
        got = larder(*say, "image", "ingest", os.path.join(PICTURES, "waves.webp"), "--format", "png", "--user", "c", "--job", str(level), *AT, "--json")
        assert got.code == 0, got.err
        sizes.append(pictures(got)[0]["bytes"])
    assert sizes[0] > 2 * sizes[1], sizes
    for more, words in (("level = 10", ("larder.ini:", "'level'", "0 to 9")), ("levle = 1", ("larder.ini:", "levle", "'level'"))):
        say = configured("\n[codec \"png\"]\n%s\n" % more)
        got = larder(*say, "image", "ingest", os.path.join(PICTURES, "waves.webp"), "--format", "png", "--user", "c", "--job", "no", *AT)
        assert got.code == 2 and all(word in got.err for word in words), got.err
        got = larder(*say, "config", "check")
        assert got.code == 2 and all(word in got.out + got.err for word in words), got.out + got.err
    got = larder(*configured("\n[codec \"none\"]\na = b\n"), "config", "check")
    assert got.code == 0 and "none" in got.out + got.err, got.out + got.err


def test_cli_ingest_types_follow_the_bytes():
    # c-D08: type and key follow the bytes, not the name
    webp = read(os.path.join(PICTURES, "waves.webp"))
    write("really-webp.png", webp)
    write("no-extension", png(shade=9))
    assert larder("image", "ingest", "really-webp.png", "no-extension", "--user", "types", *AT).code == 0
    got = larder("image", "ingest", "-", "--user", "types", "--job", "stream", *AT, stdin=png(shade=17))
    assert got.code == 0, got.err
    for key in keys("images:types/"):
        expected = "image/png" if key.endswith(".png") else "image/webp"
        assert facts("images:" + key)["content_type"] == expected, key
        head = larder("cat", "images:" + key).raw[:4]
        assert head == (b"\x89PNG" if expected == "image/png" else b"RIFF"), key
    assert all(facts("images:" + key)["content_type"] == "image/webp" for key in keys("images:types/2026/11/thumbnails/"))


def test_cli_ingest_one_bad_picture_costs_that_picture():
    for number in range(5):
        write("mixed/%d.png" % number, png(shade=number))
    write("mixed/bad.png", png()[:60])
    got = larder("image", "ingest", "-r", "mixed", "--user", "mixed", *AT, "--json")
    assert got.code == 1 and got.summary()["ingested"] == 5 and got.summary()["failed"] == 1, got.err
    assert "mixed/bad.png" in got.err
    assert len(keys("images:mixed/2026/11/")) == 10


def test_cli_ingest_all_bad_for_one_reason_is_that_reason():
    write("broken/a.png", png()[:60])
    write("broken/b.png", png(shade=3)[:60])
    assert larder("image", "ingest", "broken/a.png", "broken/b.png", "--user", "x").code == 6
    assert larder("image", "ingest", "broken/a.png", "--user", "x").code == 6
    assert larder("image", "ingest", "missing.png", "--user", "x").code == 3
    assert larder("image", "ingest", "missing.png", "broken/a.png", "--user", "x").code == 1


def test_cli_ingest_another_picture_of_the_job_is_a_conflict():
    write("v1.png", png(shade=1))
    write("v2.png", png(shade=2))
    args = ["--user", "con", "--job", "one", *AT]
    assert larder("image", "ingest", "v1.png", *args).code == 0
    assert larder("image", "ingest", "v2.png", *args).code == 5
    assert larder("cat", "images:con/2026/11/one.png").raw == png(shade=1)
    got = larder("image", "ingest", "v2.png", *args, "--overwrite", "--json")
    assert got.code == 0 and pictures(got, "replaced"), got.out
    assert larder("cat", "images:con/2026/11/one.png").raw == png(shade=2)


def batch(lines, *more, **kind):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return larder("image", "ingest", "--json", *AT, *more, stdin=text.encode(), **kind)


def test_cli_ingest_batch_on_standard_input():
    for number in range(20):
        write("batch/%d.png" % number, png(shade=number))
    got = batch([{"file": "batch/%d.png" % n, "user": "u%d" % (n % 3), "job": "job-%d" % n} for n in range(20)] + ["", "   "])
    assert got.code == 0 and got.summary()["ingested"] == 20, got.err
    assert len(keys("images:u0/")) + len(keys("images:u1/")) + len(keys("images:u2/")) == 40


def test_cli_ingest_bad_lines_cost_those_lines():
    lines = [{"file": "batch/0.png", "user": "bad", "job": "good"}, "{not json", {"user": "bad"}, "[1]",
             '{"file":"batch/1.png","user":"a\\u0000b"}', {"file": "batch/1.png", "user": "bad", "jbo": "x"},
             {"file": 7}, {"file": "batch/none.png", "user": "bad"}, {"file": "batch/2.png", "user": "bad"}]
    got = batch(lines)
    total = got.summary()
    assert got.code == 1 and total["ingested"] == 2 and total["refused"] == 6 and total["failed"] == 1, (total, got.err)
    for number in range(2, 8):
        assert "line %d" % number in got.err, (number, got.err)
    assert "did you mean 'job'" in got.err
    assert len(keys("images:bad/")) == 4


def test_cli_ingest_batch_file_and_defaults_from_flags():
    write("lines.ndjson", b'{"file":"batch/3.png"}\n{"file":"batch/4.png","user":"own","at":"2025-01-02"}')
    got = larder("image", "ingest", "--batch", "lines.ndjson", "--user", "flag", *AT, "--json")
    assert got.code == 0 and sorted(line["key"] for line in pictures(got)) == ["flag/2026/11/3.png", "own/2025/01/4.png"], got.out


def test_cli_ingest_usage():
    for args in (["a.png", "b.png", "--job", "x"], ["-"], ["a.png", "--batch", "-"], ["a.png", "--at", "yesterday"], ["--batch", "none"],
                 ["mixed"]):
        got = larder("image", "ingest", *args, "--user", "u")
        assert got.code in (2, 3) and got.err.startswith("larder: "), (args, got.code, got.err)


def test_cli_ingest_dry_run_stores_nothing():
    write("would.png", png(shade=77))
    got = larder("image", "ingest", "would.png", "--user", "dry", *AT, "-n", "--json")
    assert got.code == 0 and pictures(got, "would-store"), got.out
    assert got.summary()["would_ingest"] == 1 and "ingested" not in got.summary() and "1 would be ingested" in got.err, got.err
    assert larder("ls", "images:dry/").code == 3


def test_cli_ingest_recursive_skips_with_reasons():
    write("folder/deep/a.png", png(shade=50))
    write("folder/notes.txt")
    os.symlink("deep/a.png", "folder/link.png")
    got = larder("image", "ingest", "-r", "folder", "--user", "rec", *AT, "--json")
    assert got.code == 0 and got.summary()["ingested"] == 1 and got.summary()["skipped"] == 2, (got.out, got.err)


def test_cli_ingest_summary_after_sigterm():
    process = subprocess.Popen([LARDER, "image", "ingest", "--json", "--user", "sig"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    process.stdin.write(json.dumps({"file": "batch/0.png", "job": "before"}).encode() + b"\n")
    process.stdin.flush()
    out = process.stdout.readline() + process.stdout.readline()
    assert b'"stored"' in out, out
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    got = Ran(subprocess.CompletedProcess([], process.returncode, out + process.stdout.read(), process.stderr.read()))
    process.stdin.close()
    assert got.code == 143 and got.summary()["ingested"] == 1, (got.code, got.out)


def test_cli_ingest_sigterm_while_standard_input_is_awaited():
    # nothing comes and the pipe stays open: the wait ends at once, and no picture is blamed
    for args in (["ingest", "-", "--user", "sig", "--job", "never"], ["probe", "-"]):
        process = subprocess.Popen([LARDER, "image", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        assert b"profile mock" in process.stderr.readline(), args
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143, args
        said = process.stderr.read()
        process.stdin.close()
        assert b"codec" not in said, said


def test_cli_ingest_probe_says_what_it_is():
    write("probe.png", png(64, 32))
    got = larder("image", "probe", "probe.png", "--json")
    line = got.lines()[1]
    assert (line["format"], line["width"], line["height"], line["depth"]) == ("png", 64, 32, 8) and line["would"], line
    text = larder("image", "probe", "probe.png").out
    assert "64 x 32" in text and "kept as png, metadata taken out, with a thumbnail of 64x32 (webp quality=85)" in text, text
    assert larder("image", "probe", "mixed/none.png").code == 3
    write("not.png", b"this is text")
    assert larder("image", "probe", "not.png").code == 2


def test_cli_ingest_probe_promises_nothing_that_ingest_refuses():
    # a picture cut in half has a whole header: probe says "damaged" as ingest does, with the same words, and exit 6
    for name in ("dunes.png", "window-interlaced.png", "waves.webp", "lantern-alpha.webp", "lake-turned.jpg", "balloons-progressive.jpg"):
        whole = read(os.path.join(PICTURES, name))
        write("half", whole[:len(whole) // 2])
        probed = larder("image", "probe", "half", "--json")
        taken = larder("image", "ingest", "half", "--user", "u", "--job", "half", *AT)
        assert probed.code == taken.code == 6 and [line["type"] for line in probed.lines()] == ["version", "error", "summary"], (name, probed.out)
        said = larder("image", "probe", "half").err
        assert said in taken.err and "the file is damaged" in said, (name, said, taken.err)
        assert larder("image", "probe", os.path.join(PICTURES, name)).code == 0, name
    # so is what only the encoder cannot do
    os.makedirs("opaque/profiles")
    text = read(os.path.join(SRC, "etc/larder.ini")).replace(b"encode = png\n", b"encode = jpeg\nkeep = no\n")
    write("opaque/larder.ini", text)
    write("opaque/profiles/mock.ini", read(os.path.join(SRC, "etc/profiles/mock.ini")))
    got = larder("--config", "opaque/larder.ini", "image", "probe", os.path.join(PICTURES, "leaf-alpha.png"))
    assert got.code == 2 and "'background'" in got.err and "encoded as" not in got.out, (got.code, got.err)


run(sys.modules[__name__])
