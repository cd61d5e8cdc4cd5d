#!/usr/bin/env python3
"""test-live-sync: sync with real servers: up and down and again, and listings that lie, of which nothing may be removed."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from syncing import page, place  # noqa: E402
from scene import run_in  # noqa: E402

NAMES = ["a b", "a$b", "it's \"q\"", "a\u200eb", "a\u00a0b", "~x", "-n", "%2F", "a+b", "a?b#c", "*", "[x]", "a\tb",
         "foo.txt", "foo/foo2", "foo-bar", "foo0", "f\u00f6\u00f6"]


def there_and_back(name):
    """c-T04, c-T08: the names arrive, come back, and a second run asks for a listing and no more; each is removed alone."""
    scene = place(name)
    top = scene.path("names-" + name)
    for key in NAMES:
        scene.write("names-%s/%s" % (name, key), key.encode())
    count = len(NAMES)
    for source, target in ((top, "images:n/"), ("images:n/", top + "-back"), ("images:n", "images:m")):
        assert scene.sync("--delete", source, target)[0] == (count, 0, 0, 0), (source, target)
        assert scene.sync("--delete", source, target)[0] == (0, count, 0, 0), (source, target)
        assert set(scene.asked()) == {"GET /bucket"}, scene.asked()
    assert scene.tree("names-%s-back" % name) == scene.tree("names-" + name)
    os.unlink(os.path.join(top, "foo/foo2"))
    assert scene.sync("--delete", top, "images:n/")[0] == (1, count - 1, 0, 0)
    assert scene.sync("--delete", "images:n/", top + "-back")[0] == (1, count - 1, 0, 0)
    assert scene.tree("names-%s-back" % name) == scene.tree("names-" + name)
    left = set(scene.keys("m/"))
    for key in NAMES:
        assert scene.run("rm", "images:m/" + key).code == 0
        left.remove("m/" + key)
        assert set(scene.keys("m/")) == left, key


def test_live_sync_there_and_back_minio():
    there_and_back("minio")


def test_live_sync_there_and_back_moto():
    there_and_back("moto")


def test_live_sync_there_and_back_versitygw():
    there_and_back("versitygw")


def test_live_sync_exact_times():
    """One look an object of one size, and none where the size tells; a large one, sent in parts, keeps its time as well."""
    scene = place()
    times = {"small": 1700000000123456789, "large": 1600000000000000001}
    for name, time in times.items():
        scene.write("exact/" + name, b"x" * (17 << 20 if name == "large" else 4))
        os.utime(scene.path("exact/" + name), ns=(1, time))
    assert scene.sync("--exact-times", scene.path("exact"), "images:e")[0] == (2, 0, 0, 0)
    assert scene.client.head_object(Bucket="bucket", Key="e/large")["Metadata"]["mtime"] == "1600000000.000000001"
    assert scene.sync("--exact-times", scene.path("exact"), "images:e")[0] == (0, 2, 0, 0)
    assert sorted(scene.asked()) == ["GET /bucket", "HEAD /bucket/e/large", "HEAD /bucket/e/small"], scene.asked()
    assert scene.sync("--exact-times", "images:e", scene.path("exacted"))[0] == (2, 0, 0, 0)
    assert {name: os.stat(scene.path("exacted/" + name)).st_mtime_ns for name in times} == times
    scene.write("exact/small", b"12345")
    assert scene.sync("-n", "--exact-times", scene.path("exact"), "images:e")[0] == (1, 1, 0, 0)
    assert sorted(scene.asked()) == ["GET /bucket", "HEAD /bucket/e/large"], scene.asked()
    assert scene.sync("--exact-times", "images:e", "images:e2")[0] == (2, 0, 0, 0)
    assert scene.sync("--exact-times", "images:e", "images:e2")[0] == (0, 2, 0, 0)


def planned(scene, name):
    """A plan of a copy over nothing, one over an object, and a removal."""
    scene.write(name + "/changed", b"12345")
    scene.write(name + "/new", b"1234")
    for key in ("changed", "old"):
        scene.client.put_object(Bucket="bucket", Key="p/" + key, Body=b"1234")
    assert scene.sync("--delete", "--plan", scene.path("the.plan"), scene.path(name), "images:p")[0] == (3, 0, 0, 0)
    assert set(scene.asked()) == {"GET /bucket"} and scene.keys() == ["p/changed", "p/old"], scene.asked()


def apply(scene, code=0):
    scene.mark = len(scene.between.requests)
    done = scene.run("--json", "apply", scene.path("the.plan"))
    assert done.code == code, done
    return tuple(done.lines[-1][name] for name in ("done", "skipped", "refused", "failed")), done


def plan_and_apply(name):
    """What is planned is done under the conditions that the plan names, and once."""
    scene = place(name)
    planned(scene, "planned")
    assert apply(scene)[0] == (3, 0, 0, 0) and scene.keys() == ["p/changed", "p/new"]
    said = {r["method"] + " " + r["path"].rpartition("/")[2].partition("?")[0]: {name.lower(): value for name, value in r["headers"]}
            for r in scene.between.requests[scene.mark:]}
    assert said["PUT new"]["if-none-match"] == "*" and said["PUT changed"]["if-match"], said
    assert apply(scene)[0] == (0, 3, 0, 0)
    assert not [one for one in scene.asked() if not one.startswith(("HEAD", "GET"))], scene.asked()


def test_live_sync_plan_and_apply_minio():
    plan_and_apply("minio")


def test_live_sync_plan_and_apply_versitygw():
    plan_and_apply("versitygw")


def test_live_sync_plan_and_apply_moto():
    plan_and_apply("moto")


def clash_in_a_plan(name):
    """c-T07: keys that exclude each other end no plan: all else is done, each is named. Where the plan removes what is in the way, they go in after
    that. Drift ends it as ever, and nothing is removed then: also where the file of one that is in conflict has changed."""
    scene = place(name)
    tree = {"file/below": b"new", "folder": b"new", "z": b"new"}
    for path, data in tree.items():
        scene.write("clash/" + path, data)

    def plan(*words):
        scene.clean()
        for key in ("u/file", "u/folder/below", "u/old"):
            scene.client.put_object(Bucket="bucket", Key=key, Body=b"old")
        scene.sync(*words, "--plan", scene.path("the.plan"), scene.path("clash"), "images:u")

    plan()
    numbers, done = apply(scene, code=1)
    refused = [line["src"].rpartition("clash/")[2] for line in done.lines if line.get("action") == "refused"]
    assert numbers == (1, 0, 2, 0) and sorted(refused) == ["file/below", "folder"], done
    assert scene.keys() == ["u/file", "u/folder/below", "u/old", "u/z"], scene.keys()
    assert apply(scene, code=1)[0] == (0, 1, 2, 0)
    plan("--delete")
    assert apply(scene)[0] == (6, 0, 0, 0) and scene.keys() == sorted("u/" + path for path in tree), scene.keys()
    plan("--delete")
    scene.client.put_object(Bucket="bucket", Key="u/old", Body=b"somebody's")
    numbers, done = apply(scene, code=5)
    assert numbers[2:] == (0, 1) and "since the plan was made" in str(done) and "u/old" in scene.keys(), done
    if name == "minio":
        return                           # never asked: the driver knows, and refuses by itself
    plan("--delete")
    scene.between.plan([{"method": "PUT", "path": "u/folder$", "before": lambda _: scene.write("clash/folder", b"other")},
                        {"method": "PUT", "path": "u/file/below$", "before": lambda _: scene.write("clash/file/below", b"other")}])
    numbers, done = apply(scene, code=5)
    assert numbers[3] >= 1 and {"u/file", "u/folder/below", "u/old"} <= set(scene.keys()), done


def test_live_sync_plan_with_a_clash_minio():
    clash_in_a_plan("minio")


def test_live_sync_plan_with_a_clash_versitygw():
    clash_in_a_plan("versitygw")


def test_live_sync_plan_drifts():
    """What changed after the plan is not overwritten and not removed, and nothing is removed after it."""
    scene = place()
    for key in ("changed", "new", "old"):
        planned(scene, "drifts")
        scene.client.put_object(Bucket="bucket", Key="p/" + key, Body=b"somebody's")
        numbers, done = apply(scene, code=5)
        assert numbers[3] == 1 and "since the plan was made" in str(done), done
        assert scene.client.get_object(Bucket="bucket", Key="p/" + key)["Body"].read() == b"somebody's" and "p/old" in scene.keys()
        scene.clean()


def test_live_sync_plan_drifts_behind_the_look():
    """The other writer comes between the look and the write or the removal: the condition of that request decides."""
    for name, method, key in (("minio", "PUT", "changed"), ("minio", "PUT", "new"), ("versitygw", "DELETE", "old")):
        scene = place(name)
        planned(scene, "behind")
        scene.between.plan([{"method": method, "path": "p/" + key,
                             "before": lambda _, scene=scene, key=key: scene.client.put_object(Bucket="bucket", Key="p/" + key, Body=b"somebody's")}])
        numbers, done = apply(scene, code=5)
        assert numbers[3] == 1 and method + " /bucket/p/" + key in scene.asked(), (done, scene.asked())
        assert scene.client.get_object(Bucket="bucket", Key="p/" + key)["Body"].read() == b"somebody's"
        scene.clean()


def test_live_sync_plan_of_files_drifts_behind_the_look():
    """The same with files: what came or changed while the object was fetched stays; nor is another object taken for the one planned."""
    scene = place()
    for key in ("changed", "new", "object"):
        scene.clean()
        there = "fetched-%s/%s" % (key, key)
        scene.client.put_object(Bucket="bucket", Key="p/" + key, Body=b"12345")
        if key == "changed":
            scene.write(there, b"1234")
        assert scene.sync("--plan", scene.path("the.plan"), "images:p", scene.path("fetched-" + key))[0] == (1, 0, 0, 0)
        def other(_, key=key, there=there):
            if key == "object":
                scene.client.put_object(Bucket="bucket", Key="p/object", Body=b"54321")
            else:
                scene.write(there, b"somebody's")
        scene.between.plan([{"method": "GET", "path": "p/" + key, "before": other}])
        numbers, done = apply(scene, code=5)
        assert numbers == (0, 0, 0, 1) and "GET /bucket/p/" + key in scene.asked(), done
        assert scene.tree("fetched-" + key) == ({} if key == "object" else {key: b"somebody's"})


def test_live_sync_many_pages():
    """More than two pages on either side, names of one page's end among them."""
    scene = place()
    for number in range(2500):
        scene.write("many/%03d/%d" % (number // 100, number % 100))
    assert scene.sync(scene.path("many"), "images:many")[0] == (2500, 0, 0, 0)
    assert scene.sync("--delete", scene.path("many"), "images:many")[0] == (0, 2500, 0, 0)
    assert len(scene.asked()) == 3, scene.asked()
    for number in range(1200):
        os.unlink(scene.path("many/%03d/%d" % (number // 100, number % 100)))
    assert scene.sync("--delete", "--delete-most", "1200", scene.path("many"), "images:many")[0] == (1200, 1300, 0, 0)
    assert len([one for one in scene.asked() if one.startswith("POST")]) == 2, scene.asked()[-5:]
    assert scene.sync("--delete", scene.path("many"), "images:many")[0] == (0, 1300, 0, 0)


def check_archived(scene, target, there):
    """One that cannot be read now fails and its copy stays; what the source really does not have goes."""
    for key, kind in (("x", "GLACIER"), ("deep", "DEEP_ARCHIVE"), ("y", "STANDARD")):
        scene.client.put_object(Bucket="bucket", Key="cold/" + key, Body=b"of today", StorageClass=kind)
    numbers, done = scene.sync("--delete", "images:cold/", target, code=1)
    told = {(line["action"], line["src"].rpartition("/")[2]) for line in done.lines if line["type"] == "object"}
    assert told == {("copied", "y"), ("removed", "z"), ("failed", "x"), ("failed", "deep")} and numbers == (2, 0, 0, 2), done
    assert [line["code"] for line in done.lines if line["type"] == "error"] == ["NOTREADY"] * 2, done
    assert there() == {"x": b"old", "deep": b"old", "y": b"of today"}, there()


def test_live_sync_archived_counts_as_present():
    """c-G02."""
    scene = place("moto")
    for key in ("x", "deep", "z"):
        scene.write("kept-cold/" + key, b"old")
        os.utime(scene.path("kept-cold/" + key), (1000000000, 1000000000))
        scene.client.put_object(Bucket="bucket", Key="copies/" + key, Body=b"old")
    check_archived(scene, scene.path("kept-cold"), lambda: scene.tree("kept-cold"))
    check_archived(scene, "images:copies/", lambda: {key[7:]: scene.client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in scene.keys() if key.startswith("copies/")})


# ---- c-T14: listings that lie

LIES = {
    "token repeated": [page("ab", True, "t"), page("cd", True, "t")],
    "token repeated, no keys": [page("", True, "t"), page("", True, "t")],
    "truncated without token": [page("ab", True)],
    "not truncated with token": [page("ab", False, "t")],
    "out of order": [page("bc", True, "t"), page("ad", False)],
    "the last key again": [page("bc", True, "t"), page("cd", False)],
}


def lies_of(scene, what):
    scene.between.plan([{**rule, "nth": at} for at, rule in enumerate(LIES[what], 1)])


def test_live_sync_lying_source_removes_nothing():
    """c-T14: the listing is an error that names its page, and what is there stays."""
    scene = place()
    scene.write("other/file")
    for name in "abcdxyz":
        scene.client.put_object(Bucket="bucket", Key="s/" + name, Body=b"x")
        scene.write("kept/" + name, b"y")
    for what in LIES:
        lies_of(scene, what)
        _, done = scene.sync("--delete", "--size-only", "images:s/", scene.path("kept"), code=8)
        assert done.error["code"] == "UNAVAILABLE" and "page" in str(done.error), (what, done)
        assert scene.tree("kept") == {name: b"y" for name in "abcdxyz"}, (what, scene.tree("kept"))
        # The same on the other side: nothing of the store goes either.
        lies_of(scene, what)
        scene.sync("--delete", "--size-only", scene.path("other"), "images:s/", code=8)
        assert not [one for one in scene.asked() if one.startswith(("POST", "DELETE"))], (what, scene.asked())
    scene.between.plan([])
    assert sorted(set(scene.keys())) == ["s/" + name for name in "abcdxyz"]


def test_live_sync_lies_late():
    """c-T14: a listing that breaks off after a thousand keys: what was left over until then stays."""
    scene = place()
    names = ["k%04d" % number for number in range(1000)]
    for name in names + ["a", "z"]:
        scene.write("late/" + name)
    scene.between.plan([{**page(names, True, "t"), "nth": 1}, {**page(["l"], True), "nth": 2}])
    numbers, done = scene.sync("--delete", "--size-only", "images:s/", scene.path("late"), code=8)
    assert numbers == (0, 1000, 0, 0) and len(scene.tree("late")) == 1002, done


def test_live_sync_key_outside_the_prefix():
    """A listing that names what was not asked for: it is neither copied nor removed."""
    scene = place()
    scene.write("prefix/a")
    scene.client.put_object(Bucket="bucket", Key="other/x", Body=b"x")
    lie = page(["x"], False, prefix="other/")
    for source, target in (("images:s/", scene.path("prefix")), (scene.path("prefix"), "images:s/")):
        scene.between.plan([lie])
        _, done = scene.sync("--delete", "--size-only", source, target, code=6)
        assert done.error["code"] == "INTEGRITY" and "other/x" in str(done.error), done
        assert not [one for one in scene.asked() if not one.startswith("GET")], scene.asked()
    assert scene.keys() == ["other/x"] and scene.tree("prefix") == {"a": b"x"}


def test_live_sync_empty_page_is_no_end():
    """c-T14: a page without keys and with a token is followed."""
    scene = place()
    scene.write("page/a", b"y")
    scene.between.plan([{**page("", True, "t"), "nth": 1}, {**page("a", False), "nth": 2}])
    assert scene.sync("--delete", "--size-only", "images:s/", scene.path("page"))[0] == (0, 1, 0, 0)
    assert scene.tree("page") == {"a": b"y"}


def test_live_sync_may_not_list():
    """c-T21: who may not list cannot prove a listing: nothing begins."""
    scene = place()
    scene.write("some/a")
    scene.client.put_object(Bucket="bucket", Key="s/old", Body=b"x")
    scene.between.plan([{"method": "GET", "path": "list-type=2", "do": "reply", "code": "AccessDenied"}])
    scene.sync("--delete", scene.path("some"), "images:s/", code=4)
    assert not [one for one in scene.asked() if not one.startswith("GET")], scene.asked()


def test_live_sync_removed_but_two():
    """c-T17: a bulk delete that answers 200 with errors inside: the two are told, the rest is gone."""
    scene = place()
    scene.write("one/k")
    for name in ("k", "1", "2", "3", "4"):
        scene.client.put_object(Bucket="bucket", Key="r/" + name, Body=b"x")
    scene.sync(scene.path("one"), "images:r")
    body = "".join("<Error><Key>r/%s</Key><Code>AccessDenied</Code><Message>no</Message></Error>" % name if name in "14"
                   else "<Deleted><Key>r/%s</Key></Deleted>" % name for name in "1234")
    scene.between.plan([{"method": "POST", "do": "reply", "status": 200, "headers": {"x-amz-request-id": "BATCH"}, "body": "<DeleteResult>%s</DeleteResult>" % body}])
    numbers, done = scene.sync("--delete", scene.path("one"), "images:r", code=1)
    errors = [line for line in done.lines if line["type"] == "error"]
    assert numbers == (2, 1, 0, 2) and [line["key"][-3:] for line in errors] == ["r/1", "r/4"], done
    assert all(line["provider"] == "AccessDenied" and line["request"] == "BATCH" for line in errors), errors


def test_live_sync_between_two_kinds_of_service():
    """MinIO to the mock and back: the first run copies, the second nothing, though no two etags are alike; what changed is copied again."""
    scene = place()
    for key in ("k/a", "k/b", "k/c"):
        scene.client.put_object(Bucket="bucket", Key=key, Body=key.encode() * 500)
    assert scene.sync("images:k/", "backups:k/")[0] == (3, 0, 0, 0)
    assert scene.sync("images:k/", "backups:k/")[0] == (0, 3, 0, 0)
    assert scene.sync("backups:k/", "images:l/")[0] == (3, 0, 0, 0)
    assert scene.sync("backups:k/", "images:l/")[0] == (0, 3, 0, 0)
    time.sleep(1.1)                                   # a listing tells whole seconds
    scene.client.put_object(Bucket="bucket", Key="k/b", Body=b"k/B" * 500)
    assert scene.sync("images:k/", "backups:k/")[0] == (1, 2, 0, 0)
    assert scene.run("--json", "verify", "images:k/", "backups:k/").code == 0


run_in(place, sys.modules[__name__])
