"""strategy_filesystem.py: the file system of the strategy as boto3 tells it, what it is to be, and each way in which somebody may have changed it.

    class Place(strategy_filesystem.FileSystem): …       # with efs, ec2 (clients of boto3) and what network.Network made
    assert place.facts() == place.strategy()
    for name, (want, change) in strategy_filesystem.DRIFTS.items(): change(strategy_filesystem.Somebody(place))
"""
import json

TOKEN = "pingvas-studio-models"
GROUP = "efs-models-sg"
TAGS = {"Name": TOKEN, "Purpose": "AI model cache"}
THEIRS = {"Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "elasticfilesystem:ClientMount", "Resource": "*", "Condition": {}}


class FileSystem:
    """All of it on one server: `efs` and `ec2` are clients of it, `vpc`, `subnets`, `nodes` and `key` what it stands in."""

    def stands_in(self, net):
        self.net, self.vpc, self.subnets, self.nodes, self.key = net, net.vpc, net.subnets, net.nodes, net.key

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


DRIFTS = {
    # what the plan marks: who else changed it, and how
    "throughput": ([("throughput", "update")], lambda at: at.files.efs.update_file_system(FileSystemId=at.system, ThroughputMode="elastic")),
    "tag": ([("tag[Name]", "update")], lambda at: at.files.efs.tag_resource(ResourceId=at.system, Tags=[{"Key": "Name", "Value": "x"}])),
    "no tag": ([("tag[Purpose]", "create")], lambda at: at.files.efs.untag_resource(ResourceId=at.system, TagKeys=["Purpose"])),
    "days": ([("lifecycle.to-ia", "update")], lambda at: at.lifecycle({"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}, {"TransitionToIA": "AFTER_7_DAYS"})),
    "never back": ([("lifecycle.back-on-access", "create")], lambda at: at.lifecycle({"TransitionToIA": "AFTER_30_DAYS"})),
    "no backups": ([("automatic-backup", "update")], lambda at: at.files.efs.put_backup_policy(FileSystemId=at.system, BackupPolicy={"Status": "DISABLED"})),
    "owner": ([("access-point[/models].mode", "update"), ("access-point[/models].owner", "update"), ("policy.access-point", "update")], lambda at: at.another_point()),
    "more groups": ([("access-point[/models].owner", "update"), ("policy.access-point", "update")], lambda at: at.another_point(1000, "0755", SecondaryGids=[5])),
    "no point": ([("access-point[/models].mode", "create"), ("access-point[/models].owner", "create"), ("policy.access-point", "update")],
                 lambda at: at.files.efs.delete_access_point(AccessPointId=at.point["AccessPointId"])),
    "clear": ([("policy.tls", "update")], lambda at: at.say("larder-tls", Effect="Allow")),
    "any point": ([("policy.access-point", "update")], lambda at: at.say("larder-access-point", Principal={"AWS": "arn:aws:iam::123456789012:root"})),
    "mounting": ([("policy.access-point", "update"), ("policy.tls", "update")], lambda at: at.say("larder-mount", Action=["elasticfilesystem:ClientMount"])),
    "no policy": ([("policy.access-point", "create"), ("policy.statement[theirs]", "unmanaged"), ("policy.tls", "create")], lambda at: at.say(None)),
    "no nodes": ([("security-group.from[tag:Name=eks-node]", "create")], lambda at: at.files.ec2.revoke_security_group_ingress(GroupId=at.group, IpPermissions=[at.rule(2049)])),
    "more ports": ([("security-group.from[tag:Name=eks-node]", "update")], lambda at: at.open_ssh()),
    "the world": ([("security-group.from[0.0.0.0/0]", "remove")], lambda at: at.admit(2049, IpRanges=[{"CidrIp": "0.0.0.0/0"}])),
    "the world of six": ([("security-group.from[::/0]", "remove")], lambda at: at.admit(2049, Ipv6Ranges=[{"CidrIpv6": "::/0"}])),
    "no egress": ([("security-group.egress", "update")], lambda at: at.files.ec2.revoke_security_group_egress(
        GroupId=at.group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])),
    "another group": ([("target[tag:Name=private-a]", "update")], lambda at: at.files.efs.modify_mount_target_security_groups(
        MountTargetId=at.target["MountTargetId"], SecurityGroups=[at.files.nodes])),
    "no target": ([("target[tag:Name=private-a]", "create")], lambda at: at.files.efs.delete_mount_target(MountTargetId=at.target["MountTargetId"])),
}


class Somebody:
    """Who changes what is there, by boto3."""

    def __init__(self, files):
        self.files = files
        self.system, self.group, self.point = files.id, files.groups()[0]["GroupId"], files.points()[0]
        self.target = next(one for one in files.targets() if one["SubnetId"] == files.subnets[0])

    def rule(self, port):
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": self.files.nodes}]}

    def admit(self, port, **whom):
        self.files.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **whom}])

    def open_ssh(self):
        self.admit(22, UserIdGroupPairs=[{"GroupId": self.files.nodes}])

    def lifecycle(self, *policies):
        self.files.efs.put_lifecycle_configuration(FileSystemId=self.system, LifecyclePolicies=list(policies))

    def say(self, sid, **more):
        """Another statement for that one; None: nothing but somebody's."""
        policy = [dict(one, **more) if one["Sid"] == sid else one for one in self.files.policy()] if sid else [THEIRS]
        self.files.efs.put_file_system_policy(FileSystemId=self.system, Policy=json.dumps({"Version": "2012-10-17", "Statement": policy}))

    def another_point(self, owner=7, mode="0700", **more):
        self.files.efs.delete_access_point(AccessPointId=self.point["AccessPointId"])
        self.files.efs.create_access_point(ClientToken="other", FileSystemId=self.system, PosixUser={"Uid": owner, "Gid": owner, **more}, Tags=[{"Key": "larder:id", "Value": TOKEN}],
                                           RootDirectory={"Path": "/models", "CreationInfo": {"OwnerUid": owner, "OwnerGid": owner, "Permissions": mode}})
