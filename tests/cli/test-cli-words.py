#!/usr/bin/env python3
"""Words that only the service would refuse, half-way through an apply: refused by plan, apply and `config check`, with file and line and what to write instead."""
import os
import shutil
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
from tool import HOME, PIPELINE, configured, larder, pipeline, run  # noqa: E402

DEMO = os.path.join(HOME, "demo")
LOGS, RULE, COPY, SHARE = "bucket = pingvas-studio-logs\n", "id = expire_old_versions\n", "id = ReplicateToTokyo\n", "token = pingvas-studio-models\n"
AGES = "one of 1, 7, 14, 30, 60, 90, 180, 270, 365: days"
# what is written, what is written instead, what the error says of it, and of what to do
WORDS = (
    ("encryption = AES256\npublic-access = blocked\nlifecycle = logs", "encryption = ROT13\npublic-access = blocked\nlifecycle = logs", "'ROT13' of encryption in [store \"logs\"]", "one of AES256, aws:kms, aws:kms:dsse"),
    (LOGS, LOGS + "ownership = BucketOwnerEnforce\n", "'BucketOwnerEnforce' of ownership in [store \"logs\"]", "did you mean 'BucketOwnerEnforced'?"),
    ("public-access = blocked\nlifecycle = logs", "public-access = open-ish\nlifecycle = logs", "'open-ish' of public-access in [store \"logs\"]", "one of blocked"),
    (LOGS, LOGS + "tiering = 89d ARCHIVE_ACCESS\n", "'89d ARCHIVE_ACCESS' of tiering in [store \"logs\"]", "ARCHIVE_ACCESS from 90d to 730d"),
    (RULE, RULE + "transition = 30d GLACIR\n", "'GLACIR' of transition in [lifecycle \"uploads\"]", "did you mean 'GLACIER'?"),
    (RULE, RULE + "transition = 30d STANDARD\n", "'STANDARD' of transition in [lifecycle \"uploads\"]", "did you mean 'STANDARD_IA'?"),
    ("methods = GET, HEAD\nheaders", "methods = GET, FETCH\nheaders", "'FETCH' of methods in [cors \"studio\"]", "one of GET, HEAD, PUT, POST, DELETE"),
    ("methods = GET, HEAD\nheaders", "methods = GET, OPTIONS\nheaders", "'OPTIONS' of methods in [cors \"studio\"]", "one of GET, HEAD, PUT, POST, DELETE"),
    (COPY + "class = STANDARD_IA", COPY + "class = STANDARD_IIA", "'STANDARD_IIA' of class in [replication \"tokyo\"]", "did you mean 'STANDARD_IA'?"),
    (COPY, COPY + "role = Replicator\n", "'Replicator' of role in [replication \"tokyo\"]", "one of auto, arn:…"),
    ("time-control = 15m", "time-control = 20m", "'20m' of time-control in [replication \"tokyo\"]", "one of 900: "),
    ("origin-access = oai ", "origin-access = oax ", "'oax' of origin-access in [cdn \"images\"]", "did you mean 'oac'?"),
    ("price-class = PriceClass_200", "price-class = PriceClass_20", "'PriceClass_20' of price-class in [cdn \"images\"]", "did you mean 'PriceClass_200'?"),
    ("geo = none", "geo = none\nhttp-version = http4", "'http4' of http-version in [cdn \"images\"]", "did you mean 'http2'?"),
    ("geo = none", "geo = whitelist", "'whitelist' of geo in [cdn \"images\"]", "did you mean 'whitelist …'?"),
    ("geo = none", "geo = KR JP", "'KR JP' of geo in [cdn \"images\"]", "one of none, whitelist …, blacklist …"),
    ("geo = none", "geo = none\ntls = TLSv1.2\naliases = a.example\ncertificate = arn:aws:acm:us-east-1:1:certificate/x", "'TLSv1.2' of tls in [cdn \"images\"]", "did you mean 'TLSv1'?"),
    ("[behavior \"default\"]\nviewer = redirect-to-https", "[behavior \"default\"]\nviewer = redirect-to-http", "'redirect-to-http' of viewer in [behavior \"default\"]", "did you mean 'redirect-to-https'?"),
    ("methods = GET, HEAD, OPTIONS\n", "methods = GET, HEAD, LINK\n", "'LINK' of methods in [behavior \"default\"]", "one of GET, HEAD, OPTIONS"),
    ("methods = GET, HEAD, OPTIONS\ncached-methods = GET, HEAD", "methods = GET, HEAD, OPTIONS\ncached-methods = GET, HEAD, POST", "'POST' of cached-methods in [behavior \"default\"]", "one of GET, HEAD, OPTIONS"),
    ("performance = generalPurpose", "performance = fast", "'fast' of performance in [filesystem \"model-cache\"]", "one of generalPurpose, maxIO"),
    ("throughput = bursting", "throughput = warp", "'warp' of throughput in [filesystem \"model-cache\"]", "one of bursting, elastic, provisioned …"),
    ("throughput = bursting", "throughput = provisioned", "'provisioned' of throughput in [filesystem \"model-cache\"]", "did you mean 'provisioned …'?"),
    ("to-ia = 30d", "to-ia = 31d", "'31d' of to-ia in [filesystem \"model-cache\"]", AGES),
    ("egress = open", "egress = opened", "'opened' of egress in [filesystem \"model-cache\"]", "did you mean 'open'?"),
    ("bucket = pingvas-studio-logs\n", "bucket = Pingvas_logs\n", "'Pingvas_logs' of bucket in [store \"logs\"]", "3 to 63 lower-case letters"),
    ("bucket = pingvas-studio-logs\n", "bucket = pingvas-s3alias\n", "'pingvas-s3alias' of bucket in [store \"logs\"]", "a name without it"),
    ("origins = https://pingvas.studio, ", "origins = https://*.a.*.b, ", "'https://*.a.*.b' of origins in [cors \"studio\"]", "one * at the most"),
    ("methods = GET, HEAD\nheaders = *", "methods = GET, HEAD\nheaders = *a*b", "'*a*b' of headers in [cors \"studio\"]", "one * at the most"),
    ("tags = \"Name=Generated Images\", ", "tags = aWs:x=y, ", "'aWs:x' of tags in [store \"images\"]", "no aws: at the beginning"),
    ("tags = \"Name=Generated Images\", ", "tags = Kind=a&b, ", "'a&b' of tags in [store \"images\"]", "letters, digits, spaces and _.:/=+-@"),
    ("security-group = efs-models-sg", "security-group = sg-0123", "'sg-0123' of security-group in [filesystem \"model-cache\"]", "and not an id"),
    ("security-group = efs-models-sg", "security-group = group^", "'group^' of security-group in [filesystem \"model-cache\"]", "255 at the most"),
    ("access-point = /models", "access-point = models/", "'models/' of access-point in [filesystem \"model-cache\"]", "from the root on"),
    ("vault = main", "vault = a b", "'a b' of vault in [backup \"models\"]", "letters, digits, - and _, 2 to 50"),
    ("vault = main", "vault = v", "'v' of vault in [backup \"models\"]", "letters, digits, - and _, 2 to 50"),
    *(("delete-after = 30d\n", "delete-after = 30d\ncopy-to = %s\n" % to, "'%s' of copy-to in [backup \"models\"]" % to, "arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME") for to in (
        "far", "arn:aws:backup:eu-west-1:123456789012:backup-vault:", "arn:aws:backup:eu-west-1:1234:backup-vault:far", "arn:aws:backup::123456789012:backup-vault:far", "arn:aws:s3:eu-west-1:123456789012:backup-vault:far",
        "arn:aws:backup:eu-west-1:123456789012:recovery-point:far", "arn:aws:backup:eu-west-1:123456789012:backup-vault:a b", "x:backup-vault:far")),
    ("plan = efs-models-daily-backup", "plan = a/b", "'a/b' of plan in [backup \"models\"]", "letters, digits and -_."),
    ("rule = daily_backup", "rule = daily/backup", "'daily/backup' of rule in [backup \"models\"]", "letters, digits and -_."),
    ("selection = efs-models-selection", "selection = a&b", "'a&b' of selection in [backup \"models\"]", "letters, digits and -_."),
    ("schedule = cron(0 2 * * ? *)", "schedule = cron(99 2 * * ? *)", "'cron(99 2 * * ? *)' of schedule in [backup \"models\"]", "cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR)"),
    ("schedule = cron(0 2 * * ? *)", "schedule = rate(0 days)", "'rate(0 days)' of schedule in [backup \"models\"]", "rate(12 hours)"),
    ("schedule = cron(0 2 * * ? *)", "schedule = daily", "'daily' of schedule in [backup \"models\"]", "one of cron(…, rate(…"),
    ("rule = daily_backup", "rule = daily_backup\nrole = keeper", "'keeper' of role in [backup \"models\"]", "one of auto, arn:…"),
    ("logs = postgresql", "logs = postgres", "'postgres' of logs in [database \"postgresql\"]", "did you mean 'postgresql'?"),
)


def where(old, new):
    """The line of the pipeline file that differs, as an error names it."""
    changed = PIPELINE.replace(old, new).split("\n")
    return next(n for n, line in enumerate(changed, 1) if line != PIPELINE.split("\n")[n - 1])


def test_cli_words_are_refused_before_anything_is_made():
    for old, new, what, instead in WORDS:
        env = configured(PIPELINE, (old, new))
        for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
            got = larder(*words, env=env)
            assert got.code == 2 and what in got.err and instead in got.err, (words, new, got.code, got.out, got.err)
            assert "larder.ini:" in got.err, got.err
        assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-uploads")), new


def test_cli_words_name_the_line():
    """Where it was written: also what a section of its own says, and what a driver refuses that no word tells."""
    for old, new, what, instead in WORDS:
        got = larder("infra", "plan", env=configured(PIPELINE, (old, new)))
        lines = PIPELINE.replace(old, new).split("\n")
        word, _, rest = what[1:].partition("'")
        key = rest.split()[1]
        number = int(got.err.split("larder.ini:")[1].split()[0].rstrip(":"))
        assert lines[number - 1].startswith(key + " = ") and word in lines[number - 1], (new, lines[number - 1], got.err)


# The same of what is too long by one character, and of one tag too many: what is written, how it begins, its section, how many there may be.
LONG = (
    ("tags = \"Name=Generated Images\", ", "tags = %s=v, ", "tags in [store \"images\"]", 128), ("tags = \"Name=Generated Images\", ", "tags = k=%s, ", "tags in [store \"images\"]", 256),
    (RULE, "id = %s\n", "id in [lifecycle \"uploads\"]", 255), (COPY, "id = %s\n", "id in [replication \"tokyo\"]", 255), ("comment = Pingvas Studio Images CDN", "comment = %s", "comment in [cdn \"images\"]", 128),
    ("security-group = efs-models-sg", "security-group = %s", "security-group in [filesystem \"model-cache\"]", 255), (SHARE, "token = %s\n", "token in [filesystem \"model-cache\"]", 64),
    ("plan = efs-models-daily-backup", "plan = %s", "plan in [backup \"models\"]", 50), ("rule = daily_backup", "rule = %s", "rule in [backup \"models\"]", 50),
    ("selection = efs-models-selection", "selection = %s", "selection in [backup \"models\"]", 50), ("vault = main", "vault = %s", "vault in [backup \"models\"]", 50),
)


def refused_or_planned(change, legal, told):
    env = configured(PIPELINE, change)
    for words in (("infra", "plan"), ("config", "check"), *(() if legal else [("infra", "apply")])):
        got = larder(*words, env=env)
        assert got.code == (0 if legal else 2) and (legal or all(word in got.err for word in (*told, "larder.ini:%d" % where(*change), "next: "))), (words, told, got.code, got.err)
    assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-uploads")), told


def test_cli_words_of_too_many_characters():
    """Characters, not bytes: the last that may be is let through, in letters of three bytes, too, where any are."""
    shutil.rmtree(DEMO, True)
    for old, new, what, most in LONG:
        for letter in "x\ud55c" if "tags" in what else "x":
            refused_or_planned((old, new % (letter * most)), True, ())
            refused_or_planned((old, new % (letter * (most + 1))), False, (letter * 30, what, "has %d characters, and may have %d" % (most + 1, most)))


def test_cli_words_of_too_many_tags():
    """One of a distribution's 50 is by which it is known again."""
    for old, section, most in (("\"Name=Generated Images\", Environment=production", "[store \"images\"]", 50), ("\"Name=Images CDN\"", "[cdn \"images\"]", 49),
                               ("Name=pingvas-studio-models, \"Purpose=AI model cache\"", "[filesystem \"model-cache\"]", 50)):
        for count in (most, most + 1):
            refused_or_planned((old, ", ".join("k%d=v" % n for n in range(count))), count == most, (section, "has %d tags, and may have %d" % (count, most)))


def test_cli_words_of_a_rule_of_several():
    """What names the wrong id is the section of the rule, by its id or by its own name."""
    for section, id_, line in (("daily", "id = %s\n" % ("r" * 51), "id = r"), ("r" * 51, "", "[backup-rule \"r")):
        text = PIPELINE.replace("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", "rules = %s\n" % section) + '[backup-rule "%s"]\n%sschedule = cron(0 2 * * ? *)\n' % (section, id_)
        got = larder("infra", "plan", env=configured(text))
        number = int(got.err.split("larder.ini:")[1].split()[0].rstrip(":"))
        assert got.code == 2 and "of id in [backup-rule \"%s" % section[:20] in got.err and text.split("\n")[number - 1].startswith(line), got.err


def test_cli_words_of_where_copies_go():
    """The second of two, in the section of its rule; addresses of vaults in other accounts and parts of AWS can be had."""
    rule, text = "rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", '[backup-rule "daily"]\nschedule = cron(0 2 * * ? *)\ncopy-to = arn:aws:backup:eu-west-1:123456789012:backup-vault:far, %s\n'
    for to, legal in (("arn:aws-cn:backup:cn-north-1:210987654321:backup-vault:A_b-1", True), ("far", False)):
        for words in (("infra", "plan"), ("config", "check")):
            got = larder(*words, env=configured(PIPELINE.replace(rule, "rules = daily\n") + text % to))
            assert got.code == (0 if legal else 2) and (legal or ("'far' of copy-to in [backup-rule \"daily\"] of " in got.err and "larder.ini:%d " % (PIPELINE.replace(rule, "rules = daily\n").count("\n") + 3) in got.err)), (to, words, got.out, got.err)


def test_cli_words_schedules():
    """AWS's own examples, and what is beside them."""
    for text in ("cron(15 10 ? * 6L 2027-2030)", "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)", "cron(0 8 1 * ? *)", "cron(0 10 L * ? *)", "cron(0 18 15W JAN,JUL ? *)", "cron(0,30 5 ? * 3#2 *)", "cron(0  2  *  *  ?  *)",
                 "rate(1 day)", "rate(12 hours)"):
        refused_or_planned(("schedule = cron(0 2 * * ? *)", "schedule = \"%s\"" % text), True, ())
    for text in ("cron(60 2 * * ? *)", "cron(0 24 * * ? *)", "cron(0 2 32 * ? *)", "cron(0 2 * 13 ? *)", "cron(0 2 ? * 8 *)", "cron(0 2 ? * DAY *)", "cron(0 2 * * * *)", "cron(0 2 ? * ? *)", "cron(0 2 * * ? 1969)", "cron(0 2 * * ?)",
                 "cron(0 2 * * ? *", "rate(1 days)", "rate(2 day)", "rate(5)", "rate(5 weeks)"):
        refused_or_planned(("schedule = cron(0 2 * * ? *)", "schedule = \"%s\"" % text), False, ("'%s' of schedule" % text, "UTC, '?' for DAY or WEEKDAY"))


def test_cli_words_names_of_buckets():
    """As S3 has them; on a server of one's own what S3 alone keeps for itself may be had."""
    shutil.rmtree(DEMO, True)
    asked = "bucket = pingvas-studio-uploads\n"
    for name in ("abc", "a.b-c.1", "x" * 63, "1.2.3.4.5", "1.2.3.4a", "1234.2.3.4", "a.b-.c", "my-xn--bucket", "sthree", "s3alias"):
        refused_or_planned((asked, "bucket = %s\n" % name), True, ())
    for name in ("ab", "x" * 64, "Pingvas", "pingvas_studio", "a..b", "192.168.1.1", "-ab", "ab-", ".ab", "ab.", "a b", "\ud55c\uae00-bucket"):
        refused_or_planned((asked, "bucket = %s\n" % name), False, ("of bucket in [store \"uploads\"]", "cannot be a bucket", "3 to 63 lower-case letters"))
    kept = ("xn--abc", "sthree-abc", "amzn-s3-demo-x", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3")
    for name in kept:
        refused_or_planned((asked, "bucket = %s\n" % name), False, ("'%s' of bucket in [store \"uploads\"]" % name, "kept for S3's own"))
    minio = {"LARDER_PROFILE": "minio", "MINIO_ROOT_USER": "x", "MINIO_ROOT_PASSWORD": "y"}
    for name, code in [(name, 0) for name in kept] + [("Pingvas", 2), ("a..b", 2)]:
        got = larder("config", "check", env={**configured(PIPELINE, (asked, "bucket = %s\n" % name)), **minio})
        assert got.code == code and ("cannot be a bucket" in got.err) == bool(code), (name, got.code, got.err)


def test_cli_words_that_can_be_had():
    """Each word that may be, and each way to begin: no word of the service is refused."""
    legal = (
        ("throughput = bursting", "throughput = provisioned 100MiB/s"), ("throughput = bursting", "throughput = elastic"), ("performance = generalPurpose", "performance = maxIO"),
        ("to-ia = 30d", "to-ia = 365d"), ("to-ia = 30d", "to-ia = 1d"), ("geo = none", "geo = whitelist KR JP"), ("geo = none", "geo = blacklist KR"), ("geo = none", "geo = none\nhttp-version = http2and3"),
        (LOGS, LOGS + "tiering = 730d DEEP_ARCHIVE_ACCESS, 90d ARCHIVE_ACCESS\n"), (COPY, COPY + "role = arn:aws:iam::123456789012:role/copies\n"), (COPY, COPY + "role = auto\n"),
        ("encryption = AES256\npublic-access = blocked\nlifecycle = logs", "encryption = aws:kms arn:aws:kms:x:1:key/y\npublic-access = blocked\nlifecycle = logs"),
        ("methods = GET, HEAD, OPTIONS\ncached-methods = GET, HEAD", "methods = GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE\ncached-methods = GET, HEAD, OPTIONS"),
        (RULE, RULE + "transition = 0d STANDARD_IA, 30d INTELLIGENT_TIERING, 40d ONEZONE_IA, 70d GLACIER_IR, 160d GLACIER, 250d DEEP_ARCHIVE\n"), (RULE, RULE + "tag = kind=\n"),
        ("logs = postgresql", "logs = postgresql, upgrade, iam-db-auth-error"), ("retention = 7d", "retention = 35d"), ("origin-access = oai ", "origin-access = oac "),
    )
    for change in legal:
        got = larder("infra", "plan", env=configured(PIPELINE, change))
        assert got.code == 0, (change, got.out, got.err)


def test_cli_words_of_what_is_to_go_or_is_not_asked_for():
    """Whoever removes it need not mend it first; nor does whoever asks for another section."""
    env = configured(PIPELINE)
    assert larder("infra", "apply", env=env).code == 0
    env = configured(PIPELINE, ("throughput = bursting", "throughput = warp"), (LOGS, LOGS + "tiering = 1d ARCHIVE_ACCESS\n"))
    assert larder("infra", "plan", "--only", "store/uploads", env=env).code == 0
    assert larder("infra", "plan", "--only", "filesystem/model-cache", env=env).code == 2
    assert larder("infra", "plan", "--destroy", env=env).code == 0


FORMS = """[filesystem "f"]
backend = files
access-point = /models
owner = 1000:1000
mode = 755
throughput = bursting
[backup "b"]
backend = backup
resources = arn:aws:x:y
schedule = cron(0 2 * * ? *)
"""
AWS = """[backend "files"]
driver = efs
root = /nowhere
server = aws
region = us-east-1
[backend "backup"]
driver = backup
region = us-east-1
"""


def test_cli_words_of_a_form_that_the_driver_knows():
    """What no list of words can tell: refused by the driver of the service, with file and line, and no service is asked."""
    cases = (
        (4, "owner = 1000:1000", "UID:GID", ("models", "1000", "1000:", ":1000", "1000:1000:1", "-1:0", "1000:x"), ("0:0", "65534:100")),
        (5, "mode = 755", "mode = 755", ("rwx", "75", "07555", "798", "75x"), ("0755", "700")),
        (6, "throughput = bursting", "provisioned 100MiB/s", ("provisioned warp", "provisioned 100", "provisioned 0MiB/s"), ("provisioned 1MiB/s", "provisioned 3GiB/s")),
        (10, "schedule = cron(0 2 * * ? *)", "cron(0 2 * * ? *)", ("cron(0 2 * * ?)", "cron(0 2 * * * *)", "cron(0 2 * * ? * *)", "cron(0 2 * * ? *", "cron(0 2 * * ? *))", "cron()", "cron(0 ? 2 ? 2 2)"),
         ("cron(0 5 ? * * *)", "cron(0/15 2,14 * * ? *)", "cron( 0 2  * * ? * )", "rate(1 day)")),
    )
    for line, old, instead, wrong, right in cases:
        key = old.split()[0]
        for value in wrong + right:
            got = larder("config", "check", env=pipeline(FORMS.replace(old, "%s = %s" % (key, value)), AWS))
            assert got.code == (2 if value in wrong else 0), (value, got.code, got.out, got.err)
            assert value in right or ("'%s' of %s" % (value, key) in got.err and "own.ini:%d" % line in got.err and instead in got.err), (value, got.err)


def test_cli_words_that_a_server_lacks_or_has_of_its_own():
    """What MinIO does not do is told as lacking, whatever it says, names of its own tiers among it; what it does is held against the words there, too."""
    minio = {"LARDER_PROFILE": "minio", "MINIO_ROOT_USER": "x", "MINIO_ROOT_PASSWORD": "y"}
    for change in ((RULE, RULE + "transition = 30d COLDTIER\n"), (RULE, RULE + "transition = 30d GLACIR\n"), ("public-access = blocked\nlifecycle = logs", "public-access = open-ish\nlifecycle = logs"),
                   (LOGS, LOGS + "tiering = 1d FROZEN\n"), (COPY, COPY + "role = arn:minio:replication::x:y\n")):
        got = larder("config", "check", env={**configured(PIPELINE, change), **minio})
        assert got.code == 0, (change, got.err)
    for change, what in ((("throughput = bursting", "throughput = warp"), "'warp' of throughput"), (("origin-access = oai ", "origin-access = oax "), "'oax' of origin-access")):     # the latter by nginx, which stands in there
        got = larder("config", "check", env={**configured(PIPELINE, change), **minio})
        assert got.code == 2 and what in got.err, (change, got.err)


def test_cli_words_of_uploads_alone():
    """A section that says how long they stay, and nothing else, makes no rule of its own: one that does nothing is none."""
    shutil.rmtree(DEMO, True)
    env = configured(PIPELINE, (RULE + "expire-noncurrent = 30d\n", RULE + "abort-uploads = 3d\n"))
    got = larder("infra", "plan", "--json", "--only", "store/uploads", env=env)
    lines = {line["path"]: line["will"] for line in got.lines() if line["type"] == "change" and (line.get("path") or "").startswith("rule[")}
    assert lines == {"rule[abort-uploads].status": "enabled", "rule[abort-uploads].abort-uploads": "3"}, (lines, got.err)


# What single words do not tell: sections that contradict themselves.
SECTIONS = (
    ("origins = https://pingvas.studio, https://www.pingvas.studio\n", "", "[cors \"studio\"]", "lets nobody ask"),
    ("origins = https://pingvas.studio, https://www.pingvas.studio\n", "origins =\n", "[cors \"studio\"]", "lets nobody ask"),
    ("methods = GET, HEAD\nheaders", "methods =\nheaders", "[cors \"studio\"]", "lets nobody ask"),
    ("to = images-replica", "to = images", "[replication \"tokyo\"]", "to itself"),
    ("to = images-replica", "to = thumbnails", "[replication \"tokyo\"]", "copies to 'thumbnails', which has no bucket"),
    ("bucket = pingvas-studio-uploads\n", "bucket = pingvas-studio-uploads\ncdn = images\n", "[store \"uploads\"]", "which serves 'images'"),
    ("\n; failover = images-replica ", "\nfailover = images ", "[cdn \"images\"]", "fails over to 'images', which is the store that it serves"),
    ("\n; failover = images-replica ", "\nfailover = thumbnails ", "[cdn \"images\"]", "fails over to 'thumbnails', which has no bucket"),
    ("\norigin-id = S3-pingvas-studio-images\n", "\nfailover = images-replica\norigin-id = pingvas-studio-images-replica-tokyo\n", "[cdn \"images\"]", "the bucket that it fails over to"),
    ("path = */thumbnails/*\n", "", "[behavior \"default\"]", "the second without a path"),
    ("[behavior \"default\"]\n", "[behavior \"default\"]\npath = */thumbnails/*\n", "[behavior \"default\"]", "the second for '*/thumbnails/*'"),
    ("tags = \"Name=Images CDN\"", "tags = Name=", "[cdn \"images\"]", "'Name=' of tags"),
    ("tags = \"Name=Images CDN\"", "tags = =Images", "[cdn \"images\"]", "'=Images' of tags"),
    (RULE + "expire-noncurrent = 30d\n", RULE, "[lifecycle \"uploads\"]", "says of nothing"),
    (RULE, RULE + "tag = kind\n", "[lifecycle \"uploads\"]", "'kind' of tag"),
    (RULE, RULE + "tag = =x\n", "[lifecycle \"uploads\"]", "'=x' of tag"),
)


def test_cli_words_of_sections_that_cannot_be():
    for old, new, section, what in SECTIONS:
        env = configured(PIPELINE, (old, new))
        for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
            got = larder(*words, env=env)
            assert got.code == 2 and section in got.err and what in got.err and "larder.ini:" in got.err, (words, new, got.code, got.out, got.err)
        assert not os.path.exists(os.path.join(DEMO, "pingvas-studio-other"))


ALL = "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE"
METHODS = "methods = GET, HEAD, OPTIONS\ncached-methods = GET, HEAD\n"
TTL = "min-ttl = 0s\ndefault-ttl = 86400s\nmax-ttl = 31536000s"
# The trap, the section, what is written, what is written instead: what the service refuses, and what lies beside it.
TRAPS = (
    ("transition-order", "store/uploads", RULE, RULE + "transition = %s\n", ("30d GLACIER, 30d INTELLIGENT_TIERING", "60d INTELLIGENT_TIERING, 30d ONEZONE_IA", "60d INTELLIGENT_TIERING, 0d GLACIER_IR",
                                                                         "60d INTELLIGENT_TIERING, 59d DEEP_ARCHIVE"), ("30d INTELLIGENT_TIERING, 31d ONEZONE_IA", "0d INTELLIGENT_TIERING, 1d GLACIER")),
    ("transition-gap", "store/uploads", RULE, RULE + "transition = %s\n", ("60d STANDARD_IA, 30d ONEZONE_IA", "30d STANDARD_IA, 59d INTELLIGENT_TIERING"), ("30d STANDARD_IA, 60d ONEZONE_IA", "30d STANDARD_IA, 60d INTELLIGENT_TIERING")),
    ("expired-before-moved", "store/logs", "expire = 30d", "expire = 30d\ntransition = %s", ("30d GLACIER", "31d GLACIER_IR", "30d STANDARD_IA", "90d ONEZONE_IA", "30d DEEP_ARCHIVE", "30d INTELLIGENT_TIERING"),
     ("29d GLACIER", "0d GLACIER_IR")),
    ("class-unknown", "store/backups", "class = DEEP_ARCHIVE", "class = %s", ("DEEP_ARCHIV", "glacier"), ("GLACIER_IR", "STANDARD", "REDUCED_REDUNDANCY")),
    ("class-unknown", "store/images", "class = INTELLIGENT_TIERING", "class = %s", ("FROZEN",), ("STANDARD",)),
    ("key-without-kms", "store/logs", "encryption = AES256\npublic-access = blocked\nlifecycle = logs", "encryption = %s\npublic-access = blocked\nlifecycle = logs", ("AES256 alias/x",), ("AES256", "aws:kms alias/x", "aws:kms")),
    ("no-default-behavior", "cdn/images", "behaviors = thumbnails, default", "behaviors = %s", ("thumbnails",), ("default", "thumbnails, default")),
    ("methods-incomplete", "cdn/images", METHODS, "methods = %s\n", ("GET", "HEAD, OPTIONS", "GET, HEAD, PUT", ALL.replace(", POST", ""), ALL.replace(", OPTIONS", ""), ALL.replace(", DELETE", "")), ("GET, HEAD", "GET, HEAD, OPTIONS", ALL)),
    ("cached-methods-incomplete", "cdn/images", METHODS, "methods = GET, HEAD\ncached-methods = %s\n", ("GET", "HEAD", "GET, HEAD, OPTIONS"), ("GET, HEAD",)),
    ("times-out-of-order", "cdn/images", TTL, "min-ttl = 60s\n%s", ("default-ttl = 59s", "default-ttl = 61s\nmax-ttl = 60s"), ("default-ttl = 60s\nmax-ttl = 60s",)),
    ("tls-without-certificate", "cdn/images", "geo = none", "geo = none\n%s", ("tls = TLSv1.2_2021",), ("http-version = http3",)),
    ("access-point-without-owner", "filesystem/model-cache", "owner = 1000:1000\n", "%s\n", ("",), ("owner = 0:0",)),
    ("key-without-encryption", "filesystem/model-cache", "encrypted = yes", "%s\nkms-key = alias/x", ("encrypted = no",), ("encrypted = yes",)),
    ("elastic-of-maxio", "filesystem/model-cache", "performance = generalPurpose\nthroughput = bursting", "performance = maxIO\nthroughput = %s", ("elastic",), ("bursting", "provisioned 1MiB/s")),
    ("retention-too-long", "database/postgresql", "retention = 7d", "retention = %s", ("36d",), ("35d",)),
)


def test_cli_words_together_that_the_service_refuses():
    """Told by `config check`, refused by plan and apply; each neighbour that may be is let through."""
    for name, section, old, new, wrong, right in TRAPS:
        for value in wrong + right:
            env = configured(PIPELINE, (old, new % value))
            got = larder("infra", "plan", "--json", "--only", section, env=env)
            assert (got.code, name in got.out) == ((2, True) if value in wrong else (0, False)), (name, value, got.code, got.out, got.err)
            got = larder("config", "check", "--json", env=env)
            assert (got.code, name in got.out) == ((2, True) if value in wrong else (0, False)), (name, value, got.code, got.out)


run(sys.modules[__name__])
