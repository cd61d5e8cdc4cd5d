#!/usr/bin/env python3
"""What edges hold is forgotten: a store on a plain folder behind a distribution of a service held against botocore's model. Paths as the service matches them (c-E07), each once
and folders where they are many; lots that wait for each other; asked for twice where a reply was lost, begun once; a price said before."""
import json
import os
import re
import signal
import subprocess
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import cloudfront_service  # noqa: E402
import edge_place  # noqa: E402
import loading  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
import scene  # noqa: E402
from stopped import bad  # noqa: E402

PIPELINE = """[larder]
environment = test
prices = seoul
[store "images"]
backend = objects
bucket = images
cdn = images
[store "thumbnails"]
in = images
[store "models"]
backend = objects
bucket = models
[pipeline "image"]
store = images
key = {user}/{job}.{ext}
thumbnail-store = thumbnails
thumbnail-key = {user}/thumbnails/{job}.webp
[pipeline "hashed"]
store = images
key = {user}/{job}-{hash8}.{ext}
thumbnail-store = thumbnails
thumbnail-key = {user}/thumbnails/{job}-{hash8}.webp
[cdn "images"]
store = images
accept = public-cdn
behaviors = default
[behavior "default"]
methods = GET, HEAD
"""
PRICES = """[prices]
currency = USD
region = ap-northeast-2
date = 2026-11-29
[price "invalidation"]
amount = 0.005
unit = "a path beyond 1,000 a month"
source = a test
"""


class Place(edge_place.EdgePlace):
    def __init__(self):
        super().__init__("larder-invalidate-")
        self.service = cloudfront_service.Service()
        mock = "[backend \"objects\"]\ndriver = localfs-mock\ncreate = yes\nroot = %s\n" % self.path("root")
        self.write("larder.ini", PIPELINE)
        self.write("prices/seoul.ini", PRICES)
        self.write("profiles/edge.ini", mock + "[backend \"cdn\"]\ndriver = cloudfront\nserver = moto\nendpoint = %s\n[cdn \"images\"]\nbackend = cdn\n" % self.service.endpoint)
        self.write("profiles/mock.ini", mock + "[cdn \"images\"]\nbackend = objects\n")
        self.write("profiles/none.ini", mock)
        self.identity = self.distribution("images")

    def distribution(self, name):
        return self.service.CreateDistributionWithTags({"DistributionConfig": {
            "CallerReference": name, "Comment": "", "Enabled": True, "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "d", "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "p"}},
            "Tags": {"Items": [{"Key": "larder:id", "Value": "test/cdn/" + name}]}})[0]["Distribution"]["Id"]

    def run(self, *words, rules=(), busy=0, progress=0, profile="edge", **more):
        service = self.service
        service.rules[:], service.busy, service.progress = rules, busy, progress
        service.asked.clear(), service.counts.clear(), service.invalidations.clear()
        done = super().run(*words, profile=profile, **more)
        assert service.wrong == [], service.wrong
        return done

    def invalidate(self, *words, **more):
        return self.run("cdn", "invalidate", *words, **more)

    def lots(self):
        return [one["batch"]["Paths"]["Items"] for one in self.service.invalidations.values()]

    def wrote(self):
        return [name for name, _ in self.service.asked if not name.startswith(("Get", "List"))]


def owed(whole=False):
    """The files of what is still to be told."""
    top = place.path(".local/state/larder/invalidations")
    found = sorted((folder, name) for folder, _, names in os.walk(top) for name in names)
    return found if whole else [name for _, name in found]


def test_live_cdn_invalidate_one():
    """A picture and its thumbnail: two paths of the one distribution, and what they cost said before."""
    done = place.invalidate("-t", "ann/cat.png")
    assert done.code == 0 and place.lots() == [["/ann/cat.png", "/ann/thumbnails/cat.webp"]], done
    assert "2 paths; at the most 0.01 USD, a path beyond 1,000 a month" in done.err and "GetInvalidation" not in place.service.counts, done
    done = place.invalidate("--json", "ann/cat.png", "images:ann/cat.png", "thumbnails:x.webp", "--wait", progress=3)
    assert done.code == 0 and place.lots() == [["/ann/cat.png", "/x.webp"]], done
    told = [line for line in done.lines if line["type"] == "invalidation"]
    assert [line["step"] for line in told] == ["planned", "started", "running", "running", "done"], told
    assert told[0]["price"] == "0.01 USD" and told[-1]["token"] == "%s/%s" % (place.identity, next(iter(place.service.invalidations))), told


def test_live_cdn_invalidate_only_plans():
    done = place.invalidate("-n", "ann/cat.png", "images:bob/*")
    assert done.code == 0 and place.service.asked == [] and "2 paths, 1 of them a wildcard; at the most 0.01 USD" in done.err, done


def test_live_cdn_invalidate_names():
    """c-E07: encoded as the service matches it; a name that it does not match for sure is named, and nothing is begun."""
    for key, path in (("a b.png", "/a%20b.png"), ("50%.png", "/50%25.png"), ("한.png", "/%ED%95%9C.png"), ("a_b-c.png", "/a_b-c.png")):
        done = place.invalidate(key)
        assert done.code == 0 and place.lots() == [[path]], (key, done)
    for key in ("ann/~x.png", "ann/(1).png", "ann/a*b.png", "ann/a?b.png", "ann/a+b.png"):
        done = place.invalidate("ann/plain.png", key)
        assert done.code == 2 and place.wrote() == [] and re.search(r"all else that begins so goes with it: 'images:ann/a?\*'", done.err), (key, done)


def test_live_cdn_invalidate_wildcards():
    """What a wildcard takes along is not asked for beside it."""
    done = place.invalidate("ann/*", "ann/cat.png", "ann/deep/*", "bob/cat.png")
    assert done.code == 0 and place.lots() == [["/ann/*", "/bob/cat.png"]] and "2 paths, 1 of them a wildcard" in done.err, done
    done = place.invalidate("images:*", "ann/cat.png")
    assert done.code == 0 and place.lots() == [["/*"]], done
    done = place.invalidate("-t", "ann/*")
    assert done.code == 2 and place.service.asked == [], done


def test_live_cdn_invalidate_many():
    """Up to what is free in a month each by its name; beyond it full folders are one path each, and what is left is exact."""
    done = place.invalidate(*("ann/%d.png" % n for n in range(900)), *("bob/%d.png" % n for n in range(100)))
    assert done.code == 0 and [len(lot) for lot in place.lots()] == [1000] and "1000 paths; " in done.err, done
    done = place.invalidate(*("ann/%d.png" % n for n in range(900)), *("bob/%d.png" % n for n in range(101)), *("cy/%d.png" % n for n in range(19)))
    lot, = place.lots()
    assert done.code == 0 and len(lot) == 21 and lot[:2] == ["/ann/*", "/bob/*"] and "/cy/7.png" in lot, done
    done = place.invalidate(*("%d/%d.png" % (n % 7, n) for n in range(1500)))
    assert done.code == 0 and place.lots() == [["/%d/*" % n for n in range(7)]] and "7 paths, 7 of them wildcards; at the most 0.035 USD" in done.err, done


def test_live_cdn_invalidate_lots():
    """No more at a time than the service takes: 3,000 paths, 15 of them wildcards; the next lot waits for the one before."""
    done = place.invalidate(*("folder-%04d/x.png" % n for n in range(3100)), progress=2)
    assert done.code == 0 and [len(lot) for lot in place.lots()] == [3000, 100], done
    names = [name for name, _ in place.service.asked if "Invalidation" in name]
    assert names == ["CreateInvalidation", "GetInvalidation", "GetInvalidation", "CreateInvalidation"], names
    done = place.invalidate(*("folder-%02d/*" % n for n in range(17)))
    assert done.code == 0 and [len(lot) for lot in place.lots()] == [15, 2], done


def test_live_cdn_invalidate_faults():
    """Begun once, whatever was lost; too many under way are waited for; denied is 4."""
    done = place.invalidate("a.png", rules=[("CreateInvalidation", 1, "lose")])
    assert done.code == 0 and place.wrote() == ["CreateInvalidation"] * 2 and place.lots() == [["/a.png"]], done
    done = place.invalidate("a.png", busy=2)
    assert done.code == 0 and place.wrote() == ["CreateInvalidation"] * 3 and place.lots() == [["/a.png"]], done
    done = place.invalidate("a.png", rules=[("CreateInvalidation", 1, "throttle")])
    assert done.code == 0 and place.lots() == [["/a.png"]], done
    done = place.invalidate("a.png", rules=[("CreateInvalidation", 1, "deny")])
    assert done.code == 4 and "AccessDenied" in done.err and place.lots() == [], done


def test_live_cdn_invalidate_stopped():
    """What was begun goes on; the command ends at once."""
    place.service.progress = 1000
    place.service.asked.clear(), place.service.invalidations.clear()
    process = place.start("--json", "cdn", "invalidate", "--wait", "a.png")
    with place.service.came:
        assert place.service.came.wait_for(lambda: "GetInvalidation" in [name for name, _ in place.service.asked], 60 * servers.SLOW)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60 * servers.SLOW)
    steps = [json.loads(line).get("step") for line in out.splitlines() if "\"invalidation\"" in line]
    assert process.returncode == 130 and steps[:2] == ["planned", "started"] and "done" not in steps, (process.returncode, out, err)


def test_live_cdn_invalidate_with_put_and_rm():
    """What was there and was replaced or removed, and nothing else; a name that is not matched for sure goes with what begins as it does; beyond what is kept, all below."""
    for name in ("a.png", "b c.png", "deep/(1).png"):
        place.write("in/" + name, name)
    put = "put", "--invalidate", "-r", place.path("in"), "images:ann/"
    done = place.run(*put)
    assert done.code == 0 and place.service.asked == [] and "3 new, of which edges are not told; of a key that was removed before without --invalidate they may hold something" in done.err, done
    place.write("in/new.png", "new")
    done = place.run("-n", *put)
    assert done.code == 0 and place.wrote() == [] and "3 paths" in done.err and "1 new" in done.err and owed() == [], done
    done = place.run(*put)
    assert done.code == 0 and place.lots() == [["/ann/in/a.png", "/ann/in/b%20c.png", "/ann/in/deep/*"]] and "1 new" in done.err and owed() == [], (done, place.lots())
    done = place.run("put", place.path("in/a.png"), "images:ann/in/a.png")
    assert done.code == 0 and place.service.asked == [], done
    done = place.run("put", "--invalidate", "--create-only", place.path("in/a.png"), "images:ann/other.png")
    assert done.code == 0 and place.service.asked == [] and "1 new" in done.err, done
    done = place.run("put", "--invalidate", "--create-only", place.path("in/a.png"), "images:ann/other.png")
    assert done.code != 0 and " new" not in done.err, done
    done = place.run("rm", "-n", "--invalidate", "-r", "images:ann/in")
    assert done.code == 0 and place.wrote() == [] and "4 paths" in done.err, done
    done = place.run("rm", "--invalidate", "images:ann/in/a.png", "images:ann/in/b c.png", "images:ann/in/none.png")
    assert done.code == 1 and place.lots() == [["/ann/in/a.png", "/ann/in/b%20c.png"]], (done, place.lots())
    for number in range(10001):
        place.write("many/%d" % number, "")
    done = place.run("put", "--invalidate", "-r", place.path("many"), "images:bob")
    assert done.code == 0 and place.service.asked == [], done.err
    done = place.run("put", "--invalidate", "-r", place.path("many"), "images:bob")
    assert done.code == 0 and place.lots() == [["/bob*"]], (done.err, place.lots())


def test_live_cdn_invalidate_counts_what_is_told():
    """A hundred names that are not matched for sure go as one wildcard, which is counted and paid for once; so does what lies below it. By name each is refused before anything is planned."""
    for number in range(100):
        place.write("odd/(%d).png" % number, "")
    place.write("odd/plain.png", "")
    assert place.run("put", "-r", place.path("odd"), "images:cy/").code == 0
    done = place.run("put", "--invalidate", "-r", place.path("odd"), "images:cy/")
    assert done.code == 0 and place.lots() == [["/cy/odd/*"]] and "1 path, 1 of them a wildcard; at the most 0.005 USD" in done.err, (done.err, place.lots())
    done = place.run("rm", "-n", "--invalidate", "-r", "images:cy/odd/(1")
    assert done.code == 3, done
    done = place.invalidate("-n", "images:cy/odd/(1).png")
    assert done.code == 2 and "they match no name with '('" in done.err and "goes with it: 'images:cy/odd/*'" in done.err, done


def test_live_cdn_invalidate_cannot():
    """Before anything is changed; and what was changed is invalidated though others failed."""
    place.write("in/a.png", "new")
    done = place.run("put", "--invalidate", place.path("in/a.png"), "models:a.png")
    assert done.code == 2 and "no [cdn] serves" in done.err and place.run("stat", "models:a.png").code == 3, done
    assert place.run("put", place.path("in/a.png"), "images:ann/a.png").code == 0
    done = place.run("put", "--invalidate", place.path("in/a.png"), place.path("in/none.png"), "images:ann/")
    assert done.code == 1 and place.lots() == [["/ann/a.png"]] and owed() == [], done


DENIED = [("CreateInvalidation", 1, "deny")]


def test_live_cdn_invalidate_owed():
    """What edges refused to be told is kept: by its own command, or with what the next one changes, all in one plan; told once."""
    put = "put", "--invalidate", place.path("in/a.png"), "images:ann/a.png"
    done = place.run(*put, rules=DENIED)
    assert done.code == 4 and "AccessDenied" in done.err and "then 'larder cdn invalidate --owed' has them forget it" in done.err and len(owed()) == 1, done
    assert place.run("cat", "images:ann/a.png").out == "new"
    done = place.run("rm", "--invalidate", "images:ann/a.png", "images:ann/none.png", rules=DENIED)
    assert done.code == 4 and "edges may go on serving what was changed: " in done.err and "AccessDenied" in done.err and len(owed()) == 2, done
    done = place.invalidate("--owed", "-n")
    assert done.code == 0 and place.wrote() == [] and "1 path; at the most 0.005 USD" in done.err and len(owed()) == 2, done
    done = place.invalidate("--owed")
    assert done.code == 0 and place.lots() == [["/ann/a.png"]] and owed() == [], done
    done = place.invalidate("--owed")
    assert done.code == 0 and place.service.asked == [] and "left anything to tell" in done.err, done
    assert place.run("put", place.path("in/a.png"), "images:ann/a.png").code == 0
    assert place.run(*put, rules=DENIED).code == 4
    done = place.run("put", "--invalidate", place.path("in/a.png"), "images:ann/fresh.png")
    assert done.code == 0 and place.lots() == [["/ann/a.png"]] and owed() == [], done
    assert place.run(*put, rules=DENIED, profile="edge").code == 4
    done = place.run("cdn", "invalidate", "--owed", profile="mock")
    assert done.code == 0 and "left anything to tell" in done.err and len(owed()) == 1, done
    assert place.invalidate("--owed").code == 0 and owed() == []
    for words in ((), ("--owed", "a.png")):
        assert place.invalidate(*words).code == 2, words


def test_live_cdn_invalidate_owed_of_a_run_that_changed_nothing():
    """Killed before anything was: its file goes with the next one, and not with a plan."""
    place.write("in/a.png", "new")
    assert place.run("put", place.path("in/a.png"), "images:ann/a.png").code == 0
    assert place.run("put", "--invalidate", place.path("in/a.png"), "images:ann/a.png", rules=DENIED).code == 4
    (folder, name), = owed(True)
    with open(os.path.join(folder, name), "rb") as file:
        below, key = file.read().split(b"\0")[:2]
    assert (below[:1], key[:1]) == (b"b", b"k"), (below, key)
    place.write(os.path.join(folder, "00.owed"), below.decode() + "\0")
    place.write(os.path.join(folder, "01.owed"), "")
    assert place.invalidate("--owed", "-n").code == 0 and len(owed()) == 3
    assert place.invalidate("--owed").code == 0 and place.lots() == [["/ann/a.png"]] and owed() == []


def test_live_cdn_invalidate_owed_to_one_that_refuses():
    """What another CDN does not take stays, and nothing else."""
    place.write("in/a.png", "new")
    place.write("larder.ini", PIPELINE.replace("bucket = models\n", "bucket = models\ncdn = models\n") + '[cdn "models"]\nstore = models\naccept = public-cdn\nbehaviors = default\n')
    place.write("profiles/both.ini", open(place.path("profiles/edge.ini")).read() + '[cdn "models"]\nbackend = cdn\n')
    other = place.distribution("models")
    for store in ("models", "images"):
        assert place.run("put", place.path("in/a.png"), store + ":eve/a.png", profile="both").code == 0
    assert place.run("put", "--invalidate", place.path("in/a.png"), "models:eve/a.png", rules=DENIED, profile="both").code == 4
    left = owed()
    done = place.run("put", "--invalidate", place.path("in/a.png"), "images:eve/a.png", rules=[("CreateInvalidation", 2, "deny"), ("CreateInvalidation", 4, "deny")], profile="both")
    assert done.code == 4 and "AccessDenied" in done.err and owed() == left and place.wrote() == ["CreateInvalidation"] * 4 and done.err.count("at the most") == 2, (done, owed())
    done = place.invalidate("--owed", profile="both")
    assert done.code == 0 and place.lots() == [["/eve/a.png"]] and owed() == [], done
    place.write("larder.ini", PIPELINE)
    del place.service.distributions[other]


def test_live_cdn_invalidate_owed_of_a_store_that_is_gone():
    """It keeps nobody else from being told, and is told with the file that may go."""
    place.write("larder.ini", PIPELINE + '[store "old"]\nbackend = objects\nbucket = images\ncdn = images\n')
    assert place.run("put", "--invalidate", place.path("in/a.png"), "old:ann/a.png", rules=DENIED).code == 4
    place.write("larder.ini", PIPELINE)
    done = place.run("put", "--invalidate", place.path("in/a.png"), "images:ann/a.png")
    assert done.code == 2 and place.lots() == [["/ann/a.png"]] and "cannot be told to the edges" in done.err and owed()[0] in done.err, done
    os.unlink(os.path.join(place.path(".local/state/larder/invalidations"), *owed(True)[0]))
    assert place.invalidate("--owed").code == 0


def test_live_cdn_invalidate_owed_without_a_folder_for_state():
    """Then the message has the very command."""
    place.write("state", "a file")
    done = place.run("put", "--invalidate", place.path("in/a.png"), "images:ann/a.png", rules=DENIED, env={"XDG_STATE_HOME": place.path("state")})
    assert done.code == 4 and "larder cdn invalidate 'images:ann/a.png*'" in done.err and owed() == [], done


def test_live_cdn_invalidate_killed():
    """Killed before each call that changes a folder: whatever was changed by then is told by the next one."""
    keys = ["/dan/in/%s" % name for name in ("a.png", "b%20c.png", "deep/*", "new.png")]
    put, kills = ("put", "--invalidate", "-r", place.path("in"), "images:dan/"), 0
    for call in ("linkat", "renameat", "unlinkat"):
        number, killed = 0, True
        while killed:
            number += 1
            for name in ("a.png", "b c.png", "deep/(1).png", "new.png"):
                place.write("in/" + name, "before")
            assert place.run("--jobs", "1", *put).code == 0
            for name in ("a.png", "b c.png", "deep/(1).png", "new.png"):
                place.write("in/" + name, "after")
            done = place.run("--jobs", "1", *put, env=bad("%s:kill:%d" % (call, number)))
            killed = done.code == -signal.SIGKILL
            assert killed or done.code == 0, (call, number, done)
            kills += killed
            told = sum(place.lots(), [])
            changed = [key for key in keys if place.run("cat", "images:" + key[1:].replace("%20", " ").replace("*", "(1).png")).out == "after"]
            assert place.invalidate("--owed").code == 0 and owed() == []
            told += sum(place.lots(), [])
            assert set(changed) <= set(told) <= set(keys), (call, number, changed, told)
    assert kills > 4, kills


def test_live_cdn_invalidate_with_ingest():
    """A picture that was replaced, and its thumbnail; one that is new needs nothing."""
    for name, data in (("red.png", scene.RED), ("blue.png", scene.BLUE)):
        with open(place.path(name), "wb") as file:
            file.write(data)
    words = "image", "ingest", "--invalidate", "--overwrite", "--user", "ann", "--job", "7"
    done = place.run(*words, place.path("red.png"))
    assert done.code == 0 and place.wrote() == [], done
    done = place.run(*words, place.path("blue.png"))
    assert done.code == 0 and place.lots() == [["/ann/7.png", "/ann/thumbnails/7.webp"]], done
    done = place.run(*words, place.path("blue.png"))
    assert done.code == 0 and place.wrote() == [], done


def test_live_cdn_invalidate_with_ingest_in_another_format():
    """The picture that goes and the thumbnail that is another one now; the picture in the new format is in no edge."""
    words = "image", "ingest", "--invalidate", "--overwrite", "--user", "ann", "--job", "8"
    assert place.run(*words, place.path("red.png")).code == 0
    done = place.run(*words, "--format", "webp", place.path("blue.png"))
    assert done.code == 0 and place.lots() == [["/ann/8.png", "/ann/thumbnails/8.webp"]], (done, place.lots())


def test_live_cdn_invalidate_with_ingest_killed():
    """Before each call that changes a folder: the run after it, which may find all of it done already, tells what was replaced."""
    words, kills = ("image", "ingest", "--invalidate", "--overwrite", "--user", "ann", "--job", "9"), 0
    for call in ("linkat", "renameat", "unlinkat"):
        number, killed = 0, True
        while killed:
            number += 1
            assert place.run(*words, place.path("red.png")).code == 0
            done = place.run(*words, place.path("blue.png"), env=bad("%s:kill:%d" % (call, number)))
            killed = done.code == -signal.SIGKILL
            assert killed or done.code == 0, (call, number, done)
            kills += killed
            told = sum(place.lots(), [])
            assert place.run(*words, place.path("blue.png")).code == 0 and owed() == []
            told += sum(place.lots(), [])
            assert set(told) == {"/ann/9.png", "/ann/thumbnails/9.webp"}, (call, number, told)
    assert kills > 2, kills


def test_live_cdn_invalidate_never_where_keys_name_their_content():
    words = "--json", "image", "ingest", "--pipeline", "hashed", "--invalidate", "--user", "ann", "--job", "7"
    red, blue, again = (place.run(*words, place.path(name)) for name in ("red.png", "blue.png", "red.png"))
    keys = [done.picture["key"] for done in (red, blue, again)]
    assert all(re.fullmatch("ann/7-[0-9a-f]{8}.png", key) for key in keys) and keys[0] == keys[2] != keys[1], keys
    assert [done.action for done in (red, blue, again)] == ["stored", "stored", "already"] and place.wrote() == [], (red, blue, again)
    done = place.run("cdn", "url", "-t", "--pipeline", "hashed", keys[1])
    assert done.code == 0 and done.out.endswith("/ann/thumbnails/%s.webp\n" % keys[1][4:-4]), done


def test_live_cdn_invalidate_from_python():
    place.service.invalidations.clear()
    place.service.progress, script = 2, "import larder\nwith larder.open(%r, 'edge') as store:\n    store.invalidate('images:a b.png', 'images:ann/*', wait=True)\n    store.invalidate('images:~')\n"
    done = subprocess.run([os.environ["PYTHON3"], "-c", script % place.path("larder.ini")], capture_output=True, text=True, env={**os.environ, **edge_place.ENVIRONMENT, **loading.environment()})
    assert done.returncode == 1 and "cannot be told '~' alone" in done.stderr and place.lots() == [["/a%20b.png", "/ann/*"]], (done, place.lots())
    assert all(one["left"] == 0 for one in place.service.invalidations.values())


def test_live_cdn_invalidate_where_there_is_none():
    """A store without CDN, a profile without its backend, a distribution that is not there; the mock, which holds no copies, once it has one."""
    done = place.invalidate("models:a.png")
    assert done.code == 2 and "no [cdn] serves" in done.err and place.service.asked == [], done
    done = place.invalidate("a.png", profile="none")
    assert done.code == 2 and "has no backend" in done.err, done
    done = place.invalidate("images:")
    assert done.code == 2 and "names no object" in done.err, done
    done = place.invalidate("a.png", profile="mock")
    assert done.code == 3 and "larder infra apply" in done.err, done
    done = place.run("infra", "apply", profile="mock")
    assert done.code == 0, done
    done = place.invalidate("--wait", "a.png", profile="mock")
    assert done.code == 0 and "done, 1 path: at-once" in done.err, done
    tags = place.service.distributions[place.identity]["tags"]
    tags["larder:id"] = "test/cdn/other"
    done = place.invalidate("a.png")
    assert done.code == 3 and "larder:id = test/cdn/images" in done.err and place.wrote() == [], done
    tags["larder:id"] = "test/cdn/images"


place = Place()
tap.run(sys.modules[__name__])
