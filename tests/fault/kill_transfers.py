"""kill_transfers.py: put, get, recursive copies, sync and resume killed at random instants. Whatever the instant: a name is absent, or
has all of its bytes, old or new, and what was there and is to be there never goes; the same command, given again, ends well and leaves
nothing behind. kill_transfers.py KILLS [SEED [mock|minio]]: what had ended before its instant counts for nothing."""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import clock  # noqa: E402
from folders import Home, files  # noqa: E402

TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
MIB = 1 << 20
LATER = clock.off(7200)


class Place(Home):
    """A store, a folder, and what is in both. Kills come within `within` seconds: as long as the longest of these takes there."""
    within = 0.25

    def __init__(self, seed):
        self.random = random.Random(seed)
        super().__init__("larder-kills-")
        self.write("larder.ini", b'[store "s"]\nbackend = b\nbucket = bucket\n')
        self.write("profiles/t.ini", ("[backend \"b\"]\n" + self.backend()).encode())
        self.large = [self.random.randbytes(20 * MIB + 3) for _ in range(2)]
        self.write("large", self.large[0])
        for number in range(60):
            self.write("tree/%d/%d" % (number % 7, number), self.random.randbytes(number * 997))
        self.env = {**self.outside(), "LARDER_CONFIG": self.path("larder.ini"), "LARDER_PROFILE": "t", "XDG_STATE_HOME": self.path("state"),
                    "LARDER_MODULE_DIR": os.path.join(os.environ["TOP_BUILDDIR"], ".libs")}
        self.stored = False
        self.killed = self.ended = 0

    def backend(self):
        return "driver = localfs-mock\nroot = %s/root\ncreate = yes\nfsync = no\n" % self.home

    def outside(self):
        return os.environ

    def uploads_left(self):
        """Those that are not finished."""
        uploads = self.path("root/bucket/.larder/uploads")
        return [(folder, names) for folder, _, names in os.walk(uploads) if names]

    def end(self):
        shutil.rmtree(self.home)

    def run(self, *words, most=None, **more):
        """The exit code; killed after `most` seconds. `more` is for the environment."""
        process = subprocess.Popen([TOOL, "-q", *words], env={**self.env, **more}, cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if most is not None:
            time.sleep(most)
            process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=300)
        self.killed += process.returncode == -signal.SIGKILL
        self.ended += most is not None and process.returncode != -signal.SIGKILL
        return process.returncode, out, err

    def whole(self, *words, **more):
        code, out, err = self.run(*words, **more)
        assert code == 0, (words, code, err)
        return out


class MinioPlace(Place):
    def __init__(self, seed):
        import servers
        self.server = servers.start("minio")
        self.server.make_bucket("bucket")
        self.client = self.server.client()
        super().__init__(seed)
        begun = time.monotonic()
        self.whole("put", "large", "s:large")
        self.within, self.stored = time.monotonic() - begun, True

    def backend(self):
        return "driver = s3\nserver = minio\nendpoint = %s\nregion = %s\n" % (self.server.endpoint, self.server.region)

    def outside(self):
        return self.server.environment()

    def uploads_left(self):
        return [one["Key"] for one in self.client.list_multipart_uploads(Bucket="bucket").get("Uploads", [])]

    def end(self):
        self.server.stop()
        super().end()


PLACES = {"mock": Place, "minio": MinioPlace}


def tidy(place):
    """Nothing is left behind: no journal, no upload, no private file. One that may have been begun in the instant before its id was in the journal
    is looked for when it is old enough, and then it is gone, too."""
    journals = place.path("state/larder/transfers")
    left = os.listdir(journals) if os.path.isdir(journals) else []
    assert all("-" in name for name in left), left
    if left:
        place.whole("transfer", "gc", "--older-than", "0s", **LATER)
        assert os.listdir(journals) == [], left
    for folder, _, names in os.walk(place.home):
        assert not [name for name in names if name.startswith(".tmp")], ("left behind", folder, names)
    left = place.uploads_left()
    assert not left, ("left behind", left)


def put(place, after):
    """One of two contents; the object is always one of those it has had."""
    before, now = place.large
    place.write("large", now)
    place.run("put", "large", "s:large", most=after)
    code, out, _ = place.run("cat", "s:large")
    assert (code == 3 and not place.stored) or (code == 0 and out in ((before, now) if place.stored else (now,))), "torn object"
    place.whole("put", "large", "s:large")
    assert place.whole("cat", "s:large") == now
    place.stored = True
    place.large.reverse()


def get(place, after):
    place.write("large", place.large[0])
    place.whole("put", "large", "s:large")
    place.stored = True
    there = place.random.random() < 0.5
    if there:
        place.write("out/large", b"old")
    place.run("get", "s:large", "out/large", most=after)
    left = {name: data for name, data in files(place.path("out")).items() if not name.startswith(".tmp")}
    assert left in ({"large": place.large[0]}, {"large": b"old"} if there else {}), "torn file"
    place.whole("get", "s:large", "out/large")
    assert files(place.path("out")) == {"large": place.large[0]}, os.listdir(place.path("out"))
    shutil.rmtree(place.path("out"))


def stored(place, prefix):
    """What a reader finds below it; 3: nothing has arrived yet. A server may still be at what the killed one asked of it: then what was
    listed is gone when it is read, and the reader looks again."""
    code = 1
    for _ in range(5):
        if code == 1:
            shutil.rmtree(place.path("look"), ignore_errors=True)
            code, _, err = place.run("get", "-r", prefix, "look")
        if b"404 NoSuchKey" not in err:
            break
    assert code in (0, 3), (code, err)
    found = files(place.path("look"))
    shutil.rmtree(place.path("look"), ignore_errors=True)
    return found


def put_tree(place, after):
    place.run("put", "-r", "tree", "s:", most=after)
    want = files(place.path("tree"))
    assert all(want.get(name) == data for name, data in stored(place, "s:tree/").items()), "torn object"
    place.whole("put", "-r", "tree", "s:")
    same(stored(place, "s:tree/"), want)
    place.whole("rm", "-r", "s:tree/")


def get_tree(place, after):
    want = files(place.path("tree"))
    place.whole("put", "-r", "tree", "s:")
    place.run("get", "-r", "s:tree/", "back", most=after)
    left = files(place.path("back")) if os.path.isdir(place.path("back")) else {}
    assert all(want.get(name) == data for name, data in left.items()), "torn file"
    place.whole("get", "-r", "s:tree/", "back")
    same(files(place.path("back")), want)
    shutil.rmtree(place.path("back"))
    place.whole("rm", "-r", "s:tree/")


def older(place, top):
    """A tree of before: half of the names with other bytes, and some that are to go."""
    shutil.rmtree(place.path(top), ignore_errors=True)
    for number in range(0, 60, 2):
        place.write("%s/%d/%d" % (top, number % 7, number), place.random.randbytes(number * 991 + 1))
    for number in range(20):
        place.write("%s/%d/gone-%d" % (top, number % 7, number), b"gone")
    return files(place.path(top))


def same(left, want):
    wrong = sorted(name for name in left.keys() | want.keys() if left.get(name) != want.get(name))
    assert not wrong, ("differ", [(name, len(left.get(name, b"-")), len(want.get(name, b"-"))) for name in wrong])


def between(left, old, new):
    for name, data in left.items():
        assert data in (old.get(name), new.get(name)), ("torn", name)
    assert not (old.keys() & new.keys()) - left.keys(), ("lost", (old.keys() & new.keys()) - left.keys())


def sync_up(place, after):
    new, old = files(place.path("tree")), older(place, "older")
    words = ("sync", "--delete", "--delete-most", "100%", "tree", "s:mirror/")
    place.whole("put", "-r", "older/", "s:mirror/")
    place.run(*words, most=after)
    between(stored(place, "s:mirror/"), old, new)
    place.whole(*words)
    same(stored(place, "s:mirror/"), new)
    place.whole("rm", "-r", "s:mirror/")


def sync_down(place, after):
    new, old = files(place.path("tree")), older(place, "back")
    words = ("sync", "--delete", "--delete-most", "100%", "s:tree/", "back")
    place.whole("put", "-r", "tree", "s:")
    place.run(*words, most=after)
    between({name: data for name, data in files(place.path("back")).items() if not os.path.basename(name).startswith(".tmp")}, old, new)
    place.whole(*words)
    same(files(place.path("back")), new)
    shutil.rmtree(place.path("back"))
    place.whole("rm", "-r", "s:tree/")


def resume(place, after):
    """Resumed instead of given again, and killed in that too; what had not begun is not resumed."""
    up = place.random.random() < 0.5
    place.write("large", place.large[0])
    if not up or place.stored:
        place.whole("put", "large", "s:large")
        place.stored = True
    if up:
        place.large.reverse()
        place.write("large", place.large[0])
    words = ("put", "large", "s:large") if up else ("get", "s:large", "out/large")
    place.run(*words, most=after)
    place.run("transfer", "resume", most=place.random.random() * 0.1)
    place.whole("transfer", "resume")
    tidy(place)
    code, out, _ = place.run("cat", "s:large")
    assert (code == 3 and not place.stored) or (code == 0 and out in place.large), "torn object"
    assert files(place.path("out")) in ({}, {"large": place.large[0]}), "torn file"
    place.whole(*words)
    assert place.whole("cat", "s:large") == place.large[0]
    place.stored = True
    shutil.rmtree(place.path("out"), ignore_errors=True)


def main(kills, seed, store="mock"):
    """True when all held; the seed and the round are told otherwise."""
    place, number = PLACES[store](seed), 0
    try:
        while place.killed < kills:
            number += 1
            one = place.random.choice([put, get, put_tree, get_tree, sync_up, sync_down, resume])
            after = place.random.random() * place.within
            try:
                one(place, after)
                tidy(place)
            except AssertionError as error:
                print("# round %d of seed %d on %s, %s killed after %.4f s: %s" % (number, seed, store, one.__name__, after, error))
                return False
        print("# %d killed, %d had ended" % (place.killed, place.ended))
        return True
    finally:
        place.end()


if __name__ == "__main__":
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else random.randrange(1 << 32)
    STORE = sys.argv[3] if len(sys.argv) > 3 else "mock"
    print("%s kills, seed %d, %s" % (sys.argv[1], SEED, STORE), flush=True)
    sys.exit(0 if main(int(sys.argv[1]), SEED, STORE) else 1)
