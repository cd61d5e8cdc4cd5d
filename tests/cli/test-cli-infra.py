#!/usr/bin/env python3
"""Infrastructure by the tool, the whole strategy on the mock: planned, applied, shown, drifted line by line, mended, saved, destroyed, killed in the midst."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import terminal  # noqa: E402
from place import Place  # noqa: E402
from stopped import bad, is_stopped  # noqa: E402
from tool import ENV, HOME, LARDER, PIPELINE, configured, larder, read, run, write  # noqa: E402

DEMO = os.path.join(HOME, "demo")
NAME = "pingvas-studio"
NEEDED = ("pingvas-studio-images", "pingvas-studio-images-replica-tokyo", "pingvas-studio/cdn/images", "pingvas-studio-models")


def fresh():
    shutil.rmtree(DEMO, ignore_errors=True)


def facts(got, *kinds):
    return [line for line in got.lines() if line["type"] in (kinds or ("resource", "change"))]


def plan(*words, code=0, **more):
    got = larder("infra", "plan", "--json", *words, **more)
    assert got.code == code, (got.code, got.out, got.err)
    return got


def told(got):
    return [line for line in got.lines() if line["type"] == "counts"][-1]


def marks(got):
    """What is not as it is to be: identity, path, how."""
    return [(line["identity"], line.get("path"), line["change"]) for line in facts(got) if line["change"] not in ("same", "warning")]


def apply(*words, code=0, **more):
    got = larder("infra", "apply", "--json", *words, **more)
    assert got.code == code, (got.code, got.out, got.err)
    return [line for line in got.lines() if line["type"] == "counts"][0]


def settings():
    """Each file in which the mock keeps what a resource is."""
    found = []
    for folder, _, names in os.walk(DEMO):
        for name in names:
            path = os.path.join(folder, name)
            if name == "settings" or "resources/" in path:
                found.append(path)
    return sorted(found)


def state():
    return {path: (read(path), os.stat(path).st_ino, os.stat(path).st_mtime_ns) for path in settings()}


def test_cli_infra_applied_once_and_no_more():
    fresh()
    before = plan("--detailed-exitcode", code=10)
    assert {line["change"] for line in facts(before, "resource")} == {"create"} and len(facts(before, "resource")) == 12, before.out
    assert not os.path.exists(DEMO), "a plan wrote"
    done = apply()
    assert (done["created"], done["failed"], done["unsupported"]) == (12, 0, 0), done
    there = state()
    assert marks(plan("--detailed-exitcode")) == []
    done = larder("infra", "apply", "--json")
    assert done.summary()["skipped"] == done.summary()["scanned"] == 12, done.summary()
    done = apply()
    assert (done["created"], done["updated"], done["same"]) == (0, 0, 12) and state() == there, done
    assert "no changes" in larder("infra", "apply").out


def test_cli_infra_what_refers_to_others_comes_after_them():
    fresh()
    got = larder("infra", "apply", "--json")
    steps = [(line["resource"], line["identity"], line["step"]) for line in got.lines() if line["type"] == "step"]

    def at(*what):
        return steps.index(what)
    assert at("bucket", NEEDED[0], "done") < at("cdn", NEEDED[2], "begun") < at("cdn", NEEDED[2], "done") < at("access", NEEDED[0], "begun"), steps
    assert max(at("access", NEEDED[0], "done"), at("bucket", NEEDED[1], "done")) < at("replication", NEEDED[0], "begun"), steps
    assert at("filesystem", NEEDED[3], "done") < at("backup", "efs-models-daily-backup", "begun"), steps


def test_cli_infra_shown_as_the_strategy_has_it():
    fresh()
    apply()
    got = {(line["resource"], line["identity"], line["path"]): line["was"] for line in facts(larder("infra", "show", "--json"), "change")}
    want = {
        ("bucket", NEEDED[0], "encryption"): "AES256", ("bucket", NEEDED[0], "versioning"): "yes",
        ("bucket", NEEDED[0], "rule[transition_to_glacier].transition[GLACIER_IR].days"): "30",
        ("bucket", NEEDED[0], "rule[transition_to_glacier].expire-noncurrent"): "30",
        ("bucket", NEEDED[0], "cors[studio].max-age"): "3600", ("bucket", NEEDED[0], "tag[Name]"): "Generated Images",
        ("bucket", "pingvas-studio-logs", "rule[expire_after_30_days].expire"): "30",
        ("cdn", NEEDED[2], "behavior[*/thumbnails/*].default-ttl"): "2592000", ("cdn", NEEDED[2], "behavior[default].max-ttl"): "31536000",
        ("cdn", NEEDED[2], "behavior[default].method[OPTIONS]"): "yes", ("cdn", NEEDED[2], "price-class"): "PriceClass_200",
        ("replication", NEEDED[0], "rule[ReplicateToTokyo].class"): "STANDARD_IA", ("replication", NEEDED[0], "rule[ReplicateToTokyo].within-seconds"): "900",
        ("replication", NEEDED[0], "rule[ReplicateToTokyo].to"): NEEDED[1],
        ("filesystem", NEEDED[3], "lifecycle.to-ia"): "30", ("filesystem", NEEDED[3], "throughput"): "bursting",
        ("filesystem", NEEDED[3], "target[private-a]"): "yes", ("filesystem", NEEDED[3], "access-point[/models].owner"): "1000:1000",
        ("backup", "efs-models-daily-backup", "rule[daily_backup].schedule"): "cron(0 2 * * ? *)", ("backup", "efs-models-daily-backup", "rule[daily_backup].delete-after"): "30",
        ("database", NAME, "retention"): "7", ("database", NAME, "window"): "03:00-04:00", ("database", NAME, "log[postgresql]"): "yes",
    }
    assert {key: got.get(key) for key in want} == want
    principal = got["cdn", NEEDED[2], "principal"]
    assert got["access", NEEDED[0], "reader[images]"] == principal and principal


def test_cli_infra_each_drift_is_found_and_mended():
    """Each line of each resource, changed and taken away: found by plan as that one, and as before after apply."""
    fresh()
    apply()
    immutable = ("encrypted", "performance", "network", "kms-key")
    tried = 0
    for path in settings():
        whole = read(path).decode().splitlines(True)
        for number in range(1, len(whole)):
            name, value = whole[number].rstrip("\n").split("\t")
            for drifted in ([f"{name}\t{value}x\n"], []):
                write(path, "".join(whole[:number] + drifted + whole[number + 1:]).encode())
                found = [(one[1], one[2]) for one in marks(plan()) if one[1]]
                how = "replace" if name in immutable else "update" if drifted else "create"
                told = [("reader[images]", "update")] if name.endswith(".access") else []      # by whom the bucket is read is told from there
                assert found == [(name, how)] + told, (path, name, found)
                if how == "replace":
                    assert apply(code=5)["left"] >= 1
                    write(path, "".join(whole).encode())
                else:
                    assert apply()["updated"] == 1 + len(told)
                assert read(path).decode().splitlines(True) == whole, (path, name)
                tried += 1
    assert tried > 150, tried


def test_cli_infra_settings_of_others_stay_unless_adopted():
    fresh()
    apply()
    path = os.path.join(DEMO, NEEDED[0], ".larder/settings")
    whole = read(path).decode()
    write(path, (whole.replace("tag[Name]", "tag[Mine]\tof somebody\ntag[Name]")).encode())
    assert marks(plan("--detailed-exitcode")) == [(NEEDED[0], "tag[Mine]", "unmanaged")]
    assert apply()["updated"] == 0 and "tag[Mine]" in read(path).decode()
    write(path, read(path).decode().replace("encryption\tAES256\n", "").encode())
    assert apply()["updated"] == 1 and "tag[Mine]\tof somebody" in read(path).decode(), "what others declared is gone"
    assert [one[2] for one in marks(plan("--adopt"))] == ["update", "remove"]
    assert apply("--adopt")["updated"] == 1 and read(path).decode() == whole
    # In a rule of ours a line that is not declared is a drift.
    write(path, whole.replace("rule[transition_to_glacier].expire-", "rule[transition_to_glacier].expire\t1\nrule[transition_to_glacier].expire-").encode())
    assert [(one[1], one[2]) for one in marks(plan())][1:] == [("rule[transition_to_glacier].expire", "remove")]
    apply()
    assert read(path).decode() == whole


def test_cli_infra_a_saved_plan_and_nothing_else():
    fresh()
    apply()
    path = os.path.join(DEMO, NEEDED[0], ".larder/settings")
    whole = read(path)
    write(path, whole.replace(b"encryption\tAES256\n", b""))
    assert plan("-o", "today.plan").code == 0 and os.stat("today.plan").st_mode & 0o777 == 0o600
    write(path, whole.replace(b"encryption\tAES256\n", b"encryption\taws:kms\n"))
    refused = larder("infra", "apply", "today.plan", "--json")
    moved = "bucket '%s' of [store \"images\"] is not any more as it was when this was planned%s: nothing was begun"
    assert refused.code == 5 and b"aws:kms" in read(path) and moved % (NEEDED[0], "") in refused.err, refused.out
    other = os.path.join(DEMO, "pingvas-studio-logs/.larder/settings")
    logs = read(other)
    write(other, logs.replace(b"encryption\tAES256\n", b""))
    refused = larder("infra", "apply", "today.plan")
    assert refused.code == 5 and moved % (NEEDED[0], " (and 1 other)") in refused.err, refused.err
    write(other, logs)
    write(path, whole.replace(b"encryption\tAES256\n", b""))
    assert apply(os.path.join("..", os.path.basename(HOME), "today.plan"))["updated"] == 1 and read(path) == whole      # wherever it lies
    assert larder("infra", "apply", os.path.join(HOME, "today.plan")).code == 5
    text = read("today.plan")
    for broken, code in ((text[:len(text) // 2], 6), (text.replace(b"AES256", b"AES257"), 6), (b"", 6), (text.replace(b"\n", b"\n{}\n", 1), 6)):
        write("broken.plan", broken)
        assert larder("infra", "apply", "broken.plan").code == code, broken[:80]
    # Of another place: the mock's folder is not the one it was made for.
    refused = larder("infra", "apply", "today.plan", env={"LARDER_ROOT": os.path.join(HOME, "elsewhere")})
    assert refused.code == 5 and "may be another place" in refused.err and not os.path.exists("elsewhere"), refused.err
    # The plan of another configuration.
    assert larder("infra", "apply", "today.plan", env=configured(PIPELINE, ("bucket = pingvas-studio-logs", "bucket = other-logs"))).code == 5


def test_cli_infra_a_saved_plan_is_done_as_it_was_made():
    """No flag makes more or less of it; one that destroys is taken by destroy alone, which asks for the environment."""
    fresh()
    apply()
    path = os.path.join(DEMO, NEEDED[0], ".larder/settings")
    whole = read(path)
    write(path, whole.replace(b"encryption\tAES256\n", b"") + b"tag[Mine]\tof somebody\n")
    assert plan("-o", "today.plan").code == 0
    for flag in (("--adopt",), ("--replace",), ("--strict",), ("--only", "store/logs")):
        got = larder("infra", "apply", *flag, "today.plan")
        assert got.code == 2 and "as it was made" in got.err and b"AES256" not in read(path), (flag, got.err)
    got = larder("infra", "destroy", "--environment", NAME, "today.plan")
    assert got.code == 5 and "one to apply" in got.err, got.err
    assert apply("today.plan")["updated"] == 1 and b"tag[Mine]" in read(path)
    assert plan("--destroy", "-o", "gone.plan").code == 0
    got = larder("infra", "apply", "gone.plan")
    assert got.code == 5 and "one to destroy" in got.err and os.path.exists(path), got.err
    assert larder("infra", "destroy", "gone.plan").code == 5 and os.path.exists(path)
    got = larder("infra", "destroy", "gone.plan", "--environment", NAME)
    assert got.code == 5 and not os.path.exists(path) and "created" not in got.out, (got.out, got.err)        # 5: the database is protected


def test_cli_infra_a_saved_plan_leaves_what_it_told_as_protected():
    """What was protected when it was planned, and is no more: and the other way round."""
    fresh()
    free = (("instance = pingvas-studio\n", "instance = pingvas-studio\ndestroy = yes\n"),)
    apply()
    there = state()
    for planned, done, why in (((), free, "is no more"), (free, (), "is protected by now")):
        for words, command in ((("--destroy",), ("destroy", "--environment", NAME)), ((), ("apply",))):
            plan(*words, "-o", "kept.plan", env=configured(PIPELINE, *planned))
            got = larder("infra", *command, "kept.plan", env=configured(PIPELINE, *done))
            assert got.code == 5 and NAME in got.err and why in got.err and state() == there, (planned, words, got.out, got.err)


def test_cli_infra_destroy_leaves_what_is_set_up_for_objects_that_stay():
    """Of a bucket that is protected, or holds something, old versions too, nothing is taken: neither who may read it nor what is copied from it."""
    def left(env=None):
        return sorted(line["resource"] for line in facts(plan(env=env), "resource") if line["change"] == "same" and line["identity"] == NEEDED[0])
    fresh()
    apply()
    assert left() == ["access", "bucket", "replication"]
    write("one", b"1")
    assert larder("put", "one", "images:kept").code == 0 and larder("rm", "images:kept").code == 0
    got = larder("infra", "destroy", "--environment", NAME)
    assert got.code == 5 and "holds objects: 1 version, 1 delete marker" in got.err and "larder rm -r --all-versions images: empties it" in got.err and left() == ["access", "bucket", "replication"], got.err
    assert larder("rm", "-r", "--all-versions", "images:").code == 0
    env = configured(PIPELINE, ("[store \"images\"]\n", "[store \"images\"]\nprotect = yes\n"))
    its = [line for line in facts(plan("--destroy", env=env), "resource") if line["identity"] == NEEDED[0]]
    assert [(line["change"], line["why"]) for line in its] == [("left", "protected: it will be left")] * 3, its
    got = larder("infra", "destroy", "--environment", NAME, env=env)
    assert got.code == 5 and "is protected" in got.err and left(env) == ["access", "bucket", "replication"], got.err
    assert larder("infra", "destroy", "--environment", NAME).code == 5 and not os.path.exists(os.path.join(DEMO, NEEDED[0]))


def test_cli_infra_destroy():
    fresh()
    apply()
    write("one", b"1")
    assert larder("put", "one", "uploads:kept").code == 0
    for words in ((), ("--environment", "production"), ("--environment", "")):
        got = larder("infra", "destroy", *words)
        assert got.code == 5 and "nothing was removed" in got.err, got.err
        assert larder("infra", "destroy", "--json", *words).summary()["done"] == 0
    assert marks(plan()) == []
    got = larder("infra", "destroy", "--json", "--environment", NAME)
    counts = [line for line in got.lines() if line["type"] == "counts"][-1]
    assert got.code == 5 and (counts["removed"], counts["left"], counts["failed"], counts["skipped"]) == (10, 2, 0, 0), got.out
    assert [got.summary()[name] for name in ("scanned", "done", "skipped", "failed")] == [12, 10, 2, 0], got.summary()
    why = {line["identity"]: line["why"] for line in got.lines() if line.get("step") == "failed"}
    assert "holds objects" in why["pingvas-studio-uploads"] and "protected" in why[NAME], why
    assert larder("cat", "uploads:kept").raw == b"1"
    assert sorted(line["identity"] for line in facts(plan(), "resource") if line["change"] == "same") == [NAME, "pingvas-studio-uploads"]


def test_cli_infra_destroy_leaves_an_open_upload():
    """A bucket with nothing but an upload that nobody ended is not taken with it, unasked."""
    fresh()
    apply()
    bucket = "pingvas-studio-uploads"
    only = ("--only", "store/uploads")
    with Place(DEMO) as place:
        place.do("begin", "large.safetensors", bucket=bucket)
        planned = facts(plan("--destroy", *only), "resource")
        assert [line["change"] for line in planned] == ["left"] and "uploads that nobody ended: it will be left; larder rm -r --all-versions uploads: empties it" in planned[0]["why"], planned
        got = larder("infra", "destroy", "--environment", NAME, *only)
        assert got.code == 5 and "bucket '%s' holds no objects, but 1 upload that nobody ended, of 'large.safetensors'" % bucket in got.err and os.path.exists(os.path.join(DEMO, bucket)), got.err
        done = larder("rm", "-r", "--all-versions", "uploads:")
        assert done.code == 0 and place.do("uploads", bucket=bucket)["items"] == [], done
    assert larder("infra", "destroy", "--environment", NAME, *only).code == 0 and not os.path.exists(os.path.join(DEMO, bucket))


def test_cli_infra_destroy_asks_on_a_terminal():
    """For the name of the environment, once all is told that is to go: another one and none remove nothing. A question that nobody would see is not asked."""
    fresh()
    apply()

    def typed(text, *words, seen=True):
        ours, theirs = terminal.open_terminal()
        os.write(ours, text)
        done = subprocess.run([LARDER, "infra", "destroy", *words], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs if seen else subprocess.PIPE, env=ENV, timeout=60)
        os.close(theirs)
        return done, ((done.stderr or b"") + terminal.read_all(ours)).decode()
    for text, words, seen, asked, why in ((b"production\n", (), True, True, "'production' is not the environment"), (b"\4", (), True, True, "was not named"),
                                          (NAME.encode() + b"\n", ("--quiet",), True, False, "was not named"), (NAME.encode() + b"\n", (), False, False, "was not named")):
        done, said = typed(text, *words, seen=seen)
        assert (done.returncode, "Type the name" in said) == (5, asked) and why in said and "nothing was removed" in said, (text, words, seen, done, said)
        assert words or b"to remove" in done.stdout, done
        assert marks(plan()) == []
    done, said = typed(NAME.encode() + b"\n")
    assert "Type the name" in said and "removed bucket 'pingvas-studio-images'" in said and not os.path.exists(os.path.join(DEMO, "pingvas-studio-images")), (done, said)


def test_cli_infra_versioning_on_off_and_never():
    """`no` of a bucket that never had versions is as good as of one that had; and one that says nothing is left as it never was."""
    place = os.path.join(DEMO, "pingvas-studio-logs/.larder")
    for change, counts in ((("purpose = logs\n", "purpose = logs\nversioning = no\n"), ("created", 12)), (("purpose = logs\n", "purpose = logs\nversioning = yes\n"), ("updated", 1)),
                           (("purpose = logs\n", "purpose = logs\nversioning = no\n"), ("updated", 1))):
        if counts[0] == "created":
            fresh()
        env = configured(PIPELINE, change)
        assert apply(env=env)[counts[0]] == counts[1] and marks(plan(env=env)) == [], (change, os.listdir(place))
    fresh()
    assert apply()["created"] == 12 and marks(plan()) == [] and b"versioning off" in read(os.path.join(place, "bucket"))


def test_cli_infra_backup_of_each_kind():
    """What a backup names may be a file system, a database or a store, wherever its section stands."""
    text = PIPELINE.replace("resources = model-cache", "resources = postgresql, uploads")
    told = [line["from"] for line in facts(plan(env=configured(text)), "change") if line.get("from") and line["resource"] == "backup"]
    assert told == ["database/postgresql#id", "store/uploads#arn"], told


def test_cli_infra_a_plan_to_destroy_tells_what_will_be_left():
    """What is protected, and what that needs: marked and counted apart; what is gone already is not as it is. Nothing to do is no change."""
    fresh()
    apply()
    env = configured(PIPELINE, ("[cdn \"images\"]\n", "[cdn \"images\"]\nprotect = yes\n"))
    planned = plan("--destroy", "--detailed-exitcode", env=env, code=10)
    left = {line["identity"]: line["why"] for line in facts(planned, "resource") if line["change"] == "left"}
    assert left == {NAME: "protected: it will be left", NEEDED[2]: "protected: it will be left", NEEDED[0]: "cdn '%s' stays, and needs it: it will be left" % NEEDED[2]}, left
    done = told(larder("infra", "destroy", "--json", "--environment", NAME, env=env))
    assert told(planned)["removed"] == done["removed"] == 9 and (told(planned)["left"], done["left"], done["failed"] + done["skipped"]) == (3, 3, 0), (told(planned), done)
    planned = plan("--destroy", "--detailed-exitcode", env=env)
    assert [told(planned)[name] for name in ("removed", "left", "missing", "same")] == [0, 3, 9, 0], planned.out
    assert larder("infra", "plan", "--destroy", env=env).out.splitlines()[-1] == "3 that will be left, 9 not there"
    assert larder("infra", "destroy", "--environment", NAME, env=env).code == 5        # still there


def test_cli_infra_a_plan_to_destroy_tells_buckets_that_hold_objects():
    """An old version is enough. The bucket is left with its parts and with what those need, as destroy does it; a saved plan leaves what got an object since, and what it told as left."""
    fresh()
    apply()
    write("one", b"1")
    assert larder("put", "one", "images:kept").code == 0 and larder("rm", "images:kept").code == 0 and larder("put", "one", "logs:kept").code == 0
    env = configured(PIPELINE, ("instance = pingvas-studio\n", "instance = pingvas-studio\ndestroy = yes\nskip-final-snapshot = yes\n"))
    planned = plan("--destroy", "--detailed-exitcode", "-o", "held.plan", env=env, code=10)
    left = {(line["resource"], line["identity"]): line["why"] for line in facts(planned, "resource") if line["change"] == "left"}
    held = "the bucket holds objects, delete markers of some, or uploads that nobody ended: it will be left; larder rm -r --all-versions %s: empties it"
    assert left.pop(("cdn", NEEDED[2])) == "access '%s' stays, and needs it: it will be left" % NEEDED[0], left
    assert left.pop(("bucket", NEEDED[1])) == "replication '%s' stays, and needs it: it will be left" % NEEDED[0], left
    assert left == {**{(kind, NEEDED[0]): held % "images" for kind in ("bucket", "access", "replication")}, ("bucket", "pingvas-studio-logs"): held % "logs"}, left
    shown = larder("infra", "plan", "--destroy", env=env).out
    assert "=   bucket pingvas-studio-logs" in shown and held % "logs" in shown and "6 that will be left" in shown.splitlines()[-1], shown
    assert [line["change"] for line in facts(plan("--destroy", "--only", "store/logs", env=env), "resource")] == ["left"]
    there = state()
    assert larder("rm", "-r", "--all-versions", "logs:", env=env).code == 0
    got = larder("infra", "destroy", "held.plan", "--environment", NAME, env=env)
    assert got.code == 5 and "pingvas-studio-logs" in got.err and "plan again" in got.err and state() == there, got.err
    plan("--destroy", "-o", "held.plan", env=env)
    assert larder("put", "one", "uploads:kept").code == 0
    done = told(larder("infra", "destroy", "--json", "--environment", NAME, "held.plan", env=env))
    assert told(planned)["left"] == done["left"] == 6 and done["failed"] + done["skipped"] == 0 and done["removed"] == told(planned)["removed"] == 6, (told(planned), done)
    assert larder("cat", "uploads:kept", env=env).raw == b"1" and not os.path.exists(os.path.join(DEMO, "pingvas-studio-logs"))


def test_cli_infra_destroy_of_one_section():
    fresh()
    apply()
    got = larder("infra", "destroy", "--json", "--environment", NAME, "--only", "store/uploads")
    counts = [line for line in got.lines() if line["type"] == "counts"][-1]
    assert got.code == 0 and (counts["removed"], counts["failed"]) == (1, 0), got.out
    assert [one for one in marks(plan()) if not one[1]] == [("pingvas-studio-uploads", None, "create")], marks(plan())
    # What it needs stays, empty as it is.
    assert {one[:1] + one[2:] for one in marks(plan("--destroy", "--only", "cdn/images"))} == {("pingvas-studio/cdn/images", "remove")}
    assert larder("infra", "destroy", "--environment", NAME, "--only", "cdn/images").code == 0 and os.path.exists(os.path.join(DEMO, "pingvas-studio-images"))


def test_cli_infra_protect_and_destroy_of_a_database():
    fresh()
    env = configured(PIPELINE, ("purpose = backups\n", "purpose = backups\nprotect = yes\n"), ("instance = pingvas-studio\n", "instance = pingvas-studio\ndestroy = yes\n"))
    apply(env=env)
    got = larder("infra", "destroy", "--json", "--environment", NAME, env=env)
    why = {line["identity"]: line["why"] for line in got.lines() if line.get("step") == "failed"}
    assert got.code == 5 and list(why) == ["pingvas-studio-backups"] and "protected" in why["pingvas-studio-backups"], got.out


def test_cli_infra_a_database_with_protect_stays_though_it_has_destroy():
    """Whether protect was ever applied or not; and what its service keeps, whoever protected it there, is told by the plan and counted alike."""
    free = "destroy = yes\nskip-final-snapshot = yes\n"
    section = "instance = pingvas-studio\n"
    loose, held = "", "protect = yes\n"
    for applied, asked, why, refusal in ((loose, held, "protected: it will be left", "no protect = yes"), (held, held, "protected: it will be left", "no protect = yes"),
                                         (held, loose, "protected at its service, by deletion-protection = yes: it will be left", "protect = no")):
        fresh()
        apply(env=configured(PIPELINE, (section, section + free + applied)))
        only, env = ("--only", "database/postgresql"), configured(PIPELINE, (section, section + free + asked))
        planned = plan("--destroy", *only, env=env)
        its, = facts(planned, "resource")
        assert (its["change"], its["why"]) == ("left", why), its
        got = larder("infra", "destroy", "--json", "--environment", NAME, *only, env=env)
        assert got.code == 5 and refusal in got.out and [one for one in state() if one.endswith("database/" + NAME)], got.out
        assert [told(got)[one] for one in ("left", "removed", "failed")] == [told(planned)[one] for one in ("left", "removed", "failed")] == [1, 0, 0], (told(planned), told(got))


def test_cli_infra_what_cannot_be_changed_in_place():
    fresh()
    apply()
    env = configured(PIPELINE, ("encrypted = yes", "encrypted = no"))
    refused = larder("infra", "apply", env=env)
    assert refused.code == 5 and "--replace" in refused.err and "encrypted" in refused.err, refused.err
    assert [(one[1], one[2]) for one in marks(plan(env=env))] == [(None, "replace"), ("encrypted", "replace")]
    # What apply will refuse is told, and counted apart; a difference it is all the same.
    for words, more, why, replaced in ((("--replace",), "\nprotect = yes", "protected", 0), ((), "", "without --replace", 0), (("--replace",), "", "made anew", 1)):
        env = configured(PIPELINE, ("encrypted = yes", "encrypted = no" + more))
        got = plan("--detailed-exitcode", *words, env=env, code=10)
        whole, = [line for line in facts(got, "resource") if line["change"] == "replace"]
        assert why in whole["why"] and [told(got)[name] for name in ("replaced", "left")] == [replaced, 1 - replaced], (words, whole, told(got))
        assert ("no changes" in larder("infra", "plan", *words, env=env).out) is False
        if not replaced:                    # and left it is, in word and number
            done = larder("infra", "apply", *words, env=env)
            assert done.code == 5 and done.out.splitlines()[-1].split(", ")[0] == "1 left" and " failed" not in done.out, done.out
            assert done.err.count("cannot be changed in place") == 1, done.err
    # What comes after it and was to change waits for it: planned so, and so told.
    env = configured(PIPELINE, ("encrypted = yes", "encrypted = no"), ("schedule = cron(0 2 * * ? *)", "schedule = cron(0 3 * * ? *)"))
    planned = plan(env=env)
    waits, = [line for line in facts(planned, "resource") if line["resource"] == "backup"]
    assert waits["change"] == "left" and "filesystem 'pingvas-studio-models' is left as it is, and comes first" in waits["why"], waits
    before = state()
    done = apply(env=env, code=5)
    assert {name: done[name] for name in ("updated", "left", "failed", "skipped")} == {name: told(planned)[name] for name in ("updated", "left", "failed", "skipped")} == {"updated": 0, "left": 2, "failed": 0, "skipped": 0}, done
    assert state() == before
    # What it tells others is another then: they are planned as changed, and as many are.
    planned = plan("--replace", env=env)
    its = [line for line in facts(planned, "change") if line["resource"] == "backup"]
    assert [(line["change"], line.get("from"), "will" in line) for line in its if line.get("from")] == [("create", "filesystem/model-cache#id", False)], its
    done = apply("--replace", env=env)
    assert {name: done[name] for name in ("replaced", "updated", "same")} == {name: told(planned)[name] for name in ("replaced", "updated", "same")} == {"replaced": 1, "updated": 1, "same": 10}, done
    assert marks(plan(env=env)) == []


def test_cli_infra_what_a_backend_lacks():
    """A file system that nobody here sets up: told, and so is the backup that would select nothing without it, which is not made; the rest is. Strict, it
    is an error before anything is made."""
    def without(*changes):
        env, profile = configured(PIPELINE, *changes), os.path.join(HOME, "etc/profiles/mock.ini")
        write(profile, read(profile).replace(b"driver = efs\n", b"driver = efs\nserver = elsewhere\nregion = us-east-1\n"))
        return env
    fresh()
    lacking = [(line["resource"], line.get("path")) for line in facts(plan(env=without())) if line["change"] == "unsupported"]
    assert lacking == [("filesystem", None), ("backup", None), ("backup", "selection[efs-models-selection].resource[model-cache]")], lacking
    for words, changes in ((("--strict",), ()), ((), (("environment = pingvas-studio", "environment = pingvas-studio\nstrict = yes"),))):
        got = larder("infra", "apply", *words, env=without(*changes))
        assert got.code == 2 and "model-cache" in got.err and not os.path.exists(os.path.join(DEMO, NEEDED[0])), (words, got.err)
    done = apply(env=without())
    assert (done["created"], done["failed"]) == (10, 0) and not [path for path in settings() if "/backup/" in path], done


def test_cli_infra_a_driver_that_is_none():
    """One that is all but the name of another was misspelt, and nothing is made; any other may come later: told by plan and in the sum of apply."""
    def of_the_cdn(driver):
        env, profile = configured(PIPELINE), os.path.join(HOME, "etc/profiles/mock.ini")
        write(profile, read(profile).replace(b'[backend "cdn"]\ndriver = localfs-mock', b'[backend "cdn"]\ndriver = ' + driver.encode()))
        return env
    fresh()
    for driver, next in (("cloudfrnt", "did you mean 'cloudfront'?"), ("localfs-moc", "did you mean 'localfs-mock'?"), ("CloudFront", ""), ("", "")):
        for words in (("infra", "plan"), ("infra", "apply"), ("config", "check"), ("infra", "policy", "operator"), ("infra", "destroy", "--environment", NAME)):
            got = larder(*words, env=of_the_cdn(driver))
            assert got.code == 2 and "mock.ini:" in got.err + got.out and next in got.err + got.out, (driver, words, got.code, got.out, got.err)
        assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-uploads")), driver
    for driver in ("varnish", "glacier-two", "gcs"):
        got = larder("infra", "apply", env=of_the_cdn(driver))
        assert got.code == 0 and "not supported here" in got.out.splitlines()[-1], (driver, got.out, got.err)


def test_cli_infra_a_cdn_reads_what_it_serves():
    """Whether its store says so or not; a view is served as its store is."""
    fresh()
    apply()
    access = read(os.path.join(DEMO, ".larder-resources/access", "pingvas-studio-images"))
    for change in ("", "in = images\ncdn = images\n"):
        env = configured(PIPELINE, ("cdn = images\n", ""), *([("in = images                              ; a view of that store: no bucket of its own\n", change)] if change else []))
        fresh()
        apply(env=env)
        assert b"reader[images]" in access and read(os.path.join(DEMO, ".larder-resources/access", "pingvas-studio-images")) == access, change


FAILOVER = ("\n; failover = images-replica ", "\nfailover = images-replica ")
COPIES = "pingvas-studio-images-replica-tokyo"


def test_cli_infra_fails_over_to_the_copies():
    """Each line of it drifted is found and mended; who may read the copies follows; without the key all of it goes, and nothing else."""
    fresh()
    apply()
    before = {path: read(path) for path in settings()}
    env, path = configured(PIPELINE, FAILOVER), os.path.join(DEMO, ".larder-resources/cdn", "pingvas-studio%2Fcdn%2Fimages")
    added = {"behavior[*/thumbnails/*].failover", "behavior[default].failover", "origin[S3-pingvas-studio-images].failover", *("origin[%s].%s" % (COPIES, name) for name in ("access", "access-comment", "bucket", "domain", "spare"))}
    assert marks(plan(env=env)) == [(NEEDED[2], None, "update"), *((NEEDED[2], name, "create") for name in sorted(added)), (COPIES, None, "create"), (COPIES, "reader[images]", "create")], marks(plan(env=env))
    done = apply(env=env)
    assert (done["created"], done["updated"]) == (1, 1), done
    whole = read(path)
    lines = whole.decode().splitlines(keepends=True)
    mine = [number for number, line in enumerate(lines) if line.partition("\t")[0] in added]
    assert len(mine) == len(added), lines
    for number in mine:
        for drifted in ([lines[number].rstrip("\n") + "x\n"], []):
            write(path, "".join(lines[:number] + drifted + lines[number + 1:]).encode())
            found = marks(plan(env=env))
            assert (NEEDED[2], lines[number].partition("\t")[0], "update" if drifted else "create") in found, (lines[number], drifted, found)
            apply(env=env)
            assert read(path) == whole and marks(plan(env=env)) == [], (lines[number], drifted)
    gone = marks(plan())
    assert gone == [(NEEDED[2], None, "update"), *((NEEDED[2], name, "remove") for name in sorted(added)), (COPIES, None, "update"), (COPIES, "reader[images]", "remove")], gone
    apply()
    after = {path: read(path) for path in settings()}
    assert after == before and marks(plan()) == [], (set(after) ^ set(before), [path for path in after if after[path] != before.get(path)])


def test_cli_infra_copies_that_the_backend_lacks():
    """The CDN is made without them: nothing is left of its failover, and each line of it is told."""
    env, profile = configured(PIPELINE, FAILOVER), os.path.join(HOME, "etc/profiles/mock.ini")
    write(profile, read(profile).replace(b'[backend "objects-replica"]\ndriver = localfs-mock', b'[backend "objects-replica"]\ndriver = gcs'))
    fresh()
    lacking = {line.get("path") for line in facts(plan(env=env)) if line["change"] == "unsupported" and line["resource"] == "cdn"}
    assert {name for name in lacking if "failover" in name or COPIES in name} == lacking and len(lacking) == 8, lacking
    assert apply(env=env)["failed"] == 0 and b"failover" not in read(os.path.join(DEMO, ".larder-resources/cdn", "pingvas-studio%2Fcdn%2Fimages"))
    assert not [one for one in marks(plan(env=env)) if one[0] == NEEDED[2] and one[2] != "unsupported"], marks(plan(env=env))


def test_cli_infra_asked_for_no_more():
    """Copies that no section asks for any more are told, and go; of what nobody asked for there is no line and no count. A plan to destroy counts what is there of ours."""
    env = configured(PIPELINE, ("replication = tokyo\n", ""))
    fresh()
    apply()
    found = plan("--detailed-exitcode", env=env, code=10)
    assert marks(found) == [("pingvas-studio-images", None, "update"), ("pingvas-studio-images", "own-role", "remove"), ("pingvas-studio-images", "own[ReplicateToTokyo]", "remove")], marks(found)
    destroyed = [line["resource"] for line in facts(plan("--destroy", env=env), "resource") if line["change"] == "remove"]
    assert destroyed.count("replication") == 1, destroyed
    done = apply(env=env)
    assert (done["updated"], done["same"]) == (1, 11) and not os.path.exists(os.path.join(DEMO, ".larder-resources/replication", "pingvas-studio-images")), done
    done = apply(env=env)
    assert (done["updated"], done["same"]) == (0, 11) and marks(plan("--detailed-exitcode", env=env)) == [], done
    destroyed = [line["resource"] for line in facts(plan("--destroy", env=env), "resource") if line["change"] == "remove"]
    assert "replication" not in destroyed and destroyed.count("access") == 1, destroyed


def test_cli_infra_what_a_rule_cannot_be_without():
    """Where copies go to a bucket that no driver here keeps, nobody tells the rule where to: all of it is lacking, and none is made that copies nowhere."""
    fresh()
    env, profile = configured(PIPELINE, ("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nrole = arn:aws:iam::123456789012:role/copies\n")), os.path.join(HOME, "etc/profiles/mock.ini")
    write(profile, read(profile).replace(b'[backend "objects-replica"]\ndriver = localfs-mock', b'[backend "objects-replica"]\ndriver = elsewhere'))
    lacking = {line.get("path") for line in facts(plan(env=env)) if line["change"] == "unsupported" and line["resource"] == "replication"}
    assert lacking == {None} | {"rule[ReplicateToTokyo]." + below for below in ("class", "delete-markers", "priority", "status", "to", "within-seconds")}, lacking
    apply(env=env)
    assert not [path for path in settings() if "/replication/" in path], settings()


FINAL = "final-snapshot = pingvas-studio-final-snapshot\n"


def test_cli_infra_a_final_snapshot_that_has_no_name():
    """c-F02: what no snapshot can be called is refused by the plan, with file and line; without one only what says so may go."""
    fresh()
    apply()
    for name in ("9bad--x_!", "Ends-", "two--hyphens", "under_score", "-first", "{date}", "of-{date}-and-{date}", "x-{date}-", "x--{date}", "x" * 256, "x" * 246 + "{date}"):
        env = configured(PIPELINE, (FINAL, "final-snapshot = %s\n" % name))
        got = plan("--only", "database/postgresql", code=2, env=env)
        why = next(line["why"] for line in facts(got, "resource") if line["change"] == "failed")
        assert "final-snapshot-invalid" in why and "'%s'" % name in why and "larder.ini:" in why, (name, why)
        assert "final-snapshot-invalid" in larder("config", "check", "--json", env=env).out, name
    for name in ("x", "Final-1", "final-{date}", "x{date}-2", "x" * 255, "x" * 245 + "{date}"):
        assert plan("--only", "database/postgresql", env=configured(PIPELINE, (FINAL, "final-snapshot = %s\n" % name))).code == 0, name
    assert "no name for its final snapshot" in plan(code=2, env=configured(PIPELINE, (FINAL, "destroy = yes\n"))).err
    for harmless in ("", "destroy = yes\nskip-final-snapshot = yes\n"):
        plan(env=configured(PIPELINE, (FINAL, harmless)))


WRONG_TIERS = (
    "ARCHIVE_ACCESS", "90d", "90d FROZEN", "90d archive_access", "89d ARCHIVE_ACCESS", "731d ARCHIVE_ACCESS", "179d DEEP_ARCHIVE_ACCESS", "731d DEEP_ARCHIVE_ACCESS", "0d ARCHIVE_ACCESS",
    "-90d ARCHIVE_ACCESS", "2161h ARCHIVE_ACCESS", "90 ARCHIVE_ACCESS", "99999999999999999999d ARCHIVE_ACCESS", "90d ARCHIVE_ACCESS, 120d ARCHIVE_ACCESS", "90d ARCHIVE_ACCESS, none",
    "none, none", "90d ARCHIVE_ACCESS 180d DEEP_ARCHIVE_ACCESS", "90d ARCHIVE_ACCESS<x>",
)


def test_cli_infra_tiers_of_archives():
    """Declared, applied, drifted, mended, taken to be none; and the least and the most ages, in any order."""
    fresh()
    both = configured(PIPELINE, ("bucket = pingvas-studio-logs", "tiering = 730d  DEEP_ARCHIVE_ACCESS, 90d ARCHIVE_ACCESS\nbucket = pingvas-studio-logs"))
    path, line = os.path.join(DEMO, "pingvas-studio-logs", ".larder", "settings"), b"tiering\t90d ARCHIVE_ACCESS, 730d DEEP_ARCHIVE_ACCESS\n"
    apply()
    assert b"tiering" not in read(path)
    assert marks(plan(env=both)) == [("pingvas-studio-logs", None, "update"), ("pingvas-studio-logs", "tiering", "create")]
    assert apply(env=both)["updated"] == 1 and line in read(path) and marks(plan(env=both)) == []
    for drift in (line.replace(b"730", b"180"), b"tiering\tnone\n", b""):
        write(path, read(path).replace(line, drift))
        assert marks(plan(env=both))[1:] == [("pingvas-studio-logs", "tiering", "update" if drift else "create")], drift
        assert apply(env=both)["updated"] == 1 and line in read(path), drift
    one = configured(PIPELINE, ("bucket = pingvas-studio-logs", "tiering = 180d DEEP_ARCHIVE_ACCESS\nbucket = pingvas-studio-logs"))
    assert apply(env=one)["updated"] == 1 and b"tiering\t180d DEEP_ARCHIVE_ACCESS\n" in read(path)
    assert marks(plan()) == [], "who does not say leaves it"
    none = configured(PIPELINE, ("bucket = pingvas-studio-logs", "tiering = none\nbucket = pingvas-studio-logs"))
    assert apply(env=none)["updated"] == 1 and b"tiering\tnone\n" in read(path) and marks(plan(env=none)) == []


# Each key that names another section: where it stands, and a section of that kind, misspelt.
NAMES = (
    ("store", "backend", "backend"), ("store", "in", "store"), ("store", "lifecycle", "lifecycle"), ("store", "cors", "cors"), ("store", "cdn", "cdn"), ("store", "replication", "replication"),
    ("pipeline", "store", "store"), ("pipeline", "thumbnail-store", "store"), ("cache", "source", "store"), ("cache", "store", "filesystem"), ("cache", "lock", "lock"), ("lock", "store", "store"),
    ("cdn", "backend", "backend"), ("cdn", "store", "store"), ("cdn", "behaviors", "behavior"), ("behavior", "cors", "cors"), ("replication", "to", "store"), ("filesystem", "backend", "backend"),
    ("filesystem", "backup", "backup"), ("backup", "backend", "backend"), ("backup", "rules", "backup-rule"), ("backup", "resources", "database"), ("database", "backend", "backend"),
    ("resource", "backend", "backend"),
)
EACH_KIND = "".join('[%s "spelt-%s"]\n' % (kind, kind) for kind in ("lifecycle", "behavior", "backup-rule")) + '[lock "spelt-lock"]\ndriver = file\nroot = /spelt\n' \
    + '[backend "spelt-backend"]\ndriver = localfs-mock\nroot = /spelt\n[cors "spelt-cors"]\norigins = *\n[resource "spelt-resource"]\ntype = localfs-mock.bucket\n'


def test_cli_infra_a_misspelt_name_of_a_section():
    """In every key that names one: INVALID, with its line and the nearest that is there."""
    fresh()
    for kind, key, named in NAMES:
        lines = (PIPELINE + EACH_KIND).split("\n")
        names = [line.split('"')[1] for line in lines if line.startswith("[%s " % named)]
        at = next(n for n, line in enumerate(lines) if line.startswith("[%s " % kind))
        end = next((n for n, line in enumerate(lines) if n > at and line.startswith("[")), len(lines))
        lines[at + 1:end] = ["%s = %sx" % (key, names[-1])] + [line for line in lines[at + 1:end] if not line.startswith((key + " ", key + "="))]
        env = configured("\n".join(lines))
        for words in (("infra", "plan"), ("config", "check")):
            got = larder(*words, env=env)
            assert got.code == 2 and "larder.ini:%d" % (at + 2) in got.err and "did you mean '%s'?" % names[-1] in got.err, (kind, key, words, got.code, got.out, got.err)


def test_cli_infra_a_line_said_twice():
    """By two sections that a store names, or twice by one: where it is told."""
    for change, words in ((("tags = \"Name=Generated Images\"", "tags = Name=other, \"Name=Generated Images\""), "'tag[Name]' is to be both 'other' and 'Generated Images'"),):
        env = configured(PIPELINE, change)
        number = next(n for n, line in enumerate(PIPELINE.split("\n"), 1) if line == '[store "images"]')
        for command in (("infra", "plan"), ("config", "check")):
            got = larder(*command, env=env)
            assert got.code == 2 and words in got.err and "larder.ini:%d" % number in got.err and '[store "images"]' in got.err and "say it once" in got.err, (command, got.err)


def test_cli_infra_destroy_of_an_environment_without_a_name():
    fresh()
    apply()
    there = state()
    for given in ((), ("--environment", ""), ("--environment", NAME)):
        env = configured(PIPELINE, ("environment = pingvas-studio\n", ""))
        got = larder("infra", "destroy", "--only", "store/logs", *given, env=env)
        assert got.code == 2 and "no [larder] environment" in got.err and "write environment = NAME" in got.err and state() == there, (given, got.code, got.err)


RULES = "rules = daily, twin\n"
TWINS = PIPELINE + '[backup-rule "daily"]\nid = daily_backup\n[backup-rule "twin"]\nid = daily_backup\nschedule = cron(0 3 * * ? *)\n'


# In one account and network a group's name is one group, by whichever [backend].
OTHER_SHARE = '[filesystem "other"]\nbackend = %s\ntoken = other\nsecurity-group = efs-models-sg\n\n'


def test_cli_infra_hostile_sections():
    """Twins, references to nothing, and values that are none: named, and nothing is made."""
    fresh()
    cases = (
        (("bucket = pingvas-studio-logs", "bucket = pingvas-studio-images"), 2, "both [store"),
        (("resources = model-cache", "resources = no-such"), 2, "no-such"),
        (("backup = models\n", "backup = no-such\n"), 2, "names the backup 'no-such', which is not there"),
        (("schedule = cron(0 2 * * ? *)\n", "rules = daily\n"), 2, "names the backup-rule 'daily', which is not there"),
        (("rule = daily_backup\n", RULES), 2, "has 'schedule' beside rules"),
        *((("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", RULES + "%s = 3d\n" % key), 2, "has '%s' beside rules" % key)
          for key in ("rule", "delete-after", "cold-after", "copy-to", "copy-delete-after", "copy-cold-after")),
        (("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", RULES), 2, "has two rules called 'daily_backup'"),
        (("transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE", "transition = GLACIER_IR"), 2, "AGE CLASS"),
        (("lifecycle = images\ncors = studio\n", "lifecycle = images, more\n[lifecycle \"more\"]\nid = transition_to_glacier\nexpire = 400d\n\n[store \"rest\"]\nbackend = objects\nbucket = the-rest-of-it\n"), 2, "is the second rule of [store \"images\"] called 'transition_to_glacier'"),
        (("id = expire_after_30_days\n", "id = abort-uploads\n"), 2, "as what uploads nobody ends go by is"),
        *((("bucket = pingvas-studio-logs", "tiering = %s\nbucket = pingvas-studio-logs" % tiering), 2, "larder.ini:") for tiering in WRONG_TIERS),
        (("tags = \"Name=Generated Images\", Environment=production", "tags = production"), 2, "is no tag"),
        (("behaviors = thumbnails, default", "behaviors = thumbnails, no-such"), 2, "no-such"),
        (("resources = model-cache", "resources = model-cache, postgres"), 2, "did you mean 'postgresql'?"),
        (("behaviors = thumbnails, default", "behaviors = thumbnails, thumbnails"), 2, "names 'thumbnails' twice"),
        *(((old, new), 2, "%s' twice" % word) for old, new, word in (
            ("subnets = private-a, private-c", "subnets = private-a, private-a", "'subnets' names 'private-a"), ("nodes = eks-node", "nodes = eks-node, eks-node", "'nodes' names 'eks-node"),
            ("ipv6 = yes", "ipv6 = yes\naliases = a.example.com, a.example.com", "'aliases' names 'a.example.com"), ("delete-after = 30d", "delete-after = 30d\ncopy-to = %s, %s" % (FAR, FAR), "'copy-to' names '" + FAR))),
        (("security-group = ", "security-group =\nx-note = "), 2, "'security-group' of [filesystem"),
        (("[filesystem ", OTHER_SHARE % "files" + "[filesystem "), 2, "has the security group 'efs-models-sg' of [filesystem"),
        (("[filesystem ", OTHER_SHARE % "more" + '[backend "more"]\ndriver = efs\nroot = elsewhere\n\n[filesystem '), 2, "has the security group 'efs-models-sg' of [filesystem"),
        (("\n; failover = images-replica ", "\nfailover = images-replicas ; "), 2, "did you mean 'images-replica'?"),
        (("window = 03:00-04:00", "window = 3am"), 2, "has a window '3am'"),
        (("window = 03:00-04:00", "window = 03:00-03:29"), 2, "30 minutes"),
        (("access-point = /models\n", "policy = tls, access-point\n"), 2, "mounted through its access point alone, and has none"),
        ((FINAL, "final-snapshot =\ndestroy = yes\n"), 2, "no name for its final snapshot"),
        ((FINAL, "destroy = yes\nskip-final-snapshot = no\n"), 2, "no name for its final snapshot"),
    )
    for change, code, words in cases:
        got = larder("infra", "apply", env=configured(TWINS if change[1].startswith(RULES) else PIPELINE, change))
        assert got.code == code and words in got.err and "larder.ini:" in got.err, (change, got.code, got.err)
        assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-uploads")), change


def test_cli_infra_twins_of_two_backends():
    """Two [backend] sections may be one place: a bucket of both is one, and each apply would undo the other's. Of another place it is another."""
    fresh()
    more = '[store "other"]\nbackend = second\nbucket = pingvas-studio-logs\n'
    for root, code in (("./larder-demo", 2), ("./larder-demo/second", 0)):
        env, profile = configured(PIPELINE + more), os.path.join(HOME, "etc/profiles/mock.ini")
        write(profile, read(profile) + b'[backend "second"]\ndriver = localfs-mock\nroot = ${LARDER_ROOT:-./larder-demo}' + root[len("./larder-demo"):].encode() + b"\ncreate = yes\n")
        got = larder("infra", "plan", env=env)
        assert got.code == code and (code == 0 or ("both [store" in got.err and "larder.ini:" in got.err and "in = STORE" in got.err)), (root, got.code, got.err)


def test_cli_infra_twins_of_each_kind():
    """What two sections stand for is told with both, and with the key by which they become two."""
    more = {"filesystem": ("token = pingvas-studio-models\nbackend = files\n", "token = TOKEN"), "database": ("instance = pingvas-studio\nbackend = database\n", "keep one of them"),
            "backup": ("plan = efs-models-daily-backup\nbackend = backup\nvault = main\nschedule = rate(1 day)\nresources = model-cache\n", "plan = NAME"),
            "resource": ("type = localfs-mock.cdn\nbackend = cdn\nidentity = pingvas-studio/cdn/images\n", "its own identity")}
    for kind, (keys, way_out) in more.items():
        got = larder("infra", "plan", env=configured(PIPELINE + '[%s "twin"]\n%s' % (kind, keys)))
        assert got.code == 2 and "both [" in got.err and '[%s "twin"]' % kind in got.err and way_out in got.err and "in = STORE" not in got.err, (kind, got.code, got.err)


def test_cli_infra_one_that_fails_keeps_from_what_needs_it():
    fresh()
    os.makedirs(os.path.join(DEMO, NEEDED[0]))
    write(os.path.join(DEMO, NEEDED[0], "somebody's"), b"own")
    got = larder("infra", "apply", "--json")
    counts = [line for line in got.lines() if line["type"] == "counts"][-1]
    failed = [line["identity"] for line in got.lines() if line.get("step") == "failed"]
    skipped = sorted(line["resource"] for line in got.lines() if line.get("step") == "skipped")
    assert got.code == 5 and failed == [NEEDED[0]] and skipped == ["access", "cdn", "replication"], got.out
    assert (counts["created"], counts["failed"], counts["skipped"]) == (8, 1, 3), counts
    assert {line["why"] for line in got.lines() if line.get("step") == "skipped"} == {"bucket '%s' failed" % NEEDED[0]}, "the first cause, and not what was skipped itself"
    shutil.rmtree(os.path.join(DEMO, NEEDED[0]))
    assert apply()["created"] == 4 and marks(plan()) == []


def test_cli_infra_what_nobody_can_read_changes_nothing_else():
    """A damaged file of one: what it would tell others is not known, which is no change of theirs, and nobody's reader goes for it."""
    fresh()
    apply()
    for path in settings():
        whole = read(path)
        write(path, b"damaged")
        found = marks(plan(code=6))
        assert len(found) == 1 and found[0][2] == "failed", (path, found)
        write(path, whole)
    assert marks(plan()) == []


def test_cli_infra_one_section_with_what_it_needs():
    fresh()
    assert apply("--only", "cdn/images")["created"] == 3, "with the bucket it needs, and what lets it read that"
    assert [one[:3] for one in marks(plan("--only", "cdn/images"))] == []
    assert apply("--only", "store/images")["created"] == 2, "what copies it, and where to"
    assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-uploads"))
    both, other = configured(PIPELINE + '[cdn "other"]\nbackend = cdn\nstore = images\nbehaviors = default\naccept = public-cdn\n'), NAME + "/cdn/other"
    assert marks(plan("--only", "cdn/images", env=both)) == [], marks(plan("--only", "cdn/images", env=both))
    fresh()
    assert apply("--only", "cdn/images", env=both)["created"] == 3 and (other, None, "create") in marks(plan(env=both)), "and no other that reads the bucket"
    for slip, meant in (("store/image", "did you mean 'store/images'?"), ("nothing", "one of ")):
        got = larder("infra", "plan", "--only", slip)
        assert got.code == 3 and meant in got.err and "store/" in got.err and got.err.count("store/images,") <= 1, got.err


# The strategy as it is written, where the pipeline file mends it; and what each trap is mended by.
AS_WRITTEN = (
    ("transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\nlarger-than = 128KiB ", "transition = 30d GLACIER_IR, 90d DEEP_ARCHIVE\nx-note = "),
    ("purpose = AI models, the source of truth\n", "purpose = models\n"),
    ("bucket = pingvas-studio-models\nversioning = yes\n", "bucket = pingvas-studio-models\n"),
    ("access-point = /models\nowner = 1000:1000\n", ""),
    ("subnets = private-a, private-c", "subnets = private-a"),
    ("versioning = yes\nencryption = AES256\npublic-access = blocked\nlifecycle = images\nreplica = yes", "versioning = yes\nreplica = yes"),
    ("claim-rw = efs-models-pvc-rw\n", ""),
    ("lifecycle = logs", "versioning = yes\nlifecycle = logs"),
    ("expected-size = 500GB\ntags", "expected-size = 58GB\ntags"),
    ("price-class = PriceClass_200", "price-class = PriceClass_200\ncertificate = arn:aws:acm:ap-northeast-2:1:certificate/x"),
)
FAR, NEAR = ("arn:aws:backup:%s:123456789012:backup-vault:%s" % one for one in (("eu-west-1", "far"), ("ap-northeast-2", "near")))
SILENT = {
    "transition-gap": ("90d DEEP_ARCHIVE", "120d DEEP_ARCHIVE"),
    "archived-behind-cdn": (", 90d DEEP_ARCHIVE", ""), "gir-behind-cdn": ("30d GLACIER_IR, ", ""),
    "thumbnails-share-rule": ("x-note = ", "larger-than = 128KiB "), "transition-does-not-pay": ("x-note = ", "larger-than = 128KiB "),
    "tiering-below-128k": ("class = INTELLIGENT_TIERING", "class = STANDARD"),
    "deleted-is-not-gone": (("cdn = images\n", ""), ("backend = cdn\nstore = images\n", ""), ("replication = tokyo\n", "")),
    "expiry-on-versions": ("expire = 30d", "expire = 30d\nexpire-noncurrent = 1d"),
    "source-unprotected": (("bucket = pingvas-studio-models\n", "bucket = pingvas-studio-models\nversioning = yes\n"), ("[replication \"tokyo\"]", "[replication \"away\"]\nto = images-replica\n[replication \"tokyo\"]"),
                           ("[store \"models\"]\n", "[store \"models\"]\nreplication = away\n")),
    "copy-dearer-than-original": (("versioning = yes\nreplica = yes", "versioning = yes\nlifecycle = images\nreplica = yes"), ("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\ntag = kind=image\n")),
    "public-cdn": ("certificate = arn", "key-group = x\ncertificate = arn"),
    "metadata-leaks": ("metadata = user_id={user}, job_id={job}, uploaded_at={now}\n", "metadata =\n"),
    "certificate-without-alias": ("certificate = arn", "aliases = cdn.example.com\ncertificate = arn"),
    "certificate-region": ("acm:ap-northeast-2", "acm:us-east-1"),
    "cors-at-edge": ("cors = studio\ncdn = images", "cdn = images"),
    "one-origin": FAILOVER,
    "403-for-missing": ("origin-access = oai", "list = yes\norigin-access = oai"),
    "oai": ("origin-access = oai", "origin-access = oac"),
    "backup-of-a-cache": (("backup = models\n", ""), ("resources = model-cache\n", "resources = postgresql\n")),
    "efs-open-inside": ("throughput = bursting", "throughput = bursting\npolicy = tls, access-point"),
    "efs-path-missing": ("throughput = bursting", "throughput = bursting\naccess-point = /models\nowner = 1000:1000"),
    "efs-zones": ("subnets = private-a", "subnets = private-a, private-c"),
    "bursting-and-ia": ("throughput = bursting", "throughput = elastic"), "lease-too-short": ("lease = 600s", "lease = 7200s"),
    "read-only-miss": ("claim = efs-models-pvc\n", "claim = efs-models-pvc\nclaim-rw = efs-models-pvc-rw\n"),
    "final-snapshot-name": ("final-snapshot = pingvas-studio-final-snapshot", "final-snapshot = pingvas-studio-final-{date}"),
    "pitr-is-not-logs": ("logs = postgresql\n", ""), "windows": (("window = 03:00-04:00\n", ""), ("schedule = cron(0 2 * * ? *)\n", "")),
    "backups-in-one-region": (("delete-after = 30d\n", "delete-after = 30d\ncopy-to = %s\n" % FAR), ("resources = model-cache\n", "resources = model-cache, postgresql\n")), "bursting-too-small": ("expected-size = 58GB", "expected-size = 500GB"),
    "job-identity": ("job = model-sync-job", "job = model-sync-job\nservice-account = models\nimage = larder:1.0"),
    "mode-755-on-files": ("file-mode = 755", "file-mode = 644"),
}


def written():
    text = PIPELINE
    for old, new in AS_WRITTEN:
        assert old in text, old
        text = text.replace(old, new)
    return "\n".join(line for line in text.split("\n") if not line.startswith("accept"))


def traps(text):
    env = configured(text)
    got = larder("infra", "plan", "--json", env=env)          # which ends with 2 where the service refuses one
    return {line["path"] for line in facts(got, "change") if line["change"] == "warning"}


def test_cli_infra_traps_of_the_strategy_as_written():
    """Each is told, by plan and by config check; mended it is silent; accepted by name it is silent, and no other one is."""
    fresh()
    text = written()
    told = traps(text)
    assert told == set(SILENT), told ^ set(SILENT)
    checked = larder("config", "check", "--json", env=configured(text))
    assert {line["text"].split(":")[0] for line in checked.lines() if line["type"] == "note"} >= told, checked.out
    for name, changes in SILENT.items():
        mended = text
        for old, new in changes if isinstance(changes[0], tuple) else (changes,):
            assert old in mended, (name, old)
            assert name in traps(mended), (name, "half mended")
            mended = mended.replace(old, new)
        assert name not in traps(mended), name
    everywhere = ("[store", "[lifecycle", "[cdn", "[filesystem", "[replication", "[backup", "[database", "[cache")
    for name in sorted(told):
        accepted = "\n".join(line + "\naccept = " + name if line.startswith(everywhere) else line for line in text.split("\n"))
        assert name in traps(text) and traps(accepted) == traps(text) - {name}, name


def said(text, *changes):
    """The text with each line in its section, instead of one of the same key; "-KEY": without it."""
    for section, line in changes:
        head, key = "[%s]\n" % section, line.lstrip("-").split(" = ")[0]
        assert text.count(head) == 1, section
        before, rest = text.split(head)
        end = rest.find("\n[")
        body = [one for one in rest[:end].split("\n") if one.split(" = ")[0] != key]
        text = before + head + "\n".join(body + [line] * (not line.startswith("-"))) + rest[end:]
    return text


IMAGES, RULE, CDN, SHARE, TOKYO, DEFAULT = 'store "images"', 'lifecycle "images"', 'cdn "images"', 'filesystem "model-cache"', 'replication "tokyo"', 'behavior "default"'
MODELS, REPLICA, PLAN, BASE, CACHE, MORE = 'store "models"', 'store "images-replica"', 'backup "models"', 'database "postgresql"', 'cache "models"', 'resource "more"'
CERTIFICATE = "certificate = arn:aws:acm:us-east-1:1:certificate/x"
# What the strategy as it is written does not meet, and how it comes to.
MET = (
    ((RULE, "transition = 90d DEEP_ARCHIVE, 120d INTELLIGENT_TIERING"),), ((RULE, "transition = 30d INTELLIGENT_TIERING"),), ((RULE, "expire = 20d"),), (('store "backups"', "class = FROZEN"),),
    (('store "logs"', "encryption = AES256 alias/x"),), ((CDN, "failover = images-replica"), (TOKYO, "class = GLACIER")), ((TOKYO, "tag = a=b"),), ((TOKYO, "delete-markers = yes"),), ((TOKYO, "tag = a=b"), (TOKYO, "delete-markers = yes")),
    ((MODELS, "versioning = yes"),), ((MODELS, "versioning = yes"), (MODELS, "replication = near"), ('replication "near"', "to = uploads")), ((REPLICA, "versioning = no"),),
    ((CDN, "aliases = a.example.com"), (CDN, "-certificate")), ((CDN, "tls = TLSv1.2_2021"), (CDN, "-certificate")), ((CDN, "behaviors = thumbnails"),), ((DEFAULT, "methods = GET"),), ((DEFAULT, "cached-methods = GET"),),
    ((DEFAULT, "min-ttl = 60s"), (DEFAULT, "default-ttl = 10s")), ((CDN, "failover = images-replica"), (DEFAULT, "methods = GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE")), ((CDN, "failover = images-replica"), (IMAGES, "-replication")),
    ((SHARE, "access-point = /models"),), ((SHARE, "encrypted = no"), (SHARE, "kms-key = alias/x")), ((SHARE, "performance = maxIO"), (SHARE, "throughput = elastic")), ((SHARE, "-expected-size"),), ((SHARE, "expected-size = 20GiB"),),
    ((SHARE, "-to-ia"),), ((SHARE, "throughput = provisioned 10MiB/s"),), ((PLAN, "cold-after = 1d"),), ((BASE, "final-snapshot = 1x"),), ((BASE, "retention = 36d"),), ((MORE, "-rule[ends].abort-uploads"),),
)
# What comes of what a service tells is met in the tests of that service; and so is what no section says.
ELSEWHERE = {"zone-taken", "retention-stalls", "final-snapshot-there", "windows-overlap", "archive-not-elastic", "archive-before-ia"}
# Each key that a way out names, and what is written for it: of all alternatives of one key in turn.
WAYS = {
    ("transition-gap", "transition"): (((RULE, "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE"),), ((RULE, "transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE"),)),
    ("transition-order", "transition"): (((RULE, "transition = 30d INTELLIGENT_TIERING, 120d DEEP_ARCHIVE"),),), ("expired-before-moved", "expire"): (((RULE, "expire = 400d"),),),
    ("class-unknown", "class"): ((('store "backups"', "class = STANDARD"),),), ("key-without-kms", "encryption"): ((('store "logs"', "encryption = aws:kms alias/x"),), (('store "logs"', "encryption = AES256"),)),
    ("gir-behind-cdn", "default-ttl"): (((DEFAULT, "default-ttl = 90d"), ('behavior "thumbnails"', "default-ttl = 90d")),),
    ("thumbnails-share-rule", "larger-than"): (((RULE, "larger-than = 128KiB"),),), ("thumbnails-share-rule", "tag"): (((RULE, "tag = kind=image"),),), ("transition-does-not-pay", "larger-than"): (((RULE, "larger-than = 128KiB"),),),
    ("tiering-below-128k", "class"): ((('store "thumbnails"', "class = STANDARD"),),), ("tiering-below-128k", "larger-than"): (((RULE, "larger-than = 128KiB"),),),
    ("deleted-is-not-gone", "delete-markers"): (((TOKYO, "-tag"), (TOKYO, "delete-markers = yes")),), ("expiry-on-versions", "expire-noncurrent"): ((('lifecycle "logs"', "expire-noncurrent = 30d"),),),
    ("uploads-never-aborted", "abort-uploads"): (((MORE, "rule[ends].abort-uploads = 7"),),),
    ("source-unprotected", "versioning"): (((MODELS, "versioning = yes"),),), ("source-unprotected", "public-access"): (((MODELS, "public-access = blocked"),),),
    ("source-unprotected", "replication"): (((MODELS, "replication = near"), ('replication "near"', "to = images-replica")),), ("replication-without-versions", "versioning"): (((IMAGES, "versioning = yes"), (REPLICA, "versioning = yes")),),
    ("delete-markers-of-a-tag", "delete-markers"): (((TOKYO, "delete-markers = no"),),), ("copy-dearer-than-original", "lifecycle"): (((REPLICA, "lifecycle = images"),),), ("copy-dearer-than-original", "tag"): (((TOKYO, "tag = kind=image"),),),
    ("copy-dearer-than-original", "prefix"): (((TOKYO, "prefix = a/"),),), ("copy-dearer-than-original", "class"): (((TOKYO, "class = STANDARD"),),), ("public-cdn", "key-group"): (((CDN, "key-group = x"),),),
    ("metadata-leaks", "response-headers"): (((CDN, "response-headers = x"),),), ("certificate-without-alias", "aliases"): (((CDN, "aliases = a.example.com"),),),
    **{(name, "certificate"): (((CDN, CERTIFICATE),),) for name in ("certificate-region", "alias-without-certificate", "tls-without-certificate")}, ("no-default-behavior", "behaviors"): (((CDN, "behaviors = thumbnails, default"),),),
    ("methods-incomplete", "methods"): tuple(((DEFAULT, "methods = " + methods),) for methods in ("GET, HEAD", "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE")),
    ("cached-methods-incomplete", "cached-methods"): (((DEFAULT, "cached-methods = GET, HEAD"),),), **{("times-out-of-order", key): (((DEFAULT, "%s = %ds" % (key, ttl)),),) for key, ttl in (("min-ttl", 60), ("default-ttl", 60), ("max-ttl", 60))},
    ("cors-at-edge", "cors"): (((DEFAULT, "cors = studio"), ('behavior "thumbnails"', "cors = studio")),),
    ("cors-at-edge", "methods"): (((DEFAULT, "methods = GET, HEAD, OPTIONS"), ('behavior "thumbnails"', "methods = GET, HEAD, OPTIONS")),), ("403-for-missing", "list"): (((CDN, "list = yes"),),),
    ("one-origin", "failover"): (((CDN, "failover = images-replica"),),), ("failover-not-for-writes", "methods"): (((DEFAULT, "methods = GET, HEAD, OPTIONS"),),), ("failover-without-copies", "replication"): (((IMAGES, "replication = tokyo"),),),
    ("oai", "origin-access"): (((CDN, "origin-access = oac"),),), ("efs-open-inside", "policy"): (((SHARE, "policy = tls, access-point"),),),
    ("efs-path-missing", "access-point"): (((SHARE, "access-point = /models"),),), **{(name, "owner"): (((SHARE, "owner = 1000:1000"),),) for name in ("efs-path-missing", "access-point-without-owner")},
    ("key-without-encryption", "encrypted"): (((SHARE, "encrypted = yes"),),), ("elastic-of-maxio", "performance"): (((SHARE, "performance = generalPurpose"),),), ("efs-zones", "subnets"): (((SHARE, "subnets = private-a, private-c"),),),
    ("bursting-and-ia", "throughput"): (((SHARE, "throughput = elastic"),),), ("bursting-too-small", "throughput"): (((SHARE, "throughput = elastic"),), ((SHARE, "throughput = provisioned 10MiB/s"),)), ("lease-too-short", "lease"): (((CACHE, "lease = 6700s"),),),
    ("read-only-miss", "claim-rw"): (((CACHE, "claim-rw = efs-models-pvc-rw"),),), ("job-identity", "service-account"): (((CACHE, "service-account = models"),),), ("job-identity", "image"): (((CACHE, "image = larder:1.0"),),),
    ("mode-755-on-files", "file-mode"): (((CACHE, "file-mode = 644"),),), ("backups-in-one-region", "copy-to"): (((PLAN, "copy-to = " + FAR), (PLAN, "resources = model-cache, postgresql")),), ("cold-too-short", "delete-after"): (((PLAN, "delete-after = 91d"),),),
    ("final-snapshot-name", "final-snapshot"): (((BASE, "final-snapshot = pingvas-{date}"),),), ("final-snapshot-invalid", "final-snapshot"): (((BASE, "final-snapshot = pingvas-final"),),), ("retention-too-long", "retention"): (((BASE, "retention = 35d"),),),
}
# Whose way out is no key: something is left out, a command is run, a bucket is another, or there is none but to accept it.
PEOPLE = {"archived-behind-cdn", "deleted-is-not-gone", "source-unprotected", "backup-of-a-cache", "windows", "pitr-is-not-logs"}


def ways(text):
    """Name and way out of all that is told, without how it is accepted."""
    got = larder("config", "check", "--json", env=configured(text))
    notes = [(line["text"].split(":")[0], re.sub(r"(; or |^)accept = .*", "", line.get("next", ""))) for line in got.lines() if line["type"] == "note"]
    return {one for one in notes if re.fullmatch("[a-z0-9-]+", one[0])}


def rows():
    """Name and way out of each row of the table."""
    text, found = read(os.path.join(os.environ["TOP_SRCDIR"], "drivers/traps/traps.h")).decode(), set()
    for name, rest in re.findall(r'^\t\{ "([a-z0-9-]+)",(.*?), (?:true|false) \},$', text, re.M | re.S):
        found.add((name, "" if rest.endswith("NULL") else re.search(r'"((?:[^"\\]|\\.)*)"$', rest).group(1).replace('\\"', '"')))
    return found


def test_cli_infra_each_way_out_of_a_trap_is_one():
    """Each key that a way out names, written and nothing else changed, silences what told it; keys that stand between two "or" go together. Every row of the table is told here, or said to be elsewhere."""
    text = written() + '[resource "more"]\ntype = localfs-mock.bucket\nbackend = objects\nrule[ends].status = enabled\nrule[ends].abort-uploads = 7\n[replication "near"]\nto = images-replica\n'
    met, used, keyless = {}, set(), set()
    for changes in ((), *MET):
        given = said(text, *changes)
        for one in ways(given):
            met.setdefault(one, given)
    assert rows() - set(met) == {one for one in rows() if one[0] in ELSEWHERE} and set(met) <= rows(), (rows() ^ set(met))
    for (name, way), given in sorted(met.items()):
        seen = {}
        for part in re.split(r"[,;]? or ", way):
            keys = re.findall(r"(?:^|[ (])([a-z][a-z-]*) = ", part)
            for key in keys:
                choices = WAYS[name, key]
                seen[key] = seen.get(key, -1) + 1
                mended = said(mended if key != keys[0] else given, *choices[min(seen[key], len(choices) - 1)])
            used |= {(name, key) for key in keys}
            assert not keys or (name, way) not in ways(mended), (name, way, part)
        keyless |= {name} if not seen else set()
    assert used == set(WAYS) and keyless == PEOPLE, (used ^ set(WAYS), keyless ^ PEOPLE)


def texts(name, *changes, text=PIPELINE):
    """What a trap says of each section that meets it, by config check."""
    got = larder("config", "check", "--json", env={**configured(text, *changes), "TZ": "KST-9"})
    return {line["text"].split(": ", 1)[1] for line in got.lines() if line["type"] == "note" and line["text"].startswith(name + ": ")}


def test_cli_infra_traps_tell_their_figures():
    """c-C15: what the expected size earns and how long a read takes by it; the rate that is paid for; days; a schedule by both clocks. Where nothing is said, no figure."""
    share, ia, size, lease, accept = "throughput = bursting\n", "to-ia = 30d\n", "expected-size = 500GB\ntags", "lease = 600s", ("accept = bursting-and-ia", "x-note = ")
    no_ia, earn, takes = (ia, ""), "once its burst credits are used up, %s earn %d KiB/s: one full read takes 5 hours and 50 minutes", "once the burst credits of %s are used up, a model of 7 GB takes %d seconds"
    for name, changes, words in (
            ("bursting-and-ia", (), ("500GB earn 22 MiB/s,",)), ("bursting-and-ia", ((size, "expected-size = 1TiB\ntags"),), ("1TiB earn 50 MiB/s,",)),
            ("bursting-and-ia", ((size, "tags"),), ("as models idle into IA it falls, to 1 MiB/s at the least",)), ("bursting-and-ia", ((size, "expected-size = 20GiB\ntags"),), ("as models idle into IA it falls, to 1 MiB/s at the least",)),
            ("bursting-too-small", (), ()), ("bursting-too-small", ((size, "expected-size = 58GB\ntags"),), (earn % ("58GB", 2750),)),
            ("bursting-too-small", ((size, "expected-size = 227GiB\ntags"),), (earn % ("227GiB", 11350),)), ("bursting-too-small", ((size, "expected-size = 228GiB\ntags"),), ()),
            ("bursting-too-small", ((size, "expected-size = 20GiB\ntags"),), ("20GiB have the least throughput there is, 1 MiB/s: one full read takes 341 minutes",)),
            ("bursting-too-small", ((size, "tags"),), ()), ("bursting-too-small", ((size, "expected-size = 58GB\ntags"), (share, "throughput = elastic\n")), ()),
            ("lease-too-short", (), ("at the least throughput a model of 7 GB",)), ("lease-too-short", (no_ia,), ()),
            ("lease-too-short", (no_ia, (size, "expected-size = 58GB\ntags")), (takes % ("58GB", 2485),)), ("lease-too-short", (no_ia, (size, "expected-size = 58GB\ntags"), (lease, "lease = 2486s")), ()),
            ("lease-too-short", (no_ia, (size, "expected-size = 58GB\ntags"), (lease, "lease = 2485s")), (takes % ("58GB", 2485),)),
            ("lease-too-short", (no_ia, (size, "expected-size = 20GiB\ntags")), ("at the least throughput a model of 7 GB",)), ("lease-too-short", (no_ia, (size, "tags")), ()),
            ("lease-too-short", ((share, "throughput = provisioned 10MiB/s\n"),), ("with throughput provisioned 10MiB/s a model of 7 GB takes 667 seconds",)),
            ("lease-too-short", ((share, "throughput = provisioned 12MiB/s\n"),), ()), ("lease-too-short", ((share, "throughput = elastic\n"),), ()),
            ("expiry-on-versions", (("lifecycle = logs", "versioning = yes\nlifecycle = logs"),), ("expiry after 30 days only adds",)),
            ("windows", (), ("is in UTC: 03:00-04:00, by this machine's clock 12:00-13:00 KST", "schedules are in UTC: 02:00 UTC, 11:00 KST by")),
            ("windows", (("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", "rules = daily, monthly, often\n"), ("[usage", """[backup-rule "daily"]
schedule = cron(0 2 * * ? *)
[backup-rule "monthly"]
schedule = cron(0 18 1 * ? *)
[backup-rule "often"]
schedule = cron(0 */2 * * ? *)
[usage""")), ("03:00-04:00, by", "schedules are in UTC: 02:00 UTC, 11:00 KST; 18:00 UTC, 03:00 KST by")),
            ("windows", (("cron(0 2 *", "cron(0 */2 *"),), ("03:00-04:00, by", "schedules are in UTC: other hours by"))):
        told = sorted(texts(name, accept, *changes))
        assert len(told) == len(words) and all(word in " ".join(told) for word in words), (name, changes, told)


def test_cli_infra_traps_of_a_failover():
    """Told where it is met, with the words of the way out, and silent where it is mended."""
    uploads = (("behaviors = thumbnails, default", "behaviors = thumbnails, uploads, default"),
               ("[behavior \"default\"]\n", "[behavior \"uploads\"]\npath = up/*\nmethods = GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE\n[behavior \"default\"]\n"))
    archived = ("accept = archived-behind-cdn, gir-behind-cdn", "x-note = ")
    assert archived[0] in PIPELINE, "what the [lifecycle] of both accepts"
    for name, changes, words in (
            ("failover-not-for-writes", (FAILOVER, *uploads), ("asks the first bucket alone, for reads, too",)), ("failover-not-for-writes", (FAILOVER,), ()), ("failover-not-for-writes", uploads, ()),
            ("failover-without-copies", (FAILOVER, ("replication = tokyo\n", "")), ("nothing copies the objects to the bucket",)), ("failover-without-copies", (FAILOVER,), ()),
            ("failover-without-copies", (("replication = tokyo\n", ""),), ()),
            ("archived-behind-cdn", (FAILOVER, archived), ("once a copy is archived", "once an object is archived")), ("archived-behind-cdn", (archived,), ("once an object is archived",)),
            ("archived-behind-cdn", (FAILOVER, archived, (", 120d DEEP_ARCHIVE", ""), ("class = STANDARD_IA", "class = GLACIER")), ("once a copy is archived",)),
            ("archived-behind-cdn", (FAILOVER, archived, (", 120d DEEP_ARCHIVE", "")), ())):
        told = sorted(texts(name, *changes))
        assert len(told) == len(words) and all(word in text for word, text in zip(words, told)), (name, changes, told)


def test_cli_infra_what_is_deleted_stays():
    """At the edge, as an old version, in the copies: each is told by itself, for how long, and by what it goes. A rule for some old versions removes not all."""
    size, cdn = "larger-than = 128KiB                     ; thumbnails share the bucket and stay\n", (("cdn = images\n", ""), ("backend = cdn\nstore = images\n", ""))
    images, alone, bare = "bucket = pingvas-studio-images\nversioning = yes\n", ("replication = tokyo\n", ""), ("max-ttl = 31536000s\n", "max-ttl = 0s\n")
    edge, old, copies, kept = "at the edge until its time is over (%s)", "stays as an old version (%s)", "stays in the copies, in [store \"images-replica\"]", ", as an old version there (%s)"
    days, none, forward = "30 days", "no rule removes all of them", ("delete-markers = no", "delete-markers = yes")
    year = edge % "365 days at the most"
    for changes, words in (
            (((size, ""),), (year, old % days, copies)), ((), (year, old % none, copies)), (((size, "prefix = a/\n"),), (year, old % none, copies)),
            (((size + "expire-noncurrent = 30d\n", ""),), (year, old % none, copies)), ((("[behavior \"default\"]\n", "[behavior \"default\"]\ncache-policy = x\n"),), (edge % "its policy says when", old % none, copies)),
            ((*cdn, (size, "")), (old % days, copies)), ((*cdn, alone), ()), ((alone, (size, "")), (year, old % days)), ((alone, (images, images.replace("yes", "no"))), (year,)), ((alone, bare), ()),
            (((size, ""), forward), (year, old % days, copies + kept % days)), ((forward,), (year, old % none, copies + kept % none)), ((("delete-markers = no", "tag = a=b"),), (year, old % none, copies + ": S3 copies no delete markers of what has a tag")), (((size, "prefix = a/\n"), forward, ("id = ReplicateToTokyo\n", "prefix = a/b\n")), (year, old % none, copies + kept % days))):
        told = sorted(texts("deleted-is-not-gone", *changes))
        assert len(told) == len(words) and all(any(one.endswith(word) for one in told) for word in words), (changes, told)


def test_cli_infra_a_longer_time_at_the_edge():
    """What GLACIER_IR bills by each miss is asked for once in the days that it bills anyway: where every behavior keeps it so long, and nothing else says for how long."""
    least, longer, text = ("default-ttl = 86400s", "default-ttl = 90d"), ("default-ttl = 2592000s", "default-ttl = 90d"), "\n".join(line for line in PIPELINE.split("\n") if not line.startswith("accept"))
    store, view, pipeline = (("%s\n" % line, "%s\ncache-control = max-age=60\n" % line) for line in ("cors = studio", "in = images                              ; a view of that store: no bucket of its own", "encode = png"))
    for changes, told in (((), True), ((least,), True), ((longer,), True), ((least, longer), False), (((least[0], "default-ttl = 89d"), longer), True), ((least, longer, ("max-ttl = 31536000s", "max-ttl = 31536000s\ncache-policy = x")), True),
                          ((least, longer, store), True), ((least, longer, view), True), ((least, longer, pipeline), True),
                          ((least, longer, pipeline, ("min-ttl = 86400s", "min-ttl = 90d"), ("min-ttl = 0s", "min-ttl = 90d")), False)):
        assert bool(texts("gir-behind-cdn", *changes, text=text)) == told, changes


def test_cli_infra_who_runs_a_job_is_written_in_either_file():
    """The profile that we ship asks the environment for it: what is not set there takes nothing from the pipeline file."""
    job, mended = "job = model-sync-job\n", "job = model-sync-job\nservice-account = models\nimage = registry/larder:1.0\n"
    aws = {"LARDER_PROFILE": "aws", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for changes, more, told in (((), {}, True), (((job, mended),), {}, False), ((), {"LARDER_IMAGE": "registry/larder:1.0", "LARDER_SERVICE_ACCOUNT": "models"}, False), (((job, mended),), {"LARDER_IMAGE": "larder"}, True)):
        assert (('[filesystem "model-cache"]', "job-identity") in noted({**configured(PIPELINE, *changes), **aws, **more})) == told, (changes, more)
    for more, words in (({}, "larder.ini:"), ({"LARDER_IMAGE": "other:2"}, "profiles/aws.ini:")):
        got = larder("config", "explain", "cache.models.image", env={**configured(PIPELINE, (job, mended)), **aws, **more})
        assert got.code == 0 and words in got.out.splitlines()[1], (more, got.out, got.err)


def test_cli_infra_copies_of_the_only_truth():
    """A source is protected by a copy of all of it in another place: not by one in the same region, nor of some of its keys."""
    source, rule = ("[store \"models\"]\n", "[store \"models\"]\nreplication = %s\n"), ("[replication \"tokyo\"]", "[replication \"%s\"]\nto = %s\n%s[replication \"tokyo\"]")
    aws = {"LARDER_PROFILE": "aws", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for more, told in (({}, True), (aws, True)):
        for to, narrow, told in (("uploads", "", True), ("images-replica", "", False), ("images-replica", "prefix =\n", False), ("images-replica", "prefix = sd15/\n", True), ("images-replica", "tag = a=b\n", True)):
            env = {**configured(PIPELINE, (source[0], source[1] % "away"), (rule[0], rule[1] % ("away", to, narrow))), **more}
            path = os.path.join(HOME, "etc/profiles/aws.ini")
            write(path, read(path).replace(b"driver = glacier", b"driver = s3"))
            assert (('[store "models"]', "source-unprotected") in noted(env)) == told, (more, to, narrow)
    both = "[replication \"near\"]\nto = uploads\npriority = 2\n[replication \"away\"]\nto = images-replica\n[replication \"tokyo\"]"
    assert not texts("source-unprotected", (source[0], source[1] % "near, away"), (rule[0], both)), "one of two is enough"


def test_cli_infra_copies_that_take_all_models_together():
    """Each prefix that the sync job copies is held against all replications; where it says none, how the keys of the models begin. By a view they are the same models."""
    source, cache, key = ("[store \"models\"]\n", "[store \"models\"]\nreplication = %s\n"), "prefixes = sd15/, sdxl/, flux/\n", "key = {base}/"
    away = "".join('[replication "%s"]\nto = images-replica\nprefix = %s\npriority = %d\n%s' % (name, prefix, n, more) for n, (name, prefix, more) in enumerate(
        (("sd15", "sd15/", ""), ("sdxl", "sdxl/", ""), ("flux", "flux/", ""), ("s", "s", ""), ("own", "models/", ""), ("kind", "flux/", "tag = a=b\n"), ("deep", "flux/dev/", "")), 2))
    view, where = ("[cache \"models\"]\nsource = models", "[store \"weights\"]\nin = models\n[cache \"models\"]\nsource = weights"), "no [replication] takes %s to another region: "
    for names, changes, left in (
            ("sd15, sdxl, flux", (), None), ("s, flux", (), None), ("sd15, sdxl", (), "the models below 'flux/'"), ("flux, sdxl", (), "the models below 'sd15/'"), ("s, kind", (), "the models below 'flux/'"), ("s, deep", (), "the models below 'flux/'"),
            ("own", ((cache, ""), (key, "key = models/{base}/")), None), ("s", ((cache, ""), (key, "key = models/{base}/")), "the models below 'models/'"), ("sd15, sdxl, flux", ((cache, ""),), "all of the models"),
            ("sd15, sdxl, flux", (view,), None), ("sd15, sdxl", (view,), "the models below 'flux/'")):
        told = texts("source-unprotected", (source[0], source[1] % names), *changes, text=PIPELINE + away)
        assert not told if left is None else len(told) == 1 and told.pop().startswith(where % left), (names, changes, told)


def test_cli_infra_traps_look_through_views():
    """What comes from a view, or goes into one, is in the bucket of its store: metadata, a time at the edge, models and their old versions."""
    written_to, models = ("[pipeline \"image\"]\nstore = images\n", "[store \"seen\"]\nin = images\n[pipeline \"image\"]\nstore = seen\n"), ("[cache \"models\"]\nsource = models", "[store \"weights\"]\nin = models\n[cache \"models\"]\nsource = weights")
    text, least, longer = "\n".join(line for line in PIPELINE.split("\n") if not line.startswith("accept")), ("default-ttl = 86400s", "default-ttl = 90d"), ("default-ttl = 2592000s", "default-ttl = 90d")
    for name, changes, through in (("metadata-leaks", (), written_to), ("gir-behind-cdn", (least, longer, ("encode = png", "encode = png\ncache-control = max-age=60")), written_to), ("backup-of-a-cache", (), models)):
        told = texts(name, *changes, text=text)
        assert told and texts(name, *changes, through, text=text) == told, (name, told, texts(name, *changes, through, text=text))


def test_cli_infra_small_objects_that_are_never_tiered():
    rule = "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\nlarger-than = 128KiB "
    for to, size, told in (("30d INTELLIGENT_TIERING", "", True), ("30d INTELLIGENT_TIERING", "larger-than = 131071 ", True), ("30d INTELLIGENT_TIERING", "larger-than = 128KiB ", False), ("30d STANDARD_IA", "", False)):
        there = noted(configured("\n".join(line for line in PIPELINE.split("\n") if not line.startswith("accept")), ("class = INTELLIGENT_TIERING\n", ""), (rule, "transition = %s\n%s" % (to, size))))
        assert (('[store "images"]', "tiering-below-128k") in there) == told, (to, size, there)


def test_cli_infra_transitions_that_the_service_refuses():
    """Too little time in a class before the next one: nothing of that bucket is made, and the rest is."""
    old = "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\n"
    for steps, legal in (("30d GLACIER_IR, 90d DEEP_ARCHIVE", False), ("30d GLACIER_IR, 119d GLACIER", False), ("30d GLACIER_IR, 120d GLACIER, 209d DEEP_ARCHIVE", False), ("0d GLACIER, 89d DEEP_ARCHIVE", False),
                         ("120d GLACIER_IR, 30d DEEP_ARCHIVE", False), ("30d STANDARD_IA, 59d GLACIER_IR", False), ("30d ONEZONE_IA, 59d DEEP_ARCHIVE", False), ("30d STANDARD_IA, 59d GLACIER", False),
                         ("0d GLACIER_IR, 90d DEEP_ARCHIVE", True), ("30d GLACIER_IR, 120d GLACIER, 210d DEEP_ARCHIVE", True), ("30d STANDARD_IA, 60d GLACIER_IR, 150d DEEP_ARCHIVE", True)):
        fresh()
        env = configured(PIPELINE, (old, "transition = %s\n" % steps))
        for words in (("plan",), ("apply",)):
            got = larder("infra", *words, "--json", "--only", "store/images-replica", env=env)
            assert got.code == (0 if legal else 2) and ("transition-gap" in got.out) != legal, (steps, words, got.code, got.out)
        assert os.path.exists(os.path.join(DEMO, "replica", NEEDED[1])) == legal, steps


MINIO = {"LARDER_PROFILE": "minio", "MINIO_ROOT_USER": "x", "MINIO_ROOT_PASSWORD": "y"}


def noted(env):
    """Traps by `config check`, which asks no server: of which section, and which."""
    got = larder("config", "check", "--json", env=env)
    assert got.code == 0, (got.out, got.err)
    return {(line["section"], line["text"].split(":")[0]) for line in got.lines() if line["type"] == "note"}


def test_cli_infra_traps_are_silent_about_what_was_asked_for():
    """MinIO ends no uploads and has no blocks: that is told as lacking, and not as if the pipeline had forgotten it. What it does forget is told there, too."""
    there = noted({**configured(PIPELINE), **MINIO})
    assert ('[store "images"]', "deleted-is-not-gone") in there, there
    assert not {one for one in there if one[1] in ("uploads-never-aborted", "source-unprotected")}, there
    models = "bucket = pingvas-studio-models\nversioning = yes\nencryption = AES256\npublic-access = blocked\n"
    for forgotten in ("versioning = yes\n", "public-access = blocked\n"):
        there = noted({**configured(PIPELINE, (models, models.replace(forgotten, ""))), **MINIO})
        assert ('[store "models"]', "source-unprotected") in there, (forgotten, there)


def test_cli_infra_a_class_that_only_the_backend_names():
    """What a store on a backend of archives is written in without saying so: by default, and as its [backend] says. So are views of it, and copies of what lies there."""
    aws = {"LARDER_PROFILE": "aws", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    store, view, rule = "purpose = generated images\nbackend = ", "class = INTELLIGENT_TIERING\n", ("transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\n", "transition = 30d STANDARD_IA\n")
    accepts = ("accept = archived-behind-cdn, gir-behind-cdn\n", "")
    there, copies = (store + "objects\n", store + "archive\n"), ("class = STANDARD_IA\n", "")
    for changes, kind, told in (
            ((), "", set()), ((there,), "", {"archived-behind-cdn"}), ((there,), "class = DEEP_ARCHIVE\n", {"archived-behind-cdn"}), ((there,), "class = GLACIER_IR\n", {"gir-behind-cdn"}),
            (((there[0], there[1] + "class = STANDARD\n"),), "", set()), (((there[0], there[1] + "class = STANDARD\n"), (view, "")), "", {"archived-behind-cdn"}),
            (((there[0], there[1] + "class = GLACIER_IR\n"),), "", {"gir-behind-cdn"})):
        env = {**configured(PIPELINE, rule, accepts, *changes), **aws}
        path = os.path.join(HOME, "etc/profiles/aws.ini")
        write(path, read(path).replace(b"driver = glacier\n", b"driver = glacier\n" + kind.encode()))
        assert {name for section, name in noted(env) if section == '[store "images"]' and name.endswith("behind-cdn")} == told, (changes, kind)
    for changes, told in (((), False), ((copies,), True), ((("class = STANDARD_IA\n", "class = GLACIER\n"),), True), (((store + "archive\n", store + "archive\nclass = GLACIER_IR\n"), copies), False)):
        env = {**configured(PIPELINE, FAILOVER, rule, accepts, there, *changes), **aws}
        assert (('[store "images-replica"]', "archived-behind-cdn") in noted(env)) == told, changes


def test_cli_infra_uploads_that_nobody_ends():
    """A [store] has a rule for them always; a bucket by its own lines only when they say so."""
    bare = PIPELINE + '[resource "more"]\ntype = localfs-mock.bucket\nbackend = objects\n'
    mended = bare + "rule[ends].status = enabled\nrule[ends].abort-uploads = 7\n"
    for text, told in ((bare, True), (mended, False), (bare + "accept = uploads-never-aborted\n", False)):
        assert {one[0] for one in noted(configured(text)) if one[1] == "uploads-never-aborted"} == ({'[resource "more"]'} if told else set()), text


def test_cli_infra_cors_at_the_edge_of_each_behavior():
    """One behavior that forwards what CORS needs does nothing for the other: each must, and let a script's first question through."""
    thumbnails, default = (("path = */thumbnails/*\n", "path = */thumbnails/*\n%s\n"), ('[behavior "default"]\n', '[behavior "default"]\n%s\n'))
    options = ("viewer = redirect-to-https\nmethods = GET, HEAD\n", "viewer = redirect-to-https\nmethods = GET, HEAD, OPTIONS\n")
    for how in ("cors = studio", "cache-policy = a\norigin-request-policy = b"):
        one, other = ((change[0], change[1] % how) for change in (thumbnails, default))
        for changes, told in (((), True), ((one, options), True), ((other, options), True), ((one, other), True), ((one, other, options), False),
                              ((one, other, options, ("methods = GET, HEAD, OPTIONS\ncached-methods = GET, HEAD\nmin-ttl = 0s", "methods = GET, HEAD\nmin-ttl = 0s")), True)):
            there = noted(configured(PIPELINE, *changes))
            assert (('[cdn "images"]', "cors-at-edge") in there) == told, (how, changes, there)


def test_cli_infra_traps_that_half_a_mending_leaves():
    """A size below the figure, one half of a policy, an image that only looks as if it were pinned."""
    size, share, job = "larger-than = 128KiB ", "throughput = bursting\n", "job = model-sync-job\n"
    account = job + "service-account = models\nimage = "
    for name, old, new, told in (
            ("transition-does-not-pay", size, "larger-than = 1 ", True), ("transition-does-not-pay", size, "larger-than = 131071 ", True), ("transition-does-not-pay", size, size, False),
            ("thumbnails-share-rule", size, "larger-than = 1 ", True), ("thumbnails-share-rule", size, "larger-than = 1\ntag = kind=image ", False), ("thumbnails-share-rule", size, size, False),
            *((name, "class = INTELLIGENT_TIERING", "class = " + kind, (name == "gir-behind-cdn") == (kind == "GLACIER_IR")) for name in ("archived-behind-cdn", "gir-behind-cdn") for kind in ("GLACIER", "DEEP_ARCHIVE", "GLACIER_IR")),
            *((name, "cors = studio\n", "cors = studio\n%s\n" % line, told) for name, line, told in (("archived-behind-cdn", "class = GLACIER", True), ("archived-behind-cdn", "class = DEEP_ARCHIVE", True), ("archived-behind-cdn", "class = STANDARD_IA", False),
              ("archived-behind-cdn", "tiering = 90d ARCHIVE_ACCESS", True), ("archived-behind-cdn", "tiering = 180d DEEP_ARCHIVE_ACCESS", True), ("archived-behind-cdn", "tiering = none", False), ("gir-behind-cdn", "class = GLACIER_IR", True))),
            *(("mode-755-on-files", "file-mode = 755", "file-mode = " + mode, told) for mode, told in (("0755", True), ("775", True), ("744", True), ("650", True), ("645", True), ("644", False), ("0664", False), ("600", False))),
            ("efs-open-inside", share, share, True), ("efs-open-inside", share, share + "policy = tls\n", True), ("efs-open-inside", share, share + "policy = access-point\n", True),
            ("efs-open-inside", share, share + "policy = tls, access-point\n", False),
            ("job-identity", job, account + "larder\n", True), ("job-identity", job, account + "registry:5000/larder\n", True), ("job-identity", job, account + "registry:5000/larder:latest\n", True),
            ("job-identity", job, account + "registry:5000/larder:1.0\n", False), ("job-identity", job, account + "larder:latest-1.0\n", False), ("job-identity", job, account + "larder@sha256:%s\n" % ("0" * 64), False),
            ("job-identity", job, job + "image = larder:1.0\n", True)):
        bare = PIPELINE.replace("transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE\n", "transition = 30d STANDARD_IA\n") if name.endswith("behind-cdn") else PIPELINE
        there = noted(configured("\n".join(line for line in bare.split("\n") if not line.startswith("accept")), (old, new)))
        assert (name in {one[1] for one in there}) == told, (name, new, there)


def test_cli_infra_copies_that_stay_behind():
    """A lifecycle of the copies is a mending where it is for all that is copied, ends in the same class, and as early; thumbnails are told until a filter keeps them out."""
    same, tag, tagged = "lifecycle = images\nreplica = yes", "[replication \"tokyo\"]\n", "[replication \"tokyo\"]\ntag = kind=image\n"
    text = "\n".join(line for line in PIPELINE.split("\n") if not line.startswith("accept"))
    rule = '[lifecycle "far"]\ntransition = %s\n%s[lifecycle "uploads"]'
    for transition, more, copied, told in (
            ("120d DEEP_ARCHIVE", "", tagged, ()), ("30d DEEP_ARCHIVE", "larger-than = 128KiB\n", tagged, ()), ("30d GLACIER_IR", "", tagged, ("DEEP_ARCHIVE",)), ("121d DEEP_ARCHIVE", "", tagged, ("DEEP_ARCHIVE",)),
            ("120d DEEP_ARCHIVE", "prefix = a/\n", tagged, ("DEEP_ARCHIVE",)), ("120d DEEP_ARCHIVE", "prefix = a/\n", tagged + "prefix = a/b/\n", ()), ("120d DEEP_ARCHIVE", "prefix = a/b/\n", tagged + "prefix = a/\n", ("DEEP_ARCHIVE",)),
            ("120d DEEP_ARCHIVE", "tag = kind=image\n", tagged, ()), ("120d DEEP_ARCHIVE", "tag = kind=other\n", tagged, ("DEEP_ARCHIVE",)), ("120d DEEP_ARCHIVE", "larger-than = 1MiB\n", tagged, ("DEEP_ARCHIVE",)),
            ("120d DEEP_ARCHIVE", "", tag, ("128 KB",)), ("120d DEEP_ARCHIVE", "", tag + "prefix = a/\n", ()), ("30d GLACIER_IR", "", tag, ("DEEP_ARCHIVE", "128 KB"))):
        changes = ((same, same.replace("images", "far")), ('[lifecycle "uploads"]', rule % (transition, more)), (tag, copied))
        got = sorted(texts("copy-dearer-than-original", *changes, text=text), key=lambda one: "128 KB" in one)
        assert len(got) == len(told) and all(word in one for word, one in zip(told, got)), (transition, more, copied, got)
    for kind, told in (("DEEP_ARCHIVE", 0), ("GLACIER", 0), ("GLACIER_IR", 2), ("ONEZONE_IA", 2), ("STANDARD", 1)):
        assert len(texts("copy-dearer-than-original", (same, "replica = yes"), ("class = STANDARD_IA", "class = " + kind), text=text)) == told, kind


def test_cli_infra_old_versions_that_no_rule_removes():
    """A rule for old versions mends expiry where it is for all of the same objects; what is told is the rule that it is missing for."""
    old = ("lifecycle = logs", "versioning = yes\nlifecycle = logs, other, third"), ("expire = 30d\n", "expire = 30d\n%s[lifecycle \"other\"]\nexpire-noncurrent = 1d\n%s[lifecycle \"third\"]\nexpire = 7d\nexpire-noncurrent = 1d\nprefix = t/\n")
    for first, other, told in (("", "", False), ("", "prefix = a/\n", True), ("prefix = a/b/\n", "prefix = a/\n", False), ("", "tag = a=b\n", True), ("tag = a=b\n", "tag = a=b\n", False), ("", "larger-than = 1\n", True),
                               ("larger-than = 9\n", "larger-than = 1\n", False), ("expire-noncurrent = 1d\n", "prefix = a/\n", False)):
        got = texts("expiry-on-versions", old[0], (old[1][0], old[1][1] % (first, other)))
        assert len(got) == told and all("expiry after 30 days only adds" in one for one in got), (first, other, got)
    more = '[resource "more"]\ntype = localfs-mock.bucket\nbackend = objects\nversioning = yes\nrule[a].status = enabled\nrule[a].expire = 9\n'
    for text, told in ((more, {"expiry after 9 days only adds"}), (more + "rule[a].expire-noncurrent = 1\n", set())):
        assert {one[:29] for one in texts("expiry-on-versions", text=PIPELINE + text)} == told, text


def test_cli_infra_backups_of_a_database_in_one_region():
    """What it backs up by itself lies where it lies: a plan that selects it and copies mends that, one that copies and selects another does not."""
    rule, far, both = "delete-after = 30d\n", "delete-after = 30d\ncopy-to = %s\n" % FAR, ("resources = model-cache\n", "resources = model-cache, postgresql\n")
    for changes, told in (((), True), (((rule, far),), True), ((both,), True), ((both, (rule, far)), False), ((("retention = 7d\n", ""),), False)):
        assert (('[database "postgresql"]', "backups-in-one-region") in noted(configured(PIPELINE, *changes))) == told, changes


def test_cli_infra_windows_on_a_clock_of_utc():
    got = larder("config", "check", env={**configured(PIPELINE), "TZ": "UTC0"})
    assert "in UTC: 03:00-04:00, by this machine's clock the same" in got.out and "in UTC: 02:00 UTC by this machine's clock" in got.out, got.out


def test_cli_infra_small_objects_that_stay_are_said_once():
    """One for all rules of a bucket: two that differ are refused with the place, by plan and by config check."""
    one, both = "id = expire_old_versions\nleast-size = varies_by_storage_class\n", ("lifecycle = uploads\n", "lifecycle = uploads, logs\n")
    for other, code in (("", 0), ("least-size = varies_by_storage_class\n", 0), ("least-size = all_storage_classes_128K\n", 2)):
        env = configured(PIPELINE, both, ("id = expire_old_versions\n", one), ("id = expire_after_30_days\n", "id = expire_after_30_days\n" + other))
        for words in (("infra", "plan"), ("config", "check")):
            fresh()
            got = larder(*words, env=env)
            assert got.code == code and (code == 0 or all(word in got.err for word in ('[lifecycle "logs"]', "larder.ini:", "least-size", '[store "uploads"]'))), (other, words, got.code, got.err)


def test_cli_infra_rules_of_one_priority():
    """The service refuses two to one bucket that are as urgent: told with both places, before anything is asked."""
    other = '[replication "other"]\nto = %s\n%s[replication "tokyo"]\n'
    for to, more, code in (("images-replica", "", 2), ("images-replica", "priority = 2\n", 0), ("uploads", "", 0)):
        env = configured(PIPELINE, ("replication = tokyo\n", "replication = tokyo, other\n"), ('[replication "tokyo"]\n', other % (to, more)))
        for words in (("infra", "plan"), ("config", "check")):
            fresh()
            got = larder(*words, env=env)
            assert got.code == code and (code == 0 or all(word in got.err for word in ('[replication "tokyo"]', '[replication "other"]', "priority 1", "larder.ini:", "next: "))), (to, more, words, got.code, got.err)
    for tag in ("kind", "=image"):
        got = larder("infra", "plan", env=configured(PIPELINE, ('[replication "tokyo"]\n', '[replication "tokyo"]\ntag = %s\n' % tag)))
        assert got.code == 2 and "'%s' of tag in [replication \"tokyo\"]" % tag in got.err and "larder.ini:" in got.err, got.err



def test_cli_infra_copies_need_versions_on_both_sides():
    """S3 copies neither from nor to a bucket without: the rule is not sent, and all else is made."""
    source = ("bucket = pingvas-studio-images\nversioning = yes\n", "bucket = pingvas-studio-images\n")
    target = ("bucket = pingvas-studio-images-replica-tokyo\nversioning = yes\n", "bucket = pingvas-studio-images-replica-tokyo\n")
    for change in (source, target, (source[0], source[0].replace("yes", "no")), (target[0], target[0].replace("yes", "no"))):
        fresh()
        env = configured(PIPELINE, change)
        got = larder("infra", "plan", "--json", env=env)
        refused = {(line["resource"], line["identity"]) for line in facts(got, "resource") if line["change"] == "failed"}
        assert got.code == 2 and refused == {("replication", NEEDED[0])} and "replication-without-versions" in got.out, (change, got.code, refused)
        if change in (source, target):
            done = apply(code=2, env=env)
            assert (done["created"], done["failed"]) == (11, 1), done
            assert not [path for path in settings() if "/replication/" in path]
    # Whoever has set it up elsewhere says so.
    fresh()
    done = apply(env=configured(PIPELINE, source, ("accept = copy-dearer-than-original", "accept = copy-dearer-than-original, replication-without-versions")))
    assert (done["created"], done["failed"]) == (12, 0), done


def test_cli_infra_delete_markers_of_a_tag():
    """c-F05: each filter that a rule can have, with and without the clock: what is for one tag copies no delete markers, is refused, and not made."""
    for narrowed in ("", "prefix =\n", "prefix = a/\n", "tag = k=v\n", "prefix = a/\ntag = k=v\n"):
        for clock in ("", "time-control = 15m\n"):
            for markers in ("no", "yes"):
                fresh()
                env = configured(PIPELINE, ("time-control = 15m\ndelete-markers = no\n", "%sdelete-markers = %s\n%s" % (clock, markers, narrowed)))
                legal = "tag" not in narrowed or markers == "no"
                for words in (("infra", "plan", "--json"), ("config", "check", "--json"), ("infra", "apply", "--json")):
                    got = larder(*words, env=env)
                    assert ("delete-markers-of-a-tag" in got.out) != legal and (words[0] == "config" or got.code == (0 if legal else 2)), (narrowed, clock, markers, words, got.code, got.out)
                kept = [read(path).decode() for path in settings() if "/replication/" in path]
                assert len(kept) == legal and all(("within-seconds" in text) == bool(clock) for text in kept), (narrowed, clock, markers, kept)


def test_cli_infra_cold_backups_that_the_service_refuses():
    """c-F04: what became cold stays 90 days. Without it, with none (0), or never deleted there is nothing to refuse."""
    for times, legal in (("delete-after = 60d\ncold-after = 30d\n", False), ("delete-after = 119d\ncold-after = 30d\n", False), ("delete-after = 30d\ncold-after = 60d\n", False),
                         ("delete-after = 120d\ncold-after = 30d\n", True), ("delete-after = 30d\ncold-after = 0d\n", True), ("delete-after = 30d\n", True), ("cold-after = 30d\n", True)):
        fresh()
        env = configured(PIPELINE, ("delete-after = 30d\n", times))
        for words in (("plan",), ("apply",)):
            got = larder("infra", *words, "--json", "--only", "backup/models", env=env)
            assert got.code == (0 if legal else 2) and ("cold-too-short" in got.out) != legal, (times, words, got.code, got.out)
        assert any("/backup/" in path for path in settings()) == legal, times
        kept = [read(path).decode() for path in settings() if "/backup/" in path]
        assert all(("cold-after" in text) == ("cold-after = 30d" in times) for text in kept), kept
        checked = larder("config", "check", "--json", env=env)
        assert ("cold-too-short" in checked.out) != legal, (times, checked.out)


def backup_lines(*changes, text=PIPELINE):
    """What the mock keeps of the only plan, applied anew."""
    fresh()
    done = apply("--only", "backup/models", env=configured(text, *changes))
    assert done["failed"] == 0, done
    path, = [path for path in settings() if "/backup/" in path]
    return read(path).decode().splitlines()[1:]


def test_cli_infra_a_share_names_its_backup():
    """[filesystem] backup = NAME selects it, beside resources or alone, and not twice; a share that names none is not backed up."""
    named, listed = "backup = models\n", "resources = model-cache\n"
    shares = [line for line in backup_lines() if ".resource[" in line]
    assert len(shares) == 1, shares
    for changes in (((named, ""),), ((listed, ""),), ((listed, "resources =\n"),), ((named, "backup = other, models\n"),), ((listed, "resources = model-cache, model-cache\n"),)):
        text = PIPELINE + '[backup "other"]\nbackend = backup\nresources = postgresql\n'
        assert [line for line in backup_lines(*changes, text=text) if ".resource[" in line] == shares, changes
    both = [line for line in backup_lines((listed, "resources = postgresql\n")) if ".resource[" in line]
    assert len(both) == 2 and set(shares) < set(both), both
    got = larder("infra", "plan", env=configured(PIPELINE, (named, ""), (listed, "")))
    assert got.code == 2 and "selects nothing" in got.err, got.err
    # Where nobody sets the share up nothing is selected by its name.
    got = larder("infra", "plan", env=configured(PIPELINE, (listed, ""), ("backend = files\n", "")))
    assert got.code == 2 and "selects nothing" in got.err, got.err


def test_cli_infra_what_a_backup_selects_is_not_guessed():
    """Of a store, a share and a database of one name none is taken by it: KIND/NAME says which, and each of them goes by it; a share that names its backup is that one."""
    fresh()
    # The strategy has [store "images"]; the share is called so, too.
    same = tuple((old, new) for old, new in (('[filesystem "model-cache"]', '[filesystem "images"]'), ("store = model-cache\n", "store = images\n")))
    twins, listed = (*same, ("backup = models\n", "")), "resources = model-cache\n"
    for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
        got = larder(*words, env=configured(PIPELINE, *twins, (listed, "resources = images\n")))
        assert got.code == 2 and "'images', which is more than one section" in got.out + got.err and "resources = filesystem/images, or store/images" in got.out + got.err and "larder.ini:" in got.out + got.err, (words, got.out, got.err)
    selected = {}
    for asked in ("store/images", "filesystem/images", "filesystem/images, store/images", "database/postgresql", "postgresql"):
        lines = [line.split("\t")[0] for line in backup_lines(*twins, (listed, "resources = %s\n" % asked)) if ".resource[" in line]
        selected[asked] = sorted(line[line.index("resource[") + 9:-1] for line in lines)
    bucket, share, database = selected["store/images"], selected["filesystem/images"], selected["postgresql"]
    assert bucket == [NEEDED[0]] and len(share) == 1 and share != bucket and selected["database/postgresql"] == database, selected
    assert selected["filesystem/images, store/images"] == sorted(bucket + share), selected
    by_share = [line for line in backup_lines(*same, (listed, "resources = store/images\n")) if ".resource[" in line]
    assert len(by_share) == 2, by_share
    # What the traps know of it, they know by either word.
    told = [[line["path"] for line in facts(plan(env=configured(PIPELINE, ("backup = models\n", ""), ("accept = backup-of-a-cache\n", ""), (listed, "resources = %s\n" % one))), "change")] for one in ("model-cache", "filesystem/model-cache")]
    assert told[0] == told[1] and "backup-of-a-cache" in told[0], told
    got = larder("infra", "plan", env=configured(PIPELINE, (listed, "resources = store/model-cache\n")))
    assert got.code == 2 and "which no section is" in got.err, got.err


def test_cli_infra_rules_of_a_plan():
    """Several, each with what it says; the vault of the plan where a rule names none; the keys of a single one as before. Copies, with a life of their own where they have one."""
    one = "rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n"
    far, near = ("arn:aws:backup:%s:123456789012:backup-vault:far" % region for region in ("eu-west-1", "us-east-1"))
    text = PIPELINE + """[backup-rule "daily"]
schedule = cron(0 2 * * ? *)
delete-after = 30d
[backup-rule "monthly"]
id = first_of_month
vault = years
schedule = cron(0 3 1 * ? *)
cold-after = 30d
delete-after = 3650d
copy-to = %s, %s
copy-cold-after = 1d
copy-delete-after = 100d
""" % (far, near)
    rules = [line for line in backup_lines((one, "rules = daily, monthly\n"), text=text) if line.startswith("rule[")]
    assert rules == ["rule[daily].delete-after\t30", "rule[daily].schedule\tcron(0 2 * * ? *)", "rule[daily].vault\tmain",
                     "rule[first_of_month].cold-after\t30", *("rule[first_of_month].copy[%s]\tcold-after 1, delete-after 100" % arn for arn in (far, near)),
                     "rule[first_of_month].delete-after\t3650", "rule[first_of_month].schedule\tcron(0 3 1 * ? *)", "rule[first_of_month].vault\tyears"], rules
    env = configured(text, (one, "rules = daily, monthly\n"))
    path, = [path for path in settings() if "/backup/" in path]
    whole = read(path)
    for line in whole.splitlines(True)[1:]:
        write(path, whole.replace(line, b""))
        assert [(what, how) for _, what, how in marks(plan("--only", "backup/models", env=env)) if what] == [(line.split(b"\t")[0].decode(), "create")], line
        assert apply("--only", "backup/models", env=env)["updated"] == 1 and read(path) == whole, line
    for life, told in (("", "yes"), ("copy-delete-after = 9d\n", "delete-after 9"), ("copy-cold-after = 9d\n", "cold-after 9")):
        rules = backup_lines((one, one + "copy-to = %s\n%s" % (far, life)))
        assert "rule[daily_backup].copy[%s]\t%s" % (far, told) in rules, rules


def test_cli_infra_the_region_of_copies():
    """Held against that of the [backend] that holds them: another one, and one that says none, are refused, by config check too; where a driver knows no regions there is nothing to hold."""
    aws = {"LARDER_PROFILE": "aws", "AWS_REGION": "ap-northeast-1", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    lies = '[backend "objects-replica"]\ndriver = s3\nserver = aws\nregion = ap-northeast-1\n'
    for old, new, code, words in ((lies, lies, 0, ()), (lies, lies.replace("northeast-1", "northeast-2"), 2, ("ap-northeast-1", "ap-northeast-2", "images-replica", "tokyo", "aws.ini:")),
                                  (lies, lies.replace("region = ap-northeast-1\n", ""), 2, ("ap-northeast-1", "objects-replica", "says none")),
                                  ("[replication \"tokyo\"]\nregion = ap-northeast-1", "[replication \"tokyo\"]\nregion = ap-northeast-3", 2, ("ap-northeast-3", "ap-northeast-1")),
                                  ("[replication \"tokyo\"]\nregion = ap-northeast-1", "[replication \"tokyo\"]\nregion =", 0, ())):
        env = configured(PIPELINE)
        path = os.path.join(HOME, "etc/profiles/aws.ini")
        text = read(path).decode()
        assert old in text, old
        write(path, text.replace(old, new).encode())
        for command in (("infra", "policy", "operator"), ("config", "check"), ("infra", "plan")):
            if command[1] == "plan" and code == 0:
                continue                          # would ask AWS
            got = larder(*command, env={**env, **aws})
            assert got.code == code and all(word in got.err for word in words), (new, command, got.code, got.err)
    fresh()
    assert plan(env=configured(PIPELINE, ("id = ReplicateToTokyo\n", "id = ReplicateToTokyo\nregion = anywhere\n"))).code == 0


def test_cli_infra_copies_of_backups_have_their_traps():
    """c-F04 of the copies, too: what becomes cold stays 90 days. And copies in the region of the backups go with it."""
    rule, far, near = "delete-after = 30d\n", FAR, NEAR
    rules = ("rule = daily_backup\nschedule = cron(0 2 * * ? *)\n", "rules = daily\n")
    for life, legal in (("copy-cold-after = 1d\ncopy-delete-after = 90d\n", False), ("copy-cold-after = 1d\ncopy-delete-after = 91d\n", True), ("copy-cold-after = 1d\n", True), ("copy-delete-after = 1d\n", True)):
        for changes in (((rule, rule + "copy-to = %s\n" % far + life),), (rules, (rule, ""), ("[usage", '[backup-rule "daily"]\ncopy-to = %s\n%s[usage' % (far, life)))):
            got = larder("infra", "plan", "--json", "--only", "backup/models", env=configured(PIPELINE, *changes))
            assert got.code == (0 if legal else 2) and ("cold-too-short" in got.out) != legal, (changes, got.code, got.out)
    aws = {"LARDER_PROFILE": "aws", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for to, told in ((None, True), (near, True), ("%s, %s2" % (near, near), True), (far, False), (far.replace("vault:far", "vault:ap-northeast-2"), False), (far.replace("aws", "aws-cn", 1), False), ("%s, %s" % (near, far), False)):
        env = {**configured(PIPELINE, (rule, rule + ("copy-to = %s\n" % to if to else ""))), **aws}
        assert (('[backup "models"]', "backups-in-one-region") in noted(env)) == told, to
    database = {"the automated backups lie in the region of the instance, whose failure takes them with it"}
    two = (("rule = daily_backup\nschedule = cron(0 2 * * ? *)\n", "rules = daily, monthly\n"), (rule, ""), ("[usage", "[backup-rule \"daily\"]\n%s[backup-rule \"monthly\"]\n%s[usage"))
    copied, bare = "copy-to = %s\n" % far, "vault = main\n"
    for daily, monthly, kept in ((copied, bare, ["monthly"]), (bare, copied, ["daily"]), (copied, copied, [])):
        assert texts("backups-in-one-region", *two[:2], (two[2][0], two[2][1] % (daily, monthly))) == {"the failure of a region takes what %s keeps with it" % name for name in kept} | database, (daily, monthly)


def test_cli_infra_a_trap_tells_how_it_is_accepted():
    """By which word in which section: in the plan's text, as JSON and by config check; written there, it is silent. What the service refuses tells none."""
    fresh()
    text = written()
    got = larder("infra", "plan", "--json", env=configured(text))
    warned = [line for line in facts(got, "change") if line["change"] == "warning"]
    refused = [line["path"] for line in warned if "accept" not in line]
    assert len(warned) - len(refused) > 20 and all(line["accept"] == "accept = %s in [%s \"%s\"]" % (line["path"], line["kind"], line["section"]) for line in warned if "accept" in line), got.out
    assert set(refused) == {"transition-gap", "certificate-region"}, refused
    # What people decide has no other way out.
    windows = [line for line in warned if line["path"] in ("windows", "pitr-is-not-logs")]
    assert len(windows) == 3 and not any("next" in line for line in windows), windows
    for words in (("infra", "plan"), ("config", "check")):
        out = larder(*words, env=configured(text)).out
        ends = [line for line in out.splitlines() if line.endswith("accept = windows in [database \"postgresql\"]")]
        assert len(ends) == 1 and " or " not in ends[0] and "(null)" not in out, (ends, out)
    how = "accept = oai in [cdn \"images\"]"
    assert "; or %s\n" % how in larder("infra", "plan", env=configured(text)).out and how in larder("config", "check", env=configured(text)).out
    assert "oai" not in traps(text.replace("[cdn \"images\"]\n", "[cdn \"images\"]\naccept = oai\n"))


def test_cli_infra_what_the_service_would_refuse_is_not_what_cannot_be_looked_at():
    fresh()
    got = larder("infra", "plan", env=configured(written()))
    last = got.out.splitlines()[-1]
    assert got.code == 2 and "that the service would refuse" in last and "cannot be looked at" not in last and "would be refused" in got.err, (last, got.err)


def test_cli_infra_what_is_accepted_is_the_name_of_a_trap():
    """A slip of the pen would accept nothing: told with file and line, before anything is made. What another profile's driver alone knows is none."""
    fresh()
    for old, new, near in (("accept = oai, public-cdn", "accept = oaii, public-cdn", "did you mean 'oai'?"), ("accept = tiering-below-128k", "accept = tiering-below-128", "did you mean 'tiering-below-128k'?"),
                           ("accept = archived-behind-cdn, gir-behind-cdn", "accept = archived-behind-cdn, gir", "tells each trap by its name"),
                           ("accept = bursting-and-ia", "accept = bursting-and-ai", "did you mean 'bursting-and-ia'?")):
        env = configured(PIPELINE, (old, new))
        line = 1 + next(n for n, one in enumerate(PIPELINE.split("\n")) if one.startswith(old))
        for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
            got = larder(*words, env=env)
            assert got.code == 2 and "larder.ini:%d" % line in got.err and near in got.err, (words, new, got.code, got.out, got.err)
    assert not os.path.exists(os.path.join(DEMO, NEEDED[0]))
    # [cdn] is nginx's there: nobody who knows traps answers for it. Elsewhere each driver knows the names of all.
    for text, code in ((PIPELINE, 0), (PIPELINE.replace("accept = oai, public-cdn", "accept = somebody's, public-cdn"), 0), (PIPELINE.replace("accept = bursting-and-ia", "accept = bursting-and-ia, public-cdn, final-snapshot-name, backups-in-one-region"), 0),
                       (PIPELINE.replace("accept = bursting-and-ia", "accept = bursting-and-iai"), 2)):
        got = larder("config", "check", env={**configured(text), **MINIO})
        assert got.code == code, (code, got.out, got.err)


def test_cli_infra_killed_anywhere_and_run_again():
    """Killed before each call in turn that makes, names or removes something: the next run ends where an undisturbed one does."""
    fresh()
    apply()
    want = {path: read(path) for path in settings()}
    kills = 0
    for call in ("mkdirat", "linkat", "renameat"):
        for number in range(1, 400, 7):
            fresh()
            done = subprocess.run([LARDER, "infra", "apply", "-q"], env={**ENV, **bad("%s:kill:%d" % (call, number))}, capture_output=True)
            if done.returncode == 0:
                break                       # no such call any more
            assert done.returncode == -signal.SIGKILL, (call, number, done.stderr)
            kills += 1
            apply()
            assert {path: read(path) for path in settings()} == want, (call, number)
    assert kills > 10, kills


def test_cli_infra_two_at_once():
    """One stops before each call in turn that makes or names something, and another runs meanwhile: both end well, and where one alone does."""
    fresh()
    apply()
    want = {path: read(path) for path in settings()}
    stops = 0
    for call in ("mkdirat", "linkat", "renameat"):
        for number in range(1, 400, 7):
            fresh()
            one = subprocess.Popen([LARDER, "infra", "apply", "-q"], env={**ENV, **bad("%s:stop:%d:1" % (call, number))}, stderr=subprocess.PIPE)
            if not is_stopped(one):
                assert one.communicate() and one.returncode == 0
                break                       # no such call any more
            stops += 1
            apply()
            one.send_signal(signal.SIGCONT)
            said = one.communicate()[1]
            assert one.returncode == 0 and {path: read(path) for path in settings()} == want, (call, number, said)
    assert stops > 10, stops


run(sys.modules[__name__])
