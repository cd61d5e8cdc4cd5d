#!/usr/bin/env python3
"""What a [backup] keeps, one backup more than it makes by itself, and one coming back, by the driver backup in front of a service held against botocore's model: as the plan says,
once, whatever was lost, killed or refused; what failed with its reason."""
import os
import signal
import sys
import time

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
from backup_place import ARN, PIPELINE, ROLE, Place  # noqa: E402

RULES = PIPELINE.replace("rule = daily_backup\nschedule = cron(0 2 * * ? *)\ndelete-after = 30d\n", "rules = daily, monthly\n") + """[backup-rule "daily"]
schedule = cron(0 2 * * ? *)
delete-after = 30d
[backup-rule "monthly"]
schedule = cron(0 2 1 * ? *)
vault = second
"""
place = Place()


def backup(*words, **more):
    return place.run(*words, area=("backup",), **more)


def fresh(text=PIPELINE):
    place.fresh()
    assert place.run("apply", text=text).code == 0
    if text == PIPELINE:
        assert place.run("plan", "--detailed-exitcode").code == 0


def told(done, kind):
    return [line for line in done.lines if line["type"] == kind]


def asked(name):
    return [given for one, given in place.service.asked if one == name]


def test_live_recovery_backup_one_more():
    """Where, as whom and for how long the plan says; waited for it tells the recovery point, and each request is one of the service."""
    fresh()
    done = backup("start", "models", "--wait")
    job, = asked("StartBackupJob")
    token = job.pop("IdempotencyToken")
    assert done.code == 0 and job == {"BackupVaultName": "main", "ResourceArn": ARN, "IamRoleArn": ROLE, "Lifecycle": {"DeleteAfterDays": 30}} and len(token) == 32, (done, job)
    point, = place.service.points
    steps = told(done, "action")
    assert [line["step"] for line in steps] == ["started", "running", "done"] and steps[1]["percent"] == 33 and steps[-1]["point"] == point, steps
    assert place.run("plan", "--detailed-exitcode").code == 0
    begun = backup("start", "models", ARN)
    assert begun.code == 0 and [line["step"] for line in told(begun, "action")] == ["started"] and len(place.service.jobs) == 2, begun


def test_live_recovery_backup_only_looked_at():
    fresh()
    done = backup("start", "-n", "models")
    assert done.code == 0 and [line["step"] for line in told(done, "action")] == ["planned"] and place.service.jobs == {}, done


def test_live_recovery_backup_what_is_kept():
    fresh()
    assert backup("ls").lines[-1]["done"] == 0
    for _ in range(3):
        assert backup("start", "models", "--wait").code == 0
    others = dict(next(iter(place.service.points.values())), RecoveryPointArn="arn:aws:backup:us-east-1:123456789012:recovery-point:elsewhere", BackupVaultName="Default")
    place.service.points["elsewhere"] = others
    done = backup("ls", "models")
    found = told(done, "backup")
    assert done.code == 0 and {line["id"] for line in found} == set(place.service.points) - {"elsewhere"}, done
    assert [line["begun"] for line in found] == sorted((line["begun"] for line in found), reverse=True), found
    one = found[0]
    assert (one["section"], one["resource"], one["kind"], one["place"], one["state"], one["status"], one["bytes"]) == ("models", ARN, "EFS", "main", "done", "COMPLETED", 4096), one
    days = (time.mktime(time.strptime(one["expires"], "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.strptime(one["begun"], "%Y-%m-%dT%H:%M:%SZ"))) / 86400
    assert days == 30, one


def test_live_recovery_backup_jobs():
    """Those that are under way, and those that failed, with the reason; one by its id, however it went."""
    fresh()
    assert backup("start", "models", "--wait").code == 0
    place.service.fails = "Insufficient privileges to perform this action"
    failed = backup("start", "models", "--wait")
    assert failed.code == 8 and "Insufficient privileges" in failed.err, failed
    place.service.fails = None
    assert backup("start", "models").code == 0
    jobs = told(backup("status"), "job")
    assert sorted((line["state"], line["status"], line.get("message")) for line in jobs) == [("failed", "FAILED", "Insufficient privileges to perform this action"), ("running", "CREATED", None)], jobs
    every = told(backup("status", "--all"), "job")
    assert sorted(line["state"] for line in every) == ["done", "failed", "running"], every
    done, = (line for line in every if line["state"] == "done")
    one = told(backup("status", done["job"]), "job")
    assert [line["job"] for line in one] == [done["job"]] and one[0]["percent"] == 100, one
    none = backup("status", "no-such-job")
    assert none.code == 3 and "no-such-job" in none.err, none


def test_live_recovery_backup_several_rules():
    fresh(RULES)
    done = backup("start", "models", text=RULES)
    assert done.code == 2 and "several rules" in done.err and done.error["next"] == "daily, monthly" and place.service.jobs == {}, done
    done = backup("start", "models", "--rule", "monthly", text=RULES)
    job, = asked("StartBackupJob")
    assert done.code == 0 and job["BackupVaultName"] == "second" and "Lifecycle" not in job, job
    done = backup("start", "models", "--rule", "yearly", text=RULES)
    assert done.code == 2 and "no rule 'yearly'" in done.err, done


def test_live_recovery_backup_of_nothing():
    """What the plan does not select; a plan that is not there; a section that is not."""
    fresh()
    done = backup("start", "models", ARN + "2")
    assert done.code == 2 and "does not back up" in done.err and place.service.jobs == {}, done
    done = backup("start", "others")
    assert done.code == 3 and "no backup 'others'" in done.err, done
    place.fresh()
    for words in (("start", "models"), ("ls", "models")):
        done = backup(*words)
        assert done.code in (2, 3) and "infra apply" in done.err, (words, done)


def test_live_recovery_backup_lost_throttled_refused():
    fresh()
    done = backup("start", "models", "--wait", rules=[("StartBackupJob", 1, "lose")])
    one, two = asked("StartBackupJob")
    assert done.code == 0 and len(place.service.jobs) == 1 and one == two, done
    done = backup("start", "models", "--wait", rules=[("StartBackupJob", 1, "throttle"), ("DescribeBackupJob", 1, "throttle")])
    assert done.code == 0 and len(place.service.jobs) == 2, done
    for operation in ("StartBackupJob", "DescribeBackupJob"):
        done = backup("start", "models", "--wait", rules=[(operation, 1, "deny")])
        assert done.code == 4 and "AccessDenied" in done.err, (operation, done)
    done = backup("ls", "models", rules=[("ListRecoveryPointsByBackupVault", 1, "deny")])
    assert done.code == 4 and "AccessDenied" in done.err, done


def test_live_recovery_backup_killed_and_run_again():
    """One that was begun so goes on: no second one is made. Those of the plan's own are not taken for it."""
    fresh()
    place.service.progress = 10**6
    process = place.start("start", "models", "--wait", area=("backup",))
    with place.service.came:
        assert place.service.came.wait_for(lambda: "DescribeBackupJob" in place.service.counts, 60 * servers.SLOW)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    job, = place.service.jobs.values()
    job["left"] = 2
    done = backup("start", "models", "--wait")
    assert done.code == 0 and len(place.service.jobs) == 1 and asked("StartBackupJob") == [], done
    job.update(State="RUNNING", left=5, CreatedBy={"BackupPlanId": "p"})
    done = backup("start", "models")
    assert done.code == 0 and len(place.service.jobs) == 2, done


NEW = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-new"


def test_live_recovery_backup_comes_back():
    """Into a new file system, or into one that is there; by what the service kept beside the files. The same command is the same restore."""
    fresh()
    assert backup("start", "models", "--wait").code == 0
    point, = place.service.points
    done = backup("restore", "models", point, "--wait")
    job, = asked("StartRestoreJob")
    token = job["IdempotencyToken"]
    assert done.code == 0 and told(done, "action")[-1]["resource"] == NEW, done
    assert job == {"RecoveryPointArn": point, "IamRoleArn": ROLE, "ResourceType": "EFS", "IdempotencyToken": token, "Metadata": {
        "file-system-id": "fs-1", "Encrypted": "true", "PerformanceMode": "generalPurpose", "newFileSystem": "true", "CreationToken": token}}, job
    again = backup("restore", "models", point)
    assert again.code == 0 and asked("StartRestoreJob") == [job] and len(place.service.restores) == 1, again
    other = backup("restore", "models", point, "--mark", "second")
    assert other.code == 9 and len(place.service.restores) == 2, other
    done = backup("restore", "models", point, "--to", NEW, "--role", ROLE + "2", "--wait")
    job, = asked("StartRestoreJob")
    assert done.code == 0 and job["IamRoleArn"] == ROLE + "2" and job["Metadata"] == {
        "file-system-id": "fs-new", "Encrypted": "true", "PerformanceMode": "generalPurpose", "newFileSystem": "false"}, (done, job)


def test_live_recovery_backup_comes_back_by_a_role_of_ours():
    """The role that is made for a plan may restore, too, into what is there and into something new. One that may not, by whoever changed it, is named, with what it lacks."""
    auto = PIPELINE.replace("role = %s\n" % ROLE, "")
    fresh(auto)
    (name, role), = place.service.iam.roles.items()
    assert backup("start", "models", "--wait", text=auto).code == 0
    point, = place.service.points
    for words in ((), ("--to", ARN)):
        done = backup("restore", "models", point, *words, "--wait", text=auto)
        assert done.code == 0 and asked("StartRestoreJob")[0]["IamRoleArn"].endswith(name), done
    for policy in role["policies"].values():
        policy["Statement"] = [one for one in policy["Statement"] if "elasticfilesystem:Restore" not in one["Action"]]
    done = backup("restore", "models", point, "--to", ARN, "--mark", "again", "--wait", text=auto)
    assert done.code == 8 and "as %s, which needs what AWSBackupServiceRolePolicyForRestores allows" % place.service.iam.arn(name) in done.err, done
    assert "--role" in done.err and "--mark" in done.error["next"], done


def test_live_recovery_backup_comes_back_faults():
    """Lost, refused, of a point that is not there, come to nothing; only looked at."""
    fresh()
    assert backup("start", "models", "--wait").code == 0
    point, = place.service.points
    done = backup("restore", "-n", "models", point)
    assert done.code == 0 and place.service.restores == {} and asked("GetRecoveryPointRestoreMetadata"), done
    done = backup("restore", "models", point + "2")
    assert done.code == 3 and "larder backup ls" in done.err and place.service.restores == {}, done
    done = backup("restore", "models", point, "--wait", rules=[("StartRestoreJob", 1, "lose")])
    assert done.code == 0 and len(place.service.restores) == 1, done
    for operation in ("StartRestoreJob", "DescribeRestoreJob", "GetRecoveryPointRestoreMetadata"):
        done = backup("restore", "models", point, "--mark", operation, "--wait", rules=[(operation, 1, "deny")])
        assert done.code == 4 and "AccessDenied" in done.err, (operation, done)
    place.service.fails = "Access Denied trying to call AWS Backup service"
    done = backup("restore", "models", point, "--mark", "no", "--wait")
    assert done.code == 8 and "Access Denied trying" in done.err and "(as %s, which needs" % ROLE in done.err and "--mark" in done.error["next"], done
    place.service.fails = "The file system is full"                   # which no other role mends
    done = backup("restore", "models", point, "--mark", "full", "--wait")
    assert done.code == 8 and "is full (as %s)" % ROLE in done.err and "--role" not in done.err, done


def test_live_recovery_backup_where_there_is_no_such_service():
    place.fresh()
    for words in (("ls",), ("start", "models"), ("status",), ("restore", "models", "point")):
        done = backup(*words, server="minio")
        assert done.code == 2 and "not supported by minio" in done.err and place.service.asked == [], (words, done)


try:
    tap.run(sys.modules[__name__])
finally:
    place.service.__exit__()
