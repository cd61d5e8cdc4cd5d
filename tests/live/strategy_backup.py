"""strategy_backup.py: the backup plan and the database of the strategy as boto3 tells them, what they are to be, and each way in which somebody may have changed them.

    assert strategy_backup.plans(client) == strategy_backup.strategy(role, arn)
    for drift, path in strategy_backup.DRIFTS: drift(strategy_backup.Somebody(client))
    assert strategy_backup.instance(rds) == strategy_backup.INSTANCE
    for mark, change in strategy_backup.INSTANCE_DRIFTS: strategy_backup.modify(rds, change)
"""
PLAN, SELECTION = "efs-models-daily-backup", "efs-models-selection"
DATABASE = "pingvas-studio"
INSTANCE = {"BackupRetentionPeriod": 7, "PreferredBackupWindow": "03:00-04:00", "EnabledCloudwatchLogsExports": ["postgresql"], "DeletionProtection": False}


def listed(client, operation, key, **words):
    return [one for page in client.get_paginator(operation).paginate(**words) for one in page[key]]


ADDED = {"StartWindowMinutes": 480, "CompletionWindowMinutes": 10080, "ScheduleExpressionTimezone": "Etc/UTC"}


def plan_of(client, identity):
    """Without what the service adds."""
    plan = client.get_backup_plan(BackupPlanId=identity)["BackupPlan"]
    return {**plan, "Rules": [{name: value for name, value in rule.items() if name != "RuleId" and ADDED.get(name) != value} for rule in plan["Rules"]]}


def says(value):
    """What a selection has none of is told as an empty list, or as empty lists."""
    return any(map(says, value.values())) if isinstance(value, dict) else bool(value)


def plans(client):
    """[(plan, selections)], by name and without ids."""
    found = []
    for one in listed(client, "list_backup_plans", "BackupPlansList"):
        identity = one["BackupPlanId"]
        selections = [client.get_backup_selection(BackupPlanId=identity, SelectionId=each["SelectionId"])["BackupSelection"]
                      for each in listed(client, "list_backup_selections", "BackupSelectionsList", BackupPlanId=identity)]
        selections = [{key: value for key, value in one.items() if says(value)} for one in selections]
        found.append((plan_of(client, identity), sorted(selections, key=lambda each: each["SelectionName"])))
    return found


def strategy(role, *arns):
    return [({"BackupPlanName": PLAN, "Rules": [{"RuleName": "daily_backup", "TargetBackupVaultName": "main", "ScheduleExpression": "cron(0 2 * * ? *)", "Lifecycle": {"DeleteAfterDays": 30}}]},
             [{"SelectionName": SELECTION, "IamRoleArn": role, "Resources": list(arns)}])]


class Somebody:
    """Who changes the only plan, by boto3."""

    def __init__(self, client):
        self.client = client
        self.identity, = [one["BackupPlanId"] for one in listed(client, "list_backup_plans", "BackupPlansList")]

    def selection(self):
        found, = listed(self.client, "list_backup_selections", "BackupSelectionsList", BackupPlanId=self.identity)
        return found["SelectionId"]

    def rule(self, **change):
        """None takes one away."""
        plan = plan_of(self.client, self.identity)
        plan["Rules"][0].update(change)
        plan["Rules"][0] = {name: value for name, value in plan["Rules"][0].items() if value is not None}
        self.client.update_backup_plan(BackupPlanId=self.identity, BackupPlan=plan)

    def select(self, change):
        """The service changes no selection: another one takes its place."""
        was = self.client.get_backup_selection(BackupPlanId=self.identity, SelectionId=self.selection())["BackupSelection"]
        self.deselect()
        self.client.create_backup_selection(BackupPlanId=self.identity, BackupSelection={**was, **change(was)})

    def deselect(self):
        self.client.delete_backup_selection(BackupPlanId=self.identity, SelectionId=self.selection())

    def drop(self):
        self.deselect()
        self.client.delete_backup_plan(BackupPlanId=self.identity)


ROLE = "selection[%s].role" % SELECTION
FAR = "arn:aws:backup:eu-west-1:123456789012:backup-vault:far"
DRIFTS = (
    (lambda at: at.rule(ScheduleExpression="cron(0 5 * * ? *)"), "rule[daily_backup].schedule"),
    (lambda at: at.rule(TargetBackupVaultName="Default"), "rule[daily_backup].vault"),
    (lambda at: at.client.delete_backup_vault(BackupVaultName="main"), "rule[daily_backup].vault-missing"),
    (lambda at: at.rule(Lifecycle={"DeleteAfterDays": 31}), "rule[daily_backup].delete-after"),
    (lambda at: at.rule(Lifecycle={"DeleteAfterDays": 130, "MoveToColdStorageAfterDays": 30}), "rule[daily_backup].cold-after"),
    (lambda at: at.rule(Lifecycle=None), "rule[daily_backup].delete-after"),
    (lambda at: at.rule(ScheduleExpressionTimezone="Asia/Seoul"), "rule[daily_backup].zone"),
    (lambda at: at.rule(EnableContinuousBackup=True), "rule[daily_backup].other[EnableContinuousBackup]"),
    (lambda at: at.rule(Lifecycle={"DeleteAfterDays": 30, "OptInToArchiveForSupportedResources": True}), "rule[daily_backup].other[Lifecycle.OptInToArchiveForSupportedResources]"),
    (lambda at: at.rule(TargetLogicallyAirGappedBackupVaultArn=FAR), "rule[daily_backup].other[TargetLogicallyAirGappedBackupVaultArn]"),
    (lambda at: at.rule(CopyActions=[{"DestinationBackupVaultArn": FAR}]), "rule[daily_backup].copy[%s]" % FAR),
    (lambda at: at.select(lambda was: {"NotResources": was["Resources"]}), "selection[%s].other[NotResources]" % SELECTION),
    (lambda at: at.select(lambda was: {"Conditions": {"StringLike": [{"ConditionKey": "aws:ResourceTag/a", "ConditionValue": "b*"}]}}), "selection[%s].other[Conditions]" % SELECTION),
    (lambda at: at.select(lambda was: {"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "a", "ConditionValue": "b"}]}), "selection[%s].other[ListOfTags]" % SELECTION),
    (lambda at: at.select(lambda was: {"IamRoleArn": "arn:aws:iam::123456789012:role/another"}), ROLE),
    (lambda at: at.select(lambda was: {"Resources": [*was["Resources"], was["Resources"][0] + "2"]}), "selection[%s].resource[%%s2]" % SELECTION),
    (lambda at: at.deselect(), ROLE),
    (lambda at: at.drop(), ROLE),
)


# ---- the database

def instance(rds):
    """moto tells a log twice that was asked for twice: it is a set."""
    one, = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    found = {key: one.get(key, []) for key in INSTANCE}
    return {**found, "EnabledCloudwatchLogsExports": sorted(set(found["EnabledCloudwatchLogsExports"]))}


def make_instance(rds, **more):
    """As its owner made it: not as the strategy wants it yet."""
    rds.create_db_instance(DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password1",
                           **{"BackupRetentionPeriod": 1, "PreferredBackupWindow": "13:14-13:44", **more})


def modify(rds, change):
    rds.modify_db_instance(DBInstanceIdentifier=DATABASE, ApplyImmediately=True, **change)


INSTANCE_DRIFTS = (
    (("retention", "update"), {"BackupRetentionPeriod": 8}), (("window", "update"), {"PreferredBackupWindow": "05:00-06:00"}),
    (("deletion-protection", "update"), {"DeletionProtection": False}),
    (("log[postgresql]", "create"), {"CloudwatchLogsExportConfiguration": {"DisableLogTypes": ["postgresql"]}}),
)
