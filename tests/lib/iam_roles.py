"""iam_roles.py: roles of IAM with a policy of their own, for a stand-in that speaks to them on its own address. Each request is held against botocore's model.

    roles = iam_roles.Roles()
    status, xml = roles.answer(b"Action=CreateRole&…")
    roles.roles["larder-backup-x"]        # {"trust", "tags", "policies", "attached"}
"""
import json
import urllib.parse
from xml.sax.saxutils import escape

import service_model


class Refused(Exception):
    pass


class Roles:
    def __init__(self):
        self.model = service_model.Model("iam")
        self.roles, self.asked, self.wrong = {}, [], []

    def answer(self, body):
        try:
            name, given = self.model.form(body)
        except (service_model.Wrong, KeyError) as problem:
            self.wrong.append(str(problem))
            return 400, "<ErrorResponse><Error><Code>ValidationError</Code><Message>%s</Message></Error></ErrorResponse>" % escape(str(problem))
        self.asked.append(name)
        try:
            return 200, "<%sResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><%sResult>%s</%sResult></%sResponse>" % (name, name, getattr(self, name)(given), name, name)
        except Refused as refused:
            return 404 if str(refused) == "NoSuchEntity" else 409, "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>" % refused

    def role(self, given):
        if given["RoleName"] not in self.roles:
            raise Refused("NoSuchEntity")
        return self.roles[given["RoleName"]]

    @staticmethod
    def arn(name):
        return "arn:aws:iam::123456789012:role/" + name

    def CreateRole(self, given):
        if given["RoleName"] in self.roles:
            raise Refused("EntityAlreadyExists")
        self.roles[given["RoleName"]] = {"trust": json.loads(given["AssumeRolePolicyDocument"]), "tags": {given["Tags.member.1.Key"]: given["Tags.member.1.Value"]}, "policies": {}, "attached": []}
        return ""

    def GetRole(self, given):
        role = self.role(given)
        tags = "".join("<member><Key>%s</Key><Value>%s</Value></member>" % (escape(key), escape(value)) for key, value in role["tags"].items())
        return "<Role><Arn>%s</Arn><AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument><Tags>%s</Tags></Role>" % (
            self.arn(given["RoleName"]), urllib.parse.quote(json.dumps(role["trust"])), tags)

    def UpdateAssumeRolePolicy(self, given):
        self.role(given)["trust"] = json.loads(given["PolicyDocument"])
        return ""

    def PutRolePolicy(self, given):
        self.role(given)["policies"][given["PolicyName"]] = json.loads(given["PolicyDocument"])
        return ""

    def GetRolePolicy(self, given):
        policies = self.role(given)["policies"]
        if given["PolicyName"] not in policies:
            raise Refused("NoSuchEntity")
        return "<PolicyDocument>%s</PolicyDocument>" % urllib.parse.quote(json.dumps(policies[given["PolicyName"]]))

    def DeleteRolePolicy(self, given):
        if self.role(given)["policies"].pop(given["PolicyName"], None) is None:
            raise Refused("NoSuchEntity")
        return ""

    def ListRolePolicies(self, given):
        return "<IsTruncated>false</IsTruncated><PolicyNames>%s</PolicyNames>" % "".join("<member>%s</member>" % escape(name) for name in sorted(self.role(given)["policies"]))

    def ListAttachedRolePolicies(self, given):
        each = "<member><PolicyName>%s</PolicyName><PolicyArn>%s</PolicyArn></member>"
        return "<IsTruncated>false</IsTruncated><AttachedPolicies>%s</AttachedPolicies>" % "".join(each % (escape(arn.rpartition("/")[2]), escape(arn)) for arn in self.role(given)["attached"])

    def DetachRolePolicy(self, given):
        if given["PolicyArn"] not in self.role(given)["attached"]:
            raise Refused("NoSuchEntity")
        self.role(given)["attached"].remove(given["PolicyArn"])
        return ""

    def DeleteRole(self, given):
        if self.role(given)["policies"] or self.role(given)["attached"]:
            raise Refused("DeleteConflict")
        del self.roles[given["RoleName"]]
        return ""
