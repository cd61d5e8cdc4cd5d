#!/usr/bin/env python3
"""Makes tests/wire/endpoints/SERVICE.json: where requests go, by region, dual-stack, FIPS, bucket and path style, with botocore's
endpoint resolver as the oracle. A line a case, in the form of the published ones.

    tests/wire/make-endpoints.py        with servers installed (tests/lib/install-servers python)"""
import itertools
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402

servers.boto3()
import botocore.session  # noqa: E402
from botocore.endpoint_provider import EndpointProvider  # noqa: E402
from botocore.exceptions import EndpointProviderError  # noqa: E402

REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "ap-northeast-2", "ap-southeast-7", "mx-central-1", "il-central-1", "cn-north-1", "cn-northwest-1",
           "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1", "xx-new-1"]
BUCKETS = [None, "photos", "my-photos.2026", "Photos_old", "a" * 63, "abc"]
OWN = ["http://127.0.0.1:9000", "https://store.example", "https://store.example:8443/base", "http://[::1]:9000"]
SERVICES = {"sts": "sts", "sso": "portal.sso", "sso-oidc": "oidc", "efs": "elasticfilesystem", "cloudfront": "cloudfront", "backup": "backup", "rds": "rds", "ec2": "ec2", "kms": "kms"}
LOADER = botocore.session.get_session().get_component("data_loader")


def cases():
    for region, dual, fips in itertools.product(REGIONS, (False, True), (False, True)):
        yield dict(Region=region, UseDualStack=dual, UseFIPS=fips)


def s3_cases():
    for params in cases():
        for bucket in BUCKETS[:3] if params["Region"] != "eu-central-1" else BUCKETS:
            for path in (False, True) if bucket else (False,):
                yield dict(params, ForcePathStyle=path, **({"Bucket": bucket} if bucket else {}))
    for endpoint, bucket, path in itertools.product(OWN, BUCKETS, (False, True)):
        if bucket and "." in bucket and not path and "://127" in endpoint + endpoint.replace("[::1]", "127"):
            continue                  # botocore makes a host of name and address, which is none
        yield dict(Region="eu-central-1", UseDualStack=False, UseFIPS=False, Endpoint=endpoint, ForcePathStyle=path, **({"Bucket": bucket} if bucket else {}))


def expected(provider, params):
    known = provider.ruleset.parameters
    try:
        found = provider.resolve_endpoint(**{name: value for name, value in params.items() if name in known})
    except EndpointProviderError as error:
        return {"error": str(error)}
    schemes = [{"signingRegion": one["signingRegion"]} for one in found.properties.get("authSchemes", []) if "signingRegion" in one]
    return {"endpoint": {"url": found.url, "properties": {"authSchemes": schemes[:1]}}}


def make(service, name, all_cases):
    provider = EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), LOADER.load_data("partitions"))
    lines = [json.dumps({"params": params, "expect": expected(provider, params)}, sort_keys=True) for params in all_cases]
    with open(os.path.join(HERE, "endpoints", name + ".json"), "w") as file:
        file.write('{"testCases": [\n' + ",\n".join(lines) + "\n]}\n")


make("s3", "s3", s3_cases())
for service, name in SERVICES.items():
    make(service, name, cases())
