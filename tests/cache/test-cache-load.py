#!/usr/bin/env python3
"""larder model load on the mock: filled once, then there without any module; names; new versions; what was there before; c-C02, c-C03, c-C14."""
import mmap
import os
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caches import ENV, MIB, LARDER, SPACE, Cache, read, run, write  # noqa: E402
import public  # noqa: E402

BIG, OTHER = os.urandom(20 * MIB + 3), os.urandom(20 * MIB + 9)


def test_cache_load_fills_then_hits():
    """The strategy's path; the second load asks nobody: it works without modules, store and lock."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    first, _ = cache.load("base")
    path = os.path.join(cache.root, "sdxl/base.safetensors")
    assert first["how"] == "filled" and first["path"] == path and first["length"] == len(BIG) and first["generation"] == 1, first
    assert read(path) == BIG and os.path.islink(path) and os.readlink(path).startswith("../.larder/gen/"), os.readlink(path)
    assert cache.private() == [], cache.private()
    shutil.rmtree(cache.path("store"))
    shutil.rmtree(cache.path("locks"), ignore_errors=True)
    second, _ = cache.load("base", env={"LARDER_MODULE_DIR": cache.path("nothing")})
    assert second["how"] == "hit" and second["path"] == path, second
    plain = cache.run("model", "load", "base", "--base", "sdxl")
    assert plain.out == path + "\n" and plain.code == 0, plain.out


def test_cache_load_modes():
    """755 whatever the umask (c-C03), no private file, folders too."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", b"x" * 1000)
    done = subprocess.run([LARDER, "model", "load", "base", "--base", "sdxl"], env={**ENV, **cache.env}, preexec_fn=lambda: os.umask(0o077), capture_output=True)
    assert done.returncode == 0, done.stderr
    for folder, folders, names in os.walk(cache.root):
        if "/state" in folder or "/fill" in folder:
            continue
        for name in folders + names:
            path = os.path.join(folder, name)
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            if not os.path.islink(path) and name != "transfers":
                assert mode & 0o555 == 0o555 or (mode == 0o644 and name.isdigit()), (path, oct(mode))


def test_cache_load_of_somebody_else():
    """c-C03: one user fills with umask 077, another reads it, and may not fill himself: exit 4 names path, owner and mode."""
    if os.geteuid() != 0:
        return
    cache = Cache()
    os.chmod(os.path.dirname(cache.top), 0o755)
    os.chmod(cache.top, 0o755)
    cache.put("sdxl/base.safetensors", b"x" * 1000)
    cache.put("sdxl/flux.safetensors", b"y" * 1000)
    subprocess.run(["chmod", "-R", "a+rwX", cache.path("store"), cache.path("profiles")], check=True)
    os.makedirs(cache.path("locks"), exist_ok=True)
    os.chmod(cache.path("locks"), 0o777)

    def become(user, mask):
        os.umask(mask)
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)

    os.makedirs(cache.root)
    os.chown(cache.root, 12001, 12001)
    place = public.copy()
    tool, env = os.path.join(place, "larder"), {**ENV, **cache.env, "LARDER_MODULE_DIR": place, "LD_LIBRARY_PATH": place}

    def load(name, user, mask):
        return subprocess.run([tool, "model", "load", name, "--base", "sdxl"], env=env, cwd="/", preexec_fn=lambda: become(user, mask), capture_output=True, text=True)

    done = load("base", 12001, 0o077)
    assert done.returncode == 0, done.stderr
    done = load("base", 12002, 0o027)
    assert done.returncode == 0 and done.stdout.endswith("sdxl/base.safetensors\n"), done.stderr
    done = load("flux", 12002, 0o027)
    assert done.returncode == 4 and "uid 12001" in done.stderr and "mode 755" in done.stderr and cache.root in done.stderr, done.stderr
    for user in (12001, 12002):
        done = subprocess.run([tool, "model", "ls"], env=env, cwd="/", preexec_fn=lambda: become(user, 0o077), capture_output=True, text=True)
        assert done.returncode == 0 and "base.safetensors" in done.stdout, done.stderr


def test_cache_load_read_only():
    """c-C02: on a read-only mount what is there is given, what is not is refused, naming the claim to mount."""
    cache = Cache("claim-rw = models-rw")
    cache.put("sdxl/base.safetensors", BIG[:1000])
    cache.load("base")
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'

    def inside(*words):
        return subprocess.run([*SPACE, "sh", "-c", script, "sh", cache.root, LARDER, *words], env={**ENV, **cache.env}, capture_output=True, text=True)

    done = inside("model", "load", "base", "--base", "sdxl")
    assert done.returncode == 0 and done.stdout == os.path.join(cache.root, "sdxl/base.safetensors") + "\n", done.stderr
    done = inside("model", "ls")
    assert done.returncode == 0 and "base.safetensors" in done.stdout, done.stderr
    assert inside("model", "verify").returncode == 0
    done = inside("model", "load", "absent", "--base", "sdxl")
    assert done.returncode == 4 and "read-only" in done.stderr and "models-rw" in done.stderr and "sdxl/absent.safetensors" in done.stderr, done.stderr


def test_cache_load_names():
    """No way out of the root, nothing into the book-keeping, exit 2; a model that is not there is 3, and nothing is left."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", b"x")
    for name, base in (("..", "sdxl"), ("a/b", "sdxl"), ("", "sdxl"), ("x\ny", "sdxl"), ("base", ".."), ("base", ".larder"), ("base", "a/../b"), ("n" * 300, "sdxl")):
        got = cache.run("model", "load", name, "--base", base)
        assert got.code == 2, (name, base, got.code, got.err)
    assert cache.run("model", "load", "base").code == 2
    _, got = cache.load("absent", code=3)
    assert "absent.safetensors" in got.err
    assert cache.listed() == [] and not os.path.lexists(os.path.join(cache.root, "sdxl/absent.safetensors"))


def test_cache_load_revalidate():
    """A new object is a new generation beside the old one: whoever has the old one open or mapped keeps its bytes."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    path = cache.load("base")[0]["path"]
    with open(path, "rb") as held, mmap.mmap(held.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert cache.load("base", "sdxl", "--revalidate")[0]["how"] == "hit"
        cache.put("sdxl/base.safetensors", OTHER)
        assert cache.load("base")[0]["generation"] == 1
        new, _ = cache.load("base", "sdxl", "--revalidate")
        assert new["how"] == "filled" and new["generation"] == 2 and read(path) == OTHER, new
        assert mapped[:] == BIG and held.read() == BIG
    assert [line["generation"] for line in cache.listed("--old")] == [2, 1] and len(cache.listed()) == 1


def test_cache_load_adopts():
    """What lay there is taken over at once when its size is the source's, and filled anew when not; whoever had it open keeps it."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    cache.put("sdxl/cut.safetensors", BIG)
    path, cut = (os.path.join(cache.root, "sdxl", name) for name in ("base.safetensors", "cut.safetensors"))
    write(path, BIG)
    write(cut, BIG[:-1])
    inode = os.stat(path).st_ino
    with open(cut, "rb") as held:
        assert cache.load("base")[0]["how"] == "adopted" and os.stat(path).st_ino == inode and os.path.islink(path)
        assert cache.load("base")[0]["how"] == "hit"
        assert cache.load("cut")[0]["how"] == "filled" and read(cut) == BIG
        assert held.read() == BIG[:-1]
    assert cache.run("model", "verify").code == 0


def test_cache_load_adopted_is_hashed_later():
    """Of the right size and not the right bytes: verify says so, with the byte; repair mends it."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    path = os.path.join(cache.root, "sdxl/base.safetensors")
    write(path, BIG[:12345] + bytes([BIG[12345] ^ 1]) + BIG[12346:])
    assert cache.load("base")[0]["how"] == "adopted"
    got = cache.run("model", "verify")
    assert got.code == 6 and "differ from byte 12345 on" in got.err and "base.safetensors" in got.err, got.err
    got = cache.run("model", "verify", "--repair")
    assert got.code == 0 and read(path) == BIG, got.err
    assert cache.run("model", "verify", "base", "--base", "sdxl").code == 0


def test_cache_load_damaged():
    """c-C14: cut by a page it is not given, but filled again; of the right size verify finds it, without its source too."""
    cache = Cache()
    for name in ("cut", "flip", "zero"):
        cache.put("sdxl/%s.safetensors" % name, BIG)
    real = {name: os.path.realpath(cache.load(name)[0]["path"]) for name in ("cut", "flip", "zero")}
    os.truncate(real["cut"], len(BIG) - 4096)
    with open(real["flip"], "r+b") as file:
        file.seek(9 * MIB)
        file.write(bytes([BIG[9 * MIB] ^ 0x80]))
    write(real["zero"], bytes(len(BIG)))
    again, _ = cache.load("cut")
    assert again["how"] == "filled" and again["generation"] == 2 and read(again["path"]) == BIG, again
    got = cache.run("model", "verify")
    assert got.code == 6 and "from byte %d on" % (9 * MIB) in got.err and "from byte 0 on" in got.err, got.err
    shutil.move(cache.path("store"), cache.path("away"))
    got = cache.run("model", "verify", "flip", "--base", "sdxl")
    assert got.code == 6 and "its checksum is not" in got.err, got.err
    shutil.rmtree(cache.path("store"), ignore_errors=True)
    shutil.move(cache.path("away"), cache.path("store"))
    assert cache.run("model", "verify", "--repair").code == 0 and cache.run("model", "verify").code == 0
    assert all(read(os.path.join(cache.root, "sdxl", name + ".safetensors")) == BIG for name in real)


def test_cache_load_of_many_files():
    """A model may be a prefix: its files are published as one, and a path that was given never mixes two."""
    cache = Cache("pattern = {base}/{name}", "key = {base}/{name}/")
    files = {"config.json": b"{}", "unet/a.safetensors": BIG, "unet/b.safetensors": BIG[:100]}
    for name, data in files.items():
        cache.put("sdxl/base/" + name, data)
    one, _ = cache.load("base")
    assert one["how"] == "filled" and one["files"] == 3 and one["key"] == "sdxl/base/", one
    for name, data in files.items():
        assert read(os.path.join(one["path"], name)) == data and read(os.path.join(cache.root, "sdxl/base", name)) == data, name
    assert cache.load("base")[0]["how"] == "hit"
    cache.put("sdxl/base/config.json", b"[]")
    two, _ = cache.load("base", "sdxl", "--revalidate")
    assert two["generation"] == 2 and read(os.path.join(two["path"], "config.json")) == b"[]" and read(os.path.join(one["path"], "config.json")) == b"{}"
    assert cache.run("model", "verify").code == 0 and cache.private() == [], cache.private()


def test_cache_load_adopts_many_files():
    cache = Cache("pattern = {base}/{name}", "key = {base}/{name}/")
    for name, data in (("config.json", b"{}"), ("unet/a.safetensors", BIG)):
        cache.put("sdxl/base/" + name, data)
        write(os.path.join(cache.root, "sdxl/base", name), data)
    one, _ = cache.load("base")
    assert one["how"] == "adopted" and os.path.islink(os.path.join(cache.root, "sdxl/base")), one
    assert read(os.path.join(one["path"], "unet/a.safetensors")) == BIG


def test_cache_load_not_by_sync():
    """A sync into a cache would see links where files should be: it is refused, and says what fills a cache. Before there is a cache it is as ever."""
    cache = Cache("prefixes = sdxl/")
    cache.put("sdxl/base.safetensors", BIG[:1000])
    cache.put("sdxl/config.json", b"{}")
    assert cache.run("sync", "-q", "models:sdxl/", os.path.join(cache.root, "sdxl")).code == 0
    got = cache.run("model", "pull", "--json")
    assert got.code == 0 and sorted(line["action"] for line in got.lines() if line["type"] == "object") == ["adopted"] * 2, got.out
    got = cache.run("sync", "--delete", "models:sdxl/", os.path.join(cache.root, "sdxl"))
    assert got.code == 5 and "lies in a model cache" in got.err and "larder model pull" in got.err, got.err
    assert cache.run("model", "verify").code == 0 and cache.run("model", "pull", "--json").summary()["skipped"] == 2


def test_cache_load_goes_on():
    """A publisher that died between its record and its link: the next load switches the link. A record that is none says so."""
    cache = Cache()
    cache.put("sdxl/base.safetensors", BIG)
    path = cache.load("base")[0]["path"]
    os.unlink(path)
    got, _ = cache.load("base")
    assert got["how"] == "hit" and got["generation"] == 1 and read(path) == BIG, got
    write(os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(path))), "2"), b"no record\n")
    os.unlink(path)
    _, got = cache.load("base", code=6)
    assert "is no record of a model" in got.err and "verify --repair" in got.err, got.err


run(sys.modules[__name__])
