#!/usr/bin/env python3
"""How a database is protected, by the driver rds in front of moto: read back with boto3 and not with our code; each attribute drifted and mended; its end,
with the final snapshot before it; what never leaves."""
import os
import subprocess
import sys
import time

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import servers  # noqa: E402
import tap  # noqa: E402
from database_place import REFUSED, SECTION, Place, valid  # noqa: E402
from scene import MODULES  # noqa: E402
from strategy_backup import DATABASE as NAME, INSTANCE as STRATEGY, INSTANCE_DRIFTS, modify  # noqa: E402

place = Place()


def marks(done):
    return [(line.get("path"), line["change"]) for line in done.lines if line["type"] in ("resource", "change") and line["change"] not in ("same", "warning")]


def test_live_database_as_the_strategy_has_it():
    place.fresh()
    done = place.run("apply")
    assert done.code == 0 and place.facts() == STRATEGY, (done, place.facts())
    valid(place, place.bodies)
    assert [body["Action"] for body in place.bodies].count("ModifyDBInstance") == 1, place.bodies
    again = place.run("apply")
    assert again.code == 0 and {body["Action"] for body in place.bodies} == {"DescribeDBInstances", "DescribeDBSnapshots"}, (again, place.bodies)
    assert place.run("plan", "--detailed-exitcode").code == 0


def test_live_database_each_drift_is_found_and_mended():
    place.fresh()
    section = SECTION + "protect = yes\n"
    assert place.run("apply", section=section).code == 0
    want = place.facts()
    assert want == {**STRATEGY, "DeletionProtection": True}, want
    for mark, drift in INSTANCE_DRIFTS:
        modify(place.client, drift)
        done = place.run("plan", section=section)
        assert marks(done) == [(None, "update"), mark], (drift, done)
        assert place.run("apply", section=section).code == 0 and place.facts() == want, (drift, place.facts())
        valid(place, place.bodies)
    modify(place.client, {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["upgrade"]}})
    assert marks(place.run("plan", section=section)) == [("log[upgrade]", "unmanaged")]
    assert place.run("apply", "--adopt", section=section).code == 0 and place.facts() == want, place.facts()


def test_live_database_is_not_made():
    place.clean()
    done = place.run("apply")
    assert done.code == 0 and place.there() == [], done
    done = place.run("plan")
    assert marks(done)[0] == (None, "unsupported") and "owner" in done.lines[1]["why"], done


def removals():
    """c-F02: of each removal that was asked for, the three things that a database must not go without: moto takes any of them, and none."""
    return [tuple(body.get(name) for name in ("SkipFinalSnapshot", "FinalDBSnapshotIdentifier", "DeleteAutomatedBackups")) for body in place.bodies if body["Action"] == "DeleteDBInstance"]


def test_live_database_goes_with_its_snapshot_before_it():
    place.fresh()
    assert place.run("apply").code == 0
    protected = place.run("destroy", "--environment", "test")
    assert protected.code == 5 and "destroy = yes" in protected.err and place.there() == [NAME], protected
    section = SECTION + "destroy = yes\n"
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=NAME + "-final-snapshot")
    taken = place.run("destroy", "--environment", "test", section=section)
    assert taken.code == 5 and "is there already" in taken.err and place.there() == [NAME], taken
    place.client.delete_db_snapshot(DBSnapshotIdentifier=NAME + "-final-snapshot")
    gone = place.run("destroy", "--environment", "test", section=section)
    assert gone.code == 0 and place.there() == [] and place.snapshots() == [NAME + "-final-snapshot"], (gone, place.snapshots())
    valid(place, place.bodies)
    assert removals() == [("false", NAME + "-final-snapshot", "false")], place.bodies
    assert place.run("destroy", "--environment", "test", section=section).code == 0


def test_live_database_snapshot_of_the_day_and_none():
    place.fresh()
    section = SECTION.replace("final-snapshot = %s-final-snapshot" % NAME, "final-snapshot = final-{date}") + "destroy = yes\n"
    assert place.run("destroy", "--environment", "test", section=section).code == 0
    assert len(place.snapshots()) == 1 and place.snapshots()[0].startswith("final-20") and len(place.snapshots()[0]) == len("final-2026-11-28"), place.snapshots()
    place.fresh()
    none = SECTION.replace("final-snapshot = %s-final-snapshot\n" % NAME, "") + "destroy = yes\n"
    refused = place.run("destroy", "--environment", "test", section=none)
    assert refused.code == 2 and "final snapshot" in refused.err and place.there() == [NAME], refused
    assert place.run("destroy", "--environment", "test", section=none + "skip-final-snapshot = yes\n").code == 0 and place.there() == [] and place.snapshots() == []
    valid(place, place.bodies)
    assert removals() == [("true", None, "false")], place.bodies


def test_live_database_final_snapshot_that_no_snapshot_can_be_called():
    """c-F02: refused by the plan, and never sent; moto would take it."""
    for name in ("9bad--x_!", "Ends-"):
        place.fresh()
        section = SECTION.replace("final-snapshot = %s-final-snapshot" % NAME, "final-snapshot = " + name) + "destroy = yes\n"
        for words, why in ((("plan",), "final-snapshot-invalid"), (("apply",), "final-snapshot-invalid"), (("destroy", "--environment", "test"), "can be called '%s'" % name)):
            done = place.run(*words, section=section)
            assert done.code == 2 and why in done.out and place.there() == [NAME], (words, done)
            assert {body["Action"] for body in place.bodies} <= {"DescribeDBInstances"}, place.bodies           # RDS would refuse a look at such a snapshot


def warnings(done):
    return {line["path"]: line["why"] for line in done.lines if line["type"] == "change" and line["change"] == "warning"}


def test_live_database_a_final_snapshot_of_that_name_is_told_by_the_plan():
    place.fresh()
    assert place.run("apply").code == 0 and "final-snapshot-there" not in warnings(place.run("plan"))
    today = time.strftime("final-%Y-%m-%d", time.gmtime())
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=NAME + "-final-snapshot")
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=today)
    for name, there in ((NAME + "-final-snapshot", NAME + "-final-snapshot"), ("final-{date}", today), ("final-of-{date}", None)):
        done = place.run("plan", section=SECTION.replace("final-snapshot = %s-final-snapshot" % NAME, "final-snapshot = " + name))
        told = warnings(done).get("final-snapshot-there")
        assert done.code == 0 and (told is None if there is None else there in told), (name, done)
    none = SECTION.replace("final-snapshot = %s-final-snapshot" % NAME, "skip-final-snapshot = yes")
    assert "final-snapshot-there" not in warnings(place.run("plan", section=none)) and {body["Action"] for body in place.bodies} == {"DescribeDBInstances"}


def test_live_database_no_backup_during_its_maintenance():
    place.fresh(PreferredMaintenanceWindow="sun:03:30-sun:04:30")
    before = place.facts()
    done = place.run("plan")
    assert done.code == 2 and "sun:03:30-sun:04:30" in warnings(done)["windows-overlap"] and "12:00-13:00 KST" in warnings(done)["windows"], done
    done = place.run("apply")
    assert done.code == 2 and "windows-overlap" in done.err and place.facts() == before, (done, place.facts())
    assert not any(body["Action"] == "ModifyDBInstance" for body in place.bodies), place.bodies
    done = place.run("apply", section=SECTION.replace("03:00-04:00", "05:00-06:00"))
    assert done.code == 0, done


def test_live_database_stalls_between_no_retention_and_some():
    """Told where the sections ask for it, and only there."""
    told = {}
    for was in (0, 7):
        place.fresh(BackupRetentionPeriod=was)
        assert place.facts()["BackupRetentionPeriod"] == was, place.facts()
        for asked in ("", "retention = 0d\n", "retention = 7d\n", "retention = 9d\n"):
            done = place.run("plan", section=SECTION.replace("retention = 7d\n", asked))
            assert done.code == 0, done
            told[was, asked] = "retention-stalls" in warnings(done)
    assert [one for one in told if told[one]] == [(0, "retention = 7d\n"), (0, "retention = 9d\n"), (7, "retention = 0d\n")], told


def test_live_database_with_deletion_protection():
    place.fresh(DeletionProtection=True)
    done = place.run("destroy", "--environment", "test", section=SECTION + "destroy = yes\n")
    assert done.code == 5 and "deletion protection" in done.err and place.there() == [NAME], done
    assert not any(body["Action"] == "DeleteDBInstance" for body in place.bodies)
    told = place.run("plan", "--destroy", section=SECTION + "destroy = yes\n")
    its, = [line for line in told.lines if line["type"] == "resource"]
    assert (its["change"], its["why"]) == ("left", "protected at its service, by deletion-protection = yes: it will be left"), its
    counts = [[line for line in one.lines if line["type"] == "counts"][-1] for one in (told, done)]
    assert [[one[name] for name in ("left", "removed", "failed")] for one in counts] == [[1, 0, 0]] * 2, counts


def test_live_database_that_is_protected_stays_though_it_has_destroy():
    """Written, and never applied: the service would let it go."""
    place.fresh()
    section = SECTION + "destroy = yes\nprotect = yes\n"
    told = place.run("plan", "--destroy", section=section)
    assert [line["change"] for line in told.lines if line["type"] == "resource"] == ["left"], told
    done = place.run("destroy", "--environment", "test", section=section)
    assert done.code == 5 and "is protected" in done.err and "no protect = yes" in done.err and place.there() == [NAME], done
    assert not any(body["Action"] == "DeleteDBInstance" for body in place.bodies)


def described(status):
    """What RDS answers of the instance, with another status."""
    text = place.described(NAME)
    assert "<DBInstanceStatus>available<" in text, text
    return text.replace("<DBInstanceStatus>available<", "<DBInstanceStatus>%s<" % status)


def test_live_database_that_is_going_is_not_asked_to_go_again():
    """Whenever RDS says that it is being deleted, at any look: it is looked at again before it is asked to go."""
    def destroyed(plan=()):
        place.fresh()
        done = place.run("destroy", "--environment", "test", section=SECTION + "destroy = yes\n", plan=plan)
        assert done.code == 0 and place.there() == [], done
        return [body["Action"] for body in place.bodies]                # but for what the plan answered
    place.fresh()
    going, undisturbed = described("deleting"), destroyed()
    looks = [number for number, action in enumerate(undisturbed[:undisturbed.index("DeleteDBInstance")]) if action == "DescribeDBInstances"]
    assert len(looks) > 1, undisturbed
    for number in looks:
        then = destroyed([{"method": "POST", "nth": number + 1, "do": "reply", "status": 200, "body": going}])[number:]
        assert then.count("DeleteDBInstance") == 1 and then.index("DescribeDBInstances") < then.index("DeleteDBInstance"), (number, then)


def test_live_database_lost_answer_of_its_removal():
    """Asked again RDS says that it is being deleted, or that its final snapshot is there: ours, where it is going when looked at again. Else that is an error."""
    words, section = ("destroy", "--environment", "test"), SECTION + "destroy = yes\n"

    def reply(number, status, body):
        return {"method": "POST", "nth": number, "do": "reply", "status": status, "body": body}
    place.fresh()
    going = described("deleting")
    assert place.run(*words, section=section).code == 0
    removal = [body["Action"] for body in place.bodies].index("DeleteDBInstance") + 1
    for word in ("InvalidDBInstanceState", "InvalidDBInstanceStateFault", "DBSnapshotAlreadyExists", "DBSnapshotAlreadyExistsFault"):
        place.fresh()
        lost = [{"method": "POST", "nth": removal, "do": "drop-reply"}, reply(removal + 1, 400, REFUSED % word), reply([removal + 2, removal + 3], 200, going)]
        done = place.run(*words, section=section, plan=lost)
        assert done.code == 0 and place.there() == [] and place.snapshots() == [NAME + "-final-snapshot"], (word, done)
        place.fresh()
        gone = place.run(*words, section=section, plan=lost[:2])
        assert gone.code == 0 and place.there() == [], (word, gone)
        place.fresh()
        stays = place.run(*words, section=section, plan=[reply(removal, 400, REFUSED % word)])
        assert stays.code != 0 and word in stays.err and "r1" in stays.err and place.there() == [NAME], (word, stays)


def test_live_database_its_own_final_snapshot_is_no_conflict():
    """There it is, of a removal that began meanwhile: what is being deleted when looked at again goes."""
    words, section = ("destroy", "--environment", "test"), SECTION + "destroy = yes\n"
    place.fresh()
    going = described("deleting")
    assert place.run(*words, section=section).code == 0
    removal = [body["Action"] for body in place.bodies].index("DeleteDBInstance") + 1
    place.fresh()
    place.client.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=NAME + "-final-snapshot")

    def end(_):
        place.client.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    done = place.run(*words, section=section, plan=[{"method": "POST", "nth": removal, "do": "reply", "status": 200, "body": going, "before": end}])
    assert done.code == 0 and place.there() == [] and not any(body["Action"] == "DeleteDBInstance" for body in place.bodies), (done, place.bodies)


def test_live_database_where_there_is_no_such_service():
    place.fresh()
    done = place.run("plan", server="minio")
    assert done.code == 0 and marks(done) == [(None, "unsupported")] and "minio" in done.lines[1]["why"] and place.bodies == [], done
    assert place.run("apply", "--strict", server="minio").code == 2


def test_live_database_refused_and_throttled():
    """Denied: a named error with the service's code. Throttled: tried again. A lost answer: found done."""
    place.fresh()
    done = place.run("plan", plan=[{"method": "POST", "do": "reply", "status": 403, "body": REFUSED % "AccessDenied"}])
    assert done.code == 4 and "AccessDenied" in done.lines[1]["why"] and "r1" in done.lines[1]["why"], done
    done = place.run("apply", plan=[{"method": "POST", "nth": [1, 3], "do": "reply", "status": 400, "body": REFUSED % "Throttling"}])
    assert done.code == 0 and place.facts() == STRATEGY, done
    modify(place.client, {"BackupRetentionPeriod": 9})
    done = place.run("apply", plan=[{"method": "POST", "nth": 5, "do": "drop-reply"}])
    assert place.bodies[4]["Action"] == "ModifyDBInstance", place.bodies
    assert done.code == 0 and place.facts() == STRATEGY, done


def test_live_database_keeps_what_a_resource_promises():
    place.fresh()
    done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "larder-driver-test"), os.path.join(MODULES, "driver-rds.so"), "--resources",
                           os.path.join(os.environ["TOP_SRCDIR"], "tests/conform/resources-rds.ini"), "server=aws", "endpoint=" + place.server.endpoint, "region=us-east-1"],
                          capture_output=True, text=True, timeout=120 * servers.SLOW, env=place.server.environment())
    assert done.returncode == 0 and " 0 do not" in done.stdout, (done.stdout, done.stderr)
    assert place.there() == [] and place.snapshots() == ["larder-conformance-final"], (place.there(), place.snapshots())


try:
    tap.run(sys.modules[__name__])
finally:
    place.between.stop()
    place.server.stop()
