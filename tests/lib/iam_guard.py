"""iam_guard.py: what a request to AWS needs of IAM, and a guard in front of services that lets by what a policy allows and nothing else.

    guard = iam_guard.Guard(server)                   # moto, for tags of security groups
    guard.policy(json.loads(text))                    # a document
    between = proxy.Proxy(endpoint, [guard.rule])
    guard.asked                                       # (Sid, action, resource of the statement) that let something by
    guard.refused                                     # actions by ids of refusals: what the policy does not have; with `once`, each action from its first time until `refused` is emptied, too

NEEDS is the table: an operation is an action of its own name, but for these. Which resources an action is on, and what else a service does in the name of who asks, is
of the service authorization reference and of the API references of EFS, Backup and RDS."""
import fnmatch
import json
import re
import threading
import urllib.parse

import service_model

ACCOUNT = "123456789012"

# Sub-resources of a bucket: (GET, PUT, DELETE)
BUCKET = {
    "versioning": ("GetBucketVersioning", "PutBucketVersioning", None),
    "encryption": ("GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"),
    "tagging": ("GetBucketTagging", "PutBucketTagging", "PutBucketTagging"),
    "lifecycle": ("GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"),
    "cors": ("GetBucketCORS", "PutBucketCORS", "PutBucketCORS"),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "ownershipControls": ("GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"),
    "intelligent-tiering": ("GetIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
    "policy": ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "replication": ("GetReplicationConfiguration", "PutReplicationConfiguration", "PutReplicationConfiguration"),
    "uploads": ("ListBucketMultipartUploads", None, None),
    "versions": ("ListBucketVersions", None, None),
}


# Asked only where a bucket may not be looked at: is it ours? No document has it; refused, it changes nothing but how that is told.
OWNER = "s3:ListAllMyBuckets"


def need(action, resource="*", **context):
    return action, resource, {key.replace("__", "/").replace("_", ":", 1): value for key, value in context.items()}


# ---- S3

def bucket_needs(method, bucket, names, body):
    arn = "arn:aws:s3:::" + bucket
    for name, actions in BUCKET.items():
        if name in names:
            needs = [need("s3:" + actions[("GET", "PUT", "DELETE").index(method)], arn)]
            role = re.search(r"<Role>([^<]*)</Role>", body.decode()) if name == "replication" and method == "PUT" else None
            return needs + ([need("iam:PassRole", role.group(1), iam_PassedToService="s3.amazonaws.com")] if role else [])
    if method == "POST" and "delete" in names:
        return [need("s3:DeleteObjectVersion" if "<VersionId>" in one else "s3:DeleteObject", "%s/%s" % (arn, re.search("<Key>([^<]*)", one).group(1)))
                for one in re.findall("<Object>.*?</Object>", body.decode(), re.S)]
    return [need({"HEAD": "s3:ListBucket", "GET": "s3:ListBucket", "PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}[method], arn)]


def copy_needs(source, arn, guard):
    """What is tagged is copied with its tags."""
    source, _, version = urllib.parse.unquote(source).lstrip("/").partition("?versionId=")
    bucket, _, key = source.partition("/")
    kind = "Version" if version else ""
    tagged = guard.server.client().get_object_tagging(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))["TagSet"]
    return [need("s3:GetObject" + kind, "arn:aws:s3:::" + source)] + (
        [need("s3:GetObject%sTagging" % kind, "arn:aws:s3:::" + source), need("s3:PutObjectTagging", arn)] if tagged else [])


def object_needs(method, arn, names, headers, guard):
    version = "Version" if "versionId" in names else ""
    if "tagging" in names:
        return [need("s3:%sObject%sTagging" % ({"GET": "Get", "PUT": "Put", "DELETE": "Delete"}[method], version), arn)]
    if "uploadId" in names and method in ("GET", "DELETE"):
        return [need("s3:ListMultipartUploadParts" if method == "GET" else "s3:AbortMultipartUpload", arn)]
    if method in ("GET", "HEAD"):
        return [need("s3:GetObject" + version, arn)]
    if method == "DELETE":
        return [need("s3:DeleteObject" + version, arn)]
    if "restore" in names:
        return [need("s3:RestoreObject", arn)]
    needs = [need("s3:PutObject", arn)]
    if "x-amz-tagging" in headers:
        needs.append(need("s3:PutObjectTagging", arn))
    if "x-amz-copy-source" in headers:
        needs += copy_needs(headers["x-amz-copy-source"], arn, guard)
    return needs


def s3_needs(record, headers, guard):
    path, _, query = record["path"].partition("?")
    names = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
    if not bucket:
        return [need(OWNER)]
    if key:
        return object_needs(record["method"], "arn:aws:s3:::%s/%s" % (bucket, key), names, headers, guard)
    return bucket_needs(record["method"], bucket, names, record["body"])


# ---- the others: (operation, parameters, region) to what it needs

def efs_needs(name, given, region, guard):
    system = "arn:aws:elasticfilesystem:%s:%s:file-system/%s" % (region, ACCOUNT, given.get("FileSystemId", "fs-any"))
    point = "arn:aws:elasticfilesystem:%s:%s:access-point/%s" % (region, ACCOUNT, given.get("AccessPointId", "fsap-any"))
    ec2 = "arn:aws:ec2:%s:%s:" % (region, ACCOUNT)
    on_point = name == "DeleteAccessPoint" or str(given.get("ResourceId")).startswith("fsap-")
    needs = [need("elasticfilesystem:" + name, point if on_point else system)]
    if name in ("CreateFileSystem", "CreateAccessPoint") and given.get("Tags"):
        needs.append(need("elasticfilesystem:TagResource", system if name == "CreateFileSystem" else point))
    if name == "CreateFileSystem":
        needs.append(need("iam:CreateServiceLinkedRole", "arn:aws:iam::%s:role/aws-service-role/elasticfilesystem.amazonaws.com/AWSServiceRoleForAmazonElasticFileSystem" % ACCOUNT,
                          iam_AWSServiceName="elasticfilesystem.amazonaws.com"))
        needs += [need("kms:" + action, given.get("KmsKeyId"), kms_ViaService="elasticfilesystem.%s.amazonaws.com" % region, kms_ResourceAliases=guard.aliases)
                  for action in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext") if "KmsKeyId" in given]
    needs += {"CreateMountTarget": [need("ec2:DescribeSubnets"), need("ec2:DescribeNetworkInterfaces"), need("ec2:CreateNetworkInterface", ec2 + "network-interface/eni-new"),
                                    need("ec2:CreateNetworkInterface", ec2 + "subnet/%s" % given.get("SubnetId")), need("ec2:CreateNetworkInterface", ec2 + "security-group/sg-any")],
              "DeleteMountTarget": [need("ec2:DeleteNetworkInterface", ec2 + "network-interface/eni-any")],
              "ModifyMountTargetSecurityGroups": [need("ec2:ModifyNetworkInterfaceAttribute", ec2 + "network-interface/eni-any")],
              "DescribeMountTargetSecurityGroups": [need("ec2:DescribeNetworkInterfaceAttribute")]}.get(name, [])
    return needs


def ec2_needs(name, given, region, guard):
    ec2 = "arn:aws:ec2:%s:%s:" % (region, ACCOUNT)
    if name.startswith("Describe"):
        return [need("ec2:" + name)]
    if name == "CreateSecurityGroup":
        return [need("ec2:" + name, ec2 + "security-group/sg-new"), need("ec2:" + name, ec2 + "vpc/" + given["VpcId"]),
                need("ec2:CreateTags", ec2 + "security-group/sg-new", ec2_CreateAction="CreateSecurityGroup")]
    return [("ec2:" + name, ec2 + "security-group/" + given["GroupId"], {"aws:ResourceTag/larder:id": guard.tag_of_group(given["GroupId"], region)})]


def iam_needs(name, given, region, guard):
    role = "arn:aws:iam::%s:role/%s" % (ACCOUNT, given["RoleName"])
    return [need("iam:" + name, role)] + ([need("iam:TagRole", role)] if name == "CreateRole" and "Tags.member.1.Key" in given else [])


def backup_needs(name, given, region, guard):
    vault = given.get("BackupVaultName") or (given["ResourceArn"].rstrip("/").rsplit(":", 1)[1] if "ResourceArn" in given else None)
    if name in ("GetRecoveryPointRestoreMetadata", "StartRestoreJob"):
        needs = [need("backup:" + name, given["RecoveryPointArn"].replace("us-east-1", region))]
        return needs + ([need("iam:PassRole", given["IamRoleArn"], iam_PassedToService="backup.amazonaws.com")] if name == "StartRestoreJob" else [])
    arn = "*" if name in ("DescribeBackupJob", "DescribeRestoreJob", "ListBackupJobs", "ListBackupPlans", "ListBackupVaults") else "arn:aws:backup:%s:%s:%s" % (region, ACCOUNT, "backup-vault:" + vault if vault else "backup-plan:any")
    needs = [need("backup:" + name, arn)]
    if name in ("CreateBackupVault", "CreateBackupPlan"):
        needs.append(need("backup:TagResource", arn))
    if name == "CreateBackupVault":
        needs += [need("backup-storage:MountCapsule")] + [need("kms:" + action, "arn:aws:kms:%s:%s:key/backup" % (region, ACCOUNT), kms_ViaService="backup.%s.amazonaws.com" % region)
                                                         for action in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "RetireGrant")]
    if name == "StartBackupJob":
        needs.append(need("iam:PassRole", given["IamRoleArn"], iam_PassedToService="backup.amazonaws.com"))
    if name == "CreateBackupSelection":
        needs.append(need("iam:PassRole", given["BackupSelection"]["IamRoleArn"], iam_PassedToService="backup.amazonaws.com"))
    return needs


def cloudfront_needs(name, given, region, guard):
    distribution = "arn:aws:cloudfront::%s:distribution/any" % ACCOUNT
    if name == "CreateDistributionWithTags":
        return [need("cloudfront:CreateDistribution"), need("cloudfront:TagResource", distribution)]
    if name.startswith(("Create", "List")) and name not in ("ListTagsForResource", "CreateInvalidation"):
        return [need("cloudfront:" + name)]
    kind = "origin-access-control" if "Control" in name else "origin-access-identity" if "Identity" in name else "distribution"
    return [need("cloudfront:" + name, "arn:aws:cloudfront::%s:%s/any" % (ACCOUNT, kind))]


def rds_needs(name, given, region, guard):
    rds = "arn:aws:rds:%s:%s:" % (region, ACCOUNT)
    if name == "DescribeDBSnapshots":
        return [need("rds:" + name)]
    if name == "CopyDBSnapshot":
        tags = {"aws:RequestTag/" + given["Tags.Tag.1.Key"]: given["Tags.Tag.1.Value"]}
        snapshots = [rds + "snapshot:" + given[which + "DBSnapshotIdentifier"].rsplit(":snapshot:")[-1] for which in ("Source", "Target")]
        return [("rds:" + name, one, tags) for one in snapshots + [rds + "og:any"]] + [("rds:AddTagsToResource", snapshots[1], tags)]
    if name == "DescribeDBInstanceAutomatedBackups":
        return [need("rds:" + name)]
    if name == "RestoreDBInstanceToPointInTime":
        tags = {"aws:RequestTag/" + given["Tags.Tag.1.Key"]: given["Tags.Tag.1.Value"]}
        on = [rds + "db:" + given["SourceDBInstanceIdentifier"], rds + "db:" + given["TargetDBInstanceIdentifier"], rds + "pg:any", rds + "og:any", rds + "subgrp:any"]
        return [("rds:" + name, one, tags) for one in on] + [("rds:AddTagsToResource", on[1], tags)]
    database = rds + "db:" + given["DBInstanceIdentifier"]
    if name == "ModifyDBInstance":
        return [("rds:" + name, database, guard.tags_of_database(given["DBInstanceIdentifier"], region))]
    final = given.get("FinalDBSnapshotIdentifier")
    return [need("rds:" + name, database)] + ([need("rds:CreateDBSnapshot", database), need("rds:CreateDBSnapshot", rds + "snapshot:" + final)] if final else [])


def kms_needs(name, given, region, guard):
    return [need("kms:" + name, "arn:aws:kms:%s:%s:key/any" % (region, ACCOUNT), kms_ResourceAliases=[given["KeyId"]])]


REST = {"elasticfilesystem": ("efs", efs_needs), "backup": ("backup", backup_needs), "cloudfront": ("cloudfront", cloudfront_needs)}
FORMS = {"ec2": ec2_needs, "iam": iam_needs, "rds": rds_needs}


def meets(condition, context):
    for test, wanted in condition.items():
        for key, value in wanted.items():
            found = context.get(key)
            if test == "StringLike" and found is not None and fnmatch.fnmatchcase(found, value):
                continue
            if test not in ("StringEquals", "ForAnyValue:StringEquals") or (value not in found if isinstance(found, list) else value != found):
                return False
    return True


class Guard:
    def __init__(self, server):
        self.server, self.lock = server, threading.Lock()
        self.models = {name: service_model.Model(name) for name in ("efs", "backup", "cloudfront", "ec2", "iam", "rds")}
        self.rule = {"do": "guard", "allow": self.allow}
        self.aliases, self.document, self.count = [], None, 0
        self.policy(None)

    def policy(self, document, once=False):
        """None: all is let by."""
        self.document, self.once = document, once
        self.asked, self.refused, self.first = set(), {}, set()

    def tags_of_database(self, name, region):
        tags = self.server.client("rds", region_name=region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0].get("TagList", [])
        return {"aws:ResourceTag/" + tag["Key"]: tag["Value"] for tag in tags}

    def tag_of_group(self, group, region):
        tags = self.server.client("ec2", region_name=region).describe_security_groups(GroupIds=[group])["SecurityGroups"][0].get("Tags", [])
        return next((tag["Value"] for tag in tags if tag["Key"] == "larder:id"), None)

    def needs(self, record):
        headers = {key.lower(): value for key, value in record["headers"]}
        _, _, region, service, _ = re.search("Credential=([^,]*)", headers["authorization"]).group(1).split("/")
        if service == "s3":
            return s3_needs(record, headers, self)
        if service == "kms":
            return kms_needs(headers["x-amz-target"].split(".")[1], json.loads(record["body"]), region, self)
        if service == "acm":
            return [need("acm:" + headers["x-amz-target"].split(".")[1], json.loads(record["body"]).get("CertificateArn", "*"))]
        if service in REST:
            model, needs = REST[service]
            return needs(*self.models[model].operation(record["method"], record["path"], record["body"], headers), region, self)
        return FORMS[service](*self.models[service].form(record["body"]), region, self)

    def allowed(self, action, resource, context):
        """(Sid, action, pattern) of what allows it, or None."""
        for one in self.document["Statement"]:
            for pattern in one["Resource"]:
                if action in one["Action"] and fnmatch.fnmatchcase(resource, pattern) and meets(one.get("Condition", {}), context):
                    return one["Sid"], action, pattern
        return None

    def allow(self, record):
        if self.document is None:
            return None
        with self.lock:
            needs = self.needs(record)
            record["needs"] = needs
            if needs[0][0] == OWNER:
                return "REFUSED"
            found = [self.allowed(*one) for one in needs]
            late = [one[0] for one in needs if self.once and (one[0] not in self.first or one[0] in self.refused.values())]
            self.first.update(late[:1])
            if None in found or late:
                self.count += 1
                self.refused["REFUSED%04d" % self.count] = late[0] if None not in found else needs[found.index(None)]
                return "REFUSED%04d" % self.count
            self.asked.update(found)
            return None

    def unused(self):
        """Of the document, actions and resources of statements that nothing was let by for."""
        return sorted({(one["Sid"], part) for one in self.document["Statement"] for part in one["Action"] + one["Resource"]}
                      - {(sid, part) for sid, *parts in self.asked for part in parts})
