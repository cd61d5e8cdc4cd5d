#!/usr/bin/env python3
"""The whole strategy from one pipeline file, under the three profiles: on AWS as far as moto and the services that stand in are it, on MinIO, and on the mock. Applied, and
read back with boto3 and not with our code; applied again without a write; each attribute drifted with boto3, found and mended; destroyed without a trace. Killed after
each write, each reply lost, a tenth throttled: no duplicates, and it ends the same. Wrong keys half-way, a right that is missing, references to nothing: named, the
rest done, the last line true.

A kill costs a run, and a drift that stands alone two: `make check` kills after every LARDER_STRIDE'th write (9) and drifts what does not touch each other at once;
LARDER_STRIDE=1, as `make check-fault` has it, does each alone."""
import json
import os
import shutil
import signal
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import strategy_backup  # noqa: E402
import strategy_buckets  # noqa: E402
import strategy_cdn  # noqa: E402
from strategy_buckets import HOME, IMAGES, REPLICA, UPLOADS, change, check_strategy, proxy, servers  # noqa: E402
from strategy_filesystem import DRIFTS as FILE_DRIFTS, Somebody  # noqa: E402
from strategy_whole import BACKS_UP, COPIES, DESTROY, ENVIRONMENT, counts, is_write, marks, service_of, world  # noqa: E402
from tool import larder, read, run  # noqa: E402

STRIDE = int(os.environ.get("LARDER_STRIDE", "9"))


# ---- the three profiles

def test_live_strategy_on_aws():
    """D1, F1, C1, C2, E1, F2, F3: made, read back by boto3, not written again, and gone without a trace."""
    w = world("aws")
    w.fresh()
    planned = counts(w.infra("plan", "--detailed-exitcode", code=10))
    assert w.wrote() == [] and (planned["created"], planned["updated"], planned["unsupported"]) == (12, 1, 0), planned
    done = counts(w.infra("apply"))
    assert (done["created"], done["updated"], done["failed"]) == (12, 1, 0), done
    w.is_the_strategy()
    done = counts(w.infra("apply"))
    assert w.wrote() == [] and done["same"] == 13 and done["created"] + done["updated"] == 0, (w.wrote(), done)
    assert marks(w.infra("plan", "--detailed-exitcode")) == {}
    done = counts(w.infra(*DESTROY))
    assert (done["removed"], done["failed"]) == (13, 0), done
    w.is_nothing()
    w.infra(*DESTROY)
    assert w.wrote() == []


def test_live_strategy_on_minio():
    """The buckets are made, and nginx where there is no CDN; the rest is told as not supported, and nothing of it is sent."""
    w = world("minio")
    lines = w.infra("apply")
    lacking = {(line["resource"], line["identity"]) for line in w.infra("plan", "--all") if line["type"] == "resource" and line["change"] == "unsupported"}
    assert {kind for kind, _ in lacking} >= {"replication", "backup", "database"} and not {"bucket", "cdn"} & {kind for kind, _ in lacking}, lacking           # nginx stands in for the CDN
    told = [line["why"] for line in w.infra("plan", "--all") if line.get("change") == "warning" and line["path"] == "deleted-is-not-gone"]
    assert any("as an old version" in why for why in told) and not [why for why in told if "in the copies" in why], told
    assert counts(lines)["failed"] == 0 and check_strategy(w) >= 11 and w.there() == sorted(w.buckets), counts(lines)
    assert set(steps(lines, "unsupported")) == lacking and counts(lines)["unsupported"] == counts(w.infra("plan"))["unsupported"] > len(lacking), (lines, lacking)
    done = counts(w.infra("apply"))
    assert w.wrote() == [] and done["created"] + done["updated"] == 0, (w.wrote(), done)
    assert marks(w.infra("plan", "--detailed-exitcode")) == {}
    w.infra(*DESTROY)
    assert w.there() == []
    w.infra(*DESTROY)
    assert w.wrote() == []


def test_live_strategy_saved_on_minio():
    """Of what MinIO lacks every line of, nothing is made by a saved plan either; what it plans is made, and taken away again."""
    w = world("minio")
    saved = os.path.join(HOME, "today.plan")
    told = w.infra("plan", "-o", saved)
    planned, lines = counts(told), w.infra("apply", saved)
    done, lacking = counts(lines), {(line["resource"], line["identity"]) for line in told if line["type"] == "resource" and line["change"] == "unsupported"}
    assert {**done, "failed": 0} == planned and w.there() == sorted(w.buckets), (planned, done)
    assert set(steps(lines, "unsupported")) == lacking != set(), (lines, lacking)
    w.infra("plan", "--destroy", "-o", saved)
    assert counts(w.infra("destroy", saved, "--environment", ENVIRONMENT))["failed"] == 0 and w.there() == []


MOCK = {
    # by the files in which the mock keeps what a resource is: its lines, as they are to be
    "pingvas-studio-images/.larder/settings": {
        "encryption": "AES256", "public-access": "blocked", "tag[Name]": "Generated Images", "rule[transition_to_glacier].transition[GLACIER_IR].days": "30",
        "rule[transition_to_glacier].transition[DEEP_ARCHIVE].days": "120", "rule[transition_to_glacier].expire-noncurrent": "30", "cors[studio].max-age": "3600",
        "cors[studio].origin[https://pingvas.studio]": "yes", "cors[studio].method[HEAD]": "yes"},
    "pingvas-studio-logs/.larder/settings": {"rule[expire_after_30_days].expire": "30", "ownership": "BucketOwnerEnforced", "encryption": "AES256"},
    "pingvas-studio-uploads/.larder/settings": {"encryption": "AES256", "rule[expire_old_versions].expire-noncurrent": "30"},
    "pingvas-studio-models/.larder/settings": {"encryption": "AES256", "public-access": "blocked"},
    ".larder-resources/cdn/": {
        "behavior[*/thumbnails/*].min-ttl": "86400", "behavior[*/thumbnails/*].default-ttl": "2592000", "behavior[default].default-ttl": "86400", "behavior[default].max-ttl": "31536000",
        "price-class": "PriceClass_200", "origin[S3-pingvas-studio-images].access": "oac", "behavior[default].method[OPTIONS]": "yes"},
    ".larder-resources/replication/": {"rule[ReplicateToTokyo].class": "STANDARD_IA", "rule[ReplicateToTokyo].within-seconds": "900", "rule[ReplicateToTokyo].to": REPLICA},
    ".larder/resources/": {
        "lifecycle.to-ia": "30", "lifecycle.back-on-access": "1", "performance": "generalPurpose", "throughput": "bursting", "encrypted": "yes", "security-group.name": "efs-models-sg",
        "access-point[/models].owner": "1000:1000", "policy.tls": "yes"},
    ".larder-resources/backup/": {"rule[daily_backup].schedule": "cron(0 2 * * ? *)", "rule[daily_backup].vault": "main", "rule[daily_backup].delete-after": "30"},
    ".larder-resources/database/": {"retention": "7", "window": "03:00-04:00", "log[postgresql]": "yes", "final-snapshot": "pingvas-studio-final-snapshot"},
}


def kept(top):
    """{path: (lines, inode, time)} of each file of settings below a folder."""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if name == "settings" or "resources/" in path:
                lines = dict(line.split("\t") for line in read(path).decode().splitlines()[1:])
                found[os.path.relpath(path, top)] = lines, os.stat(path).st_ino, os.stat(path).st_mtime_ns
    return found


def test_live_strategy_on_the_mock():
    """With nothing installed; read from its files. (tests/cli/test-cli-infra.py drifts each of their lines.)"""
    top = tempfile.mkdtemp(prefix="strategy", dir=HOME)
    env = {"LARDER_CONFIG": world("minio").config, "LARDER_PROFILE": "mock", "LARDER_ROOT": top}

    def infra(*words, code=0):
        got = larder("infra", *words, "--json", env=env)
        assert got.code == code, (words, got.code, got.out[-2000:], got.err[-2000:])
        return got.lines()
    done = counts(infra("apply"))
    assert (done["created"], done["failed"], done["unsupported"]) == (13, 0, 0), done
    there = kept(top)
    for part, want in MOCK.items():
        lines, = [lines for path, (lines, *_) in there.items() if part in path]
        assert {path: lines.get(path) for path in want} == want, (part, lines)
    done = counts(infra("apply"))
    assert (done["same"], done["created"] + done["updated"]) == (13, 0) and kept(top) == there, done
    assert marks(infra("plan", "--detailed-exitcode")) == {}
    infra(*DESTROY)
    assert kept(top) == {} and {line["change"] for line in infra("plan") if line["type"] == "resource"} == {"create"}
    shutil.rmtree(top)


def test_live_strategy_backs_up_buckets():
    """A bucket is selected by its ARN, and its name is none: with it the service would select nothing, or refuse."""
    w = world("aws")
    w.fresh()
    pipeline = read(w.config)
    try:
        change(w.config, ("resources = model-cache", "resources = images, model-cache"))
        w.infra("apply")
        selected = sorted(strategy_backup.plans(w.plans)[0][1][0]["Resources"])
        assert selected == sorted([w.files.system()["FileSystemArn"], "arn:aws:s3:::" + IMAGES]), selected
        w.infra("apply")
        assert w.wrote() == []
    finally:
        with open(w.config, "wb") as file:
            file.write(pipeline)


# ---- each drift

def lanes(w):
    """Lists of drifts; two of different lists do not touch each other. A drift is (what is done, (resource, identity), what plan marks of it, whether that is all)."""
    made = {}

    def add(lane, drift, where, want, exactly=True):
        made.setdefault(lane, []).append((drift, where, want, exactly))
    for needs, drift, (bucket, path, how) in strategy_buckets.DRIFTS:
        feature, _, alone = needs.partition(" ")
        if w.can[feature] == "supported" and alone in ("", "aws"):
            kind = {"replication": "replication", "policy": "access"}.get(feature, "bucket")
            add("copies" if feature in ("replication", "versions") else (bucket, feature.split("-")[0]), lambda drift=drift: drift(w), (kind, bucket), {mark[1:] for mark in strategy_buckets.marked((bucket, path, how))}, kind != "replication")      # a role of our own has rights for its rules alone: it is another, too
    for name, (want, drift) in FILE_DRIFTS.items():
        if name != "no policy":                    # it leaves a statement of somebody's, which stays
            add("files", lambda drift=drift: drift(Somebody(w.files)), ("filesystem", "pingvas-studio-models"), set(want))
    for drift, path in strategy_cdn.DRIFTS:
        add("behaviors" if path.startswith("behavior") else "cdn", lambda drift=drift: drift(w.cdns), ("cdn", ENVIRONMENT + "/cdn/images"), {path}, False)
    for drift, path in strategy_backup.DRIFTS:
        path = path.replace("%s", w.files.system()["FileSystemArn"])
        add("backup", lambda drift=drift: drift(strategy_backup.Somebody(w.plans)), ("backup", strategy_backup.PLAN), {path}, False)
    for mark, drift in strategy_backup.INSTANCE_DRIFTS:
        if mark[0] != "deletion-protection":       # not declared
            add("database", lambda drift=drift: strategy_backup.modify(w.rds, drift), ("database", strategy_backup.DATABASE), {mark})
    for name, kind in ((COPIES, w.iam), (BACKS_UP, None)):
        where = ("replication", IMAGES) if kind else ("backup", strategy_backup.PLAN)
        path = "role" if kind else strategy_backup.ROLE
        add("copies" if kind else "backup", lambda kind=kind, name=name: another_right(w, kind, name), where, {(path, "update")} if kind else {path}, bool(kind))
    return list(made.values())


def another_right(w, iam, name):
    """The role may do all."""
    rights = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    if iam:
        iam.put_role_policy(RoleName=name, PolicyName="larder", PolicyDocument=rights)
    else:
        w.backups.iam.roles[name]["policies"]["larder"] = json.loads(rights)


def test_live_strategy_each_drift_is_found_and_mended():
    w = world("aws")
    w.applied()
    all_lanes, tried = lanes(w), 0
    rounds = [[one] for lane in all_lanes for one in lane] if STRIDE == 1 else [[lane[n] for lane in all_lanes if n < len(lane)] for n in range(max(map(len, all_lanes)))]
    for together in rounds:
        want = {}
        for drift, where, paths, exactly in together:
            drift()
            want.setdefault(where, []).append((paths, exactly))
        found = marks(w.infra("plan"))
        # Who reads the bucket follows what reads it.
        assert set(found) >= set(want) and set(found) - set(want) <= {("access", IMAGES)} and w.wrote() == [], (set(found) ^ set(want), found)
        for where, parts in want.items():
            if all(exactly for _, exactly in parts):
                assert found[where] == set().union(*(paths for paths, _ in parts)), (where, found[where], parts)
            else:
                paths = {path if isinstance(path, str) else path[0] for all_paths, _ in parts for path in all_paths}
                assert {path for path, _ in found[where]} >= paths, (where, found[where], parts)
        w.infra("apply", "--adopt")
        w.is_the_strategy()
        tried += len(together)
    w.infra("apply")
    assert w.wrote() == [] and tried > 100, (w.wrote(), tried)


# ---- accidents

def killed_until_done(w, *words):
    """Killed once the server has done the STRIDE'th write (what is there already is refused, and not done), and run again, until a run ends by itself. How many kills."""
    for kills in range(300):
        seen, lock = [], threading.Lock()

        def after(record):
            with lock:
                seen.extend([record] if is_write(record) and record["server"] < 400 else [])
                if len(seen) >= STRIDE:
                    process.send_signal(signal.SIGKILL)
        for between in w.fronts:
            between.plan([{"do": "keep", "after": after}])
        process = w.start(*words)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        if process.returncode == 0:
            w.plan()
            return kills
        assert process.returncode == -signal.SIGKILL, (kills, process.returncode, out[-2000:], err[-2000:])
    raise AssertionError("no end")


def test_live_strategy_killed_after_each_write():
    """c-I07, c-C12: making all of it, and removing all of it: what the runs before have done is found, and nothing is there twice."""
    w = world("aws")
    w.fresh()
    assert killed_until_done(w, "apply") >= 36 // STRIDE
    w.is_the_strategy()
    w.infra("apply")
    assert w.wrote() == []
    assert killed_until_done(w, *DESTROY) >= 18 // STRIDE
    w.is_nothing()


def test_live_strategy_each_reply_lost():
    """c-I07: the server has done it, and nobody is told: of every third write, in a second run of those after them, then of the last third; asked again it is heard."""
    w = world("aws")
    for words, then in ((("apply",), w.is_the_strategy), (DESTROY, w.is_nothing)):
        lost = 0
        for offset in range(3):
            seen, lock = [], threading.Lock()

            def after(record):
                what = service_of(record), record["method"], record["path"], record["body"]
                with lock:
                    first = is_write(record) and what not in seen
                    seen.extend([what] if first else [])
                if first and len(seen) % 3 == offset:
                    raise proxy.Gone("lost")
            w.fresh()
            if words is DESTROY:
                w.infra("apply")
            for between in w.fronts:
                between.plan([{"do": "keep", "after": after}])
            w.infra(*words)
            lost += len(seen) // 3
            w.plan()
            then()
        assert lost > (50 if words is not DESTROY else 15), lost


SLOW_DOWN = (
    {"path": "^/(2015-02-01|backup)", "status": 429, "body": '{"__type": "ThrottlingException", "Code": "ThrottlingException", "message": "no"}'},
    {"path": "^/2020-05-31", "status": 503, "body": "<ErrorResponse><Error><Code>Throttling</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"},
    {"path": "^/$", "status": 400, "body": "<ErrorResponse><Error><Code>Throttling</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"},
    {"code": "SlowDown"},
)


def test_live_strategy_a_tenth_is_throttled():
    w = world("aws")
    w.fresh()
    w.plan(*({"nth": list(range(5, 4000, 10)), "do": "reply", **rule} for rule in SLOW_DOWN))
    w.infra("apply")
    refused = [record for record in w.all if record["status"] in (400, 429, 503) and record.get("server") is None]
    assert len(refused) > 15 and {service_of(record) for record in refused} >= {"s3", "elasticfilesystem", "cloudfront", "backup"}, len(refused)
    w.plan()
    w.is_the_strategy()


# ---- hostile

def steps(lines, step):
    return {(line["resource"], line["identity"]): line for line in lines if line.get("step") == step}


def is_true(w, lines):
    """The last line counts what there is: what was done a second plan finds as it is to be, what was skipped it does not."""
    told, left = counts(lines), {(line["resource"], line["identity"]): line["change"] for line in w.infra("plan", "--all") if line["type"] == "resource"}
    done, failed, skipped = (set(steps(lines, step)) for step in ("done", "failed", "skipped"))
    assert (told["created"] + told["updated"], told["failed"], told["skipped"]) == (len(done), len(failed), len(skipped)), told
    assert len(left) == 13 == len(done | failed | skipped) + told["same"] and all(left[one] == "same" for one in done), (told, left)
    assert all(left[one] != "same" for one in skipped), (skipped, left)


def refusing(kinds, code, status=403):
    """These requests are answered with that code, in the words of their service."""
    text = "<ErrorResponse><Error><Code>%s</Code><Message>planned</Message></Error><RequestId>r-1</RequestId></ErrorResponse>" % code
    return [{"do": "reply", "status": status, **({"body": text} if "/$" in kind.get("path", "") else {"code": code} if not kind.get("path", "").startswith("^/2015") else
                                                 {"body": '{"ErrorCode": "%s", "Message": "planned"}' % code, "headers": {"x-amzn-errortype": code}}), **kind} for kind in kinds]


def test_live_strategy_a_right_is_missing():
    """One bucket may not be made, then the file system may not: named with the service's code, what needs it skipped, all else done; with the right, the rest of it."""
    w = world("aws")
    for rules, failed, skipped in ((refusing([{"method": "PUT", "path": "^/%s$" % UPLOADS}], "AccessDenied"), {("bucket", UPLOADS)}, set()),
                                   (refusing([{"method": "POST", "path": "^/2015-02-01/file-systems$"}], "AccessDeniedException"), {("filesystem", "pingvas-studio-models")}, {("backup", strategy_backup.PLAN)})):
        w.fresh()
        w.plan(*rules)
        lines = w.infra("apply", code=4)
        w.plan()
        assert set(steps(lines, "failed")) == failed and set(steps(lines, "skipped")) == skipped, lines
        assert all(line["provider"].startswith("AccessDenied") for line in steps(lines, "failed").values()) and "planned" in w.err, (lines, w.err)
        is_true(w, lines)
        w.infra("apply")
        w.is_the_strategy()


def test_live_strategy_a_database_that_is_not_there():
    """By a slip in its name: told by the plan, by what is done and by its counts; strict, it is an error before anything is made."""
    w = world("aws")
    w.fresh()
    pipeline = read(w.config)
    try:
        change(w.config, ("instance = pingvas-studio\n", "instance = pingvas-stduio\n"))
        for words in ("plan", "apply"):
            w.infra(words, "--strict", code=3)
            assert "pingvas-stduio" in w.err and "[database \"postgresql\"]" in w.err and w.wrote() == [], w.err
        told = [line for line in w.infra("plan") if line["type"] == "resource" and line["resource"] == "database"]
        assert [line["change"] for line in told] == ["unsupported"] and "is not there" in told[0]["why"], told
        lines = w.infra("apply")
        done, step = counts(lines), steps(lines, "unsupported")
        assert (done["created"], done["missing"], done["unsupported"]) == (12, 1, 0) and lines[-1]["scanned"] == 13, (done, lines[-1])
        assert list(step) == [("database", "pingvas-stduio")] and "is not there" in step["database", "pingvas-stduio"]["why"], step
        got = larder("infra", "apply", env=w.env)
        assert "1 not there" in got.out and "! database 'pingvas-stduio'" in got.err, (got.out, got.err)
    finally:
        with open(w.config, "wb") as file:
            file.write(pipeline)


def test_live_strategy_shown_though_some_is_denied():
    """What cannot be looked at is told with its code, and so does the command end; the rest is shown."""
    w = world("aws")
    w.applied()
    denied = {"method": "GET", "path": "^/%s[?]lifecycle" % UPLOADS}
    for rules, code, broken in ((refusing([denied], "AccessDenied"), 4, {("bucket", UPLOADS)}),
                                (refusing([{"path": "^/$"}], "AccessDenied") + refusing([{"path": "^/2015-02-01"}], "AccessDeniedException") + refusing([{}], "AccessDenied"), 4, None)):
        w.plan(*rules)
        lines = w.infra("show", code=code)
        w.plan()
        failed = {(line["resource"], line["identity"]) for line in lines if line["type"] == "resource" and line["change"] == "failed"}
        assert failed == broken if broken else len(failed) == 13, failed
        assert "%d of the resources" % len(failed) in w.err and bool(broken) == any(line["type"] == "change" for line in lines), w.err
    w.plan(*rules)
    said = larder("infra", "plan", env=w.env).out.splitlines()[-1]
    w.plan()
    assert said == "13 that cannot be looked at", said
    w.infra("show")


def test_live_strategy_one_is_denied_and_the_rest_goes():
    """A bucket that cannot be looked at stays, and is told; with the right it goes, too."""
    w = world("aws")
    w.applied()
    w.plan(*refusing([{"method": "GET", "path": "^/%s[?]lifecycle" % UPLOADS}], "AccessDenied"))
    lines = w.infra(*DESTROY, code=4)
    w.plan()
    done = counts(lines[lines.index(counts(lines)) + 1:])        # the second: those of the plan come first
    assert (done["removed"], done["failed"], done["skipped"]) == (12, 1, 0) and w.there() == [UPLOADS], (done, w.there())
    assert [lines[-1][name] for name in ("scanned", "done", "failed")] == [13, 12, 1], lines[-1]
    w.infra(*DESTROY)
    w.is_nothing()


LATE = 170                           # of each kind: the plan has looked at all by then, and not all is made


def test_live_strategy_keys_are_wrong_half_way():
    """From the LATEth request on moto knows the key no more: each that was not done is named, what was done is there, and with the key it goes on."""
    w = world("aws")
    w.fresh()
    late = {"nth": list(range(LATE, 4000))}
    w.between.plan([*refusing([{"path": "^/$", **late}], "InvalidClientTokenId"), *refusing([{"path": "^/2015-02-01", **late}], "UnrecognizedClientException"),
                    *refusing([late], "InvalidAccessKeyId"), {"do": "keep"}])
    lines = w.infra("apply", code=4)
    w.plan()
    failed = steps(lines, "failed")
    assert failed and steps(lines, "done") and all(line["provider"].startswith(("Invalid", "Unrecognized")) for line in failed.values()), lines
    is_true(w, lines)
    w.infra("apply")
    w.is_the_strategy()


def test_live_strategy_references_to_nothing():
    """In the network: that resource is named and what needs it skipped. In the file: named, and nothing is asked."""
    w = world("aws")
    w.fresh()
    profile, text = os.path.join(os.path.dirname(w.config), "profiles/aws.ini"), None
    pipeline, text = read(w.config), read(profile)
    try:
        change(profile, ("vpc = tag:Name=prod", "vpc = tag:Name=nothing"))
        lines = w.infra("apply", code=3)
        assert set(steps(lines, "failed")) == {("filesystem", "pingvas-studio-models")} and set(steps(lines, "skipped")) == {("backup", strategy_backup.PLAN)} and "tag:Name=nothing" in w.err, w.err
        assert counts(lines)["created"] == 10 and w.there() == sorted(w.buckets), counts(lines)
        for old, new, code, word in (("resources = model-cache", "resources = no-such", 2, "no-such"), ("in = images  ", "in = nowhere ", 2, "nowhere"),
                                     ("cors = studio\n", "cors = studio-x\n", 2, "studio-x"), ("to = images-replica", "to = no-replica", 2, "no-replica")):
            change(w.config, (old, new))
            w.infra("apply", code=code)
            assert word in w.err and w.all == [], (old, w.err, w.all)
            with open(w.config, "wb") as file:
                file.write(pipeline)
    finally:
        for path, was in ((profile, text), (w.config, pipeline)):
            with open(path, "wb") as file:
                file.write(was)
    w.infra("apply")
    w.is_the_strategy()


run(sys.modules[__name__])
