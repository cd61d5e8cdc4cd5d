#!/usr/bin/env python3
"""A database as it was at a time, as a new one (c-F03), by the driver rds in front of moto, where a restore gives defaults for whatever it does not name, as RDS does: read back
with boto3, compared with its source; interrupted, lost, throttled, refused, run again."""
import datetime
import os
import re
import signal
import sys

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import clock  # noqa: E402
import tap  # noqa: E402
from database_place import REFUSED, Place, valid  # noqa: E402
from strategy_backup import DATABASE as NAME  # noqa: E402

NEW = "pingvas-studio-new"
SECTION = "instance = %s\nretention = 7d\nwindow = 03:00-04:00\nfinal-snapshot = x\nlogs = postgresql, upgrade\nprotect = yes\n" % NAME
GROUPS = ("DBSubnetGroup", "VpcSecurityGroups", "DBParameterGroups", "OptionGroupMemberships")
CARRIED = ("DBInstanceClass", "MultiAZ", "DeletionProtection", "StorageType", "BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow", "CopyTagsToSnapshot",
           "IAMDatabaseAuthenticationEnabled", "AutoMinorVersionUpgrade", "PubliclyAccessible", "MaxAllocatedStorage") + GROUPS


class Databases(Place):
    """A source that has nothing as the service would give it."""

    def __init__(self):
        super().__init__()
        ec2 = self.server.client("ec2")
        network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=network, CidrBlock="10.0.%d.0/24" % n, AvailabilityZone="us-east-1" + zone)["Subnet"]["SubnetId"] for n, zone in enumerate("ab")]
        self.groups = sorted(ec2.create_security_group(GroupName=name, Description="d", VpcId=network)["GroupId"] for name in ("db", "nodes"))
        self.client.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="d", SubnetIds=subnets)
        self.client.create_db_parameter_group(DBParameterGroupName="pg-of-ours", DBParameterGroupFamily="postgres9.3", Description="d")

    def fresh(self, **more):
        super().fresh(**{**dict(
            DBSubnetGroupName="private", VpcSecurityGroupIds=self.groups, DBParameterGroupName="pg-of-ours", MultiAZ=True, Port=5433, BackupRetentionPeriod=7,
            PreferredBackupWindow="03:00-04:00", PreferredMaintenanceWindow="mon:06:00-mon:06:30", DeletionProtection=True, CopyTagsToSnapshot=True, PubliclyAccessible=True,
            EnableIAMDatabaseAuthentication=True, AutoMinorVersionUpgrade=False, MaxAllocatedStorage=100, EnableCloudwatchLogsExports=["postgresql", "upgrade"],
            Tags=[{"Key": "team", "Value": "studio"}]), **more})
        self.source = self.one(NAME)

    def one(self, name):
        found = self.client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        found.pop("LatestRestorableTime")
        return found

    def restore(self, *words, to=NEW, **more):
        return self.tool("database", "restore", "d", *words, "--to", to, section=SECTION, **more)

    def actions(self):
        return [body["Action"] for body in self.bodies]

    def carried(self, but=()):
        """All that the source is, but for what is listed; and the source is what it was."""
        made, source = self.one(NEW), self.one(NAME)
        assert source == self.source, (source, self.source)
        for name in CARRIED:
            assert name in but or made.get(name) == source.get(name) is not None, (name, made.get(name), source.get(name))
        assert sorted(made["EnabledCloudwatchLogsExports"]) == sorted(source["EnabledCloudwatchLogsExports"]) and made["Endpoint"]["Port"] == source["Endpoint"]["Port"], made
        return True


place = Databases()


def told(done, step):
    return [line for line in done.lines if line["type"] == "action" and line["step"] == step]


def test_live_recovery_restored_as_its_source_is():
    """c-F03, and each request is one that the service has: what a restore takes is named in it, the rest is set before it is done."""
    place.fresh()
    done = place.restore("--latest", "--wait")
    assert done.code == 0 and place.carried(), done
    valid(place, place.bodies)
    restore, = [body for body in place.bodies if body["Action"] == "RestoreDBInstanceToPointInTime"]
    one, two = place.groups
    assert restore == {
        "Action": "RestoreDBInstanceToPointInTime", "Version": "2014-10-31", "SourceDBInstanceIdentifier": NAME, "TargetDBInstanceIdentifier": NEW, "UseLatestRestorableTime": "true",
        "DBInstanceClass": "db.t3.micro", "DBSubnetGroupName": "private", "VpcSecurityGroupIds.VpcSecurityGroupId.1": one, "VpcSecurityGroupIds.VpcSecurityGroupId.2": two,
        "DBParameterGroupName": "pg-of-ours", "OptionGroupName": "default:postgres-9-3", "MultiAZ": "true", "PubliclyAccessible": "true", "Port": "5433", "StorageType": "gp2", "MaxAllocatedStorage": "100",
        "AutoMinorVersionUpgrade": "false", "CopyTagsToSnapshot": "true", "EnableIAMDatabaseAuthentication": "true", "DeletionProtection": "true",
        "EnableCloudwatchLogsExports.member.1": "postgresql", "EnableCloudwatchLogsExports.member.2": "upgrade", "CACertificateIdentifier": "rds-ca-default",
        "Tags.Tag.1.Key": "larder:restore", "Tags.Tag.1.Value": NAME + "@latest", "Tags.Tag.2.Key": "team", "Tags.Tag.2.Value": "studio"}, restore
    modify, = [body for body in place.bodies if body["Action"] == "ModifyDBInstance"]
    assert modify == {"Action": "ModifyDBInstance", "Version": "2014-10-31", "DBInstanceIdentifier": NEW, "ApplyImmediately": "true", "BackupRetentionPeriod": "7",
                      "PreferredBackupWindow": "03:00-04:00", "PreferredMaintenanceWindow": "mon:06:00-mon:06:30"}, modify
    end, = told(done, "done")
    assert end["endpoint"] == place.one(NEW)["Endpoint"]["Address"] and end["port"] == "5433" and end["left"] == [], end
    plan = place.run("plan", "--detailed-exitcode", section=SECTION)
    assert plan.code == 0, plan


def test_live_recovery_at_a_time():
    place.fresh()
    at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = place.restore("--at", at, "--wait")
    restore, = [body for body in place.bodies if body["Action"] == "RestoreDBInstanceToPointInTime"]
    valid(place, place.bodies)
    assert done.code == 0 and restore["RestoreTime"] == at and "UseLatestRestorableTime" not in restore and restore["Tags.Tag.1.Value"] == "%s@%s" % (NAME, at), (done, restore)
    other = place.restore("--latest", "--wait")
    assert other.code == 5 and "by another restore: %s@%s" % (NAME, at) in other.err, other


def test_live_recovery_no_such_time():
    """Before anything is asked for, with the window; and none to come."""
    place.fresh()
    for at in ("2020-01-01T00:00:00Z",):
        done = place.restore("--at", at)
        assert done.code == 2 and "RestoreDBInstanceToPointInTime" not in place.actions() and "a time from 20" in done.error["next"] and "or --latest" in done.error["next"], done
    valid(place, place.bodies)
    for words in (("--at", "2999-01-01T00:00:00Z"), ("--at", "yesterday"), ("--at", "2020-01-01T00:00:00Z", "--latest"), ()):
        done = place.restore(*words)
        assert done.code == 2 and place.bodies == [], (words, done)


def test_live_recovery_a_name_that_is_taken():
    place.fresh()
    done = place.restore("--latest", "--wait", to=NAME)
    assert done.code == 5 and "is there already" in done.err and "RestoreDBInstanceToPointInTime" not in place.actions() and place.one(NAME) == place.source, done
    done = place.restore("--latest", to="9bad")
    assert done.code == 2 and place.bodies == [], done
    place.clean()
    done = place.restore("--latest")
    assert done.code == 3 and NAME in done.err, done


def test_live_recovery_not_waited_for():
    """Exit 9 until it is done, and the command that goes on with it: known by its tag. Once done it is done."""
    place.fresh()
    done = place.restore("--latest")
    assert done.code == 9 and "'larder database restore d --latest --to %s --wait' goes on until it is" % NEW in done.error["next"] and place.actions()[-1] == "DescribeDBInstances", done
    assert "restore of %s to %s is not done: the service tells 'creating'" % (NAME, NEW) in done.err and place.one(NEW)["BackupRetentionPeriod"] == 1, done
    done = place.restore("--latest", "--wait")
    assert done.code == 0 and place.carried() and "RestoreDBInstanceToPointInTime" not in place.actions(), done
    again = place.restore("--latest", "--wait")
    assert again.code == 0 and set(place.actions()) == {"DescribeDBInstances"}, (again, place.actions())


def test_live_recovery_not_waited_for_to_the_end():
    """It comes to its end by runs that do not wait, too: one sets what is left while it may, tells what that is while it may not, and is done though the service takes another value."""
    place.fresh()
    at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = place.restore("--at", at)
    assert done.code == 9 and "'larder database restore d --at %s --to %s --wait'" % (at, NEW) in done.error["next"], done
    place.one(NEW)                      # it is there from now on
    done = place.restore("--at", at, plan=[{"method": "POST", "nth": 5, "do": "reply", "status": 400, "body": REFUSED % "InvalidDBInstanceState"}])
    assert done.code == 9 and "the service tells 'available, not yet set as its source has it: backup retention, backup window, maintenance window'" in done.err, done
    assert place.one(NEW)["BackupRetentionPeriod"] == 1
    done = place.restore("--at", at, plan=[{"method": "POST", "nth": 5, "do": "alter", "change": lambda body: body.replace(b"mon%3A06%3A00", b"mon%3A05%3A00")}])
    assert done.code == 0 and told(done, "done")[0]["left"] == ["maintenance window: the source has mon:06:00-mon:06:30, this one mon:05:00-mon:06:30"], done
    assert place.carried(but=("PreferredMaintenanceWindow",))


def test_live_recovery_tags():
    """What is restored, or copied, has the tags of its source, and ours: of 50, which is as many as one may have, beside those of the service, one stays behind, and is told."""
    many = [{"Key": "t%02d" % n, "Value": "v%d" % n} for n in range(50)]
    place.fresh(Tags=[{"Key": "aws:cloudformation:stack-name", "Value": "theirs"}, *many])
    done = place.restore("--latest", "--wait")
    restore, = [body for body in place.bodies if body["Action"] == "RestoreDBInstanceToPointInTime"]
    asked = {body: value for body, value in restore.items() if body.endswith(".Key")}
    assert len(asked) == 50 and "larder:restore" in asked.values() and done.code == 0, (restore, done)
    lacking, = {one["Key"] for one in many} - set(asked.values())
    assert told(done, "done")[0]["left"] == ["tag %s: the source has v%d, this one none" % (lacking, int(lacking[1:]))], done
    assert place.restore("--latest", "--wait").code == 0
    for to, has, left in (("kept", 50, ["tag t49: the source has v49, this one none"]), ("kept-as-well", 2, [])):
        place.fresh(Tags=many[:has])
        place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand", Tags=[])
        done = copy("by-hand", "--wait", to=to)
        asked, = [body for body in place.bodies if body["Action"] == "CopyDBSnapshot"]
        assert done.code == 0 and len([name for name in asked if name.endswith(".Key")]) == has + 1 - len(left) and told(done, "done")[0]["left"] == left, (to, asked, done)


def test_live_recovery_only_looked_at():
    place.fresh()
    done = place.restore("-n", "--latest")
    assert done.code == 0 and told(done, "planned") and not told(done, "started") and set(place.actions()) == {"DescribeDBInstances"} and place.there() == [NAME], done
    assert place.restore("--latest").code == 9
    creating = place.described(NEW).replace(">available<", ">creating<")
    for plan, status in (([answer(2, creating)], "creating"), ((), "available, not yet set as its source has it: backup retention, backup window, maintenance window")):
        done = place.restore("-n", "--latest", plan=plan)
        assert done.code == 9 and "is begun, and not done: the service tells '%s'" % status in done.err and "without -n" in done.error["next"], (status, done)
        assert set(place.actions()) == {"DescribeDBInstances"} and not told(done, "planned"), done
    assert "does not take, and -n keeps telling it" in done.error["next"], done
    for status in ("incompatible-network", "restore-error", "failed"):
        done = place.restore("-n", "--latest", plan=[answer(2, creating.replace(">creating<", ">%s<" % status))])
        assert done.code == 8 and "came to nothing: the service tells '%s'" % status in done.err and "another --to" in done.error["next"], (status, done)
    assert place.restore("--latest", "--wait").code == 0 and place.restore("-n", "--latest").code == 0


def killed(action):
    """Killed as soon as the service has done it; the same command finishes."""
    place.fresh()
    process = []

    def kill(record):
        if b"Action=" + action.encode() in record["body"]:
            process[0].send_signal(signal.SIGKILL)
    process.append(place.begin("database", "restore", "d", "--latest", "--wait", "--to", NEW, section=SECTION, plan=[{"method": "POST", "do": "keep", "after": kill}]))
    process[0].communicate()
    assert process[0].returncode == -signal.SIGKILL and action in place.actions(), place.actions()
    done = place.restore("--latest", "--wait")
    assert done.code == 0 and place.carried() and "RestoreDBInstanceToPointInTime" not in place.actions(), (action, done)


def test_live_recovery_killed():
    killed("RestoreDBInstanceToPointInTime")
    killed("ModifyDBInstance")


def test_live_recovery_lost_throttled_refused():
    """A lost answer: found begun. Throttled: asked again. Not allowed: 4, with the service's word. A state in which it may not be changed yet: later."""
    place.fresh()
    assert place.restore("--latest", "--wait").code == 0
    actions = place.actions()
    restore, modify = actions.index("RestoreDBInstanceToPointInTime") + 1, actions.index("ModifyDBInstance") + 1
    for number in (restore, modify):
        place.fresh()
        done = place.restore("--latest", "--wait", plan=[{"method": "POST", "nth": number, "do": "drop-reply"}])
        assert done.code == 0 and place.carried() and place.there() == [NAME, NEW], (number, done)
        place.fresh()
        done = place.restore("--latest", "--wait", plan=[{"method": "POST", "nth": [1, number], "do": "reply", "status": 400, "body": REFUSED % "Throttling"}])
        assert done.code == 0 and place.carried(), (number, done)
        place.fresh()
        done = place.restore("--latest", "--wait", plan=[{"method": "POST", "nth": number, "do": "reply", "status": 403, "body": REFUSED % "AccessDenied"}])
        assert done.code == 4 and "AccessDenied" in done.err and "r1" in done.err, (number, done)
        assert place.restore("--latest", "--wait").code == 0 and place.carried()
    place.fresh()
    done = place.restore("--latest", "--wait", plan=[{"method": "POST", "nth": modify, "do": "reply", "status": 400, "body": REFUSED % "InvalidDBInstanceState"}])
    assert done.code == 0 and place.carried() and place.actions().count("ModifyDBInstance") == 1, done


def test_live_recovery_what_is_not_carried_over_is_listed():
    """What no request takes, and what was asked for and not taken."""
    place.fresh(MonitoringInterval=60, MonitoringRoleArn="arn:aws:iam::123456789012:role/m")
    done = place.restore("--latest", "--wait")
    assert done.code == 0 and told(done, "done")[0]["left"] == ["enhanced monitoring, seconds: the source has 60, this one 0"], done


def answer(number, text):
    return {"method": "POST", "nth": number, "do": "reply", "status": 200, "body": text}


def test_live_recovery_the_latest_of_another_day():
    """Whoever asks for the latest again two days later does not mean what was the latest then; whoever asks for a time means that time."""
    place.fresh()
    at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = clock.off(2 * 86400)
    assert place.restore("--latest", "--wait").code == 0 and place.restore("--at", at, "--wait", to="at-a-time").code == 0
    done = place.restore("--latest", "--wait", env=later)
    assert done.code == 5 and "what was the latest at 20" in done.err and "--to" in done.error["next"], done
    assert place.restore("--at", at, "--wait", to="at-a-time", env=later).code == 0


def test_live_recovery_what_cannot_be_restored():
    """A member of a cluster; one without backups: both before anything is asked for."""
    place.fresh()
    text = place.described(NAME)
    for was, now, code, why in ((r"<DBInstanceClass>", "<DBClusterIdentifier>c1</DBClusterIdentifier><DBInstanceClass>", 2, "of the cluster 'c1'"),
                                (r"<LatestRestorableTime>[^<]*</LatestRestorableTime>", "", 2, "keeps no backups")):
        told_so = re.sub(was, now, text, count=1)
        assert told_so != text, text
        done = place.restore("--latest", plan=[answer(1, told_so)])
        assert done.code == code and why in done.err and "RestoreDBInstanceToPointInTime" not in place.actions(), done


def test_live_recovery_comes_to_nothing():
    """The service says that it failed, or that the new one, or the source, is gone."""
    place.fresh()
    assert place.restore("--latest", "--wait").code == 0
    actions = place.actions()
    first = actions.index("RestoreDBInstanceToPointInTime") + 2
    new, gone = place.described(NEW), REFUSED % "DBInstanceNotFound"
    for word in ("incompatible-restore", "incompatible-network"):
        place.fresh()
        done = place.restore("--latest", "--wait", plan=[answer(first, new.replace(">available<", ">%s<" % word))])
        assert done.code == 8 and word in done.err, done
    place.fresh()
    done = place.restore("--latest", "--wait", plan=[{**answer(first, gone), "status": 404}])
    assert done.code == 3 and "is gone" in done.err and "the same command" in done.error["next"], done
    place.fresh()
    done = place.restore("--latest", "--wait", plan=[{**answer(actions.index("ModifyDBInstance"), gone), "status": 404}])
    assert done.code == 3 and "which it was restored from, is gone" in done.err, done


def test_live_recovery_the_deadline():
    """Exit 8, and the same command goes on."""
    place.fresh()
    done = place.tool("--deadline", "1s", "database", "restore", "d", "--latest", "--wait", "--to", NEW, section=SECTION, plan=[{"method": "POST", "nth": 5, "do": "stall"}])
    assert done.code == 8, done
    assert place.restore("--latest", "--wait").code == 0 and place.carried()


def snapshots(done):
    return [line for line in done.lines if line["type"] == "backup"]


def copy(*words, to="kept", **more):
    return place.tool("database", "copy", "d", *words, "--to", to, section=SECTION, **more)


def test_live_recovery_snapshots_listed():
    """Those of the service and those that somebody made, of this database alone, the newest first."""
    place.fresh()
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand")
    assert place.restore("--latest", "--wait").code == 0
    place.client.create_db_snapshot(DBInstanceIdentifier=NEW, DBSnapshotIdentifier="of-another")
    done = place.tool("database", "snapshots", "d", section=SECTION)
    valid(place, place.bodies)
    there = {one["DBSnapshotIdentifier"]: one for one in place.client.describe_db_snapshots(DBInstanceIdentifier=NAME)["DBSnapshots"]}
    found = snapshots(done)
    assert done.code == 0 and {line["id"] for line in found} == set(there) >= {"by-hand"} and len(there) == 2, (done, sorted(there))
    assert {line["kind"] for line in found} == {"automated", "manual"} and all(line["state"] == "done" and line["resource"] == place.source["DBInstanceArn"] for line in found), found
    assert [line["begun"] for line in found] == sorted((line["begun"] for line in found), reverse=True) and found[0]["begun"].startswith("20"), found


def test_live_recovery_snapshot_copied():
    """An automated one as one that stays; known again, so that the same command is the same copy; nothing else changes."""
    place.fresh()
    automated, = (one["DBSnapshotIdentifier"] for one in place.client.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"])
    looked = copy("-n", automated)
    assert looked.code == 0 and told(looked, "planned") and place.snapshots() == [], looked
    done = copy(automated, "--wait")
    valid(place, place.bodies)
    asked, = [body for body in place.bodies if body["Action"] == "CopyDBSnapshot"]
    assert asked == {"Action": "CopyDBSnapshot", "Version": "2014-10-31", "SourceDBSnapshotIdentifier": automated, "TargetDBSnapshotIdentifier": "kept", "Tags.Tag.1.Key": "larder:copy",
                     "Tags.Tag.1.Value": "%s@%s" % (NAME, automated), **{"Tags.Tag.2.Key": "team", "Tags.Tag.2.Value": "studio"}}, asked
    assert done.code == 0 and place.snapshots() == ["kept"] and told(done, "done")[0]["point"].endswith(":snapshot:kept"), done
    again = copy(automated, "--wait")
    assert again.code == 0 and set(place.actions()) == {"DescribeDBSnapshots"}, (again, place.actions())
    assert place.run("plan", "--detailed-exitcode", section=SECTION).code == 0 and place.one(NAME) == place.source
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand")
    taken = copy(automated, to="by-hand")
    assert taken.code == 5 and "is there already" in taken.err, taken
    for point in ("no-such", "of-another"):
        if point == "of-another":
            assert place.restore("--latest", "--wait").code == 0
            place.client.create_db_snapshot(DBInstanceIdentifier=NEW, DBSnapshotIdentifier=point)
        none = copy(point, to="x")
        assert none.code == 3 and "larder database snapshots" in none.err and "CopyDBSnapshot" not in place.actions(), none


def test_live_recovery_snapshot_copied_into_another_region():
    """Asked for there, by the whole address; of an encrypted one by a key of that region, which must be said."""
    place.fresh()
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand")
    there = place.server.client("rds", region_name="eu-west-1")
    done = copy("by-hand", "--region", "eu-west-1", "--wait")
    asked, = [body for body in place.bodies if body["Action"] == "CopyDBSnapshot"]
    assert asked["SourceDBSnapshotIdentifier"] == "arn:aws:rds:us-east-1:123456789012:snapshot:by-hand", (asked, done)
    assert done.code == 0 and [one["DBSnapshotIdentifier"] for one in there.describe_db_snapshots()["DBSnapshots"]] == ["kept"] and place.snapshots() == ["by-hand"], done
    there.delete_db_snapshot(DBSnapshotIdentifier="kept")
    place.fresh(StorageEncrypted=True)
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand")
    done = copy("by-hand", "--region", "eu-west-1")
    assert done.code == 2 and "--key" in done.err and "CopyDBSnapshot" not in place.actions(), done


def test_live_recovery_snapshot_faults():
    place.fresh()
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="by-hand")
    assert copy("by-hand").code == 0
    number = place.actions().index("CopyDBSnapshot") + 1
    place.client.delete_db_snapshot(DBSnapshotIdentifier="kept")
    done = copy("by-hand", "--wait", plan=[{"method": "POST", "nth": number, "do": "drop-reply"}])
    assert done.code == 0 and place.snapshots() == ["by-hand", "kept"], done
    done = copy("by-hand", to="other", plan=[{"method": "POST", "nth": number, "do": "reply", "status": 403, "body": REFUSED % "AccessDenied"}])
    assert done.code == 4 and "AccessDenied" in done.err, done
    done = place.tool("database", "snapshots", section=SECTION, plan=[{"method": "POST", "nth": 2, "do": "reply", "status": 400, "body": REFUSED % "Throttling"}])
    assert done.code == 0 and len(snapshots(done)) == 3, done


def test_live_recovery_where_there_is_no_such_service():
    place.fresh()
    done = place.restore("--latest", server="minio")
    assert done.code == 2 and "not supported by minio" in done.err and place.bodies == [], done
    for words in (("snapshots", "d"), ("copy", "d", "x", "--to", "y")):
        done = place.tool("database", *words, section=SECTION, server="minio")
        assert done.code == 2 and "not supported by minio" in done.err and place.bodies == [], (words, done)


try:
    tap.run(sys.modules[__name__])
finally:
    place.between.stop()
    place.server.stop()
