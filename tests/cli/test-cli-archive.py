#!/usr/bin/env python3
"""larder archive on the mock: bundles that tar reads without us, each file once, and what it costs."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import clock  # noqa: E402
from tool import HOME, PIPELINE, SRC, configured, keys, larder, read, run, tree, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
PRICES = ("[larder]\n", "[larder]\nprices = aws-ap-northeast-2\n")
GB = 1 << 30


def fresh(*changes):
    shutil.rmtree(DEMO, ignore_errors=True)
    shutil.rmtree("src", ignore_errors=True)
    shutil.rmtree("out", ignore_errors=True)
    env = configured(PIPELINE, *changes)
    shutil.copytree(os.path.join(SRC, "etc/prices"), "etc/prices", dirs_exist_ok=True)
    return env


def put(*words, code=0, env=None):
    """(the run, what it came to)"""
    got = larder("archive", "put", "--json", *words, env=env)
    assert got.code == code, (got.code, got.out, got.err)
    told = [line for line in got.lines() if line["type"] == "archived"]
    return got, told[0] if told else None


def bundles():
    """Name: what tar finds in it, and the lines of its index, which are checked against the bytes."""
    found = {}
    for key in keys("backups:"):
        if not key.endswith(".tar"):
            continue
        got = larder("cat", "backups:" + key)
        first, *members = [json.loads(line) for line in larder("cat", "backups:%s.index" % key).out.splitlines()]
        name = key.rpartition("/")[2]
        assert first == {"larder-bundle": 1, "name": name, "members": len(members), "length": len(got.raw), "sha256": hashlib.sha256(got.raw).hexdigest()}, first
        assert name == "bundle-%s.tar" % first["sha256"][:32] and larder("stat", "backups:" + key).code == 0
        for member in members:
            bytes_of = got.raw[member["offset"]:member["offset"] + member["length"]]
            assert member["offset"] % 512 == 0 and hashlib.sha256(bytes_of).hexdigest() == member["sha256"], member
        write("out.tar", got.raw)
        assert subprocess.run(["tar", "-tf", "out.tar"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr == b""
        with tarfile.open("out.tar") as tar:
            found[key] = ({one.name: tar.extractfile(one).read() for one in tar}, members, {one.name: one.mtime for one in tar})
    return found


# Readable at once, so that the tests can look into it.
AT_ONCE = ("class = DEEP_ARCHIVE", "class = GLACIER_IR")


def test_cli_archive_bundles_hold_each_small_file_once():
    """Any names, lengths around a block, several bundles; what is not small goes alone. All comes back by tar and by the index."""
    env = fresh(AT_ONCE)
    sizes = random.Random(5)
    names = ["a", "b c", "ü/ö" * 5, "d/" + "long" * 40, "e/" + "x" * 100, "e/" + "y" * 99, "'\"$`\\n", "z/%41", "z/\t", "-rf"]
    for number, name in enumerate(names):
        write(os.path.join("src", name), sizes.randbytes((0, 1, 511, 512, 513, 1023, 1025)[number % 7]))
    for number in range(300):
        write("src/many/%03d" % number, sizes.randbytes(sizes.randrange(9000)))
    write("src/large", sizes.randbytes(1 << 20))
    got, told = put("--pack", "--pack-below", "1MiB", "--bundle-size", "1MiB", "src", "backups:2025/x", env=env)
    found = bundles()
    assert len(found) == told["bundles"] == told["objects"] - 1 >= 2 and told["members"] == 310 and told["class"] == "GLACIER_IR", told
    assert all(key.startswith("2025/x/bundle-") for key in found) and all(len(larder("cat", "backups:" + key).raw) <= (1 << 20) + 10240 for key in found)
    members = {}
    for tar, index, times in found.values():
        assert [one["path"] for one in index] == list(tar) and not set(tar) & set(members)
        members.update(tar)
        for one in index:
            facts = os.stat(one["path"])
            assert int(times[one["path"]]) == int(facts.st_mtime) and one["mtime"] == "%d.%09d" % divmod(facts.st_mtime_ns, 10 ** 9), one
    want = {os.fsdecode(os.path.join(b"src", path)): text for path, text in tree("src").items()}
    assert members == {name: text for name, text in want.items() if name != "src/large"}
    assert larder("cat", "backups:2025/x/src/large").raw == want["src/large"]
    assert {os.path.basename(line["dst"])[:7] for line in got.lines() if line["type"] == "object" and line["src"] != "src/large"} == {"bundle-"}
    assert os.path.getsize("src/large") + sum(len(larder("cat", "backups:" + key).raw) for key in found) == told["bytes"]


def test_cli_archive_what_is_there_is_not_paid_for_twice():
    """Again: nothing is written. A run that ended between bundle and index: the index alone. Another file: its bundle alone."""
    env = fresh(AT_ONCE)
    for name in "abc":
        write("src/" + name, name.encode() * 99)
    write("src/large", b"x" * 2000)
    words = ("--pack", "--pack-below", "1000", "src", "backups:p", env)
    put(*words[:-1], env=env)
    (bundle, _), = bundles().items()
    there = tree(DEMO)
    got, told = put(*words[:-1], env=env)
    assert got.summary()["skipped"] == 4 and got.summary()["done"] == 0 and told is None and tree(DEMO) == there, got.out
    assert larder("rm", "-q", "backups:%s.index" % bundle).code == 0
    got, told = put(*words[:-1], env=env)
    assert got.summary()["skipped"] == 4 and list(bundles()) == [bundle] and told is None
    assert larder("put", "-q", "-", "backups:" + bundle, stdin=b"another", env=env).code == 0
    got = larder("archive", "put", *words[:-1], env=env)
    assert got.code == 1 and got.err.count("is there, and is another object") == 3, got.err
    assert larder("rm", "-q", "-r", "backups:p").code == 0
    put(*words[:-1], env=env)
    write("src/d", b"one more")
    got, told = put(*words[:-1], env=env)
    assert len(bundles()) == 2 and told["objects"] == 1 and got.summary()["skipped"] == 1, told
    write("src/large", b"y" * 2000)
    assert put(*words[:-1], env=env)[1]["objects"] == 1 and larder("cat", "backups:p/src/large").raw == b"y" * 2000


def test_cli_archive_what_lies_higher_is_written_deeper():
    """The same bytes in a class above the one asked for are not archived yet. Below it they stay, and without --class wherever they are."""
    env = fresh(AT_ONCE)
    for name in "ab":
        write("src/" + name, name.encode() * 99)

    def classes():
        return [line["class"] for line in larder("ls", "-r", "--json", "backups:p/", env=env).lines() if line["type"] == "object"]
    put("--class", "STANDARD", "src", "backups:p", env=env)
    for asked, written, then in (("GLACIER_IR", 2, "GLACIER_IR"), ("GLACIER_IR", 0, "GLACIER_IR"), ("DEEP_ARCHIVE", 2, "DEEP_ARCHIVE"), ("GLACIER", 0, "DEEP_ARCHIVE"), ("STANDARD", 0, "DEEP_ARCHIVE")):
        got, _ = put("--class", asked, "src", "backups:p", env=env)
        assert (got.summary()["done"], got.summary()["skipped"]) == (written, 2 - written) and classes() == [then] * 2, (asked, got.out, classes())
    assert put("src", "backups:p", env=env)[0].summary()["skipped"] == 2
    got = larder("archive", "put", "--class", "GLACIR", "src", "backups:p", env=env)
    assert got.code == 2 and "did you mean 'GLACIER'?" in got.err, got.err


def test_cli_archive_one_file_more_changes_few_bundles():
    env = fresh(AT_ONCE)
    for number in range(900):
        write("src/%04d" % number, b"%d" % number * 2000)
    words = ("--pack", "--bundle-size", "1MiB", "src", "backups:p")
    before = put(*words, env=env)[1]["bundles"]
    write("src/0003-and-a-half", b"x" * 6000)
    got, told = put(*words, env=env)
    assert before >= 6 and told["bundles"] <= 2 and got.summary()["skipped"] >= 600, (before, told)


def test_cli_archive_tells_what_it_costs():
    """By the table, with what is paid for each object besides; the shortest time; and the rule that removes it before."""
    env = fresh(PRICES)
    for number in range(20):
        write("src/%02d" % number, b"x" * 3000)
    for name, storage_class, month, least in (("a", "DEEP_ARCHIVE", (20 * (3000 + 32768) * 0.002 + 20 * 8192 * 0.025) / GB, 180), ("b", "GLACIER", (20 * (3000 + 32768) * 0.0045 + 20 * 8192 * 0.025) / GB, 90),
                                              ("c", "GLACIER_IR", 20 * 131072 * 0.005 / GB, 90)):
        told = put("--class", storage_class, "src", "backups:" + name, env=env)[1]
        assert (told["objects"], told["bytes"], told["class"], told["least_days"], told["currency"]) == (20, 60000, storage_class, least, "USD"), told
        assert month <= float(told["month"]) <= month + 2e-6, (told, month)
    told = put("--pack", "src", "backups:d", env=env)[1]
    assert told["objects"] == 1 and float(told["month"]) < 4e-6 and told["class"] == "DEEP_ARCHIVE", told
    plain = larder("archive", "put", "--class", "GLACIER", "src", "backups:e", env=env)
    assert "20 objects of 58.6 KiB, as GLACIER: " in plain.out and " USD a month, for 90 days at least" in plain.out, plain.out
    assert put("--class", "REDUCED_REDUNDANCY", "src", "backups:f", env=env)[1].get("month") is None, "the table does not know it"
    env = fresh()
    write("src/a", b"x")
    assert "month" not in put("src", "backups:g", env=env)[1], "without a table"
    rule = (PRICES, ('bucket = pingvas-studio-backups\n', 'bucket = pingvas-studio-backups\nlifecycle = soon\n'), ("[cdn ", '[lifecycle "soon"]\nexpire = 100d\n\n[cdn '))
    env = fresh(*rule)
    write("src/a", b"x")
    told = put("src", "backups:h", env=env)[1]
    assert '[lifecycle "soon"]' in told["warning"] and "after 100 days, and they are paid for 180" in told["warning"], told
    assert "warning" not in put("--class", "GLACIER", "src", "backups:i", env=env)[1]


def test_cli_archive_tells_what_packing_saves():
    """c-G03: each object is paid for with 40 KiB beside its own bytes. Before and after, packed and not; without a table the number of objects alone, and where a table goes."""
    env = fresh(PRICES)
    for number in range(50):
        write("src/%02d" % number, b"x" * 3000)
    write("src/large", b"x" * 20000)
    alone = 51 * 8192 * 0.025 / GB + (50 * 3000 + 20000 + 51 * 32768) * 0.002 / GB
    words = ("--pack-below", "10000", "src", "backups:p")
    plain, packed = put("-n", *words, env=env)[1], put("-n", "--pack", *words, env=env)[1]
    assert (plain["objects"], plain["instead_objects"], packed["objects"], packed["instead_objects"]) == (51, 2, 2, 51), (plain, packed)
    assert plain["month"] == packed["instead_month"] and plain["instead_month"] == packed["month"] and alone <= float(plain["month"]) < alone + 2e-6 and float(packed["month"]) < alone / 5, (plain, packed)
    text = larder("archive", "put", "-n", *words, env=env).out
    assert "paid for as 1.8 MiB" in text and "  with --pack it is about 2 objects for %s USD a month" % packed["month"] in text, text
    text = larder("archive", "put", "--pack", *words, env=env).out
    assert "(50 files in 1 bundle)" in text and "  without --pack it is 51 objects for %s USD a month" % plain["month"] in text, text
    assert larder("cp", "-qr", "src", "images:", env=env).code == 0
    for more in (("-n",), ("-n", "--pack"), ()):
        told = put(*more, "--pack-below", "10000", "images:", "backups:of-a-store", env=env)[1]
        assert told["objects"] == 51 and "instead_objects" not in told and "instead_month" not in told, told      # nothing of a store is packed
    env = fresh(PRICES)
    write("src/a", b"x")
    assert "instead_objects" not in put(*words, env=env)[1], "one file alone is no bundle's matter"
    text = larder("archive", "put", "-n", "--class", "REDUCED_REDUNDANCY", "src", "backups:p", env=env).out
    assert 'has no [price "storage REDUCED_REDUNDANCY"]' in text, text
    table = read("etc/prices/aws-ap-northeast-2.ini").decode()
    write("etc/prices/aws-ap-northeast-2.ini", table.replace('"storage STANDARD"', '"storage OTHER"').encode())
    text = larder("archive", "put", "-n", "src", "backups:p", env=env).out
    assert 'has no [price "storage STANDARD"]' in text and "as DEEP_ARCHIVE" in text, text
    env = fresh()
    for name in "ab":
        write("src/" + name, b"x")
    text = larder("archive", "put", "-n", "src", "backups:p", env=env).out
    assert "with --pack it is about 1 object\n" in text and "what it costs nobody says: [larder] prices = NAME" in text, text


def test_cli_archive_what_goes_early_is_told():
    """One line a class and store, before and after; by what the listing tells. Nothing of what was paid for long enough, without a table, or where versions are kept and none of them goes."""
    paid = {"DEEP_ARCHIVE": 20 * (3000 + 32768) * 180 / 30 * 0.002 / GB, "GLACIER_IR": 20 * 131072 * 90 / 30 * 0.005 / GB}
    for words, changes in ((("-r",), (PRICES,)), (("-r", "--all-versions"), (PRICES, ("class = DEEP_ARCHIVE", "class = DEEP_ARCHIVE\nversioning = yes")))):
        env = fresh(*changes)
        for number in range(20):
            write("src/%02d" % number, b"x" * 3000)
        put("src", "backups:a", env=env)
        put("--class", "GLACIER_IR", "src", "backups:a/b", env=env)
        text = larder("rm", "-n", *words, "backups:a", env=env).err
        assert "backups: 20 of class GLACIER_IR, 58.6 KiB, would go before the 90 days for which they are paid: 0.0000" in text and " USD would still be paid for up to 90 days more (what a lifecycle moved there later: longer)" in text, text
        for line in (line for line in larder("--json", "rm", "-n", "-r", "backups:a", env=env).lines() if line["type"] == "early-removal"):
            assert "--all-versions" not in words, "what is removed stays as a version"
        if "--all-versions" not in words:
            moved = [line for line in larder("--json", "mv", "-n", "-r", "backups:a/src/", "images:a/", env=env).lines() if line["type"] == "early-removal"]
            assert [(line["class"], line["objects"]) for line in moved] == [("DEEP_ARCHIVE", 20)], moved
        later = larder("--json", "rm", "-n", *words, "backups:a", env={**env, **clock.off(181 * 86400)})
        assert later.summary()["would_remove"] == 40 and "early-removal" not in later.out, later.out
        none = larder("--json", "rm", "-n", *words, "backups:a", env=configured(PIPELINE, *changes[1:]))
        assert none.summary()["would_remove"] == 40 and "early-removal" not in none.out, none.out
        told = {line["class"]: line for line in larder("--json", "rm", *words, "backups:a", env=configured(PIPELINE, *changes)).lines() if line["type"] == "early-removal"}
        assert set(told) == set(paid), (words, told)
        for name, line in told.items():
            assert line["objects"] == 20 and paid[name] - 1e-9 <= float(line["sum"]) <= paid[name] + 2e-6 and line["days_left"] == line["least_days"], (line, paid)
        if "--all-versions" not in words:
            put("--class", "GLACIER_IR", "src", "backups:m", env=env)
            moved = larder("--json", "mv", "-r", "backups:m/", "images:m/", env=env)
            assert [(line["class"], line["objects"]) for line in moved.lines() if line["type"] == "early-removal"] == [("GLACIER_IR", 20)] and moved.summary()["moved"] == 20, moved.out


def test_cli_archive_a_table_that_is_not_there_keeps_nothing_from_going():
    env = fresh()
    write("src/a", b"x")
    put("src", "backups:a", env=env)
    got = larder("rm", "-r", "backups:a", env=configured(PIPELINE, ("[larder]\n", "[larder]\nprices = nowhere\n")))
    assert got.code == 0 and "is not told: " in got.err and larder("stat", "backups:a/src/a", env=env).code == 3, (got.code, got.err)


def test_cli_archive_all_that_is_written_is_summed_up():
    """One file, too large to be quick about: what it comes to is told when it is there, and not before."""
    env = fresh(PRICES)
    write("src/a", b"x" * (64 << 20))
    told = put("src/a", "backups:a", env=env)[1]
    assert told and (told["objects"], told["bytes"]) == (1, 64 << 20) and told["month"], told


def test_cli_archive_a_dry_run_writes_nothing():
    env = fresh(PRICES)
    for name in "abc":
        write("src/" + name, b"x" * 5000)
    write("src/large", b"x" * 20000)
    got, told = put("-n", "--pack", "--pack-below", "10000", "src", "backups:p", env=env)
    assert told["objects"] == 2 and told["bundles"] == 1 and told["members"] == 3 and 35000 < told["bytes"] < 38000 and told["month"], told
    assert got.summary()["would_archive"] == 4 and not os.path.exists(DEMO), got.out


def test_cli_archive_refusals():
    """Nowhere, not in a store, sizes that cannot be; what cannot be read fails alone; what changes meanwhile is not in a bundle."""
    env = fresh(AT_ONCE)
    write("src/a", b"x")
    for words, code, told in ((("src", "out"), 2, "is in no store"), (("--pack", "--pack-below", "2MiB", "--bundle-size", "1MiB", "src", "backups:"), 2, "no less than what is packed"),
                              (("src", "backupss:"), 2, "did you mean 'backups'"), (("nothing", "backups:"), 3, "nothing"), (("--bundle-size", "2GiB", "src", "backups:"), 2, "bundle-size"),
                              (("--pack", "--pack-below", "0", "src", "backups:"), 2, "--pack-below")):
        got = larder("archive", "put", *words, env=env)
        assert got.code == code and told in got.err, (words, got.code, got.err)
    os.mkfifo("src/pipe")
    os.symlink("a", "src/link")
    got, told = put("--pack", "src", "backups:", env=env)
    assert told["members"] == 1 and got.summary()["skipped"] == 2, got.out
    write("src/b", b"y")
    got, told = put("--pack", "src/b", "/proc/version", "src/a", "backups:two", code=1, env=env)     # whose length is not what it says
    (tar, _, _), = [one for key, one in bundles().items() if key.startswith("two/")]
    assert tar == {"a": b"x", "b": b"y"} and got.summary()["failed"] == 1, got.out
    assert "(2 files in 1 bundle)" in larder("archive", "put", "-n", "--pack", "src/a", "src/b", "backups:three", env=env).out


def test_cli_archive_two_files_of_one_name_are_refused():
    """As files, as trees, packed or not, looked at or done: nothing is written. Trees of one name whose files differ become one."""
    env = fresh(AT_ONCE)
    for name in ("ra/x", "rb/x", "ra/sub/in/y", "rc/sub/z", "rd/sub/in/y"):
        write("src/" + name, name.encode())
    for words in (("ra/x", "rb/x"), ("ra/", "rb/"), ("ra/.", "rb/x"), ("ra/x", "ra/x"), ("ra/sub", "rc/sub", "rd/sub")):
        for flags in ((), ("--pack",), ("-n",)):
            got = larder("archive", "put", *flags, *words, "backups:r/", env=env, cwd="src")
            first, second, name = ("ra/sub/in/y", "rd/sub/in/y", "sub/in/y") if "sub" in words[0] else (os.path.join(words[0], "x") if words[0] != "ra/x" else "ra/x", os.path.join(words[1], "x") if words[1].endswith("/") else words[1], "x")
            assert got.code == 2 and "'%s' and '%s' would both become '%s'" % (first, second, name) in got.err, (words, flags, got.code, got.err)
            assert keys("backups:") == [], (words, flags)
    for flags in ((), ("--pack",)):
        got = larder("archive", "put", *flags, "ra/sub", "rc/sub", "backups:two/", env=env, cwd="src")
        assert got.code == 0, (got.code, got.err)
    found = bundles()
    assert [sorted(tar) for tar, _, _ in found.values()] == [["sub/in/y", "sub/z"]] and {"two/sub/in/y", "two/sub/z"} < set(keys("backups:")), found


run(sys.modules[__name__])
