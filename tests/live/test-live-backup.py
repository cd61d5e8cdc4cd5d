#!/usr/bin/env python3
"""A backup plan as the strategy has it, by the driver backup in front of a service held against botocore's model: made, made again, drifted in each attribute and mended,
lost replies, throttled, denied, killed; what others set stays; removed with its selections before it."""
import copy
import os
import subprocess
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
from backup_place import ARN, PIPELINE, ROLE, Place  # noqa: E402
from scene import MODULES, Done  # noqa: E402
from strategy_backup import DRIFTS, FAR, Somebody, plans, strategy  # noqa: E402

place = Place()


def marks(done):
    return [(line.get("path"), line["change"]) for line in done.lines if line["type"] in ("resource", "change") and line["change"] not in ("same", "warning")]


def only():
    identity, = place.service.plans
    return place.service.plans[identity]


def test_live_backup_as_the_strategy_has_it():
    place.fresh()
    done = place.run("apply")
    assert done.code == 0, done
    assert plans(place.client) == strategy(ROLE, ARN), plans(place.client)
    assert place.service.vaults["main"] == {"larder:id": "efs-models-daily-backup"}, place.service.vaults
    again = place.run("apply")
    assert again.code == 0 and place.wrote() == [], (again, place.wrote())


def test_live_backup_each_drift_is_found_and_mended():
    place.fresh()
    assert place.run("apply").code == 0
    want = place.state()

    for number, (drift, path) in enumerate(DRIFTS):
        drift(Somebody(place.client))
        found, path = place.run("plan"), path.replace("%s", ARN)
        assert path in [one[0] for one in marks(found)], (number, path, marks(found))
        done = place.run("apply")
        assert done.code == 0 and place.state() == want, (number, done, place.state(), want)
        assert marks(place.run("plan")) == []


def test_live_backup_what_others_set_stays():
    """A window, a condition, another rule and another selection: there before and after ours is changed."""
    place.fresh()
    assert place.run("apply").code == 0
    only()["plan"]["Rules"][0].update(StartWindowMinutes=60)
    only()["plan"]["Rules"].append({"RuleName": "theirs", "TargetBackupVaultName": "Default", "ScheduleExpression": "cron(0 1 * * ? *)", "ScheduleExpressionTimezone": "Asia/Seoul", "StartWindowMinutes": 90,
                                    "CompletionWindowMinutes": 900,
                                    "CopyActions": [{"DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:far", "Lifecycle": {"DeleteAfterDays": 9}}]})
    only()["selections"]["x"] = {"SelectionName": "theirs", "IamRoleArn": ROLE, "Resources": ["arn:aws:rds:us-east-1:1:db:x"], "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "a", "ConditionValue": "b"}]}
    want = place.state()
    found = place.run("plan")
    assert {mark for _, mark in marks(found)} == {"unmanaged"}, found
    only()["plan"]["Rules"][0]["ScheduleExpression"] = "cron(0 9 * * ? *)"
    assert place.run("apply").code == 0 and place.state() == want, (place.state(), want)
    next(one for one in only()["selections"].values() if one["SelectionName"] != "theirs")["IamRoleArn"] = ROLE + "2"
    done = place.run("apply")
    assert done.code == 0 and place.state() == want, (done, place.state(), want)
    done = place.run("apply", "--adopt")
    assert done.code == 0, done
    (plan, selections), = place.state()
    assert [rule["RuleName"] for rule in plan["Rules"]] == ["daily_backup"] and [one["SelectionName"] for one in selections] == ["efs-models-selection"]


def paths(done, mark):
    return {path: line["was"] for line in done.lines if line["type"] == "change" and line["change"] == mark and (path := line.get("path"))}


def test_live_backup_what_others_put_beside():
    """Into the plan, or into our rule, where it changes nothing of what the rule says: told, each with what it is, left to the letter when ours changes, and gone with --adopt. What the service tells of nothing, and what it
    alone may say, is told as nothing."""
    place.fresh()
    assert place.run("apply").code == 0
    want = place.state()
    scan = [{"MalwareScanner": "GUARDDUTY", "ResourceTypes": ["S3", "EFS"], "ScannerRoleArn": ROLE}]
    tags, nothing = {"team": "x" * 60, "of": "y" * 60}, {"EnableContinuousBackup": False, "CopyActions": [], "ScanActions": []}
    only()["plan"].update(AdvancedBackupSettings=[{"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}], ScanSettings=scan)
    only()["plan"]["Rules"][0].update(StartWindowMinutes=60, CompletionWindowMinutes=900, RecoveryPointTags=tags, IndexActions=[{"ResourceTypes": ["S3"]}], **nothing)
    theirs = place.state()
    found = paths(place.run("plan"), "unmanaged")
    digest = found.pop("rule[daily_backup].other[RecoveryPointTags]")
    assert digest.startswith("SHA-256 ") and len(digest) == 72, digest
    assert found == {"other[AdvancedBackupSettings]": '[{"BackupOptions":{"WindowsVSS":"enabled"},"ResourceType":"EC2"}]', "other[ScanSettings]": found["other[ScanSettings]"],
                     "rule[daily_backup].end-within": "900", "rule[daily_backup].start-within": "60", "rule[daily_backup].other[IndexActions]": '[{"ResourceTypes":["S3"]}]'}, found
    tags["of"] = "z" * 60
    other = paths(place.run("plan"), "unmanaged")["rule[daily_backup].other[RecoveryPointTags]"]
    tags["of"] = "y" * 60
    assert other != digest
    assert place.run("apply").code == 0 and place.wrote() == [] and place.run("plan", "--detailed-exitcode").code == 0
    for drift in (dict(ScheduleExpression="cron(0 9 * * ? *)"), dict(ScheduleExpressionTimezone="Asia/Seoul"), dict(EnableContinuousBackup=True)):
        only()["plan"]["Rules"][0].update(drift)
        done = place.run("apply")
        only()["plan"]["Rules"][0].update(nothing)
        assert done.code == 0 and place.state() == theirs and place.wrote() == ["UpdateBackupPlan"], (drift, done, place.state(), theirs)
    done = place.run("apply", "--adopt")
    want[0][0]["Rules"][0].update(nothing)
    assert done.code == 0 and {**place.state()[0][0]["Rules"][0], **nothing} == want[0][0]["Rules"][0] and set(place.state()[0][0]) == set(want[0][0]), (done, place.state(), want)
    # What the service alone may say of a rule is not sent back to it.
    only()["plan"]["Rules"][0]["Lifecycle"]["DeleteAfterEvent"] = "DELETE_AFTER_COPY"
    assert marks(place.run("plan")) == []
    only()["plan"]["Rules"][0]["ScheduleExpression"] = "cron(0 9 * * ? *)"
    assert place.run("apply").code == 0 and marks(place.run("plan")) == []


def test_live_backup_what_others_narrow_of_theirs_stays():
    """The same elements in a rule and a selection of somebody else: told, and left to the letter, also when the plan is written for ours."""
    place.fresh()
    assert place.run("apply").code == 0
    theirs = {"RuleName": "theirs", "TargetBackupVaultName": "Default", "ScheduleExpression": "cron(0 1 * * ? *)", "ScheduleExpressionTimezone": "UTC", "StartWindowMinutes": 480, "CompletionWindowMinutes": 10080,
              "EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 300, "MoveToColdStorageAfterDays": 30, "OptInToArchiveForSupportedResources": True},
              "CopyActions": [{"DestinationBackupVaultArn": FAR, "Lifecycle": {"DeleteAfterDays": 300, "MoveToColdStorageAfterDays": 30, "OptInToArchiveForSupportedResources": True}}]}
    only()["plan"]["Rules"].append(theirs)
    only()["selections"]["x"] = {"SelectionName": "theirs", "IamRoleArn": ROLE, "Resources": ["*"], "NotResources": [ARN], "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/a", "ConditionValue": "b"}]}}
    want = place.state()
    found = paths(place.run("plan"), "unmanaged")
    life = "cold-after 30, delete-after 300, OptInToArchiveForSupportedResources true"
    assert found["rule[theirs].copy[%s]" % FAR] == life and found["rule[theirs].other[EnableContinuousBackup]"] == "true" and "rule[theirs].zone" not in found, found
    assert found["selection[theirs].other[NotResources]"] == '["%s"]' % ARN and "selection[theirs].other[Conditions]" in found and "rule[theirs].start-within" not in found, found
    only()["plan"]["Rules"][0]["ScheduleExpression"] = "cron(0 9 * * ? *)"
    next(one for one in only()["selections"].values() if one["SelectionName"] != "theirs")["IamRoleArn"] = ROLE + "2"
    done = place.run("apply")
    assert done.code == 0 and place.state() == want, (done, place.state(), want)


def test_live_backup_several_rules_and_copies():
    """As many rules as are named, copies with a life of their own; each drift of those found and mended, a rule that is named no more is somebody else's; what is no vault's address is told by the plan."""
    rules = PIPELINE.replace("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", "rules = daily, monthly\n") + """[backup-rule "daily"]
schedule = cron(0 2 * * ? *)
delete-after = 30d
[backup-rule "monthly"]
id = first_of_month
vault = years
schedule = cron(0 3 1 * ? *)
cold-after = 30d
delete-after = 3650d
copy-to = %s, %s2
copy-cold-after = 1d
copy-delete-after = 100d
""" % (FAR, FAR)
    place.fresh()
    assert place.run("apply", text=rules).code == 0
    life = {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 100}
    (plan, selections), = plans(place.client)
    assert plan["Rules"] == [
        {"RuleName": "daily", "TargetBackupVaultName": "main", "ScheduleExpression": "cron(0 2 * * ? *)", "Lifecycle": {"DeleteAfterDays": 30}},
        {"RuleName": "first_of_month", "TargetBackupVaultName": "years", "ScheduleExpression": "cron(0 3 1 * ? *)", "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 3650},
         "CopyActions": [{"DestinationBackupVaultArn": FAR + "2", "Lifecycle": life}, {"DestinationBackupVaultArn": FAR, "Lifecycle": life}]}], plan
    assert sorted(place.service.vaults) == ["Default", "main", "years"] and len(selections) == 1
    assert place.run("apply", text=rules).code == 0 and place.wrote() == [], place.wrote()
    want = place.state()

    def monthly():
        return only()["plan"]["Rules"][1]
    first = "rule[first_of_month].copy[%s2]" % FAR
    for drift, mark in ((lambda: monthly()["CopyActions"].pop(0), (first, "create")), (lambda: monthly()["CopyActions"][0].pop("Lifecycle"), (first, "update")),
                        (lambda: monthly()["CopyActions"][0]["Lifecycle"].update(DeleteAfterDays=101), (first, "update")),
                        (lambda: monthly()["CopyActions"][0]["Lifecycle"].update(OptInToArchiveForSupportedResources=True), (first, "update")),
                        (lambda: monthly().update(ScheduleExpression="cron(0 4 1 * ? *)"), ("rule[first_of_month].schedule", "update")),
                        (lambda: only()["plan"]["Rules"].pop(1), ("rule[first_of_month].schedule", "create"))):
        drift()
        found = marks(place.run("plan", text=rules))
        assert mark in found, (mark, found)
        assert place.run("apply", text=rules).code == 0 and place.state() == want, (mark, place.state())
    fewer = rules.replace("rules = daily, monthly", "rules = daily")
    assert {mark for _, mark in marks(place.run("plan", text=fewer))} == {"unmanaged"} and place.run("apply", text=fewer).code == 0 and place.state() == want
    assert place.run("apply", "--adopt", text=fewer).code == 0 and [rule["RuleName"] for rule in only()["plan"]["Rules"]] == ["daily"]
    done = place.run("plan", text=rules.replace("copy-to = ", "copy-to = far, "))
    assert done.code == 2 and "'far' of copy-to in [backup-rule" in done.err and "larder.ini:" in done.err, done


def test_live_backup_nothing_of_another_form_gets_through():
    """What the service's model and its guide say of names and schedules holds here, too: the stand-in would refuse what our own table let through."""
    from botocore.exceptions import ClientError
    place.fresh()
    rule = {"RuleName": "r" * 50, "TargetBackupVaultName": "Default", "ScheduleExpression": "cron(59 23 ? * 2#1 *)"}
    made = place.client.create_backup_plan(BackupPlan={"BackupPlanName": "p" * 50, "Rules": [rule]})["BackupPlanId"]
    for wrong in ({"BackupPlanName": "p" * 51}, {"RuleName": "r" * 51}, {"TargetBackupVaultName": "a b"}, {"ScheduleExpression": "cron(99 2 * * ? *)"}, {"ScheduleExpression": "rate(0 days)"}):
        plan = {"BackupPlanName": "p", "Rules": [{**rule, **wrong}], **({} if set(wrong) <= set(rule) else wrong)}
        plan["Rules"][0].pop("BackupPlanName", None)
        try:
            place.client.create_backup_plan(BackupPlan=plan)
            raise AssertionError(wrong)
        except ClientError:
            pass
    for operation, given in (("create_backup_vault", {"BackupVaultName": "v"}), ("create_backup_vault", {"BackupVaultName": "v" * 51}),
                             ("create_backup_selection", {"BackupPlanId": made, "BackupSelection": {"SelectionName": "s" * 51, "IamRoleArn": ROLE, "Resources": [ARN]}})):
        try:
            getattr(place.client, operation)(**given)
            raise AssertionError(given)
        except ClientError:
            pass
    assert len(place.service.plans) == 1 and list(place.service.vaults) == ["Default"]
    place.fresh()


def test_live_backup_the_role_of_a_plan_with_copies():
    """May take them from where they are, too."""
    iam, statement = place.service.iam, {"Effect": "Allow", "Action": ["backup:CopyFromBackupVault"], "Resource": ["*"]}
    copies = AUTO.replace("delete-after = 30d\n", "delete-after = 30d\ncopy-to = %s\n" % FAR)
    place.fresh()
    for text, may in ((copies, True), (AUTO, False), (copies, True)):
        assert place.run("apply", text=text).code == 0 and (statement in iam.roles[NAME]["policies"]["larder"]["Statement"]) == may, iam.roles
        assert place.run("apply", text=text).code == 0 and place.wrote() == [], place.wrote()


def test_live_backup_selects_nothing_never():
    """Without resources: said, and no selection is sent."""
    place.fresh()
    done = place.run("apply", text=PIPELINE.replace("resources = " + ARN, "resources ="))
    assert done.code == 2 and "CreateBackupSelection" not in place.wrote(), done


AUTO = PIPELINE.replace("role = %s\n" % ROLE, "")
NAME = "larder-backup-efs-models-daily-backup"


def rights(*arns):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"], "Resource": list(arns)},
        {"Effect": "Allow", "Action": ["elasticfilesystem:CreateFileSystem", "elasticfilesystem:DescribeFileSystems", "elasticfilesystem:Restore", "elasticfilesystem:TagResource"],
         "Resource": ["arn:aws:elasticfilesystem:*:*:file-system/*"]},
        {"Effect": "Allow", "Action": ["kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], "Resource": ["*"],
         "Condition": {"StringLike": {"kms:ViaService": "elasticfilesystem.*.amazonaws.com"}}},
        {"Effect": "Allow", "Action": ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"], "Resource": ["arn:aws:backup:*:*:backup-vault:*"]},
        {"Effect": "Allow", "Action": ["tag:GetResources"], "Resource": ["*"]}]}


# Of a bucket and a database: what is allowed, on what.
MORE_RIGHTS = (
    ("DATABASE", "rds:AddTagsToResource rds:CreateDBSnapshot rds:DescribeDBInstances rds:DescribeDBSnapshots rds:ListTagsForResource"),
    ("arn:aws:rds:*:*:snapshot:awsbackup:*", "rds:AddTagsToResource rds:CopyDBSnapshot rds:CreateDBSnapshot rds:DeleteDBSnapshot rds:DescribeDBSnapshots rds:ListTagsForResource "
     "rds:ModifyDBSnapshotAttribute"),
    ("BUCKET", "s3:GetBucketAcl s3:GetBucketLocation s3:GetBucketNotification s3:GetBucketTagging s3:GetBucketVersioning s3:GetInventoryConfiguration s3:ListBucket s3:ListBucketVersions "
     "s3:PutBucketNotification s3:PutInventoryConfiguration"),
    ("BUCKET/*", "s3:GetObject s3:GetObjectAcl s3:GetObjectTagging s3:GetObjectVersion s3:GetObjectVersionAcl s3:GetObjectVersionTagging"),
    ("arn:aws:events:*:*:rule/AwsBackupManagedRule*", "events:DeleteRule events:DescribeRule events:DisableRule events:EnableRule events:ListTargetsByRule events:PutRule events:PutTargets "
     "events:RemoveTargets"),
    ("*", "cloudwatch:GetMetricData events:ListRules"),
    ("*", "kms:Decrypt kms:DescribeKey"),
    ("arn:aws:backup:*:*:backup-vault:*", "backup:CopyIntoBackupVault backup:DescribeBackupVault"),
    ("*", "tag:GetResources"),
)


def role(*arns):
    return {"trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "tags": {"larder:id": "efs-models-daily-backup"}, "policies": {"larder": rights(*arns)}, "attached": []}


def test_live_backup_role_of_its_own():
    """Without a role one is made, with rights for what is selected; kept so; awaited where the service does not know it yet; removed with the plan."""
    place.fresh()
    iam, place.service.slow_roles = place.service.iam, 1
    done = place.run("apply", text=AUTO)
    assert done.code == 0 and iam.roles == {NAME: role(ARN)} and place.service.slow_roles == 0, (done, iam.roles)
    assert place.state()[0][1][0]["IamRoleArn"] == iam.arn(NAME), place.state()
    want = place.state()
    assert place.run("apply", text=AUTO).code == 0 and place.wrote() == [], place.wrote()
    for drift in (lambda: iam.roles[NAME]["policies"].clear(), lambda: iam.roles[NAME]["policies"].update(larder={"Version": "2012-10-17", "Statement": []}),
                  lambda: iam.roles[NAME]["trust"].update(Statement=[]), lambda: iam.roles[NAME]["policies"].update(theirs=role(ARN)["policies"]["larder"]),
                  lambda: iam.roles[NAME]["attached"].append("arn:aws:iam::aws:policy/AdministratorAccess"), iam.roles.clear):
        drift()
        assert [one for one in marks(place.run("plan", text=AUTO))] == [(None, "update"), ("selection[efs-models-selection].role", "update")]
        assert place.run("apply", text=AUTO).code == 0 and iam.roles == {NAME: role(ARN)} and place.state() == want, iam.roles
    more = AUTO.replace("resources = " + ARN, "resources = %s, %s2" % (ARN, ARN))
    assert place.run("apply", text=more).code == 0 and iam.roles == {NAME: role(ARN, ARN + "2")}, iam.roles
    assert place.run("apply", text=more).code == 0 and place.wrote() == []
    bucket, database = "arn:aws:s3:::models", "arn:aws:rds:us-east-1:123456789012:db:d"
    assert place.run("apply", "--adopt", text=AUTO.replace(ARN, "%s, %s" % (bucket, database))).code == 0
    statements = iam.roles[NAME]["policies"]["larder"]["Statement"]
    assert [(one["Effect"], one["Resource"], " ".join(one["Action"])) for one in statements] == [
        ("Allow", [on.replace("BUCKET", bucket).replace("DATABASE", database)], actions) for on, actions in MORE_RIGHTS], statements
    assert [(one["Action"][0], one["Condition"]) for one in statements if "Condition" in one] == [("kms:Decrypt", {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})], statements
    assert place.run("apply").code == 0 and iam.roles == {} and place.state()[0][1][0]["IamRoleArn"] == ROLE, iam.roles
    assert place.run("apply", text=AUTO).code == 0 and place.run("destroy", "--environment", "test", text=AUTO).code == 0
    assert iam.roles == {} and place.state() == [], (iam.roles, place.state())


def test_live_backup_role_lost_answers_and_of_others():
    for number in range(1, 13):
        place.fresh()
        done = place.run("apply", text=AUTO, rules=[("IAM", number, "lose")])
        assert done.code == 0 and place.service.iam.roles == {NAME: role(ARN)}, (number, done, place.service.iam.roles)
    place.fresh()
    place.service.iam.roles[NAME] = theirs = dict(role(), tags={"larder:id": "other"})
    done = place.run("apply", text=AUTO)
    assert done.code == 5 and "not ours" in done.err and place.service.iam.roles == {NAME: theirs} and "CreateBackupSelection" not in place.wrote(), done


def test_live_backup_lost_replies_throttling_and_refusals():
    for name in ("CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"):
        for act in ("lose", "throttle"):
            place.fresh()
            done = place.run("apply", rules=[(name, 1, act)])
            assert done.code == 0 and len(place.state()) == 1 and len(only()["selections"]) == 1, (name, act, done, place.state())
            assert place.run("apply").code == 0 and place.wrote() == [], (name, act)
    place.fresh()
    done = place.run("apply", rules=[("CreateBackupSelection", 1, "deny")])
    assert done.code == 4 and "AccessDenied" in done.err, done
    assert place.run("apply").code == 0 and len(only()["selections"]) == 1


def test_live_backup_killed_and_run_again():
    """Killed when the service was asked the first, second, … time: the next run ends as an undisturbed one, with one of each."""
    place.fresh()
    assert place.run("apply").code == 0
    want, asked = place.state(), len(place.service.asked)
    for number in range(1, 12):
        place.fresh()
        process = place.start("apply")
        with place.service.came:
            place.service.came.wait_for(lambda: len(place.service.asked) >= min(number, asked), 60 * servers.SLOW)
        process.kill()
        process.communicate()
        done = place.run("apply")
        assert done.code == 0 and place.state() == want, (number, done, place.state())
    assert asked > 3


def test_live_backup_two_runs_at_once():
    """Both look and find nothing, and then both make: one plan with one selection, for they ask by the same id. What was removed by hand and is made anew is made, whatever the service says of that id."""
    place.fresh()
    service, asked = place.service, {"CreateBackupPlan": [], "CreateBackupSelection": []}

    def together(name, plain):
        def both(**given):
            asked[name].append(given["CreatorRequestId"])
            service.came.notify_all()
            assert service.came.wait_for(lambda: len(asked[name]) >= 2, 60 * servers.SLOW)
            return plain(**given)
        return both
    for name in asked:
        setattr(service, name, together(name, getattr(service, name)))
    try:
        runs = [place.start("apply") for _ in range(2)]
        ends = [Done(one.wait(), *one.communicate()) for one in runs]
    finally:
        for name in asked:
            delattr(service, name)
    assert [done.code for done in ends] == [0, 0] and service.wrong == [], (ends, service.wrong)
    assert len(service.plans) == 1 and len(only()["selections"]) == 1 and all(len(set(ids)) == 1 and len(ids) == 2 for ids in asked.values()), (service.plans, asked)
    assert place.run("apply").code == 0 and place.wrote() == []
    plan, selection = (ids[0] for ids in asked.values())
    gone = []

    def once(name, used, plain):
        def act(**given):
            gone.append(given["CreatorRequestId"])
            return {"BackupPlanId": "gone", "SelectionId": "gone"} if given["CreatorRequestId"] == used else plain(**given)
        return act
    for name, used in (("CreateBackupPlan", plan), ("CreateBackupSelection", selection)):
        setattr(service, name, once(name, used, getattr(service, name)))
    try:
        only()["selections"].clear()
        done = place.run("apply")
        assert done.code == 0 and len(only()["selections"]) == 1 and gone[0] == selection and len(gone) == 2, (done, gone)
        service.plans.clear()
        done = place.run("apply")
        assert done.code == 0 and len(service.plans) == 1 and gone[2] == plan, (done, gone)
    finally:
        for name in asked:
            delattr(service, name)


def test_live_backup_two_of_one_name():
    place.fresh()
    assert place.run("apply").code == 0
    place.service.plans["other"] = {"plan": copy.deepcopy(only()["plan"]), "selections": {}, "creator": None}
    done = place.run("apply")
    assert done.code == 5 and "other" in done.err and all(identity in done.err for identity in place.service.plans), done


def test_live_backup_two_selections_of_one_name():
    """As two runs at once leave them: both are named, and nothing is guessed."""
    place.fresh()
    assert place.run("apply").code == 0
    selections = only()["selections"]
    selections["other"] = copy.deepcopy(next(iter(selections.values())))
    for words in (["plan"], ["apply"]):
        done = place.run(*words)
        assert done.code == 5 and all(identity in done.err + done.out for identity in selections) and len(selections) == 2, done
    del selections["other"]
    assert place.run("apply").code == 0


def test_live_backup_removed():
    place.fresh()
    assert place.run("apply").code == 0
    place.service.vaults["main"]["points"] = 3
    kept = place.run("destroy", "--environment", "test")
    assert kept.code == 5 and "recovery points" in kept.err and place.service.plans == {} and "main" in place.service.vaults, kept
    place.service.vaults["main"].pop("points")
    assert place.run("apply").code == 0
    done = place.run("destroy", "--environment", "test")
    assert done.code == 0 and place.service.plans == {} and list(place.service.vaults) == ["Default"], (done, place.service.vaults)
    assert place.run("destroy", "--environment", "test").code == 0
    # A vault that somebody else made stays.
    place.service.vaults["main"] = {}
    assert place.run("apply").code == 0 and place.run("destroy", "--environment", "test").code == 0 and "main" in place.service.vaults


TWO = PIPELINE + "[backup \"other\"]\n" + PIPELINE.split("\"models\"]\n")[1].replace("plan = efs-models-daily-backup", "plan = other-plan")


def test_live_backup_a_vault_that_is_gone_is_made_again():
    """Told as missing, and made with our tag, though nothing of the plan is to be changed; the vault of a rule of others is told, and left to them."""
    place.fresh()
    assert place.run("apply").code == 0
    place.service.vaults.pop("main")
    found = place.run("plan")
    assert marks(found) == [(None, "update"), ("rule[daily_backup].vault-missing", "remove")], found
    done = place.run("apply")
    assert done.code == 0 and place.wrote() == ["CreateBackupVault"] and place.service.vaults["main"] == {"larder:id": "efs-models-daily-backup"}, (done, place.wrote())
    assert place.run("apply").code == 0 and place.wrote() == []
    plan, = [one["plan"] for one in place.service.plans.values()]
    plan["Rules"].append({**copy.deepcopy(plan["Rules"][0]), "RuleName": "theirs", "TargetBackupVaultName": "gone", "RuleId": "theirs"})
    found = place.run("plan")
    assert ("rule[theirs].vault-missing", "unmanaged") in marks(found) and (None, "update") not in marks(found), found


def test_live_backup_a_vault_that_two_plans_keep_to():
    """Of one run it goes with the last of them, whoever made it. While a plan that no section here stands for keeps to it, as of another environment, or copies there, it stays, and that is said; it goes with that one."""
    for _ in range(4):
        place.fresh()
        assert place.run("apply", text=TWO).code == 0 and len(place.service.plans) == 2
        done = place.run("destroy", "--environment", "test", text=TWO)
        assert done.code == 0 and place.service.plans == {} and list(place.service.vaults) == ["Default"], (done, place.service.vaults)
    for one, other in (("efs-models-daily-backup", "other-plan"), ("other-plan", "efs-models-daily-backup")):
        section = {"efs-models-daily-backup": "models", "other-plan": "other"}
        place.fresh()
        assert place.run("apply", text=TWO).code == 0
        for plan in (one, other):
            assert place.run("destroy", "--environment", "test", "--only", "backup/" + section[plan], text=TWO).code == 0
            assert ("main" in place.service.vaults) is (plan == one), (plan, place.service.vaults)
    staging = PIPELINE.replace("plan = efs-models-daily-backup", "plan = staging-plan")
    far = place.service.vault_arn("main")
    for theirs in (staging, staging.replace("vault = main", "vault = Default\ncopy-to = " + far)):
        place.fresh()
        assert place.run("apply").code == 0 and place.run("apply", text=theirs).code == 0 and len(place.service.plans) == 2
        done = place.run("destroy", "--environment", "test")
        assert done.code == 5 and "vault 'main' stays: backup plan 'staging-plan' keeps to it" in done.err and len(place.service.plans) == 1 and "main" in place.service.vaults, done
        assert place.run("destroy", "--environment", "test").code == 0 and place.run("plan", "--detailed-exitcode", text=theirs).code == 0
        assert place.run("destroy", "--environment", "test", text=theirs).code == 0
        assert ("main" in place.service.vaults) is (theirs is not staging), place.service.vaults


def test_live_backup_a_vault_among_more_plans_than_are_asked():
    place.fresh()
    assert place.run("apply").code == 0
    plan, = place.service.plans.values()
    for number in range(300):
        place.service.plans["p%d" % number] = {**plan, "plan": {**plan["plan"], "BackupPlanName": "p%d" % number}, "selections": {}}
    done = place.run("destroy", "--environment", "test")
    assert done.code == 5 and "there are 301 backup plans" in done.err and "main" in place.service.vaults and [name for name, _ in place.service.asked].count("GetBackupPlan") < 10, done


def test_live_backup_where_there_is_no_such_service():
    place.fresh()
    done = place.run("plan", server="minio")
    assert done.code == 0 and marks(done) == [(None, "unsupported")] and place.service.asked == [], done
    # Nor a role that is made here: nothing is left of the selection, nor of the plan.
    done = place.run("plan", text=AUTO, region="cn-north-1")
    assert ("selection[efs-models-selection].role", "unsupported") in marks(done) and "in cn-north-1 a role is not made here" in done.out, done
    done = place.run("apply", text=AUTO, region="cn-north-1")
    assert done.code == 0 and "unsupported" in done.out and place.service.iam.asked == [] and place.wrote() == [], done
    assert place.run("apply", "--strict", text=AUTO, region="cn-north-1").code == 2 and place.wrote() == []
    assert place.run("plan", region="cn-north-1").code == 0


def test_live_backup_keeps_what_a_resource_promises():
    place.fresh()
    done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "larder-driver-test"), os.path.join(MODULES, "driver-backup.so"), "--resources",
                           os.path.join(os.environ["TOP_SRCDIR"], "tests/conform/resources-backup.ini"), "server=aws", "endpoint=" + place.service.endpoint, "region=us-east-1", "access-key=a", "secret-key=b"],
                          capture_output=True, text=True, timeout=120 * servers.SLOW, env={**os.environ, "no_proxy": "127.0.0.1"})
    assert done.returncode == 0 and " 0 do not" in done.stdout and place.service.wrong == [], (done.stdout, done.stderr)
    # A vault that was the plan's for a while may hold recovery points: it stays.
    assert place.service.plans == {} and list(place.service.vaults) == ["Default", "larder-conformance-other"], (place.service.plans, place.service.vaults)


def test_live_backup_of_everything_is_refused_by_the_driver_too():
    """Where a section of another kind asks for it, of which core knows no more than the driver says: a selection of nothing, or by nobody, is never sent."""
    rule = "[larder]\nenvironment = test\n[resource \"p\"]\ntype = backup.backup\nrule[r].vault = Default\nrule[r].schedule = cron(0 2 * * ? *)\nselection[s]"
    for lines, word in ((".role = %s\n" % ROLE, "for everything"), (".resource[%s] = yes\n" % ARN, "has no role")):
        place.fresh()
        done = place.run("apply", text=rule + lines)
        assert done.code == 2 and word in done.err and "CreateBackupSelection" not in place.wrote(), (lines, done, place.wrote())



try:
    tap.run(sys.modules[__name__])
finally:
    place.service.__exit__()
