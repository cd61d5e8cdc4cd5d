#!/usr/bin/env python3
"""A file system as the strategy has it, by the control module of efs in front of moto: read back with boto3 and not with our code; each attribute drifted and mended; lost
replies, killed, throttled, denied; look-ups by tag; its end. Each request is one of botocore's model. A warm cache loads none of it."""
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import network  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
import service_model  # noqa: E402
import tap  # noqa: E402
from scene import MODULES, TOOL, Done  # noqa: E402

TOKEN = "pingvas-studio-models"
GROUP = "efs-models-sg"
TAGS = {"Name": TOKEN, "Purpose": "AI model cache"}
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


class Place:
    """moto, a proxy in front of it that keeps what is asked, a network, and a pipeline of one file system."""

    def __init__(self):
        self.server = servers.start("moto", keeping=True)
        self.efs, self.ec2 = (self.server.client(name) for name in ("efs", "ec2"))
        self.models = {name: service_model.Model(name) for name in ("efs", "ec2")}
        self.between = proxy.Proxy(self.server.endpoint)
        self.holder = tempfile.TemporaryDirectory(prefix="larder-efs-control-")
        self.folder = self.holder.name
        self.net = network.Network(self.server, "us-east-1")
        self.vpc, self.subnets, self.nodes, self.key = self.net.vpc, self.net.subnets, self.net.nodes, self.net.key

    def write(self, section, server):
        os.makedirs(os.path.join(self.folder, "profiles"), exist_ok=True)
        with open(os.path.join(self.folder, "larder.ini"), "w") as file:
            file.write("[larder]\nenvironment = test\n[filesystem \"models\"]\n" + section)
        with open(os.path.join(self.folder, "profiles/p.ini"), "w") as file:
            file.write("[backend \"files\"]\ndriver = efs\nserver = %s\nroot = /nowhere/models\nendpoint = %s\nregion = us-east-1\n" % (server, self.between.endpoint))

    def start(self, *words, section=SECTION, plan=(), server="moto"):
        self.write(section, server)
        self.between.plan([*plan, KEEP])
        self.begun = len(self.between.requests)
        return subprocess.Popen([TOOL, "--config", os.path.join(self.folder, "larder.ini"), "--profile", "p", "--json", "infra", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env={**self.server.environment(self.between.endpoint), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": "", "LARDER_PROFILE": ""})

    def run(self, *words, **more):
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        self.asked = [self.operation(record) for record in self.between.requests[self.begun:]]
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

    def system(self):
        found = self.efs.describe_file_systems(CreationToken=TOKEN)["FileSystems"]
        assert len(found) <= 1, found
        return found[0] if found else None

    @property
    def id(self):
        return self.system()["FileSystemId"]

    def points(self):
        return self.efs.describe_access_points(FileSystemId=self.id)["AccessPoints"]

    def targets(self):
        return self.efs.describe_mount_targets(FileSystemId=self.id)["MountTargets"]

    def groups(self):
        return [one for one in self.ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] not in ("default", "eks-node", "other")]

    def policy(self):
        try:
            return json.loads(self.efs.describe_file_system_policy(FileSystemId=self.id)["Policy"])["Statement"]
        except self.efs.exceptions.PolicyNotFound:
            return []

    def facts(self):
        """All of it, as boto3 tells it, without what the service gives: ids, times."""
        system = self.system()
        behind = {target["SubnetId"]: self.efs.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"] for target in self.targets()}
        return {
            **{key: system[key] for key in ("Encrypted", "KmsKeyId", "PerformanceMode", "ThroughputMode")},
            "tags": {tag["Key"]: tag["Value"] for tag in system["Tags"]},
            "lifecycle": sorted(self.efs.describe_lifecycle_configuration(FileSystemId=system["FileSystemId"])["LifecyclePolicies"], key=str),
            "points": [(point["PosixUser"], point["RootDirectory"]) for point in self.points()],
            "backup": self.efs.describe_backup_policy(FileSystemId=system["FileSystemId"])["BackupPolicy"]["Status"],
            "policy": sorted((one["Sid"], one["Effect"], json.dumps(one["Condition"])) for one in self.policy()),
            "groups": [(one["GroupName"], one["VpcId"], self.rules(one["IpPermissions"]), self.rules(one["IpPermissionsEgress"])) for one in self.groups()],
            "targets": {subnet: [self.name(group) for group in groups] for subnet, groups in behind.items()},
        }

    def name(self, group):
        return self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["GroupName"]

    @staticmethod
    def rules(permissions):
        return sorted((one["IpProtocol"], one.get("FromPort", -1), one.get("ToPort", -1), tuple(pair["GroupId"] for pair in one["UserIdGroupPairs"]),
                       tuple(each["CidrIp"] for each in one["IpRanges"])) for one in permissions)

    def strategy(self):
        arn = self.points()[0]["AccessPointArn"]
        mount = '{"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}'
        return {
            "Encrypted": True, "KmsKeyId": self.key, "PerformanceMode": "generalPurpose", "ThroughputMode": "bursting", "tags": TAGS, "backup": "ENABLED",
            "lifecycle": [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}],
            "points": [({"Uid": 1000, "Gid": 1000}, {"Path": "/models", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "755"}})],
            "policy": [("larder-access-point", "Deny", '{"StringNotEquals": {"elasticfilesystem:AccessPointArn": "%s"}}' % arn), ("larder-mount", "Allow", mount),
                       ("larder-tls", "Deny", '{"Bool": {"aws:SecureTransport": "false"}}')],
            "groups": [(GROUP, self.vpc, [("tcp", 2049, 2049, (self.nodes,), ())], [("-1", -1, -1, (), ("0.0.0.0/0",))])],
            "targets": {subnet: [GROUP] for subnet in self.subnets},
        }

    def clean(self):
        for system in self.efs.describe_file_systems()["FileSystems"]:
            identity = system["FileSystemId"]
            for target in self.efs.describe_mount_targets(FileSystemId=identity)["MountTargets"]:
                self.efs.delete_mount_target(MountTargetId=target["MountTargetId"])
            for point in self.efs.describe_access_points(FileSystemId=identity)["AccessPoints"]:
                self.efs.delete_access_point(AccessPointId=point["AccessPointId"])
            self.efs.delete_file_system(FileSystemId=identity)
        for group in self.groups():
            self.ec2.delete_security_group(GroupId=group["GroupId"])

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


try:
    tap.run(sys.modules[__name__])
finally:
    place.between.stop()
    place.server.stop()
