"""backup_service.py: AWS Backup as far as plans, vaults and selections go, and jobs that back up and restore, on loopback: what moto lacks of it. Stateful; every request is held
against botocore's model of the service, and what is not in it is kept in `wrong`.

    with backup_service.Service() as service:
        service.endpoint, service.asked, service.wrong, service.plans, service.vaults
        service.iam                                               # roles on the same address
    service.points, service.jobs, service.progress, service.fails              # a job is looked at so often until it is done, or came to nothing for that reason; a restore also where a role of `iam` may not
    service.rules.append(("CreateBackupPlan", 1, "lose"))     # the first of those is done, and its reply lost; "throttle", "deny"
"""
import fnmatch
import json
import re
import time
import uuid

import iam_roles
import service_model
import stand_in
from stand_in import ACCOUNT, Refused


# What a selection has none of is told all the same.
EMPTY = {"ListOfTags": [], "NotResources": [], "Conditions": {"StringEquals": [], "StringNotEquals": [], "StringLike": [], "StringNotLike": []}}


RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))


def scheduled(text):
    """A rate of something, or six fields of which one of the days is left open, each number within its range; steps have none."""
    rate = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)", text)
    cron = re.fullmatch(r"cron\( *(.*?) *\)", text)
    fields = cron.group(1).split() if cron else []
    return (bool(rate) and (rate.group(1) == "1") == (rate.group(3) == "")) or (len(fields) == 6 and (fields[2] == "?") != (fields[4] == "?") and all(
        least <= int(number) <= most for field, (least, most) in zip(fields, RANGES) for number in re.findall(r"(?<![/#\d])\d+", field)))


class Service(stand_in.Service):
    def __init__(self):
        super().__init__("backup")
        self.iam = iam_roles.Roles()
        self.plans, self.vaults, self.tags = {}, {"Default": {}}, {}
        self.jobs, self.restores, self.points, self.tokens = {}, {}, {}, {}
        self.progress, self.fails = 2, None
        self.slow_roles = 0                  # so often a role that was made is not known yet

    def handle(self, request):
        body = self.body(request)
        with self.came:
            status, answer = self.iam.answer(body) if request.path == "/" else self.answer(request.command, request.path, body)
            lost = request.path == "/" and self.iam.asked and ("IAM", len(self.iam.asked), "lose") in self.rules
        self.reply(request, None if lost else status, answer if request.path == "/" else json.dumps(answer), {"content-type": "application/json"})

    def answer(self, method, target, body):
        try:
            name, given = self.model.operation(method, target, body)
        except (service_model.Wrong, ValueError) as problem:
            self.wrong.append(str(problem))
            return 400, {"Code": "InvalidParameterValueException", "Message": str(problem)}
        try:
            lost = self.took(name, given, "ThrottlingException", "AccessDeniedException")
            done = getattr(self, name)(**given) or {}
        except Refused as refused:
            return refused.status, {"Code": refused.code, "Message": str(refused)}
        return (None, None) if lost else (200, done)

    def pages(self, items, key, token):
        at = int(token or 0)
        more = {"NextToken": str(at + self.page)} if at + self.page < len(items) else {}
        return {key: items[at:at + self.page], **more}

    def plan(self, identity):
        if identity not in self.plans:
            raise Refused(400, "ResourceNotFoundException", "no plan " + identity)
        return self.plans[identity]

    # ---- vaults

    def CreateBackupVault(self, BackupVaultName, BackupVaultTags=None, **_):
        if BackupVaultName in self.vaults:
            raise Refused(400, "AlreadyExistsException", "it is there")
        self.vaults[BackupVaultName] = dict(BackupVaultTags or {})
        return {"BackupVaultName": BackupVaultName}

    def ListBackupVaults(self, NextToken=None, **_):
        return self.pages([{"BackupVaultName": name, "BackupVaultArn": self.vault_arn(name)} for name in sorted(self.vaults)], "BackupVaultList", NextToken)

    def DescribeBackupVault(self, BackupVaultName, **_):
        if BackupVaultName not in self.vaults:
            raise Refused(400, "ResourceNotFoundException", "no vault " + BackupVaultName)
        return {"BackupVaultName": BackupVaultName, "BackupVaultArn": self.vault_arn(BackupVaultName), "EncryptionKeyArn": "arn:aws:kms:us-east-1:%s:key/backup" % ACCOUNT, "NumberOfRecoveryPoints": 0}

    def DeleteBackupVault(self, BackupVaultName):
        if "points" in self.vaults.get(BackupVaultName, {}):
            raise Refused(400, "InvalidRequestException", "the vault holds recovery points")
        self.vaults.pop(BackupVaultName, None)

    @staticmethod
    def vault_arn(name):
        return "arn:aws:backup:us-east-1:%s:backup-vault:%s" % (ACCOUNT, name)

    def ListTags(self, ResourceArn, **_):
        return {"Tags": {key: value for key, value in self.vaults.get(ResourceArn.rsplit(":", 1)[1], {}).items() if key != "points"}}

    # ---- plans

    def checked(self, plan):
        if not re.fullmatch("[a-zA-Z0-9._-]{1,50}", plan["BackupPlanName"]):        # the guide has it, and no model
            raise Refused(400, "InvalidParameterValueException", "no plan can be called " + plan["BackupPlanName"])
        for rule in plan["Rules"]:
            if not scheduled(rule.get("ScheduleExpression", "rate(1 day)")):
                raise Refused(400, "InvalidParameterValueException", "no schedule: " + rule["ScheduleExpression"])
            if rule["TargetBackupVaultName"] not in self.vaults:
                raise Refused(400, "InvalidParameterValueException", "no vault " + rule["TargetBackupVaultName"])
            life = rule.get("Lifecycle", {})
            for one in (life, *(copy.get("Lifecycle", {}) for copy in rule.get("CopyActions", []))):
                if "DeleteAfterEvent" in one:
                    raise Refused(400, "InvalidParameterValueException", "DeleteAfterEvent is not valid as an input")
            if "MoveToColdStorageAfterDays" in life and life.get("DeleteAfterDays", 1e9) < life["MoveToColdStorageAfterDays"] + 90:
                raise Refused(400, "InvalidParameterValueException", "90 days between cold and gone")
            rule.setdefault("StartWindowMinutes", 480)
            rule.setdefault("CompletionWindowMinutes", 10080)
            rule.setdefault("ScheduleExpressionTimezone", "Etc/UTC")
            rule.setdefault("RuleId", str(uuid.uuid4()))
            rule.setdefault("ScheduleExpression", "cron(0 5 ? * * *)")
        return plan

    def CreateBackupPlan(self, BackupPlan, BackupPlanTags=None, CreatorRequestId=None):
        for identity, one in self.plans.items():
            if CreatorRequestId and one["creator"] == CreatorRequestId:
                return {"BackupPlanId": identity}            # asked twice, made once
        identity = str(uuid.uuid4())
        self.plans[identity] = {"plan": self.checked(BackupPlan), "selections": {}, "creator": CreatorRequestId}
        return {"BackupPlanId": identity}

    def ListBackupPlans(self, NextToken=None, **_):
        return self.pages([{"BackupPlanId": identity, "BackupPlanName": one["plan"]["BackupPlanName"]} for identity, one in self.plans.items()], "BackupPlansList", NextToken)

    def GetBackupPlan(self, BackupPlanId, **_):
        return {"BackupPlan": self.plan(BackupPlanId)["plan"], "BackupPlanId": BackupPlanId,
                "BackupPlanArn": "arn:aws:backup:us-east-1:%s:backup-plan:%s" % (ACCOUNT, BackupPlanId)}

    def UpdateBackupPlan(self, BackupPlanId, BackupPlan):
        self.plan(BackupPlanId)["plan"] = self.checked(BackupPlan)
        return {"BackupPlanId": BackupPlanId}

    def DeleteBackupPlan(self, BackupPlanId):
        if self.plan(BackupPlanId)["selections"]:
            raise Refused(400, "InvalidRequestException", "the plan has selections")
        del self.plans[BackupPlanId]

    # ---- selections

    def CreateBackupSelection(self, BackupPlanId, BackupSelection, CreatorRequestId=None):
        if not (BackupSelection.get("Resources") or BackupSelection.get("ListOfTags") or BackupSelection.get("Conditions")):
            self.wrong.append("a selection of nothing, which backs up everything")
        if self.slow_roles and BackupSelection["IamRoleArn"].rsplit("/", 1)[1] in self.iam.roles:
            self.slow_roles -= 1
            raise Refused(400, "InvalidParameterValueException", "IAM Role %s cannot be assumed by AWS Backup" % BackupSelection["IamRoleArn"])
        identity = CreatorRequestId or str(uuid.uuid4())
        self.plan(BackupPlanId)["selections"][identity] = {key: value for key, value in BackupSelection.items() if EMPTY.get(key) != value}
        return {"SelectionId": identity}

    def ListBackupSelections(self, BackupPlanId, NextToken=None, **_):
        return self.pages([{"SelectionId": identity, "SelectionName": one["SelectionName"], "IamRoleArn": one["IamRoleArn"]}
                           for identity, one in self.plan(BackupPlanId)["selections"].items()], "BackupSelectionsList", NextToken)

    def GetBackupSelection(self, BackupPlanId, SelectionId):
        selections = self.plan(BackupPlanId)["selections"]
        if SelectionId not in selections:
            raise Refused(400, "ResourceNotFoundException", "no selection")
        return {"BackupSelection": {**EMPTY, **selections[SelectionId]}, "SelectionId": SelectionId, "BackupPlanId": BackupPlanId}

    def DeleteBackupSelection(self, BackupPlanId, SelectionId):
        self.plan(BackupPlanId)["selections"].pop(SelectionId, None)

    # ---- jobs: each look takes one on

    def begun(self, jobs, token, name, job):
        """Asked twice with one token it is one."""
        if token not in self.tokens:
            self.tokens[token] = identity = str(uuid.uuid4())
            jobs[identity] = {**job, name: identity, "CreationDate": time.time(), "left": self.progress}
        return jobs[self.tokens[token]]

    def look(self, job, name, done):
        """What a job is told of, of which "left" is ours."""
        if job["left"] and job[name] in ("CREATED", "PENDING", "RUNNING"):
            job["left"] -= 1
            job.update({name: "RUNNING", "PercentDone": "%.1f" % (100 * (self.progress - job["left"]) / (self.progress + 1))})
            if not job["left"]:
                why = self.fails or self.forbidden(job)
                if why:
                    job.update({name: "FAILED", "StatusMessage": why})
                else:
                    job.update({name: "COMPLETED", "PercentDone": "100.0", "CompletionDate": time.time()})
                    done(job)
        return {key: value for key, value in job.items() if key not in ("left", "metadata")}

    def forbidden(self, job):
        """Of a restore as a role that was made here, and may not."""
        role = self.iam.roles.get(job["IamRoleArn"].rsplit("/", 1)[1])
        if not role or "metadata" not in job:
            return None
        new, given = job["metadata"]["newFileSystem"] == "true", [one for policy in role["policies"].values() for one in policy["Statement"]]
        arn = "arn:aws:elasticfilesystem:us-east-1:%s:file-system/%s" % (ACCOUNT, "*" if new else job["metadata"]["file-system-id"])
        for action in ("Restore", "CreateFileSystem", "TagResource") if new else ("Restore",):
            if not any("elasticfilesystem:" + action in one["Action"] and any(fnmatch.fnmatchcase(arn, on) for on in one["Resource"]) for one in given):
                return "Insufficient privileges to perform this action."
        return None

    def StartBackupJob(self, BackupVaultName, ResourceArn, IamRoleArn, IdempotencyToken=None, Lifecycle=None, **_):
        if BackupVaultName not in self.vaults:
            raise Refused(400, "ResourceNotFoundException", "no vault " + BackupVaultName)
        job = self.begun(self.jobs, IdempotencyToken, "BackupJobId", {"BackupVaultName": BackupVaultName, "ResourceArn": ResourceArn, "IamRoleArn": IamRoleArn, "State": "CREATED", "ResourceType": "EFS",
                                                            "RecoveryPointLifecycle": Lifecycle or {}, "BackupSizeInBytes": 0})
        return {"BackupJobId": job["BackupJobId"], "CreationDate": job["CreationDate"]}

    def keep(self, job):
        arn = "arn:aws:backup:us-east-1:%s:recovery-point:%s" % (ACCOUNT, uuid.uuid4())
        days = job["RecoveryPointLifecycle"].get("DeleteAfterDays")
        job.update(RecoveryPointArn=arn, BackupSizeInBytes=4096)
        self.points[arn] = {"RecoveryPointArn": arn, "BackupVaultName": job["BackupVaultName"], "ResourceArn": job["ResourceArn"], "ResourceType": "EFS", "Status": "COMPLETED",
                            "CreationDate": job["CreationDate"], "CompletionDate": time.time(), "BackupSizeInBytes": 4096, "Lifecycle": job["RecoveryPointLifecycle"],
                            "CalculatedLifecycle": {"DeleteAt": job["CreationDate"] + days * 86400} if days else {}}

    def DescribeBackupJob(self, BackupJobId):
        if BackupJobId not in self.jobs:
            raise Refused(400, "ResourceNotFoundException", "no job " + BackupJobId)
        return self.look(self.jobs[BackupJobId], "State", self.keep)

    def ListBackupJobs(self, NextToken=None, ByBackupVaultName=None, ByResourceArn=None, **_):
        return self.pages([{key: value for key, value in job.items() if key != "left"} for job in self.jobs.values()
                           if ByBackupVaultName in (None, job["BackupVaultName"]) and ByResourceArn in (None, job["ResourceArn"])], "BackupJobs", NextToken)

    def ListRecoveryPointsByBackupVault(self, BackupVaultName, NextToken=None, **_):
        if BackupVaultName not in self.vaults:
            raise Refused(400, "ResourceNotFoundException", "no vault " + BackupVaultName)
        return self.pages([point for point in self.points.values() if point["BackupVaultName"] == BackupVaultName], "RecoveryPoints", NextToken)

    def GetRecoveryPointRestoreMetadata(self, BackupVaultName, RecoveryPointArn, **_):
        point = self.points.get(RecoveryPointArn)
        if not point or point["BackupVaultName"] != BackupVaultName:
            raise Refused(400, "ResourceNotFoundException", "no point " + RecoveryPointArn)
        return {"RecoveryPointArn": RecoveryPointArn, "ResourceType": "EFS", "RestoreMetadata": {
            "file-system-id": point["ResourceArn"].rsplit("/", 1)[1], "Encrypted": "true", "PerformanceMode": "generalPurpose", "newFileSystem": "false"}}

    def StartRestoreJob(self, RecoveryPointArn, Metadata, IamRoleArn=None, IdempotencyToken=None, ResourceType=None, **_):
        if RecoveryPointArn not in self.points:
            raise Refused(400, "ResourceNotFoundException", "no point " + RecoveryPointArn)
        if Metadata.get("newFileSystem") == "true" and not Metadata.get("CreationToken"):
            raise Refused(400, "InvalidParameterValueException", "a new file system wants a creation token")
        job = self.begun(self.restores, IdempotencyToken, "RestoreJobId", {"RecoveryPointArn": RecoveryPointArn, "IamRoleArn": IamRoleArn, "Status": "PENDING", "ResourceType": ResourceType, "metadata": Metadata})
        return {"RestoreJobId": job["RestoreJobId"]}

    @staticmethod
    def restored(job):
        given = job["metadata"]
        job["CreatedResourceArn"] = "arn:aws:elasticfilesystem:us-east-1:%s:file-system/%s" % (ACCOUNT, "fs-new" if given["newFileSystem"] == "true" else given["file-system-id"])

    def DescribeRestoreJob(self, RestoreJobId):
        if RestoreJobId not in self.restores:
            raise Refused(400, "ResourceNotFoundException", "no job " + RestoreJobId)
        return self.look(self.restores[RestoreJobId], "Status", self.restored)
