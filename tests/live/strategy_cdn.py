"""strategy_cdn.py: the distribution of the strategy as boto3 tells it, what it is to be, and each way in which somebody may have changed it.

    class Place(strategy_cdn.Distribution): …         # with service (tests/lib/cloudfront_service.py), client (of it) and buckets (of S3)
    assert strategy_cdn.plain(place.config()[0]) == strategy_cdn.strategy(control=…)
    for drift, path in strategy_cdn.DRIFTS: drift(place)
"""
import copy
import json

BUCKET = "pingvas-studio-images"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/c-1"
ORIGIN = "origin[S3-pingvas-studio-images]"


class Distribution:
    def only(self):
        identity, = self.service.distributions
        return identity

    def config(self):
        got = self.client.get_distribution_config(Id=self.only())
        return got["DistributionConfig"], got["ETag"]

    def drift(self, edit):
        """What another program does: the whole configuration, changed."""
        config, etag = self.config()
        edit(config)
        self.client.update_distribution(Id=self.only(), DistributionConfig=config, IfMatch=etag)

    def tags(self):
        arn = self.client.get_distribution(Id=self.only())["Distribution"]["ARN"]
        return arn, {tag["Key"]: tag["Value"] for tag in self.client.list_tags_for_resource(Resource=arn)["Tags"]["Items"]}

    def readers(self):
        from botocore.exceptions import ClientError
        try:
            policy = json.loads(self.buckets.get_bucket_policy(Bucket=BUCKET)["Policy"])
        except ClientError:
            return []
        return [(one["Principal"], one.get("Condition")) for one in policy["Statement"] if one["Action"] == "s3:GetObject"]


def behavior(allowed, least, usual):
    return {"TargetOriginId": "S3-pingvas-studio-images", "ViewerProtocolPolicy": "redirect-to-https", "Compress": True, "MinTTL": least, "DefaultTTL": usual, "MaxTTL": 31536000,
            "AllowedMethods": {"Quantity": len(allowed), "Items": allowed, "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}},
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}, "Headers": {"Quantity": 0}, "QueryStringCacheKeys": {"Quantity": 0}},
            "TrustedSigners": {"Enabled": False, "Quantity": 0}, "TrustedKeyGroups": {"Enabled": False, "Quantity": 0}, "SmoothStreaming": False,
            "LambdaFunctionAssociations": {"Quantity": 0}, "FunctionAssociations": {"Quantity": 0}, "FieldLevelEncryptionId": "",
            "GrpcConfig": {"Enabled": False}}


def strategy(identity="", control=""):
    """E1, in boto3's words."""
    return {
        "Aliases": {"Quantity": 1, "Items": ["images.pingvas.studio"]}, "DefaultRootObject": "", "Comment": "Pingvas Studio Images CDN", "PriceClass": "PriceClass_200", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "S3-pingvas-studio-images", "DomainName": BUCKET + ".s3.ap-northeast-2.amazonaws.com", "OriginPath": "", "CustomHeaders": {"Quantity": 0}, "ConnectionAttempts": 3,
            "ConnectionTimeout": 10, "OriginShield": {"Enabled": False},
            "S3OriginConfig": {"OriginAccessIdentity": identity and "origin-access-identity/cloudfront/" + identity, "OriginReadTimeout": 30}, "OriginAccessControlId": control}]},
        "OriginGroups": {"Quantity": 0}, "DefaultCacheBehavior": behavior(["GET", "HEAD", "OPTIONS"], 0, 86400),
        "CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "*/thumbnails/*", **behavior(["GET", "HEAD"], 86400, 2592000)}]}, "CustomErrorResponses": {"Quantity": 0},
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "ViewerCertificate": {"ACMCertificateArn": CERTIFICATE, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"},
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}}, "WebACLId": "", "HttpVersion": "http2", "IsIPV6Enabled": True, "Staging": False,
        "ContinuousDeploymentPolicyId": "", "ConnectionMode": "direct"}


def plain(config):
    config = {name: value for name, value in config.items() if name != "CallerReference"}
    for one in (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", [])):
        for methods in (one["AllowedMethods"], one["AllowedMethods"]["CachedMethods"]):
            methods["Items"].sort()
    return config


def plain_copy(state):
    state["distributions"] = [(plain(config), tags) for config, tags in state["distributions"]]
    return state


def main(**change):
    return lambda at: at.drift(lambda config: config["DefaultCacheBehavior"].update(change))


def thumbnails(**change):
    return lambda at: at.drift(lambda config: config["CacheBehaviors"]["Items"][0].update(change))


def whole(**change):
    return lambda at: at.drift(lambda config: config.update(change))


def forwarded(**change):
    return lambda at: at.drift(lambda config: config["DefaultCacheBehavior"]["ForwardedValues"].update(change))


def origin(**change):
    return lambda at: at.drift(lambda config: config["Origins"]["Items"][0].update(change))


def policy_instead(config):
    for name in ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"):
        config["DefaultCacheBehavior"].pop(name)
    config["DefaultCacheBehavior"].update(CachePolicyId="658327ea-f89d-4fab-a63d-7e88639e58f6", OriginRequestPolicyId="88a5eaf4-2fd4-4709-b370-b4c650ea3fcf")


def custom_instead(config):
    one = config["Origins"]["Items"][0]
    one.pop("S3OriginConfig")
    one.update(CustomOriginConfig={"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"})


def vpc_instead(config):
    one = config["Origins"]["Items"][0]
    one.pop("S3OriginConfig")
    one.update(OriginAccessControlId="", VpcOriginConfig={"VpcOriginId": "vo_1"})


def other_origin(config):
    second = dict(copy.deepcopy(config["Origins"]["Items"][0]), Id="other")
    config["Origins"] = {"Quantity": 2, "Items": [*config["Origins"]["Items"], second]}
    config["DefaultCacheBehavior"]["TargetOriginId"] = "other"


def control_set(**change):
    def drift(at):
        identity, = at.service.controls
        got = at.client.get_origin_access_control(Id=identity)
        at.client.update_origin_access_control(Id=identity, IfMatch=got["ETag"], OriginAccessControlConfig={**got["OriginAccessControl"]["OriginAccessControlConfig"], **change})
    return drift


MANY = {"Quantity": 7, "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"], "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
CACHED = {"Quantity": 3, "Items": ["GET", "HEAD", "OPTIONS"], "CachedMethods": {"Quantity": 3, "Items": ["GET", "HEAD", "OPTIONS"]}}
DRIFTS = (
    (whole(Comment="another"), "comment"), (whole(Comment=""), "comment"), (whole(Enabled=False), "enabled"), (whole(IsIPV6Enabled=False), "ipv6"),
    (whole(PriceClass="PriceClass_All"), "price-class"), (whole(Aliases={"Quantity": 0}), "alias[images.pingvas.studio]"),
    (whole(ViewerCertificate={"CloudFrontDefaultCertificate": True}), "certificate"),
    (whole(ViewerCertificate={"ACMCertificateArn": CERTIFICATE + "2", "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}), "certificate"),
    (whole(ViewerCertificate={"ACMCertificateArn": CERTIFICATE, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1"}), "tls"),
    (whole(ViewerCertificate={"ACMCertificateArn": CERTIFICATE, "SSLSupportMethod": "vip", "MinimumProtocolVersion": "TLSv1.2_2021"}), "tls"),
    (whole(Restrictions={"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 2, "Items": ["KR", "JP"]}}), "geo"),
    (whole(CacheBehaviors={"Quantity": 0}), "behavior[*/thumbnails/*].order"),
    (main(ViewerProtocolPolicy="allow-all"), "behavior[default].viewer"), (main(Compress=False), "behavior[default].compress"),
    (main(MinTTL=1), "behavior[default].min-ttl"), (main(DefaultTTL=1), "behavior[default].default-ttl"), (main(MaxTTL=86401), "behavior[default].max-ttl"),
    (main(AllowedMethods=MANY), "behavior[default].method[PUT]"), (main(AllowedMethods=CACHED), "behavior[default].cached-method[OPTIONS]"),
    (forwarded(QueryString=True), "behavior[default].query"), (forwarded(Cookies={"Forward": "all"}), "behavior[default].cookies"),
    (forwarded(Cookies={"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["a"]}}), "behavior[default].cookies"),
    (forwarded(Headers={"Quantity": 1, "Items": ["*"]}), "behavior[default].cors"),
    (lambda at: at.drift(policy_instead), "behavior[default].cache-policy"),
    (thumbnails(MinTTL=0), "behavior[*/thumbnails/*].min-ttl"), (thumbnails(ViewerProtocolPolicy="https-only"), "behavior[*/thumbnails/*].viewer"),
    (thumbnails(PathPattern="*/other/*"), "behavior[*/thumbnails/*].order"),
    (origin(DomainName="other.s3.ap-northeast-2.amazonaws.com"), ORIGIN + ".domain"), (origin(OriginAccessControlId=""), ORIGIN + ".access"),
    (lambda at: at.drift(custom_instead), ORIGIN + ".access"), (control_set(SigningBehavior="never"), ORIGIN + ".access-otherwise"),
    (control_set(Description="another"), ORIGIN + ".access-comment"), (lambda at: at.drift(other_origin), "behavior[default].origin"),
    (lambda at: at.client.tag_resource(Resource=at.tags()[0], Tags={"Items": [{"Key": "Name", "Value": "x"}]}), "tag[Name]"),
    (lambda at: at.client.untag_resource(Resource=at.tags()[0], TagKeys={"Items": ["Name"]}), "tag[Name]"),
)

# What somebody put into what is ours, so that it does something else than we say; the path of each. Mended.
INTO_OURS = (
    (origin(OriginPath="/v1"), ORIGIN + ".other[OriginPath]"), (origin(ConnectionAttempts=1), ORIGIN + ".other[ConnectionAttempts]"),
    (origin(ConnectionTimeout=5), ORIGIN + ".other[ConnectionTimeout]"), (origin(ResponseCompletionTimeout=30), ORIGIN + ".other[ResponseCompletionTimeout]"),
    (origin(CustomHeaders={"Quantity": 1, "Items": [{"HeaderName": "x-who", "HeaderValue": "hush"}]}), ORIGIN + ".other[CustomHeaders]"),
    (origin(OriginShield={"Enabled": True, "OriginShieldRegion": "ap-northeast-2"}), ORIGIN + ".other[OriginShield]"),
    (lambda at: at.drift(lambda config: config["Origins"]["Items"][0]["S3OriginConfig"].update(OriginReadTimeout=60)), ORIGIN + ".other[S3OriginConfig/OriginReadTimeout]"),
    (lambda at: at.drift(custom_instead), ORIGIN + ".other[CustomOriginConfig]"), (lambda at: at.drift(vpc_instead), ORIGIN + ".other[VpcOriginConfig]"),
    (forwarded(Headers={"Quantity": 1, "Items": ["X-Theirs"]}), "behavior[default].header[X-Theirs]"), (forwarded(Headers={"Quantity": 1, "Items": ["Origin"]}), "behavior[default].header[Origin]"),
    (forwarded(Cookies={"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["a"]}}), "behavior[default].cookie[a]"),
    (forwarded(QueryString=True, QueryStringCacheKeys={"Quantity": 1, "Items": ["size"]}), "behavior[default].query-key[size]"),
    (main(TrustedSigners={"Enabled": True, "Quantity": 1, "Items": ["self"]}), "behavior[default].key-group"),
    (thumbnails(TrustedKeyGroups={"Enabled": True, "Quantity": 2, "Items": ["kg-1", "kg-2"]}), "behavior[*/thumbnails/*].key-group"),
    (main(ResponseHeadersPolicyId="67f7725c-6f97-4210-82d7-5512b31e9d03"), "behavior[default].response-headers"),
    (main(SmoothStreaming=True), "behavior[default].other[SmoothStreaming]"), (thumbnails(FieldLevelEncryptionId="C1"), "behavior[*/thumbnails/*].other[FieldLevelEncryptionId]"),
    (main(GrpcConfig={"Enabled": True}), "behavior[default].other[GrpcConfig]"),
)
ERRORS = {"Quantity": 2, "Items": [{"ErrorCode": 403, "ResponsePagePath": "/e.html", "ResponseCode": "404", "ErrorCachingMinTTL": 5}, {"ErrorCode": 500, "ErrorCachingMinTTL": 0}]}
# What changes nothing of what we say; the path of each, and what is told of it. Left to the letter.
BESIDE_OURS = (
    (whole(DefaultRootObject="index.html"), "other[DefaultRootObject]", "index.html"),
    (whole(CustomErrorResponses=ERRORS), "other[CustomErrorResponses]", "ErrorCode 403, ResponsePagePath /e.html, ResponseCode 404, ErrorCachingMinTTL 5; ErrorCode 500, ErrorCachingMinTTL 0"),
    (whole(Logging={"Enabled": True, "IncludeCookies": False, "Bucket": "l.s3.amazonaws.com", "Prefix": "cdn/"}), "other[Logging]", "Enabled true, Bucket l.s3.amazonaws.com, Prefix cdn/"),
    (whole(ContinuousDeploymentPolicyId="p-1"), "other[ContinuousDeploymentPolicyId]", "p-1"), (whole(Staging=True), "other[Staging]", "true"),
    (whole(AnycastIpListId="a-1"), "other[AnycastIpListId]", "a-1"), (whole(ViewerMtlsConfig={"Mode": "required", "TrustStoreConfig": {"TrustStoreId": "t"}}), "other[ViewerMtlsConfig]", "Mode required, TrustStoreId t"),
    (whole(ConnectionFunctionAssociation={"Id": "f"}), "other[ConnectionFunctionAssociation]", "Id f"), (whole(CacheTagConfig={"HeaderName": "x-tags"}), "other[CacheTagConfig]", "HeaderName x-tags"),
    (main(FunctionAssociations={"Quantity": 1, "Items": [{"FunctionARN": "arn:aws:cloudfront::123456789012:function/f", "EventType": "viewer-request"}]}),
     "behavior[default].other[FunctionAssociations]", "FunctionARN arn:aws:cloudfront::123456789012:function/f, EventType viewer-request"),
    (thumbnails(LambdaFunctionAssociations={"Quantity": 1, "Items": [{"LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:f:1", "EventType": "origin-request", "IncludeBody": False}]}),
     "behavior[*/thumbnails/*].other[LambdaFunctionAssociations]", "LambdaFunctionARN arn:aws:lambda:us-east-1:123456789012:function:f:1, EventType origin-request"),
    (main(RealtimeLogConfigArn="arn:aws:cloudfront::123456789012:realtime-log-config/r"), "behavior[default].other[RealtimeLogConfigArn]", "arn:aws:cloudfront::123456789012:realtime-log-config/r"),
)
