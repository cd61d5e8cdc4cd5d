#!/usr/bin/env python3
"""test-live-scenario.py: one pipeline file, byte for byte as we ship it, on a plain directory (profile mock), MinIO (minio),
versitygw (a test profile) and moto (aws): the same commands give the same keys, bytes, metadata, types, exit codes and JSON.

Each world runs STEPS and then lists what is in its stores. The mock is the measure. What may differ stands in VARIES (values
of one run, put into a common form) and DIFFERS (a server's own ways, by name, with the reason); nothing else may, and a
difference that is none any more fails, too.
"""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import servers  # noqa: E402
from tool import BUILD, ENV, HOME, LARDER, SRC, larder, read, run, tree, write  # noqa: E402

BUCKETS = ("pingvas-studio-images", "pingvas-studio-uploads")
PROFILES = {"mock": "mock", "minio": "minio", "versitygw": "versitygw", "moto": "aws"}
JPEG = os.path.exists(os.path.join(BUILD, ".libs/codec-jpeg.so"))                    # configure --without-jpeg leaves it out
INI = os.path.join(SRC, "etc/larder.ini")
AT = ["--at", "2026-11-25T10:00:00Z"]

# Values of one run or one server, by the JSON name: what must hold of each, and what stands for it then.
VARIES = {
    "time": (r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "when it was written"),
    "uploaded_at": (r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", "{now} of the ingest"),
    "ms": (r"[\d.]+", "how long it took"),
    "seconds": (r"[\d.]+", "how long it took"),
    "url": (r"(file|https?)://\S+", "the address that the profile's CDN gives"),
    "thumbnail_url": (r"(file|https?)://\S+", "the address that the profile's CDN gives"),
    "etag": (r"\S+", "opaque: the server's own"),
    "version": (r"\S+", "opaque: the server's own"),
    "message": (r"(?s).+", "what went wrong, in the words of the one who said it"),
    "next": (r"(?s).+", "the next step, where the profile's driver knows a better one"),
}
# Left out of the comparison, by the JSON name.
APART = {
    "class": "test-live-scenario-class looks at it: MinIO and versitygw hold no classes",
    "status": "only a server has it",
    "provider": "only a server has it",
    "request": "only a server has it",
}

# What a server does otherwise, with versions or without: {(world, versioned): {step: (exit code, reason)}}. There the mock
# goes without these steps, too, and the server takes them at the end.
DIFFERS = {
    ("moto", False): {"copy, only if new": (0, "moto does not look at conditions of a copy")},
    ("moto", True): {"copy, only if new": (0, "moto does not look at conditions of a copy")},
}


# Facts of an object that a server does not keep: {world: ({JSON names}, reason)}.
LACKS = {
    "moto": ({"checksum", "checksum_type"}, "moto compares no CRC64NVME and gives none back"),
}


def png(shade, width=24, height=16):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 7 + y * 3 + shade) % 256 for x in range(width) for _ in range(3)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pictures():
    """The example pictures and some of our own, in HOME."""
    source = os.path.join(SRC, "doc/examples/pictures")
    os.makedirs("pictures")
    for name in os.listdir(source):
        if name.endswith((".png", ".webp", ".jpg") if JPEG else (".png", ".webp")):
            shutil.copyfile(os.path.join(source, name), os.path.join("pictures", name))
    for number in range(6):
        write("batch/%d.png" % number, png(number))
    write("other.png", png(99))
    write("text.png", b"this is no picture\n")
    write("half.png", png(7)[:200])
    write("notes/a.txt", b"one\n")
    write("notes/deep/b.json", b"{}\n")
    write("notes/empty", b"")
    return sorted(os.path.join("pictures", name) for name in os.listdir("pictures"))


def batch():
    lines = [{"file": "batch/%d.png" % n, "user": "u%d" % (n % 2), "job": "job-%d" % n, "at": "2026-0%d-01" % (n + 1)} for n in range(6)]
    lines[3]["format"] = "webp"
    lines += [{"file": "none.png", "user": "u0"}, {"file": "text.png", "user": "u0"}, {"files": "batch/0.png"}]
    return "\n".join(map(json.dumps, lines)).encode()


def steps(files):
    """(name, exit code, words, standard input): what a day brings."""
    ingest = ["image", "ingest"]
    dunes = [*ingest, "other.png", "--user", "ann", "--job", "dunes", *AT, "--json"]
    return [
        ("list before all", 0, ["ls", "images:", "--json"]),
        ("stat before all", 3, ["stat", "images:ann/2026/11/dunes.png", "--json"]),
        ("dry run", 0, [*ingest, *files, "--user", "ann", *AT, "--json", "-n"]),
        ("ingest", 0, [*ingest, *files, "--user", "ann", *AT, "--json"]),
        ("ingest again", 0, [*ingest, *files, "--user", "ann", *AT, "--json"]),
        ("a batch", 1, [*ingest, "--json"], batch()),
        ("other bytes, same job", 5, dunes),
        ("overwrite", 0, [*dunes, "--overwrite"]),
        ("other format, same job", 5, [*dunes, "--format", "webp"]),
        ("overwrite in another format", 0, [*dunes, "--format", "webp", "--overwrite"]),
        ("the former format is gone", 0, ["ls", "images:ann/2026/11/", "--json"]),
        ("and back", 0, [*dunes, "--overwrite"]),
        ("standard input", 0, [*ingest, "-", "--user", "ann", "--job", "stream", *AT, "--json"], png(50)),
        ("a broken picture", 6, [*ingest, "half.png", "--user", "ann", *AT, "--json"]),
        ("no picture", 2, [*ingest, "text.png", "--user", "ann", *AT, "--json"]),
        ("probe", 0, ["image", "probe", *files, "--json"]),
        ("list one level", 0, ["ls", "images:", "--json"]),
        ("list a folder", 0, ["ls", "images:ann/2026/11/", "--json"]),
        ("list all", 0, ["ls", "-r", "images:", "--json"]),
        ("list nothing", 3, ["ls", "images:nobody/", "--json"]),
        ("stat", 0, ["stat", "images:ann/2026/11/waves.webp", "thumbnails:ann/2026/11/thumbnails/waves.webp", "--json"]),
        ("stat, one missing", 1, ["stat", "images:ann/2026/11/waves.webp", "images:ann/none", "--json"]),
        ("cat", 0, ["cat", "images:ann/2026/11/pines.webp"]),
        ("cat of none", 3, ["cat", "images:ann/none"]),
        ("sizes", 0, ["du", "images:", "images:ann/", "--json"]),
        ("get", 0, ["get", "images:ann/2026/11/pines.webp", "got/", "--json"]),
        ("get all below", 0, ["get", "-r", "images:u0/", "got/u0/", "--json"]),
        ("get of none", 3, ["get", "images:ann/none", "got/", "--json"]),
        ("put", 0, ["put", "notes/a.txt", "uploads:text", "--json", "--metadata", "who=ann", "--cache-control", "no-cache"]),
        ("put a folder", 0, ["put", "-r", "notes/", "uploads:n/", "--json"]),
        ("put a stream", 0, ["put", "-", "uploads:stream.txt", "--json"], b"from a pipe\n"),
        ("put, only if new", 5, ["put", "--create-only", "notes/a.txt", "uploads:text", "--json"]),
        ("stat of a put", 0, ["stat", "uploads:text", "uploads:n/deep/b.json", "uploads:n/empty", "uploads:stream.txt", "--json"]),
        ("copy", 0, ["cp", "images:ann/2026/11/pines.webp", "images:copy/pines.webp", "--json"]),
        ("copy to another store", 0, ["cp", "-r", "images:u1/", "uploads:u1/", "--json"]),
        ("copy of none", 3, ["cp", "images:ann/none", "images:copy/none", "--json"]),
        ("copy, only if new", 5, ["cp", "--create-only", "images:ann/2026/11/pines.webp", "images:ann/2026/11/waves.webp", "--json"]),
        ("another type", 0, ["cp", "uploads:text", "uploads:text", "--content-type", "text/markdown", "--json"]),
        ("move", 0, ["mv", "uploads:stream.txt", "uploads:moved/stream.txt", "--json"]),
        ("move a folder", 0, ["mv", "-r", "uploads:n/", "uploads:m/", "--json"]),
        ("move onto itself", 5, ["mv", "uploads:text", "uploads:text", "--json"]),
        ("stat of a copy", 0, ["stat", "images:copy/pines.webp", "uploads:text", "uploads:m/deep/b.json", "--json"]),
        ("remove", 0, ["rm", "images:copy/pines.webp", "--json"]),
        ("remove again", 3, ["rm", "images:copy/pines.webp", "--json"]),
        ("remove a folder", 0, ["rm", "-r", "images:u1/", "--json"]),
        ("list what stayed", 0, ["ls", "-r", "images:", "uploads:", "--json"]),
        ("sizes at the end", 0, ["du", "images:", "uploads:", "--json"]),
    ]


NAMES = ("type", "file", "src", "store", "key")


def common(value, name=None):
    """A JSON value in the form that all worlds share."""
    if isinstance(value, dict):
        return {key: common(inner, key) for key, inner in value.items() if key not in APART}
    if isinstance(value, list):
        return [common(inner, name) for inner in value]
    if name in VARIES and value is not None:
        assert re.fullmatch(VARIES[name][0], str(value)), (name, value)
        return "<%s>" % VARIES[name][1]
    return value


def result(got, words):
    """What one command gave. Many things are done side by side: only a list has an order."""
    if "--json" not in words:
        return {"exit": got.code, "bytes": hashlib.sha256(got.raw).hexdigest()}
    lines = [common(line) for line in got.lines()]
    return {"exit": got.code, "lines": lines if words[0] == "ls" else sorted(lines, key=lambda line: [line.get(name, "") for name in NAMES])}


class World:
    """One profile, and what came of the steps there; `without` names the steps it goes without."""

    def __init__(self, name, versioned, without):
        self.name, self.without = name, without
        self.results, self.said, self.late, self.classes = {}, {}, {}, {}
        if name == "mock":
            self.begin({})
            return
        region = "ap-northeast-2" if name == "moto" else "us-east-1"           # as aws.ini says
        with servers.start(name, region=region) as server:
            for bucket in BUCKETS if versioned or name != "minio" else ():     # minio.ini makes what is missing, as mock.ini
                server.make_bucket(bucket, versioned)
            self.begin({key: value for key, value in server.environment().items()
                        if key.startswith(("AWS_", "LARDER_TEST_", "LARDER_MINIO")) or key.lower() == "no_proxy"})

    def begin(self, variables):
        place = tempfile.mkdtemp(dir=HOME)
        config = servers.pipeline(os.path.join(place, "etc"))
        assert read(config) == read(INI)
        self.env = dict(variables, LARDER_CONFIG=config, LARDER_PROFILE=PROFILES[self.name], LARDER_ROOT=os.path.join(place, "root"))
        for name, code, words, *stdin in steps(FILES):
            if name not in self.without:
                self.take(name, code, words, *stdin)
        self.results["files fetched"] = {key.decode(): hashlib.sha256(value).hexdigest() for key, value in tree("got").items()}
        shutil.rmtree("got")
        for store in ("images", "uploads"):
            self.results["objects of " + store] = self.objects(store)
        for name, _, words, *stdin in steps(FILES):
            if name in self.without:
                self.late[name] = larder(*words, stdin=stdin[0] if stdin else b"", env=self.env).code

    def take(self, name, code, words, stdin=b""):
        got = larder(*words, stdin=stdin, env=self.env)
        assert got.code == code, (self.name, name, got.code, got.out, got.err)
        self.said[name], self.results[name] = got.err, result(got, words)

    def objects(self, store):
        """{key: all that is known of it, and its bytes}"""
        place = os.path.join(os.path.dirname(self.env["LARDER_ROOT"]), store)
        listed = larder("ls", "-r", store + ":", "--json", env=self.env).lines()
        keys = [line["key"] for line in listed if line["type"] == "object"]
        facts = larder("stat", *[store + ":" + key for key in keys], "--json", env=self.env).lines()[1:-1]
        assert larder("get", "-r", "-q", store + ":", place, env=self.env).code == 0 and len(facts) == len(keys) > 0
        self.classes.update({line["key"]: line.get("class", "STANDARD") for line in facts})
        return {line["key"]: dict(common(line), bytes=hashlib.sha256(read(os.path.join(place, line["key"]))).hexdigest()) for line in facts}


FILES = pictures()
worlds = {}


def world(name, versioned=False, without=()):
    at = (name, versioned, tuple(without))
    if at not in worlds:
        worlds[at] = World(name, versioned, without)
    return worlds[at]


def differences(a, b, where=""):
    """Paths at which two results differ: {path: (one, other)}"""
    if isinstance(a, dict) and isinstance(b, dict):
        found = {}
        for key in sorted(set(a) | set(b)):
            found.update(differences(a.get(key), b.get(key), "%s/%s" % (where, key)))
        return found
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = {}
        for number, (one, other) in enumerate(zip(a, b)):
            found.update(differences(one, other, "%s[%d]" % (where, number)))
        return found
    return {} if a == b else {where: (a, b)}


def check(name, versioned=False):
    """This server's world is the mock's."""
    apart = DIFFERS.get((name, versioned), {})
    there, mock = world(name, versioned, tuple(apart)), world("mock", False, tuple(apart))
    for step, (code, reason) in apart.items():
        print("# %s: %s: %s" % (name, step, reason))
        assert there.late[step] == code != mock.late[step], (step, there.late[step], "it does as the others do now")
    lacks, reason = LACKS.get(name, (set(), None))
    absent = lacks if versioned else lacks | {"version"}                    # the mock's buckets have versions, as mock.ini says
    found = differences(mock.results, there.results)
    expected = [path for path, pair in found.items() if path.rsplit("/")[-1] in absent and pair[1] is None]
    assert {path.rsplit("/")[-1] for path in expected} == absent, "what it lacked is there now"
    if reason:
        print("# %s: %s" % (name, reason))
    found = {path: pair for path, pair in found.items() if path not in expected}
    assert not found, "\n".join("%s: %s" % item for item in list(found.items())[:20])


def test_live_scenario_minio():
    check("minio")


def test_live_scenario_versitygw():
    check("versitygw")


def test_live_scenario_aws():
    check("moto")


def test_live_scenario_minio_versioned():
    check("minio", True)


def test_live_scenario_versitygw_versioned():
    check("versitygw", True)


def test_live_scenario_aws_versioned():
    check("moto", True)


def test_live_scenario_class_left_out_and_said_once():
    # c-B04: a class that a server does not have is left out, and each run that would have sent one says so in one line
    for name, held in (("mock", True), ("moto", True), ("minio", False), ("versitygw", False)):
        there = world(name, False, tuple(DIFFERS.get((name, False), ())))
        for key, what in there.classes.items():
            tiered = held and "/thumbnails/" in key
            assert what == ("INTELLIGENT_TIERING" if tiered else "STANDARD"), (name, key, what)
        said = {step: text.count("INTELLIGENT_TIERING") for step, text in there.said.items() if "INTELLIGENT_TIERING" in text}
        assert set(said.values()) == (set() if held else {1}), (name, said)
        assert held or {"ingest", "a batch", "overwrite", "standard input"} <= set(said), (name, said)


# Design, section 3: what stands for what. Backends by driver, locks by provider.
STAND_INS = {
    #                     aws (moto)    minio           versitygw       mock
    "objects":           ("s3",         "s3",           "s3",           "localfs-mock"),
    "objects-replica":   ("s3",         "s3",           "s3",           "localfs-mock"),
    "archive":           ("glacier",    "localfs-mock", "localfs-mock", "localfs-mock"),
    "files":             ("efs",        "efs",          "efs",          "efs"),
    "cdn":               ("cloudfront", "nginx",        "nginx",        "localfs-mock"),
    "backup":            ("backup",     "backup",       "backup",       "localfs-mock"),
    "database":          ("rds",        "rds",          "rds",          "localfs-mock"),
}
LOCKS = {"moto": "redis", "minio": "redis", "versitygw": "file", "mock": "file"}
COLUMNS = ("moto", "minio", "versitygw", "mock")


# What a profile says beside its backends and locks: names of the account and of the machine.
OF_PROFILES = {
    "cdn.images.domain", "cache.models.root", "cache.models.image", "cache.models.service-account", "replication.tokyo.region", "filesystem.model-cache.kms-key",
    "filesystem.model-cache.vpc", "filesystem.model-cache.subnets", "filesystem.model-cache.nodes",
}


def shown(name, *words):
    """What the tool says of the configuration; no server is asked."""
    place = os.path.join(HOME, "shown")
    if not os.path.exists(place):
        servers.pipeline(place)
    env = dict(LARDER_CONFIG=os.path.join(place, "larder.ini"), LARDER_PROFILE=PROFILES[name], LARDER_TEST_ENDPOINT="http://127.0.0.1:9")
    got = larder(*words, "--json", env=env)
    assert got.code == 0, got.err
    return [line for line in got.lines() if line["type"] in ("store", "setting")]


def settings(name):
    """{path: (value, origin)}"""
    return {".".join(filter(None, (line["kind"], line["name"], line["key"]))): (line["value"], line["origin"])
            for line in shown(name, "config", "show") if line["winner"]}


def test_live_scenario_stand_ins():
    for column, name in enumerate(COLUMNS):
        found = settings(name)
        for backend, drivers in STAND_INS.items():
            assert found["backend.%s.driver" % backend][0] == drivers[column], (name, backend)
        assert {path.split(".")[1] for path in found if path.startswith("backend.")} == set(STAND_INS), name
        assert found["lock.models.driver"][0] == LOCKS[name], name
        if name != "mock":                                                  # the row of the capability table
            assert found["backend.objects.server"][0] == PROFILES[name], name


def test_live_scenario_stores_differ_in_their_driver_alone():
    plain = shown("mock", "store", "list")
    for column, name in enumerate(COLUMNS):
        stores = shown(name, "store", "list")
        assert len(stores) == 7 and [line["driver"] for line in stores] == [STAND_INS[line["backend"]][column] for line in stores], name
        found = differences([dict(line, driver=None) for line in plain], [dict(line, driver=None) for line in stores])
        assert not found, (name, found)


def test_live_scenario_profiles_leave_the_pipeline_alone():
    def of_pipeline(found):
        return {path: pair for path, pair in found.items() if not path.startswith(("backend.", "lock.")) and path not in OF_PROFILES}
    plain = of_pipeline(settings("mock"))
    assert len(plain) > 150
    for name in COLUMNS:
        found = of_pipeline(settings(name))
        assert found == plain and all(origin == "pipeline" for _, origin in found.values()), (name, differences(plain, found))


# ---- the profile minio, as a newcomer meets it ---------------------------------------------------

def minio(user="larder", password="larder-secret"):
    server = servers.Minio()
    server.access_key, server.secret_key = user, password
    return server.start()


def around(server, **more):
    """The environment of a shell in which nobody set a key, but for `more`."""
    clean = {name: value for name, value in ENV.items() if not name.startswith(("AWS_", "MINIO_"))}
    return dict(clean, LARDER_MINIO=server.endpoint, LARDER_CONFIG=INI, LARDER_PROFILE="minio", no_proxy="127.0.0.1", **more)


def test_live_scenario_readme_three_lines():
    # the lines of README.md under "On MinIO", as they stand; the two before them say where the tool is
    text = read(os.path.join(SRC, "README.md")).decode()
    before = re.search(r"## A first ingest\n\n```sh\n(larder=.*\nexport .*\n)", text).group(1)
    lines = re.search(r"### On MinIO\n.*?```sh\n(.*?)```", text, re.S).group(1)
    assert len(lines.splitlines()) == 3, lines
    user, password = re.search(r"MINIO_ROOT_USER=(\S+) MINIO_ROOT_PASSWORD=(\S+)", lines).groups()
    place = tempfile.mkdtemp(dir=HOME)
    for name, target in (("build", BUILD), ("etc", os.path.join(SRC, "etc")), ("doc", os.path.join(SRC, "doc"))):
        os.symlink(target, os.path.join(place, name))
    with minio(user, password) as server:
        env = {name: value for name, value in around(server).items() if not name.startswith("LARDER_") or name == "LARDER_MINIO"}
        done = subprocess.run(["sh", "-e", "-c", before + lines], cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr
        pngs = [name for name in os.listdir(os.path.join(place, "doc/examples/pictures")) if name.endswith(".png")]
        stored = server.client().list_objects_v2(Bucket=BUCKETS[0])["Contents"]
    assert len(stored) == 2 * len(pngs) > 4, stored
    for item in stored:
        assert "  %s\n" % item["Key"] in done.stdout, (item["Key"], done.stdout)
    assert sorted(os.listdir(place)) == ["build", "doc", "etc"]                # nothing went to this machine's disk


def test_live_scenario_minio_keys():
    # MINIO_ROOT_* as a pair, before the chain; half a pair is told; neither leaves it to AWS_*; none is shown
    root = {"MINIO_ROOT_USER": "larder", "MINIO_ROOT_PASSWORD": "larder-secret"}
    chain = {"AWS_ACCESS_KEY_ID": "larder", "AWS_SECRET_ACCESS_KEY": "larder-secret"}
    other = {"AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other", "AWS_SESSION_TOKEN": "token"}
    with minio() as server:
        server.make_bucket(BUCKETS[1])
        for keys, code, words in (({}, 4, "no credentials"), (root, 0, ""), (chain, 0, ""), (other, 4, "  403 Invalid"), ({**root, **other}, 0, ""),
                                  ({"MINIO_ROOT_USER": "larder", **chain}, 2, "secret-key"), ({**root, "MINIO_ROOT_PASSWORD": "wrong"}, 4, "secret-key")):
            got = subprocess.run([LARDER, "put", "text.png", "uploads:x"], env=around(server, **keys), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert got.returncode == code and words in got.stderr, (keys, got.returncode, got.stderr)
        got = subprocess.run([LARDER, "config", "show"], env=around(server, **root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "larder-secret" not in got.stdout + got.stderr and "(secret)" in got.stdout, got.stdout


run(sys.modules[__name__])
