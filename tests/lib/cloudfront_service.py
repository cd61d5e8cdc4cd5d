"""cloudfront_service.py: CloudFront as far as distributions, their tags, origin access controls and identities go, on loopback: what moto lacks and mistakes of it.
Stateful; every request is held against botocore's model of the service, each Quantity against its Items, and what does not fit is kept in `wrong`.

    with cloudfront_service.Service() as service:
        service.endpoint, service.asked, service.wrong, service.distributions, service.controls, service.identities, service.invalidations
        service.certificates[ARN] = {"tags": {}, "Status": "ISSUED", "KeyAlgorithm": "RSA_2048"}    # of ACM, on the same address
        service.key_groups["kg-1"], service.public_keys["K1"] = ["K1"], pem
        service.progress = 5                                      # GETs that a change, or an invalidation, is InProgress for
        service.busy = 2                                          # so many times there are too many invalidations
        service.rules.append(("UpdateDistribution", 1, "lose"))   # the first of those is done, and its reply lost; "throttle", "deny"
"""
import copy
import json
import re

import service_model
import stand_in
from stand_in import ACCOUNT, Refused

DATE = "2026-11-28T00:00:00Z"


class Service(stand_in.Service):
    def __init__(self):
        super().__init__("cloudfront")
        self.acm = service_model.Model("acm")
        self.progress = 1
        self.clear()

    def clear(self):
        """No references of distributions that are gone, either."""
        self.distributions, self.controls, self.identities, self.used, self.number, self.certificates = {}, {}, {}, {}, 0, {}
        self.invalidations, self.busy = {}, 0
        self.key_groups, self.public_keys = {}, {}

    def handle(self, request):
        body, target = self.body(request), request.headers.get("x-amz-target")
        if target:
            with self.came:
                status, text = self.answer_acm(request, target, body)
            return self.reply(request, status, json.dumps(text), {"content-type": "application/x-amz-json-1.1"})
        with self.came:
            status, text, etag = self.answer(request, body)
        self.reply(request, status, text, {"content-type": "text/xml", **({"etag": etag} if etag else {})})

    def answer(self, request, body):
        name = None
        try:
            name, given = self.model.operation(request.command, request.path, body, request.headers)
            self.hold_quantities(given)
            if "/us-east-1/cloudfront/aws4_request" not in request.headers.get("authorization", ""):
                raise service_model.Wrong("not signed for us-east-1")
            lost = self.took(name, given, "Throttling", "AccessDenied")
            done, etag = getattr(self, name)(**given)
        except (service_model.Wrong, ValueError) as problem:
            self.wrong.append("%s: %s" % (name, problem))
            return 400, self.fault("InvalidArgument", problem), None
        except Refused as refused:
            return refused.status, self.fault(refused.code, refused), None
        if lost:
            return None, None, None
        return (200, self.model.xml(name, done), etag) if done else (204, "", etag)

    # ---- certificates of ACM

    def answer_acm(self, request, target, body):
        prefix, _, name = target.partition(".")
        try:
            given = self.acm.parameters(name, {}, {}, body, {})
            if "/us-east-1/acm/aws4_request" not in request.headers.get("authorization", "") or prefix != "CertificateManager" or request.path != "/":
                raise service_model.Wrong("%s at %s, or not signed for ACM in us-east-1" % (target, request.path))
            self.took(name, given, "ThrottlingException", "AccessDeniedException")
            return 200, getattr(self, name)(**given)
        except (service_model.Wrong, ValueError) as problem:
            self.wrong.append("%s: %s" % (name, problem))
            return 400, {"__type": "ValidationException", "message": str(problem)}
        except Refused as refused:
            return refused.status, {"__type": refused.code, "message": str(refused)}

    def ListCertificates(self, CertificateStatuses=None, Includes=None, NextToken=None):
        kinds = (Includes or {}).get("keyTypes", ["RSA_1024", "RSA_2048"])
        told = sorted(arn for arn, one in self.certificates.items() if one["KeyAlgorithm"] in kinds and one["Status"] in (CertificateStatuses or [one["Status"]]))
        at = int(NextToken or 0)
        more = {"NextToken": str(at + self.page)} if at + self.page < len(told) else {}
        return {"CertificateSummaryList": [{"CertificateArn": arn} for arn in told[at:at + self.page]], **more}

    def ListTagsForCertificate(self, CertificateArn):
        if CertificateArn not in self.certificates:
            raise Refused(400, "ResourceNotFoundException", CertificateArn)
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.certificates[CertificateArn]["tags"].items()]}

    @staticmethod
    def fault(code, message):
        return "<ErrorResponse xmlns='http://cloudfront.amazonaws.com/doc/2020-05-31/'><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>" % (
            code, service_model.escape(str(message)))

    def hold_quantities(self, value):
        if isinstance(value, dict):
            if "Quantity" in value and value["Quantity"] != len(value.get("Items", [])):
                raise service_model.Wrong("Quantity %d of %s" % (value["Quantity"], value.get("Items")))
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                self.hold_quantities(one)

    def pages(self, key, items, marker):
        names = sorted(items)
        at = next((n for n, name in enumerate(names) if name >= marker), len(names)) if marker else 0
        more = {"NextMarker": names[at + self.page]} if at + self.page < len(names) else {}
        return {key: {"Marker": marker or "", "MaxItems": self.page, "IsTruncated": bool(more), "Quantity": len(names[at:at + self.page]),
                      "Items": [items[name] for name in names[at:at + self.page]], **more}}, None

    def new(self, letter):
        self.number += 1
        return "%s%012d" % (letter, self.number)

    @staticmethod
    def matched(one, etag):
        if not etag:
            raise Refused(400, "InvalidIfMatchVersion", "no If-Match")
        if etag != one["etag"]:
            raise Refused(412, "PreconditionFailed", "the etag is another by now")

    # ---- distributions

    def checked(self, config):
        """As the service refuses it, and with what it fills in."""
        origins = {origin["Id"] for origin in config["Origins"]["Items"]}
        for origin in config["Origins"]["Items"]:
            if len({"S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig"} & set(origin)) != 1:
                raise Refused(400, "InvalidOrigin", "one of S3OriginConfig, CustomOriginConfig and VpcOriginConfig")
            if "S3OriginConfig" in origin:
                origin["S3OriginConfig"].setdefault("OriginReadTimeout", 30)
            control, identity = origin.get("OriginAccessControlId"), origin.get("S3OriginConfig", {}).get("OriginAccessIdentity")
            if control and (control not in self.controls or identity):
                raise Refused(400, "InvalidOriginAccessControl", control)
            if identity and identity.split("/")[-1] not in self.identities:
                raise Refused(400, "InvalidOriginAccessIdentity", identity)
            for name, value in (("OriginPath", ""), ("CustomHeaders", {"Quantity": 0}), ("ConnectionAttempts", 3), ("ConnectionTimeout", 10), ("OriginAccessControlId", ""),
                                ("OriginShield", {"Enabled": False})):
                origin.setdefault(name, value)
        groups = self.checked_groups(config.get("OriginGroups", {}).get("Items", []), origins)
        for behavior in [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", [])]:
            self.checked_behavior(behavior, origins, groups)
        for name in ("Aliases", "CacheBehaviors", "CustomErrorResponses", "OriginGroups"):
            config.setdefault(name, {"Quantity": 0})
        viewer = config.setdefault("ViewerCertificate", {"CloudFrontDefaultCertificate": True})
        if viewer.get("CloudFrontDefaultCertificate"):
            viewer.update(MinimumProtocolVersion="TLSv1", CertificateSource="cloudfront")
        elif not viewer.get("SSLSupportMethod") or not viewer.get("MinimumProtocolVersion"):
            raise Refused(400, "InvalidViewerCertificate", "no method, or no version")
        elif ":us-east-1:" not in viewer.get("ACMCertificateArn", ":us-east-1:"):
            raise Refused(400, "InvalidViewerCertificate", "the certificate is in another region")
        for name, value in (("DefaultRootObject", ""), ("PriceClass", "PriceClass_All"), ("WebACLId", ""), ("HttpVersion", "http2"), ("IsIPV6Enabled", True), ("Staging", False),
                            ("ContinuousDeploymentPolicyId", ""), ("ConnectionMode", "direct"),
                            ("Restrictions", {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}}),
                            ("Logging", {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""})):
            config.setdefault(name, value)
        return config

    @staticmethod
    def checked_groups(items, origins):
        """Each of two origins that are there, by a name that nothing else has."""
        names = [group["Id"] for group in items]
        if len({*names, *origins}) != len(names) + len(origins):
            raise Refused(400, "InvalidArgument", "two origins or groups of one name: %s, %s" % (names, sorted(origins)))
        for group in items:
            members, codes = ([member["OriginId"] for member in group["Members"]["Items"]], group["FailoverCriteria"]["StatusCodes"]["Items"])
            if len(members) != 2 or len(set(members)) != 2:
                raise Refused(400, "InvalidArgument", "an origin group has two members: %s" % members)
            if not set(members) <= origins:
                raise Refused(404, "NoSuchOrigin", "%s of group %s" % (members, group["Id"]))
            if not codes or len(set(codes)) != len(codes) or not set(codes) <= {403, 404, 416, 429, 500, 502, 503, 504}:
                raise Refused(400, "InvalidArgument", "an origin group fails over on none of %s" % codes)
            group.setdefault("SelectionCriteria", "default")
        return set(names)

    @staticmethod
    def checked_behavior(behavior, origins, groups):
        if behavior["TargetOriginId"] not in origins | groups:
            raise Refused(404, "NoSuchOrigin", behavior["TargetOriginId"])
        if behavior["TargetOriginId"] in groups and not set(behavior.get("AllowedMethods", {}).get("Items", [])) <= {"GET", "HEAD", "OPTIONS"}:
            raise Refused(400, "InvalidArgument", "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated with an origin group.")
        own = {"MinTTL", "DefaultTTL", "MaxTTL", "ForwardedValues"} & set(behavior)
        if bool(behavior.get("CachePolicyId")) == bool(own) or (own and not {"MinTTL", "ForwardedValues"} <= own):
            raise Refused(400, "InvalidArgument", "a cache policy, or forwarded values and times")
        if behavior.get("OriginRequestPolicyId") and own:
            raise Refused(400, "InvalidArgument", "an origin request policy needs a cache policy")
        if own:
            behavior.setdefault("DefaultTTL", 86400)
            behavior.setdefault("MaxTTL", 31536000)
            behavior["ForwardedValues"].setdefault("Headers", {"Quantity": 0})
            behavior["ForwardedValues"].setdefault("QueryStringCacheKeys", {"Quantity": 0})
            if not behavior["MinTTL"] <= behavior["DefaultTTL"] <= behavior["MaxTTL"]:
                raise Refused(400, "InvalidTTLOrder")
        methods = behavior.setdefault("AllowedMethods", {"Quantity": 2, "Items": ["HEAD", "GET"]})
        methods.setdefault("CachedMethods", {"Quantity": 2, "Items": ["HEAD", "GET"]})
        for name in ("TrustedSigners", "TrustedKeyGroups"):
            behavior.setdefault(name, {"Enabled": False, "Quantity": 0})
        for name in ("LambdaFunctionAssociations", "FunctionAssociations"):
            behavior.setdefault(name, {"Quantity": 0})
        for name, value in (("SmoothStreaming", False), ("Compress", False), ("FieldLevelEncryptionId", ""), ("GrpcConfig", {"Enabled": False})):
            behavior.setdefault(name, value)

    def touched(self, one):
        one["etag"], one["left"] = self.new("V"), self.progress

    def distribution(self, identity):
        if identity not in self.distributions:
            raise Refused(404, "NoSuchDistribution", "The specified distribution does not exist.")
        return self.distributions[identity]

    def told(self, one):
        status, one["left"] = "InProgress" if one["left"] else "Deployed", max(0, one["left"] - 1)
        return {"Distribution": {"Id": one["id"], "ARN": one["arn"], "Status": status, "LastModifiedTime": DATE, "InProgressInvalidationBatches": 0,
                                 "DomainName": one["id"].lower() + ".cloudfront.net", "DistributionConfig": one["config"]}}, one["etag"]

    def CreateDistributionWithTags(self, DistributionConfigWithTags):
        config, reference = self.checked(DistributionConfigWithTags["DistributionConfig"]), DistributionConfigWithTags["DistributionConfig"]["CallerReference"]
        if reference in self.used:
            raise Refused(409, "DistributionAlreadyExists", "The caller reference that you are using to create a distribution is associated with another distribution. Already exists: "
                          + self.used[reference])
        identity = self.new("E")
        one = {"id": identity, "arn": "arn:aws:cloudfront::%s:distribution/%s" % (ACCOUNT, identity), "config": config,
               "tags": {tag["Key"]: tag.get("Value", "") for tag in DistributionConfigWithTags["Tags"].get("Items", [])}}
        self.touched(one)
        self.distributions[identity], self.used[reference] = one, identity
        return self.told(one)

    def ListDistributions(self, Marker=None, MaxItems=None):
        keys = ("Aliases", "Origins", "OriginGroups", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses", "Comment", "PriceClass", "Enabled", "ViewerCertificate", "Restrictions", "WebACLId",
                "HttpVersion", "IsIPV6Enabled", "Staging")
        return self.pages("DistributionList", {name: {"Id": name, "ARN": one["arn"], "Status": "Deployed", "LastModifiedTime": DATE, "DomainName": name.lower() + ".cloudfront.net",
                                                      **{key: one["config"][key] for key in keys}} for name, one in self.distributions.items()}, Marker)

    def GetDistribution(self, Id):
        return self.told(self.distribution(Id))

    def GetDistributionConfig(self, Id):
        one = self.distribution(Id)
        return {"DistributionConfig": one["config"]}, one["etag"]

    def UpdateDistribution(self, Id, DistributionConfig, IfMatch=None):
        one = self.distribution(Id)
        self.matched(one, IfMatch)
        if DistributionConfig["CallerReference"] != one["config"]["CallerReference"]:
            raise Refused(400, "IllegalUpdate", "another caller reference")
        one["config"] = self.checked(DistributionConfig)
        self.touched(one)
        return self.told(one)

    def DeleteDistribution(self, Id, IfMatch=None):
        one = self.distribution(Id)
        self.matched(one, IfMatch)
        if one["config"]["Enabled"] or one["left"]:
            raise Refused(409, "DistributionNotDisabled", "enabled, or not disabled everywhere yet")
        del self.distributions[Id]
        return None, None

    # ---- invalidations

    def checked_paths(self, paths):
        if not 0 < len(paths) <= 3000 or sum(path.endswith("*") for path in paths) > 15 or len(set(paths)) != len(paths):
            raise Refused(400, "InvalidArgument", "%d paths" % len(paths))
        for path in paths:
            if not re.fullmatch(r"/(?:[A-Za-z0-9._/-]|%[0-9A-F]{2})*\*?", path) or re.search("%7E", path):
                raise Refused(400, "InvalidArgument", "Your request contains one or more invalid invalidation paths.")

    def CreateInvalidation(self, DistributionId, InvalidationBatch):
        self.distribution(DistributionId)
        self.checked_paths(InvalidationBatch["Paths"].get("Items", []))
        same = [one for one in self.invalidations.values() if one["batch"]["CallerReference"] == InvalidationBatch["CallerReference"]]
        if same and same[0]["batch"] != InvalidationBatch:
            raise Refused(400, "InvalidationBatchAlreadyExists", InvalidationBatch["CallerReference"])
        if not same and (self.busy or any(one["left"] for one in self.invalidations.values() if len(one["batch"]["Paths"]["Items"]) + len(InvalidationBatch["Paths"]["Items"]) > 3000)):
            self.busy = max(0, self.busy - 1)
            raise Refused(400, "TooManyInvalidationsInProgress", "Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations.")
        one = same[0] if same else {"id": self.new("I"), "batch": InvalidationBatch, "left": self.progress}
        self.invalidations[one["id"]] = one
        return self.invalidation(one)

    @staticmethod
    def invalidation(one):
        return {"Invalidation": {"Id": one["id"], "Status": "InProgress" if one["left"] else "Completed", "CreateTime": DATE, "InvalidationBatch": one["batch"]}}, None

    def GetInvalidation(self, DistributionId, Id):
        self.distribution(DistributionId)
        if Id not in self.invalidations:
            raise Refused(404, "NoSuchInvalidation", Id)
        one = self.invalidations[Id]
        one["left"] = max(0, one["left"] - 1)
        return self.invalidation(one)

    # ---- tags

    def tagged(self, arn):
        one = next((one for one in self.distributions.values() if one["arn"] == arn), None)
        if not one:
            raise Refused(404, "NoSuchResource", arn)
        return one["tags"]

    def ListTagsForResource(self, Resource):
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in self.tagged(Resource).items()]}}, None

    def TagResource(self, Resource, Tags):
        self.tagged(Resource).update({tag["Key"]: tag.get("Value", "") for tag in Tags["Items"]})
        return None, None

    def UntagResource(self, Resource, TagKeys):
        for key in TagKeys["Items"]:
            self.tagged(Resource).pop(key, None)
        return None, None

    # ---- origin access controls

    def one_of(self, kind, identity):
        if identity not in getattr(self, kind):
            raise Refused(404, {"controls": "NoSuchOriginAccessControl", "identities": "NoSuchCloudFrontOriginAccessIdentity"}[kind], identity)
        return getattr(self, kind)[identity]

    def in_use(self, identity):
        return any(identity in (origin.get("OriginAccessControlId"), origin.get("S3OriginConfig", {}).get("OriginAccessIdentity", "").split("/")[-1])
                   for one in self.distributions.values() for origin in one["config"]["Origins"]["Items"])

    @staticmethod
    def control(one):
        return {"OriginAccessControl": {"Id": one["id"], "OriginAccessControlConfig": one["config"]}}, one["etag"]

    def CreateOriginAccessControl(self, OriginAccessControlConfig):
        if any(one["config"]["Name"] == OriginAccessControlConfig["Name"] for one in self.controls.values()):
            raise Refused(409, "OriginAccessControlAlreadyExists", "An origin access control with the same name already exists.")
        if len(OriginAccessControlConfig["Name"]) > 64:
            raise Refused(400, "InvalidArgument", "the name is longer than 64")
        one = {"id": self.new("C"), "config": OriginAccessControlConfig, "etag": self.new("V")}
        self.controls[one["id"]] = one
        return self.control(one)

    def GetOriginAccessControl(self, Id):
        return self.control(self.one_of("controls", Id))

    def UpdateOriginAccessControl(self, Id, OriginAccessControlConfig, IfMatch=None):
        one = self.one_of("controls", Id)
        self.matched(one, IfMatch)
        one.update(config=OriginAccessControlConfig, etag=self.new("V"))
        return self.control(one)

    def ListOriginAccessControls(self, Marker=None, MaxItems=None):
        return self.pages("OriginAccessControlList", {name: {"Id": name, "Description": "", **one["config"]} for name, one in self.controls.items()}, Marker)

    def DeleteOriginAccessControl(self, Id, IfMatch=None):
        self.matched(self.one_of("controls", Id), IfMatch)
        if self.in_use(Id):
            raise Refused(409, "OriginAccessControlInUse")
        del self.controls[Id]
        return None, None

    # ---- origin access identities

    @staticmethod
    def identity(one):
        return {"CloudFrontOriginAccessIdentity": {"Id": one["id"], "S3CanonicalUserId": "c0ffee", "CloudFrontOriginAccessIdentityConfig": one["config"]}}, one["etag"]

    def CreateCloudFrontOriginAccessIdentity(self, CloudFrontOriginAccessIdentityConfig):
        for one in self.identities.values():
            if one["config"] == CloudFrontOriginAccessIdentityConfig:
                return self.identity(one)
            if one["config"]["CallerReference"] == CloudFrontOriginAccessIdentityConfig["CallerReference"]:
                raise Refused(409, "CloudFrontOriginAccessIdentityAlreadyExists")
        one = {"id": self.new("I"), "config": CloudFrontOriginAccessIdentityConfig, "etag": self.new("V")}
        self.identities[one["id"]] = one
        return self.identity(one)

    def GetCloudFrontOriginAccessIdentity(self, Id):
        return self.identity(self.one_of("identities", Id))

    def UpdateCloudFrontOriginAccessIdentity(self, Id, CloudFrontOriginAccessIdentityConfig, IfMatch=None):
        one = self.one_of("identities", Id)
        self.matched(one, IfMatch)
        if one["config"]["CallerReference"] != CloudFrontOriginAccessIdentityConfig["CallerReference"]:
            raise Refused(400, "IllegalUpdate")
        one.update(config=CloudFrontOriginAccessIdentityConfig, etag=self.new("V"))
        return self.identity(one)

    def ListCloudFrontOriginAccessIdentities(self, Marker=None, MaxItems=None):
        return self.pages("CloudFrontOriginAccessIdentityList", {name: {"Id": name, "S3CanonicalUserId": "c0ffee", "Comment": one["config"]["Comment"]}
                                                                 for name, one in self.identities.items()}, Marker)

    def DeleteCloudFrontOriginAccessIdentity(self, Id, IfMatch=None):
        self.matched(self.one_of("identities", Id), IfMatch)
        if self.in_use(Id):
            raise Refused(409, "CloudFrontOriginAccessIdentityInUse")
        del self.identities[Id]
        return None, None

    # ---- keys that edges hold signatures against

    def GetKeyGroup(self, Id):
        if Id not in self.key_groups:
            raise Refused(404, "NoSuchResource", Id)
        return {"KeyGroup": {"Id": Id, "LastModifiedTime": DATE, "KeyGroupConfig": {"Name": Id, "Items": self.key_groups[Id]}}}, "V1"

    def GetPublicKey(self, Id):
        if Id not in self.public_keys:
            raise Refused(404, "NoSuchPublicKey", Id)
        return {"PublicKey": {"Id": Id, "CreatedTime": DATE, "PublicKeyConfig": {"CallerReference": Id, "Name": Id, "EncodedKey": self.public_keys[Id]}}}, "V1"

    def copy(self):
        """All that there is, without etags and states."""
        return copy.deepcopy({name: [(one["config"], one.get("tags")) for one in getattr(self, name).values()] for name in ("distributions", "controls", "identities")})
