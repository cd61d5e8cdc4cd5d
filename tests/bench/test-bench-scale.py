#!/usr/bin/env python3
"""What names cost in memory does not grow with their number: listing, adding up, comparing two stores, planning, and removing, of LARDER_KEYS keys
(100,000; `make check-scale` takes a million) against a thousand, on the null server. Each is counted whole. Likewise for 200,000 files in one local folder."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import certificates  # noqa: E402
import null  # noqa: E402
import peers  # noqa: E402
import tap  # noqa: E402
import turns  # noqa: E402

MANY, FEW = int(os.environ.get("LARDER_KEYS", "100000")), 1000
STREAM = int(os.environ.get("LARDER_STREAM_GIB", "2"))
FILES = 200000                    # in one folder
LARGE = 16                        # MiB: a transfer of 1 GiB
BUILD = os.environ["TOP_BUILDDIR"]
with open(os.path.join(BUILD, ".libs", "liblarder.so"), "rb") as library:
    SANITIZED = b"__asan_init" in library.read()
GROWS = 10 if SANITIZED else 2.5  # MiB: two pages of a listing, and what the allocator keeps of them; the names of 100,000 files, each with a sanitizer's zones, are more than either
KEEP_LITTLE = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"      # a sanitizer would keep 256 MiB of what was freed


def fill(folder, count):
    os.makedirs(folder)
    for i in range(count):
        os.close(os.open(os.path.join(folder, "picture-%06d.png" % (i * 7919 % count)), os.O_CREAT | os.O_WRONLY))


class Names:
    def __init__(self, folder):
        self.folder = folder
        os.mkdir(os.path.join(folder, "profiles"))
        with open(os.path.join(folder, "larder.ini"), "w") as file:
            file.write(peers.PIPELINE + '[store "other"]\nbackend = objects\nbucket = other\n[store "files"]\nbackend = files\nbucket = files\n'
                       '[cache "models"]\nsource = down\nkey = {base}/{name}\npattern = {base}/{name}\n')

    def measure(self, server, *words, stdin=subprocess.DEVNULL):
        """(peak in MiB, the last line of what it said)"""
        with open(os.path.join(self.folder, "profiles", "bench.ini"), "w") as file:
            file.write(peers.PROFILE % (server.endpoint, "auto", "ca-file = %s" % server.authority if server.tls else "") + '[backend "files"]\ndriver = efs\nroot = %s\n' % self.folder
                       + '[lock "models"]\ndriver = file\nroot = %s/locks\n[cache "models"]\nroot = %s/models\nlock = models\n' % (self.folder, self.folder))
        taken, said = os.path.join(self.folder, "taken.json"), os.path.join(self.folder, "said")
        with open(said, "wb") as out:
            subprocess.run([os.path.join(BUILD, "tests", "bench", "measure"), taken, os.path.join(BUILD, "larder"), "--config",
                            os.path.join(self.folder, "larder.ini"), "--profile", "bench", *words], stdin=stdin, stdout=out, check=True,
                           env=dict(turns.environment(server), LARDER_MODULE_DIR=os.environ["LARDER_MODULE_DIR"], ASAN_OPTIONS=KEEP_LITTLE))
        with open(taken) as file:
            facts = json.load(file)
        assert facts["status"] == 0, (words, facts)
        with open(said, "rb") as out:
            out.seek(max(0, os.path.getsize(said) - 500))
            return facts["peak"], out.read().decode().rstrip().split("\n")[-1]

    def peak(self, *words):
        with null.Null() as server:
            return self.measure(server, *words)[0]

    def flat(self, words):
        """`words(set)` for a few keys and for many: the last lines; memory is the same."""
        with null.Null() as server:
            few, many = (self.measure(server, *words("bench/%dx4KiB/" % count)) for count in (FEW, MANY))
        print("# %s: %.1f MiB for %d keys, %.1f MiB for %d" % (words("")[0], few[0], FEW, many[0], MANY))
        assert many[0] < few[0] + GROWS, (words(""), few[0], many[0])
        return json.loads(many[1])


def check(words, member):
    with tempfile.TemporaryDirectory() as folder:
        last = Names(folder).flat(words)
        assert last["type"] == "summary" and last["scanned"] == last[member] == MANY, last


def test_bench_scale_ls():
    check(lambda of: ["ls", "-r", "--json", "down:" + of], "done")


def test_bench_scale_du():
    with tempfile.TemporaryDirectory() as folder:
        assert Names(folder).flat(lambda of: ["du", "--json", "down:" + of])["type"] == "summary"


def test_bench_scale_sync():
    check(lambda of: ["sync", "-q", "--json", "down:" + of, "other:" + of], "skipped")


def test_bench_scale_plan_and_apply():
    with tempfile.TemporaryDirectory() as folder, null.Null() as server:
        names, plan, peaks = Names(folder), os.path.join(folder, "plan"), []
        for count in (FEW, MANY):
            for words in (["sync", "--plan", plan, "down:bench/%dx4KiB/" % count, os.path.join(folder, "none")], ["apply", "-n", plan]):
                peak, last = names.measure(server, "-q", "--json", *words)
                last = json.loads(last)
                assert last["type"] == "summary" and last["scanned"] == last["done"] == count, last
                peaks.append(peak)
        print("# sync --plan: %.1f and %.1f MiB, apply: %.1f and %.1f MiB" % (peaks[0], peaks[2], peaks[1], peaks[3]))
        assert peaks[2] < peaks[0] + GROWS and peaks[3] < peaks[1] + GROWS, peaks


def test_bench_scale_rm():
    check(lambda of: ["rm", "-r", "-q", "--json", "down:" + of], "removed")


def test_bench_scale_local_folder():
    """A folder's names are sorted through a file where they are many: walked by sync and put -r, compared, and removed."""
    with tempfile.TemporaryDirectory() as folder, null.Null() as server:
        names = Names(folder)
        for count in (FEW, FILES):
            fill(os.path.join(folder, str(count)), count)
        for words, member in ((["sync", "-n", "HERE", "up:one/"], "would_copy"), (["put", "-n", "-r", "HERE/", "up:one/"], "would_copy"),
                              (["verify", "--size-only", "HERE", "HERE"], "same"), (["sync", "--delete", "--delete-most", "100%", "down:bench/1x4KiB/", "HERE"], "removed")):
            peaks = {}
            for count in (FEW, FILES):
                peaks[count], last = names.measure(server, "-q", "--json", *(word.replace("HERE", os.path.join(folder, str(count))) for word in words))
                last = json.loads(last)
                assert last["type"] == "summary" and last[member] == count, last
            print("# %s of a local folder: %.1f MiB for %d files, %.1f MiB for %d" % (words[0], peaks[FEW], FEW, peaks[FILES], FILES))
            assert peaks[FILES] < peaks[FEW] + GROWS, (words, peaks)


def test_bench_scale_folder_of_efs():
    """Each page of a listing holds the least names of a folder, not all."""
    with tempfile.TemporaryDirectory() as folder, null.Null() as server:
        names, peaks = Names(folder), []
        for count in (FEW, FILES // 2):
            fill(os.path.join(folder, "files", str(count)), count)
            peak, last = names.measure(server, "ls", "-r", "--json", "files:%d/" % count)
            assert json.loads(last)["done"] == count, last
            peaks.append(peak)
        print("# ls of a folder of efs: %.1f and %.1f MiB" % tuple(peaks))
        assert peaks[1] < peaks[0] + GROWS, peaks


def test_bench_scale_large_object():
    """1 GiB up and down, plain and over TLS: at most 16 MiB, as promised. A sanitizer has memory of its own: there, no more than 64 MiB need."""
    with tempfile.TemporaryDirectory() as folder:
        names, peaks = Names(folder), {}
        authority = certificates.make_authority(folder)
        certificates.make_certificate(folder, os.path.join(folder, "server"))
        for size in (64 << 20, 1 << 30):
            path = os.path.join(folder, "source")
            with open(path, "wb") as file:
                file.truncate(size)
            for tls in (None, os.path.join(folder, "server")):
                with null.Null(tls=tls) as server:
                    server.authority = authority
                    up = names.measure(server, "put", "-q", path, "up:one")[0]
                    down = names.measure(server, "get", "-q", "down:bench/1x%dMiB/00000/00000000" % (size >> 20), os.path.join(folder, "got"))[0]
                assert os.path.getsize(os.path.join(folder, "got")) == size
                os.unlink(os.path.join(folder, "got"))
                peaks[size, bool(tls)] = max(up, down)
                print("# %d MiB%s: %.1f MiB up, %.1f MiB down" % (size >> 20, " over TLS" if tls else "", up, down))
        for tls in (False, True):
            most = LARGE if not SANITIZED else peaks[64 << 20, tls] + GROWS
            assert peaks[1 << 30, tls] <= most, peaks


def test_bench_scale_medium_objects():
    """Many objects of 64 KiB to 4 MiB, and a server that takes its time, which rewards more threads: as many as keep within 16 MiB, both ways,
    plain and over TLS; with --jobs as many as are asked for. Under a sanitizer no more than a quarter of them cost, and a bit."""
    with tempfile.TemporaryDirectory() as folder:
        names, authority = Names(folder), certificates.make_authority(folder)
        certificates.make_certificate(folder, os.path.join(folder, "server"))
        for top, count in (("many", 240), ("few", 60)):
            os.mkdir(os.path.join(folder, top))
            for i in range(count):
                with open(os.path.join(folder, top, "%03d" % i), "wb") as file:
                    file.truncate((64 << 10) + 1 + (4 << 20) * (i * 7919 % count) // count)
        for tls in (None, os.path.join(folder, "server")):
            peaks, used = {}, {}
            for what in ("many", "few", "asked"):
                words, of = (["--jobs", "24"], "many") if what == "asked" else ([], what)
                with null.Null(tls=tls, latency=100) as server:
                    server.authority = authority
                    up = names.measure(server, "-q", *words, "put", "-r", os.path.join(folder, of) + "/", "up:x/")[0]
                    down = names.measure(server, "-q", *words, "get", "-r", "down:bench/%dx1MiB/" % (240 if of == "many" else 60), os.path.join(folder, "got"))[0]
                shutil.rmtree(os.path.join(folder, "got"))
                peaks[what], used[what] = max(up, down), server.counts["connections"]
                print("# %s%s: %.1f MiB up, %.1f MiB down, %d connections" % (what, " over TLS" if tls else "", up, down, used[what]))
            assert peaks["many"] <= (LARGE if not SANITIZED else peaks["few"] + GROWS), peaks
            # Of both commands; a listing is asked for beside them, and on a busy machine not each thread is there before the others have done all.
            assert 16 <= used["many"] <= 22 and used["asked"] > 1.5 * used["many"], used


def test_bench_scale_memory_is_a_budget():
    """Large objects, one or many, cost the same buffers, and fewer where there is less memory for them."""
    with tempfile.TemporaryDirectory() as folder:
        names = Names(folder)
        one, many, little = (names.peak(*words, "get", "-q", "-r", "down:bench/%s/" % of, os.path.join(folder, of.replace("x", "-") + "".join(words)))
                             for words, of in (((), "1x256MiB"), ((), "12x32MiB"), (("--memory", "1MiB"), "1x256MiB")))
        print("# one object: %.1f MiB; twelve: %.1f MiB; one with --memory 1MiB: %.1f MiB" % (one, many, little))
        assert many < one + 6 and little < one - 1, (one, many, little)


def test_bench_scale_stream():
    """c-T09: a stream of unknown length, of LARDER_STREAM_GIB (2; `make check-scale` takes 60), comes whole, in at most 10,000 parts that grow, in no more memory than one of a GiB."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        names = Names(folder)
        for gib in (1, STREAM):
            with null.Null() as server, subprocess.Popen(["head", "-c", "%dG" % gib, "/dev/zero"], stdout=subprocess.PIPE) as source:
                peaks[gib], last = names.measure(server, "--json", "-q", "put", "-", "up:stream", stdin=source.stdout)
            assert json.loads(last)["bytes"] == gib << 30, last
            print("# %d GiB from a pipe: %.1f MiB, %s" % (gib, peaks[gib], server.counts))
    assert peaks[STREAM] < peaks[1] + GROWS, peaks


def test_bench_scale_infra():
    """A thousand buckets planned, made, and planned again: what the file says of them is kept, 4 KiB of three sections each, and of each resource its name; neither what it desires nor what is there."""
    with tempfile.TemporaryDirectory() as folder:
        names = Names(folder)
        for count in (10, 1000):
            with open(os.path.join(folder, "larder.ini"), "w") as file:
                for n in range(count):
                    file.write('[store "s%d"]\nbackend = files\nbucket = bucket-%d\nencryption = AES256\npublic-access = blocked\ntags = Name=s%d\nlifecycle = a%d, b%d\n'
                               '[lifecycle "a%d"]\ntransition = 30d GLACIER_IR\nexpire-noncurrent = 30d\nlarger-than = 128KiB\n[lifecycle "b%d"]\nprefix = logs/\nexpire = 30d\n' % ((n,) * 7))
            with open(os.path.join(folder, "profiles/many.ini"), "w") as file:
                file.write('[backend "files"]\ndriver = localfs-mock\nroot = %s/%d\ncreate = yes\nfsync = no\n' % (folder, count))
            with null.Null() as server:
                peaks = [names.measure(server, "--profile", "many", "infra", word) for word in ("plan", "apply", "plan")]
            assert [said for _, said in peaks] == ["%d to create" % count, "%d created" % count, "no changes, %d as they are" % count], peaks
            print("# %d buckets: plan %.1f MiB, apply %.1f MiB, plan %.1f MiB" % (count, *(peak for peak, _ in peaks)))
            few = few if count > 10 else peaks
        for (before, _), (after, _) in zip(few, peaks):
            assert after < before + (8 if not SANITIZED else 4 * LARGE), (few, peaks)


def test_bench_scale_model_pull():
    """A cache is filled in 64 MiB, the least a pod is given, however many and large the models are."""
    with tempfile.TemporaryDirectory() as folder, null.Null() as server:
        peak, last = Names(folder).measure(server, "-q", "--json", "model", "pull", "bench/12x32MiB/")
        assert json.loads(last)["done"] == 12, last
        print("# twelve models pulled: %.1f MiB" % peak)
        assert peak <= 64, peak


tap.run(sys.modules[__name__])
