#!/usr/bin/env python3
"""A file system as the strategy has it, by the control module of efs in front of moto: read back with boto3 and not with our code; each attribute drifted and mended; lost
replies, killed, throttled, denied; look-ups by tag; its end. Each request is one of botocore's model. A warm cache loads none of it."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"), os.path.dirname(os.path.abspath(__file__))]
import clock  # noqa: E402
import network  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
import service_model  # noqa: E402
import tap  # noqa: E402
from scene import MODULES, TOOL, Done  # noqa: E402
from strategy_filesystem import DRIFTS, GROUP, THEIRS, TOKEN, FileSystem, Somebody  # noqa: E402

SECTION = """backend = files
token = %s
encrypted = yes
kms-key = alias/efs
performance = generalPurpose
throughput = bursting
to-ia = 30d
back-on-access = yes
access-point = /models
owner = 1000:1000
mode = 755
vpc = tag:Name=prod
subnets = tag:Name=private-a, tag:Name=private-c
security-group = %s
nodes = tag:Name=eks-node
egress = open
policy = tls, access-point
automatic-backup = yes
tags = Name=%s, "Purpose=AI model cache"
accept = bursting-and-ia
""" % (TOKEN, GROUP, TOKEN)
KEEP = {"do": "keep"}
READS = ("Describe", "List")
IN_USE = {"do": "reply", "status": 400, "body": "<Response><Errors><Error><Code>DependencyViolation</Code><Message>no</Message></Error></Errors></Response>"}


class Place(FileSystem):
    """moto, a proxy in front of it that keeps what is asked, a network, and a pipeline of one file system."""

    def __init__(self):
        self.server = servers.start("moto", keeping=True)
        self.efs, self.ec2 = (self.server.client(name) for name in ("efs", "ec2"))
        self.models = {name: service_model.Model(name) for name in ("efs", "ec2")}
        self.between = proxy.Proxy(self.server.endpoint)
        self.holder = tempfile.TemporaryDirectory(prefix="larder-efs-control-")
        self.folder = self.holder.name
        self.stands_in(network.Network(self.server, "us-east-1"))

    def write(self, section, server):
        os.makedirs(os.path.join(self.folder, "profiles"), exist_ok=True)
        with open(os.path.join(self.folder, "larder.ini"), "w") as file:
            file.write("[larder]\nenvironment = test\n[filesystem \"models\"]\n" + section)
        with open(os.path.join(self.folder, "profiles/p.ini"), "w") as file:
            file.write("[backend \"files\"]\ndriver = efs\nserver = %s\nroot = /nowhere/models\nendpoint = %s\nregion = us-east-1\n" % (server, self.between.endpoint))

    def start(self, *words, section=SECTION, plan=(), server="moto", shape=("--json",), more=(), command="infra"):
        self.write(section, server)
        self.between.plan([*plan, KEEP])
        self.begun = len(self.between.requests)
        return subprocess.Popen([TOOL, "--config", os.path.join(self.folder, "larder.ini"), "--profile", "p", *shape, command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env={**self.server.environment(self.between.endpoint), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": "", "LARDER_PROFILE": "", **dict(more)})

    def run(self, *words, **more):
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        self.asked = [self.operation(record) for record in self.between.requests[self.begun:] if "body" in record]
        return Done(process.returncode, out, err)

    def operation(self, record):
        """(operation, parameters), held against the model of the service that it was signed for."""
        body, scope = record.get("body", b""), dict(record["headers"])["authorization"]
        if "/elasticfilesystem/" in scope:
            return self.models["efs"].operation(record["method"], record["path"], body)
        if "/ec2/" in scope:
            return self.models["ec2"].form(body)
        assert "/kms/" in scope and dict(record["headers"])["x-amz-target"] == "TrentService.DescribeKey", record
        return "DescribeKey", json.loads(body)

    def wrote(self):
        return [name for name, _ in self.asked if not name.startswith(READS)]

    def heads(self):
        """What EFS was asked, as "METHOD what"."""
        return ["%s %s" % (record["method"], record["path"].split("/")[2].split("?")[0]) for record in self.between.requests[self.begun:] if record["path"] != "/"]

    def applied(self, section=SECTION):
        self.clean()
        done = self.run("apply", section=section)
        assert done.code == 0, done


place = Place()


def marks(done):
    return [(line.get("path"), line["change"]) for line in done.lines if line["type"] in ("resource", "change") and line["change"] not in ("same", "warning")]


def destroyed(**more):
    done = place.run("destroy", "--environment", "test", **more)
    assert done.code == 0, done
    assert place.system() is None and place.groups() == [] and place.efs.describe_access_points()["AccessPoints"] == [], place.groups()
    return done


def test_live_efs_control_as_the_strategy_has_it():
    """c-C11: one transition in each element. c-C12: applied again, no target is made."""
    place.applied()
    assert place.facts() == place.strategy(), (place.facts(), place.strategy())
    put = next(given for name, given in place.asked if name == "PutLifecycleConfiguration")
    assert [len(one) for one in put["LifecyclePolicies"]] == [1, 1], put
    again = place.run("apply")
    assert again.code == 0 and place.wrote() == [], (again, place.asked)
    assert place.run("plan", "--detailed-exitcode").code == 0
    destroyed()
    ends = [name for name in place.wrote() if name.startswith("Delete")]
    assert ends == ["DeleteMountTarget"] * 2 + ["DeleteAccessPoint", "DeleteSecurityGroup", "DeleteFileSystem"], ends
    assert place.run("destroy", "--environment", "test").code == 0 and place.wrote() == []


def test_live_efs_control_each_drift_is_found_and_mended():
    place.applied()
    for name, (want, change) in DRIFTS.items():
        change(Somebody(place))
        done = place.run("plan")
        assert marks(done) == [(None, "update"), *want], (name, done)
        done = place.run("apply")
        strategy = place.strategy()
        if name == "no policy":
            strategy["policy"].append(("theirs", "Allow", "{}"))
        assert done.code == 0 and place.facts() == strategy, (name, done, place.facts())
        assert place.run("apply").code == 0 and place.wrote() == [], (name, place.asked)
        if name == "no policy":
            place.applied()


def test_live_efs_control_a_policy_that_says_the_same_in_another_way():
    """Statements, actions and members in another order, a list of one, everybody as "*": no drift. A statement alone need not be in a list, and stays."""
    place.applied()
    system, policy = place.id, place.policy()

    def put(statement):
        place.efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps({"Statement": statement, "Version": "2012-10-17"}))
    ways = {"statements": lambda one: one, "members": lambda one: dict(reversed(one.items())),
            "actions": lambda one: {**one, "Action": one["Action"][::-1] if isinstance(one["Action"], list) else [one["Action"]]},
            "list of one": lambda one: {**one, "Principal": {"AWS": ["*"]}, "Resource": [one["Resource"]]}, "everybody": lambda one: {**one, "Principal": "*"}}
    for name, way in ways.items():
        put([way(one) for one in reversed(policy)])
        done = place.run("plan")
        assert done.code == 0 and marks(done) == [], (name, done)
        assert place.run("apply").code == 0 and place.wrote() == [], (name, place.asked)
    put([{**one, "Action": one["Action"][1:]} if one["Sid"] == "larder-mount" else one for one in policy])
    assert marks(place.run("plan")) == [(None, "update"), ("policy.access-point", "update"), ("policy.tls", "update")]
    put(THEIRS)
    done = place.run("apply")
    assert done.code == 0 and sorted(one["Sid"] for one in place.policy()) == ["larder-access-point", "larder-mount", "larder-tls", "theirs"], (done, place.policy())
    assert THEIRS in place.policy() and place.run("plan", "--detailed-exitcode").code == 0


def test_live_efs_control_what_cannot_be_changed_in_place():
    place.applied()
    other = SECTION.replace("performance = generalPurpose", "performance = maxIO")
    assert ("performance", "replace") in marks(place.run("plan", section=other)), marks(place.run("plan", section=other))
    clear, key = SECTION.replace("encrypted = yes\nkms-key = alias/efs\n", "encrypted = no\n"), place.server.client("kms").create_key()["KeyMetadata"]["Arn"]
    assert ("encrypted", "replace") in marks(place.run("plan", section=clear)), marks(place.run("plan", section=clear))
    assert ("kms-key", "replace") in marks(place.run("plan", section=SECTION.replace("alias/efs", key)))
    before = place.id
    refused = place.run("apply", section=other)
    assert refused.code == 5 and "--replace" in refused.err and place.wrote() == [] and place.id == before, refused
    assert place.run("apply", "--replace", section=other).code == 0
    assert place.id != before and place.facts() == {**place.strategy(), "PerformanceMode": "maxIO"}, place.facts()


def test_live_efs_control_others_keep_theirs():
    """A statement, a tag and an access point of others: told, left alone when ours change, and taken away with --adopt."""
    place.applied()
    system = place.id
    place.efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS, *place.policy()]}))
    place.efs.tag_resource(ResourceId=system, Tags=[{"Key": "Team", "Value": "x"}])
    place.efs.create_access_point(ClientToken="theirs", FileSystemId=system, PosixUser={"Uid": 7, "Gid": 7}, RootDirectory={"Path": "/theirs"})
    root = place.efs.create_access_point(ClientToken="root", FileSystemId=system, PosixUser={"Uid": 0, "Gid": 0}, RootDirectory={"Path": "/models"})["AccessPointId"]
    done = place.run("plan")
    assert marks(done) == [("access-point-beside[%s]" % root, "unmanaged"), ("access-point[/theirs].owner", "unmanaged"), ("policy.statement[theirs]", "unmanaged"), ("tag[Team]", "unmanaged")], done
    section = SECTION
    for was, will in (("to-ia = 30d", "to-ia = 60d"), ("Purpose=AI model cache", "Purpose=models"), ("mode = 755", "mode = 750"), ("egress = open", "egress = none"),
                      ("throughput = bursting", "throughput = provisioned 100MiB/s")):
        section = section.replace(was, will)
    done = place.run("apply", section=section)
    assert done.code == 0 and place.wrote().index("UpdateFileSystem") == len(place.wrote()) - 1, (done, place.wrote())
    beside = [name for name in place.wrote() if "Point" in name or "Policy" in name]
    assert beside == ["CreateAccessPoint", "PutFileSystemPolicy", "DeleteAccessPoint"], beside
    facts = place.facts()
    assert facts["tags"] == {"Name": TOKEN, "Purpose": "models", "Team": "x"} and THEIRS in place.policy() and facts["ThroughputMode"] == "provisioned", facts
    assert sorted(root["Path"] + root.get("CreationInfo", {}).get("Permissions", "") for _, root in facts["points"]) == ["/models", "/models750", "/theirs"], facts
    assert {"TransitionToIA": "AFTER_60_DAYS"} in facts["lifecycle"], facts
    assert facts["groups"][0][2:] == ([("tcp", 2049, 2049, (place.nodes,), ())], []), facts
    done = place.run("apply", section=section)
    assert done.code == 0 and place.wrote() == [], (done, place.asked)
    done = place.run("apply", "--adopt")
    assert done.code == 0, done
    want = place.strategy()
    assert place.facts() == want, place.facts()
    assert place.run("apply", "--adopt").code == 0 and place.wrote() == [], place.asked
    place.efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS, *place.policy()]}))
    assert place.run("apply").code == 0 and place.wrote() == [], place.asked
    assert place.run("apply", "--adopt").code == 0 and place.facts() == want and place.wrote() == ["PutFileSystemPolicy"], place.wrote()
    assert place.run("apply", "--adopt", section=SECTION.replace("policy = tls, access-point\n", "")).code == 0 and place.policy() == [], place.policy()
    place.applied()
    assert place.run("apply", "--adopt", section=SECTION.replace("policy = tls, access-point\n", "")).code == 0
    assert place.wrote() == ["DeleteFileSystemPolicy"] and place.policy() == [], place.wrote()


def test_live_efs_control_another_group():
    """c-I04: another name: made, put before every mount target, and only then the old one goes; its rule and the nodes are changed in place."""
    place.applied()
    renamed = SECTION.replace(GROUP, "files-sg")
    got = place.run("plan", section=renamed)
    assert ("security-group.name", "update") in marks(got) and "a new one is made, then put in place of the old one, which goes last" in got.out
    assert place.run("apply", section=renamed).code == 0
    assert place.wrote() == ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", *["ModifyMountTargetSecurityGroups"] * 2, "DeleteSecurityGroup"], place.wrote()
    want = {**place.strategy(), "targets": {subnet: ["files-sg"] for subnet in place.subnets}}
    want["groups"] = [("files-sg", *want["groups"][0][1:])]
    assert place.facts() == want, place.facts()
    nodes = place.net.group("other")
    assert place.run("apply", "--adopt", section=renamed.replace("eks-node", "other")).code == 0
    assert place.wrote() == ["RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"] and place.facts()["groups"][0][2] == [("tcp", 2049, 2049, (nodes,), ())], place.wrote()
    destroyed(section=renamed.replace("eks-node", "other"))
    place.ec2.delete_security_group(GroupId=nodes)


def test_live_efs_control_several_groups_of_nodes():
    """Each is let in by a rule of its own: taken away, or widened, it alone is mended; one that is named no more goes, and so does whoever else is let in; where no nodes are named, or no group, all stay. Two words for one group, and a word that is no group, are told by the plan."""
    second = place.net.group("other")
    both = SECTION.replace("nodes = tag:Name=eks-node", "nodes = tag:Name=eks-node, %s" % second)

    def admitted():
        group, = place.groups()
        return sorted((pair["GroupId"], one["FromPort"]) for one in group["IpPermissions"] for pair in one["UserIdGroupPairs"])

    def change(how, peer, port):
        getattr(place.ec2, how + "_security_group_ingress")(GroupId=place.groups()[0]["GroupId"], IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": peer}]}])
    want = sorted([(place.nodes, 2049), (second, 2049)])
    place.applied(both)
    assert admitted() == want and place.run("apply", section=both).code == 0 and place.wrote() == [], (admitted(), place.wrote())
    for peer, told in ((place.nodes, "tag:Name=eks-node"), (second, second)):
        path = "security-group.from[%s]" % told
        for how, port, mark, act in (("revoke", 2049, "create", "AuthorizeSecurityGroupIngress"), ("authorize", 22, "update", "RevokeSecurityGroupIngress")):
            change(how, peer, port)
            done = place.run("plan", section=both)
            assert marks(done) == [(None, "update"), (path, mark)], done
            assert place.run("apply", section=both).code == 0 and place.wrote() == [act] and admitted() == want, (place.wrote(), admitted())
    for taken_out in ("nodes = ", "security-group = "):
        loose = "".join(line for line in SECTION.splitlines(True) if not line.startswith(taken_out)).replace("Name=" + TOKEN, "Name=" + taken_out[:5])
        done = place.run("apply", section=loose)
        assert done.code == 0 and place.wrote() == ["TagResource"] and admitted() == want, (done, place.wrote())
    assert marks(place.run("plan", section=SECTION.replace("Name=" + TOKEN, "Name=secur"))) == [(None, "update"), ("security-group.from[%s]" % second, "remove")]
    assert place.run("apply").code == 0 and place.wrote() == ["TagResource", "RevokeSecurityGroupIngress"] and admitted() == [(place.nodes, 2049)], place.wrote()
    for nodes, word in (("tag:Name=eks-node, " + place.nodes, "are both security group " + place.nodes), ("tag:Name=eks-node, eks-node", "'eks-node' names no security group")):
        done = place.run("plan", section=SECTION.replace("nodes = tag:Name=eks-node", "nodes = " + nodes))
        assert done.code == 2 and word in done.out + done.err, (nodes, done)
    destroyed()
    place.ec2.delete_security_group(GroupId=second)


def writes(*words, **more):
    """Of an undisturbed run, which requests write."""
    assert place.run(*words, **more).code == 0
    return [(number, name) for number, (name, _) in enumerate(place.asked, 1) if not name.startswith(READS)]


def test_live_efs_control_killed_at_each_write_and_each_answer_lost():
    """c-C12: gone on with, nothing is there twice."""
    place.clean()
    for number, name in writes("apply"):
        place.clean()
        process = place.start("apply", plan=[{"nth": number, "do": "stall", "after": lambda record: process.send_signal(signal.SIGKILL)}])
        process.communicate(timeout=60 * servers.SLOW)
        assert process.returncode == -signal.SIGKILL, (name, process.returncode)
        done = place.run("apply")
        assert done.code == 0 and place.facts() == place.strategy(), (name, done, place.facts())
        place.clean()
        done = place.run("apply", plan=[{"nth": number, "do": "drop-reply"}])
        assert done.code == 0 and place.facts() == place.strategy(), (name, done, place.facts())
    ends = writes("destroy", "--environment", "test")
    for number, name in ends:
        for bad in ("stall", "drop-reply"):
            place.applied()
            process = place.start("destroy", "--environment", "test", plan=[{"nth": number, "do": bad, **({"after": lambda record: process.send_signal(signal.SIGKILL)} if bad == "stall" else {})}])
            process.communicate(timeout=60 * servers.SLOW)
            assert process.returncode == (-signal.SIGKILL if bad == "stall" else 0), (name, process.returncode)
            destroyed()


def test_live_efs_control_renamed_group_killed_at_each_write():
    """c-I04: interrupted at any step, a run after it ends the same."""
    names = [GROUP, "files-sg"]
    place.applied()
    for number, name in writes("apply", section=SECTION.replace(*names)):
        place.applied()
        process = place.start("apply", section=SECTION.replace(*names), plan=[{"nth": number, "do": "stall", "after": lambda record: process.send_signal(signal.SIGKILL)}])
        process.communicate(timeout=60 * servers.SLOW)
        assert place.run("apply", section=SECTION.replace(*names)).code == 0
        assert [one[0] for one in place.facts()["groups"]] == ["files-sg"] and set(map(tuple, place.facts()["targets"].values())) == {("files-sg",)}, (name, place.facts())


def test_live_efs_control_throttled_and_denied():
    place.clean()
    slow = {"nth": list(range(3, 400, 10)), "do": "reply", "status": 400}
    done = place.run("apply", plan=[{**slow, "path": "2015-02-01", "body": '{"__type": "ThrottlingException"}'},
                                    {**slow, "path": "^/$", "body": "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"}])
    assert done.code == 0 and place.facts() == place.strategy(), done
    for path, body, word in (("mount-targets", '{"Code": "AccessDeniedException", "Message": "no"}', "AccessDenied"),
                             ("^/$", "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors><RequestID>r1</RequestID></Response>", "Unauthorized")):
        done = place.run("plan", plan=[{"path": path, "do": "reply", "status": 403, "body": body}])
        assert done.code == 4 and word in done.out + done.err, (path, done)


def test_live_efs_control_what_is_under_way_is_awaited():
    """c-I05: 'creating' is awaited, at the file system and at its mount targets, with a line for it; 'error' ends it."""
    place.clean()

    def states(path, key, state, **more):
        """The answer of moto with another state."""
        system = place.system()
        body = {"FileSystems": [system]} if key == "FileSystems" else {"MountTargets": place.targets()}
        for one in body[key]:
            one["LifeCycleState"] = state
        return {"method": "GET", "path": path, "do": "reply", "status": 200, "body": json.dumps(body, default=str), **more}
    place.applied(SECTION)
    for path, key in (("file-systems\\?", "FileSystems"), ("mount-targets\\?", "MountTargets")):
        Somebody(place).say("larder-tls", Effect="Allow")
        done = place.run("apply", plan=[states(path, key, "creating", nth=[2, 3])])
        assert done.code == 0 and place.facts() == place.strategy() and any(line.get("step") == "waiting" for line in done.lines), done
        assert marks(place.run("plan")) == []
        done = place.run("plan", plan=[states(path, key, "error")])       # though all its lines are as desired
        assert done.code == 8 and [line["why"] for line in done.lines if line.get("change") == "failed"] == ["the service tells that filesystem '%s' failed" % TOKEN], done
        done = place.run("apply", plan=[states(path, key, "error")])
        assert done.code == 8 and "failed" in done.err and place.wrote() == [], done
        Somebody(place).say("larder-tls", Effect="Allow")
        done = place.run("apply", plan=[states(path, key, "error")])
        assert done.code == 8 and "failed" in done.err and place.wrote() == [], done
        assert place.run("apply").code == 0
    gone = place.run("destroy", "--environment", "test", plan=[{**states("mount-targets\\?", "MountTargets", "deleting"), "nth": [3, 4]}])
    assert gone.code == 0 and place.system() is None and any(line.get("step") == "waiting" for line in gone.lines), gone
    ends = [name for name in place.heads() if name.startswith("DELETE") or name == "GET mount-targets"]
    ends = ends[ends.index("DELETE mount-targets"):]
    assert ends[:7] == [*["DELETE mount-targets"] * 2, *["GET mount-targets"] * 4, "DELETE access-points"] and ends[-1] == "DELETE file-systems", ends


def test_live_efs_control_what_takes_its_time():
    """c-I05: a mount target that takes 12 minutes is awaited, with a line for every half minute that went by; one that takes for ever until the time is up,
    and the run after it goes on with that one."""
    place.applied()
    slept = clock.Clock(os.path.join(place.folder, "slept"), "LARDER_SLEPT")
    creating = [{**target, "LifeCycleState": "creating"} for target in place.targets()]

    def slowly(minutes, **more):
        """The next look at the targets is so much later."""
        gone = []

        def sleep(record):
            gone.append(minutes)
            slept.set(60 * sum(gone))
        return {"method": "GET", "path": "mount-targets\\?", "do": "reply", "status": 200, "body": json.dumps({"MountTargets": creating}, default=str), "before": sleep, **more}
    slept.set(0)
    done = place.run("apply", plan=[slowly(4, nth=[1, 2, 3, 4])], shape=(), more=slept.environment.items())
    told = ["larder: waiting for filesystem '%s': mount target %s creating, for %s of 45m00s" % (TOKEN, creating[0]["MountTargetId"], time) for time in ("4m", "8m")]
    assert done.code == 0 and [re.sub("(?<=for .m)[0-9]{2}s", "", line) for line in done.err.splitlines() if "waiting" in line] == told and place.wrote() == [], (done, told)
    slept.set(0)
    done = place.run("apply", plan=[slowly(0.2, nth=[1, 2, 3, 4, 5, 6, 7])], shape=(), more=slept.environment.items())          # looks 12 s apart, and a line for the first behind each half minute
    assert done.code == 0 and sum("waiting" in line for line in done.err.splitlines()) == 2, done
    Somebody(place).say("larder-tls", Effect="Allow")
    slept.set(0)
    done = place.run("apply", "--wait", "10m", plan=[slowly(4)], more=slept.environment.items())
    failed, = [line for line in done.lines if line.get("step") == "failed"]
    assert done.code == 8 and "not ready after 12m0" in failed["why"] and "--wait" in failed["next"] and place.wrote() == [], done
    assert [line["seconds"] // 60 for line in done.lines if line.get("step") == "waiting"] == [0, 4, 8] and {line["seconds_most"] for line in done.lines if "seconds_most" in line} == {600}, done
    done = place.run("apply")
    assert done.code == 0 and place.wrote() == ["PutFileSystemPolicy"] and place.facts() == place.strategy(), (done, place.wrote())


def test_live_efs_control_a_group_that_is_still_in_use():
    """Awaited when all goes; when another takes its place, told, and the same command goes on."""
    renamed = SECTION.replace(GROUP, "files-sg")

    def last(*words, **more):
        return next(number for number, name in writes(*words, **more) if name == "DeleteSecurityGroup")
    place.applied()
    number = last("apply", section=renamed)
    place.applied()
    done = place.run("apply", section=renamed, plan=[{**IN_USE, "nth": number}])
    assert done.code == 5 and GROUP in done.err and "still in use" in done.err, done
    assert place.run("apply", section=renamed).code == 0 and place.wrote() == ["DeleteSecurityGroup"], place.wrote()
    place.applied()
    number = last("destroy", "--environment", "test")
    place.applied()
    destroyed(plan=[{**IN_USE, "nth": [number, number + 1]}])


def test_live_efs_control_a_group_of_others_stays():
    """By a name that is a pattern for EC2, and is none for us, a group of somebody's is found: it is not ours, and stays where ours changes its name, and where all of ours goes."""
    place.applied()
    section = SECTION.replace(GROUP, "efs-*")
    theirs = place.ec2.create_security_group(GroupName="efs-theirs", Description="theirs", VpcId=place.vpc)["GroupId"]
    done = place.run("apply", section=section)
    names = sorted(one["GroupName"] for one in place.groups())
    gone = place.run("destroy", "--environment", "test", section=section)
    left = [one["GroupName"] for one in place.groups()]
    place.ec2.delete_security_group(GroupId=theirs)
    assert done.code == 0 and names == ["efs-*", "efs-theirs"], (done, names)
    assert gone.code == 0 and left == ["efs-theirs"] and place.system() is None, (gone, left)


OURS = [{"Key": "larder:id", "Value": TOKEN}]


def test_live_efs_control_a_statement_that_comes_meanwhile_stays():
    """Between our look and our write somebody adds one: the policy is written whole and under no etag, so it is read again just before. With --adopt what was seen goes by that write, and what
    came later by one of its own, once it was seen."""
    seen, late = dict(THEIRS, Sid="seen"), dict(THEIRS, Sid="late")

    def add(record):
        place.efs.put_file_system_policy(FileSystemId=place.id, Policy=json.dumps({"Version": "2012-10-17", "Statement": [late, *place.policy()]}))
    for words, left in ((("apply",), [["late", "seen"]]), (("apply", "--adopt"), [["late"], []])):
        place.applied(section=SECTION.replace("policy = tls, access-point", "policy = tls"))
        place.efs.put_file_system_policy(FileSystemId=place.id, Policy=json.dumps({"Version": "2012-10-17", "Statement": [seen, *place.policy()]}))
        section = SECTION.replace("Purpose=AI model cache", "Purpose=models")
        done = place.run(*words, section=section, plan=[{"method": "POST", "path": "resource-tags", "times": 1, "do": "keep", "before": add}])
        puts = [[one["Sid"] for one in json.loads(given["Policy"])["Statement"] if not one["Sid"].startswith("larder-")] for name, given in place.asked if name == "PutFileSystemPolicy"]
        assert done.code == 0 and puts == left and [one for one in place.policy() if not one["Sid"].startswith("larder-")] == [{"late": late, "seen": seen}[sid] for sid in left[-1]], (words, done, puts)
        assert "larder-access-point" in [one["Sid"] for one in place.policy()], place.policy()
        assert place.run("apply", section=section).code == 0 and place.wrote() == [], place.wrote()


def test_live_efs_control_another_access_point_than_the_policy_names():
    """Another folder, and another owner, together with the policy that allows it alone: one apply, and the policy names the new one. The first folder's stays, and is told, until it is adopted."""
    for was, will in (("access-point = /models", "access-point = /other"), ("access-point = /models", "access-point = /a"), ("owner = 1000:1000", "owner = 2000:2000"),
                      ("access-point = /models\nowner = 1000:1000", "access-point = /other\nowner = 2000:2000")):
        place.applied()
        other = SECTION.replace(was, will)
        done = place.run("apply", section=other)
        beside = [name for name in place.wrote() if "Point" in name or "Policy" in name]
        assert done.code == 0 and beside[:2] == ["CreateAccessPoint", "PutFileSystemPolicy"], (will, done, place.wrote())
        new = next(one for one in place.points() if one["RootDirectory"]["Path"] in other and "owner = %d:" % one["PosixUser"]["Uid"] in other)
        denied = next(one for one in place.policy() if one["Sid"] == "larder-access-point")
        assert denied["Condition"] == {"StringNotEquals": {"elasticfilesystem:AccessPointArn": new["AccessPointArn"]}}, (will, denied)
        assert place.run("apply", section=other).code == 0 and place.wrote() == [], place.wrote()
        assert len(place.points()) == (1 if "access-point = /models" in other else 2), place.points()
        assert place.run("apply", "--adopt", section=other).code == 0 and len(place.points()) == 1, place.points()
        place.efs.put_file_system_policy(FileSystemId=place.id, Policy=json.dumps({"Version": "2012-10-17", "Statement": [one for one in place.policy() if one != denied]}))
        assert place.run("apply", section=other).code == 0 and denied in place.policy(), place.policy()


def test_live_efs_control_two_access_points_on_one_folder():
    """Both ours and as it is to be: nothing is guessed, both are listed. One that is otherwise is what a change left that was killed, and goes."""
    place.applied()
    first, system = place.points()[0], place.id

    def another(token, mode, tags):
        return place.efs.create_access_point(ClientToken=token, FileSystemId=system, PosixUser={"Uid": 1000, "Gid": 1000}, Tags=tags,
                                             RootDirectory={"Path": "/models", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": mode}})["AccessPointId"]
    theirs, older = another("theirs", "755", []), another("older", "700", OURS)
    assert place.run("apply").code == 0 and place.wrote() == ["DeleteAccessPoint"], place.wrote()
    assert sorted(one["AccessPointId"] for one in place.points()) == sorted([first["AccessPointId"], theirs]) and older, place.points()
    twin = another("twin", "0755", OURS)
    for words in (("plan",), ("apply",), ("apply", "--adopt"), ("destroy", "--environment", "test")):
        done = place.run(*words)
        assert done.code == 5 and all(one in done.out for one in (first["AccessPointId"], twin, "/models")) and theirs not in done.out and place.wrote() == [], (words, done)
    place.efs.delete_access_point(AccessPointId=twin)
    assert place.run("plan", "--detailed-exitcode").code == 0


def test_live_efs_control_two_groups_with_our_tag():
    """One that was not made here, or two of one name where no VPC tells them apart: nothing is guessed, both are listed. One made here that no target uses is left over, and goes."""
    place.applied()
    first, group = place.groups()[0]["GroupId"], {"VpcId": place.vpc, "TagSpecifications": [{"ResourceType": "security-group", "Tags": OURS}]}
    place.ec2.create_security_group(GroupName="before", Description="who may mount " + TOKEN, **group)
    assert place.run("apply").code == 0 and place.wrote() == ["DeleteSecurityGroup"] and place.facts() == place.strategy(), (place.wrote(), place.facts())
    other = place.ec2.create_security_group(GroupName="tagged", Description="of somebody", **group)["GroupId"]
    for words, section in ((("plan",), SECTION), (("apply",), SECTION), (("apply", "--adopt"), SECTION.replace(GROUP, "files-sg")), (("destroy", "--environment", "test"), SECTION)):
        done = place.run(*words, section=section)
        assert done.code == 5 and first in done.out and other in done.out and place.wrote() == [], (words, done)
    place.ec2.delete_tags(Resources=[other], Tags=OURS)
    assert place.run("plan", "--detailed-exitcode").code == 0
    place.ec2.delete_security_group(GroupId=other)
    there = place.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    twin = place.ec2.create_security_group(GroupName=GROUP, Description="who may mount " + TOKEN, **{**group, "VpcId": there})["GroupId"]
    nowhere = "".join(line for line in SECTION.splitlines(True) if not line.startswith(("vpc", "subnets")))
    done = place.run("plan", section=nowhere)
    assert done.code == 5 and first in done.out and twin in done.out, done
    place.ec2.delete_security_group(GroupId=twin)
    place.ec2.delete_vpc(VpcId=there)


def test_live_efs_control_a_revocation_whose_answer_is_lost():
    """Done, and asked again: what is not there any more is no failure."""
    place.applied()
    Somebody(place).open_ssh()
    number = next(number for number, name in writes("apply") if name == "RevokeSecurityGroupIngress")
    Somebody(place).open_ssh()
    done = place.run("apply", plan=[{"nth": number, "do": "drop-reply"}])
    assert done.code == 0 and place.wrote() == ["RevokeSecurityGroupIngress"] and place.facts() == place.strategy(), (done, place.wrote())
    assert len([record for record in place.between.requests[place.begun:] if record["action"] == "drop-reply"]) == 1


def test_live_efs_control_other_subnets():
    """One that is wanted no more goes. In another VPC the targets of the first are gone before one comes, with a group there."""
    place.applied()
    fewer = SECTION.replace(", tag:Name=private-c", "")
    assert place.run("apply", "--adopt", section=fewer).code == 0 and place.wrote() == ["DeleteMountTarget"], place.wrote()
    assert list(place.facts()["targets"]) == place.subnets[:1], place.facts()
    there = place.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=place.net.tags("vpc", "there"))["Vpc"]["VpcId"]
    subnet = place.net.subnet("private-a", 0, "us-east-1a", vpc=there)
    assert place.run("apply").code == 0, "a tag counts within the VPC"
    moved = "".join(line for line in fewer.splitlines(True) if not line.startswith("nodes")).replace("tag:Name=prod", "tag:Name=there")
    apart = place.run("plan", section=SECTION.replace("tag:Name=private-c", subnet))
    assert apart.code == 2 and "VPC" in apart.err + apart.out, apart
    done = place.run("apply", "--adopt", section=moved)
    assert done.code == 0 and place.wrote() == ["CreateSecurityGroup", *["DeleteMountTarget"] * 2, "CreateMountTarget", "DeleteSecurityGroup"], (done, place.wrote())
    begin, end = place.heads().index("DELETE mount-targets"), place.heads().index("POST mount-targets")
    assert "GET mount-targets" in place.heads()[begin:end], place.heads()
    facts = place.facts()
    assert facts["targets"] == {subnet: [GROUP]} and [one[:2] for one in facts["groups"]] == [(GROUP, there)], facts
    assert place.run("apply", section=moved).code == 0 and place.wrote() == [], place.wrote()
    destroyed(section=moved)
    place.ec2.delete_subnet(SubnetId=subnet)
    place.ec2.delete_vpc(VpcId=there)


def test_live_efs_control_a_subnet_for_another_of_its_zone():
    """A zone takes one mount target: ours of a subnet that is replaced goes first, awaited, and then the other comes, in one run. Where the first is somebody else's, the plan refuses it."""
    place.applied()
    twin = place.net.subnet("private-b", 9, "us-east-1a")
    other = SECTION.replace("tag:Name=private-a", "tag:Name=private-b")
    found = place.run("plan", section=other)
    assert found.code == 0 and marks(found) == [(None, "update"), ("target[tag:Name=private-b]", "update")] and '"was":"in %s"' % place.subnets[0] in found.out, found
    for lost in ([], [{"method": "DELETE", "path": "/2015-02-01/mount-targets/.*", "do": "drop-reply", "times": 1}]):
        done = place.run("apply", section=other, plan=lost)
        assert done.code == 0 and place.wrote()[-2:] == ["DeleteMountTarget", "CreateMountTarget"], (done, place.wrote())
        assert sorted(place.facts()["targets"]) == sorted([twin, place.subnets[1]]), place.facts()
        assert place.run("apply", section=other).code == 0 and place.wrote() == [], place.wrote()
        assert place.run("apply").code == 0 and sorted(place.facts()["targets"]) == sorted(place.subnets)
    first, = [one["MountTargetId"] for one in place.targets() if one["SubnetId"] == place.subnets[0]]
    place.efs.modify_mount_target_security_groups(MountTargetId=first, SecurityGroups=[place.nodes])
    for command in ("plan", "apply"):
        done = place.run(command, section=other)
        assert done.code == 2 and "zone-taken" in done.out and "%s of %s" % (first, place.subnets[0]) in done.out and place.wrote() == [], (command, done)
    place.efs.delete_mount_target(MountTargetId=first)
    assert place.run("apply", section=other).code == 0 and place.wrote() == ["CreateMountTarget"], place.wrote()
    destroyed(section=other)
    place.ec2.delete_subnet(SubnetId=twin)


def test_live_efs_control_what_is_looked_up():
    """By id as by tag; a tag that two have is an error that lists both, one that none has another; c-C12: two subnets of one zone."""
    place.clean()
    plain = SECTION
    for was, will in (("tag:Name=prod", place.vpc), ("tag:Name=private-a", place.subnets[0]), ("tag:Name=private-c", place.subnets[1]), ("tag:Name=eks-node", place.nodes), ("alias/efs", place.key)):
        plain = plain.replace(was, will)
    assert place.run("apply", section=plain).code == 0 and place.facts() == place.strategy(), place.facts()
    assert place.run("apply").code == 0 and place.wrote() == [], place.asked
    place.clean()
    twin = place.net.subnet("private-a", 9, "us-east-1a")
    done = place.run("apply")
    assert done.code == 5 and place.subnets[0] in done.err and twin in done.err and place.wrote() == [], done
    done = place.run("plan", section=plain.replace(place.subnets[1], twin))
    assert done.code == 2 and all(word in done.out + done.err for word in (place.subnets[0], twin, "us-east-1a")), done
    place.ec2.delete_subnet(SubnetId=twin)
    for was, will, code, word in (("tag:Name=prod", "tag:Name=none", 3, "tag:Name=none"), ("tag:Name=private-a", "private-a", 2, "subnet-"), ("tag:Name=eks-node", "nodes", 2, "sg-"),
                                  ("alias/efs", "alias/none", 3, "no key 'alias/none'"), ("owner = 1000:1000\n", "", 2, "owner"), ("to-ia = 30d", "to-ia = 31d", 2, "31d"),
                                  ("owner = 1000:1000", "owner = models", 2, "UID:GID"), ("owner = 1000:1000", "owner = 1000", 2, "UID:GID"), ("mode = 755", "mode = rwx", 2, "mode = 755"), ("mode = 755", "mode = 75", 2, "mode = 755"),
                                  ("throughput = bursting", "throughput = provisioned warp", 2, "provisioned 100MiB/s")):
        place.clean()
        done = place.run("apply", section=SECTION.replace(was, will))
        assert done.code == code and word in done.err and place.wrote() == [], (was, done, place.wrote())


def test_live_efs_control_lists_in_pages():
    """The next page is asked for by the word that the one before told, whatever letters it has."""
    place.applied()

    def page(path, number, body):
        return {"path": path, "nth": number, "do": "reply", "status": 200, "body": body if isinstance(body, str) else json.dumps(body, default=str)}
    done = place.run("plan", plan=[
        page("file-systems\\?", 1, {"FileSystems": [], "NextMarker": "a b&c"}), page("file-systems\\?", 2, {"FileSystems": [place.system()]}),
        page("access-points\\?", 1, {"AccessPoints": [], "NextToken": "d"}), page("access-points\\?", 2, {"AccessPoints": place.points()}),
        page("^/$", 2, "<DescribeVpcsResponse><vpcSet/><nextToken>e f</nextToken></DescribeVpcsResponse>")])
    assert done.code == 0 and marks(done) == [], done
    paths = [record["path"] for record in place.between.requests[place.begun:]]
    assert [path.split("&", 1)[1] for path in paths if "&" in path] == ["Marker=a%20b%26c", "NextToken=d"], paths
    assert [given["NextToken"] for name, given in place.asked if name == "DescribeVpcs"] == ["e f"], place.asked


def test_live_efs_control_made_before():
    """What others made by the same names, a file system by its token, is taken over; a group only when it is told to be ours, by the tag. Then its rules are, too, and it goes with all else."""
    place.clean()
    place.efs.create_file_system(CreationToken=TOKEN, Encrypted=True, KmsKeyId=place.key, Tags=[{"Key": "Name", "Value": TOKEN}])
    for root in ("/a", "/models"):
        place.efs.create_access_point(ClientToken=root, FileSystemId=place.id, PosixUser={"Uid": 1000, "Gid": 1000},
                                      RootDirectory={"Path": root, "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0755"}})
    group = place.net.group(GROUP)
    place.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    for words in (("plan",), ("apply",), ("apply", "--adopt"), ("destroy", "--environment", "test")):
        done = place.run(*words)
        assert done.code == 5 and all(one in done.out for one in (group, "was not made here", TOKEN, "create-tags --resources %s --tags Key=larder:id,Value=%s" % (group, TOKEN))) and place.wrote() == [], (words, done)
    place.ec2.create_tags(Resources=[group], Tags=OURS)
    assert ("security-group.from[10.0.0.0/8]", "remove") in marks(place.run("plan"))
    assert place.run("apply").code == 0
    assert "CreateAccessPoint" not in place.wrote() and len(place.points()) == 2, place.wrote()
    assert place.run("apply", "--adopt").code == 0 and place.run("apply").code == 0 and place.wrote() == []
    facts, want = place.facts(), place.strategy()
    assert {**facts, "points": 1} == {**want, "points": len(facts["points"])} and place.groups()[0]["GroupId"] == group, facts
    destroyed()


def test_live_efs_control_a_group_of_another_file_system():
    """Two environments with one name for a group in one VPC: the plan of the second refuses it, before anything is made, with both owners; the first stays as it is."""
    place.applied()
    group, first = place.groups()[0]["GroupId"], place.facts()
    other = SECTION.replace("token = " + TOKEN, "token = staging-models")
    for words in (("plan",), ("apply",), ("apply", "--adopt")):
        done = place.run(*words, section=other)
        assert done.code == 5 and all(one in done.out for one in (group, GROUP, "'%s'" % TOKEN, "'staging-models'", "another name")) and place.wrote() == [], (words, done)
    assert place.facts() == first and place.run("plan", "--detailed-exitcode").code == 0
    done = place.run("apply", section=other.replace(GROUP, "staging-sg"))
    assert done.code == 0 and len(place.groups()) == 2, done
    assert place.run("destroy", "--environment", "test", section=other.replace(GROUP, "staging-sg")).code == 0
    destroyed()


def test_live_efs_control_two_sections_with_one_group():
    """Refused before anything is asked, by plan and by config check; in another VPC it is another group."""
    second = SECTION.replace("token = " + TOKEN, "token = second")
    two = SECTION + "[filesystem \"second\"]\n" + second
    line = 4 + max(n for n, text in enumerate(two.splitlines()) if text.startswith("security-group ="))
    for words in (("infra", "plan"), ("config", "check")):
        done = place.run(*words[1:], section=two, command=words[0])
        assert done.code == 2 and "larder.ini:%d" % line in done.out and "'%s' of [filesystem \\\"models\\\"]" % GROUP in done.out and place.asked == [], (words, done)
    assert place.run("check", section=SECTION + "[filesystem \"second\"]\n" + second.replace("tag:Name=prod", "tag:Name=there"), command="config").code == 0


def test_live_efs_control_a_group_that_others_use():
    """Another's interface behind it, or another group's rule that names it: the plan tells that all of it is left, and destroy removes nothing, and waits for nothing."""
    place.applied()
    facts, group = place.facts(), place.groups()[0]["GroupId"]
    theirs = place.ec2.create_network_interface(SubnetId=place.subnets[0], Groups=[group], Description="of somebody")["NetworkInterface"]["NetworkInterfaceId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}]
    late = place.ec2.create_network_interface(SubnetId=place.subnets[0], Groups=[group], Description="EFS mount target for %s (fsmt-1)" % place.id)["NetworkInterface"]["NetworkInterfaceId"]
    for word in ("%s (of somebody)" % theirs, "a rule of " + place.nodes):
        planned, done = place.run("plan", "--destroy"), place.run("destroy", "--environment", "test")
        whole, = [line for line in planned.lines if line["type"] == "resource"]
        assert whole["change"] == "left" and word in whole["why"] and late not in whole["why"] and planned.code == 0, planned
        assert done.code == 5 and word in done.err and "nothing of it is removed" in done.err and place.wrote() == [] and place.facts() == facts, done
        counts = [[line for line in one.lines if line["type"] == "counts"][-1] for one in (planned, done)]
        assert [[one[name] for name in ("left", "removed", "failed")] for one in counts] == [[1, 0, 0]] * 2, counts
        assert place.run("plan", "--detailed-exitcode").code == 0
        if theirs in word:
            place.ec2.delete_network_interface(NetworkInterfaceId=theirs)
            place.ec2.authorize_security_group_ingress(GroupId=place.nodes, IpPermissions=rule)
    place.ec2.revoke_security_group_ingress(GroupId=place.nodes, IpPermissions=rule)
    assert [line["change"] for line in place.run("plan", "--destroy").lines if line["type"] == "resource"] == ["remove"]        # what a target of ours left is gone soon
    place.ec2.delete_network_interface(NetworkInterfaceId=late)
    destroyed()


def test_live_efs_control_a_policy_that_no_section_asks_for_any_more():
    """It is left alone, whatever it says by then, and what else changes is changed; of two the one that is asked for is mended, and the other stays as it is."""
    place.applied()
    loose, tls = (SECTION.replace("policy = tls, access-point\n", policy) for policy in ("", "policy = tls\n"))
    assert marks(place.run("plan", section=loose)) == [("policy.access-point", "unmanaged"), ("policy.tls", "unmanaged")]
    for say in (lambda: None, lambda: Somebody(place).say("larder-access-point", Principal={"AWS": "arn:aws:iam::123456789012:root"})):
        say()
        before = place.policy()
        for was, will in (("Name=" + TOKEN, "Name=x"), ("egress = open", "egress = none"), ("access-point = /models\nowner = 1000:1000\nmode = 755\n", "")):
            done = place.run("apply", section=loose.replace(was, will))
            assert done.code == 0 and place.wrote() and not any("Policy" in one for one in place.wrote()) and place.policy() == before, (was, done, place.wrote())
        Somebody(place).say("larder-tls", Effect="Allow")
        done = place.run("apply", section=tls)
        assert done.code == 0 and place.wrote() == ["PutFileSystemPolicy"] and sorted(map(str, place.policy())) == sorted(map(str, before)), (done, place.policy(), before)
    assert place.run("apply").code == 0 and place.facts() == place.strategy()


def test_live_efs_control_a_policy_for_an_access_point_that_is_not_there():
    """Refused with its line before anything is asked, by plan and by config check."""
    section = SECTION.replace("access-point = /models\n", "")
    line = 4 + section.splitlines().index("policy = tls, access-point")
    for words in (("infra", "plan"), ("infra", "apply"), ("config", "check")):
        done = place.run(*words[1:], section=section, command=words[0])
        assert done.code == 2 and "larder.ini:%d is to be mounted through its access point alone, and has none" % line in done.out + done.err and place.asked == [], (words, done)


def test_live_efs_control_elsewhere_and_a_plan_alone():
    place.clean()
    done = place.run("plan", server="elsewhere")
    assert done.code == 0 and marks(done)[0] == (None, "unsupported") and place.asked == [], done
    place.run("plan")
    assert place.wrote() == [] and place.system() is None


def test_live_efs_control_a_warm_cache_loads_no_network_code():
    """What is on the mount is read with the same section, and neither the control module nor what speaks to services is loaded; by infra it is."""
    def loads(*words):
        with tempfile.TemporaryDirectory(prefix="larder-loaded-") as folder:
            env = {**os.environ, **place.server.environment(place.between.endpoint), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": os.path.join(place.folder, "larder.ini"), "LARDER_PROFILE": "p",
                   "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": os.path.join(folder, "loaded")}
            done = subprocess.run([TOOL, *words], env=env, capture_output=True, text=True, timeout=60 * servers.SLOW)
            text = ""
            for name in os.listdir(folder):
                with open(os.path.join(folder, name)) as file:
                    text += file.read()
        return done, [word for word in ("liblarder-aws", "libcurl", "libssl") if word in text]
    with tempfile.TemporaryDirectory(prefix="larder-mount-") as mount:
        place.write(SECTION + "[store \"source\"]\nbackend = here\nbucket = models\n[cache \"c\"]\nsource = source\nstore = models\nroot = %s/mount\n" % mount, "moto")
        with open(os.path.join(place.folder, "profiles/p.ini"), "a") as file:
            file.write("[backend \"here\"]\ndriver = localfs-mock\nroot = %s/source\ncreate = yes\n" % mount)
        path = os.path.join(place.folder, "profiles/p.ini")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("/nowhere/models", mount + "/mount"))
        weights = os.path.join(mount, "m.safetensors")
        with open(weights, "w") as file:
            file.write("weights")
        done, _ = loads("put", weights, "source:base/m.safetensors")
        assert done.returncode == 0, done.stderr
        for _ in range(2):                       # filled, and warm
            done, network_code = loads("model", "load", "m", "--base", "base")
            assert done.returncode == 0 and open(done.stdout.strip()).read() == "weights" and network_code == [], (done.stdout, done.stderr, network_code)
        done, network_code = loads("infra", "plan", "--only", "filesystem/models")
        assert done.returncode == 0 and "liblarder-aws" in network_code, (done.stderr, network_code)


try:
    tap.run(sys.modules[__name__])
finally:
    place.between.stop()
    place.server.stop()
