"""strategy_tf.py: the strategy as a configuration of Terraform, without the database and the backup plan, on a moto: for the comparison alone.

    strategy_tf.write(folder, endpoint, net)          # net: what tests/lib/network.py made
"""
import json
import os

BUCKETS = {"images": "pingvas-studio-images", "uploads": "pingvas-studio-uploads", "models": "pingvas-studio-models", "backups": "pingvas-studio-backups", "logs": "pingvas-studio-logs",
           "replica": "pingvas-studio-images-replica-tokyo"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/c-1"
AGES = {"images": {"id": "transition_to_glacier", "filter": {"object_size_greater_than": 131072}, "noncurrent_version_expiration": {"noncurrent_days": 30},
                   "transition": [{"days": 30, "storage_class": "GLACIER_IR"}, {"days": 120, "storage_class": "DEEP_ARCHIVE"}]},
        "uploads": {"id": "expire_old_versions", "filter": {}, "noncurrent_version_expiration": {"noncurrent_days": 30}},
        "logs": {"id": "expire_after_30_days", "filter": {}, "expiration": {"days": 30}}}


def provider(endpoint, region, **more):
    services = ("s3", "ec2", "efs", "iam", "kms", "cloudfront", "sts")
    return {"region": region, "access_key": "a", "secret_key": "b", "s3_use_path_style": True, "skip_credentials_validation": True, "skip_requesting_account_id": True,
            "skip_metadata_api_check": True, "endpoints": [{service: endpoint for service in services}], **more}


def buckets():
    found = {}

    def add(kind, name, **values):
        place = {"provider": "aws.tokyo"} if name == "replica" else {}
        found.setdefault(kind, {})[name] = {**({} if kind == "aws_s3_bucket" else {"bucket": "${aws_s3_bucket.%s.id}" % name}), **values, **place}
    for name, bucket in BUCKETS.items():
        add("aws_s3_bucket", name, bucket=bucket, **({"tags": {"Name": "Generated Images", "Environment": "production"}} if name == "images" else {}))
        add("aws_s3_bucket_server_side_encryption_configuration", name, rule={"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}})
        add("aws_s3_bucket_public_access_block", name, block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True)
        if name in ("images", "uploads", "models", "replica"):
            add("aws_s3_bucket_versioning", name, versioning_configuration={"status": "Enabled"})
    for name, rule in AGES.items():
        add("aws_s3_bucket_lifecycle_configuration", name, rule={"status": "Enabled", **rule})
    add("aws_s3_bucket_cors_configuration", "images", cors_rule={"allowed_headers": ["*"], "allowed_methods": ["GET", "HEAD"], "max_age_seconds": 3600,
                                                                 "allowed_origins": ["https://pingvas.studio", "https://www.pingvas.studio"]})
    add("aws_s3_bucket_replication_configuration", "images", role="${aws_iam_role.copies.arn}", depends_on=["aws_s3_bucket_versioning.images", "aws_s3_bucket_versioning.replica"], rule={
        "id": "ReplicateToTokyo", "status": "Enabled", "filter": {}, "delete_marker_replication": {"status": "Disabled"}, "destination": {
            "bucket": "${aws_s3_bucket.replica.arn}", "storage_class": "STANDARD_IA", "replication_time": {"status": "Enabled", "time": {"minutes": 15}},
            "metrics": {"status": "Enabled", "event_threshold": {"minutes": 15}}}})
    add("aws_s3_bucket_policy", "images", policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.images.arn}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": "${aws_cloudfront_distribution.images.arn}"}}}]}))
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": "${aws_s3_bucket.images.arn}"}]}
    return {**found, "aws_iam_role": {"copies": {"name": "copies", "assume_role_policy": json.dumps(trust)}},
            "aws_iam_role_policy": {"copies": {"role": "${aws_iam_role.copies.id}", "policy": json.dumps(rights)}}}


def behavior(methods, least, usual):
    return {"target_origin_id": "S3-images", "viewer_protocol_policy": "redirect-to-https", "allowed_methods": methods, "cached_methods": ["GET", "HEAD"], "compress": True,
            "forwarded_values": {"query_string": False, "cookies": {"forward": "none"}}, "min_ttl": least, "default_ttl": usual, "max_ttl": 31536000}


def cdn():
    return {
        "aws_cloudfront_origin_access_control": {"images": {"name": "images", "origin_access_control_origin_type": "s3", "signing_behavior": "always", "signing_protocol": "sigv4"}},
        "aws_cloudfront_distribution": {"images": {
            "enabled": True, "is_ipv6_enabled": True, "comment": "Pingvas Studio Images CDN", "aliases": ["images.pingvas.studio"], "price_class": "PriceClass_200", "tags": {"Name": "Images CDN"},
            "origin": {"domain_name": "${aws_s3_bucket.images.bucket_regional_domain_name}", "origin_id": "S3-images", "origin_access_control_id": "${aws_cloudfront_origin_access_control.images.id}"},
            "default_cache_behavior": behavior(["GET", "HEAD", "OPTIONS"], 0, 86400), "ordered_cache_behavior": {"path_pattern": "*/thumbnails/*", **behavior(["GET", "HEAD"], 86400, 2592000)},
            "restrictions": {"geo_restriction": {"restriction_type": "none"}},
            "viewer_certificate": {"acm_certificate_arn": CERTIFICATE, "ssl_support_method": "sni-only", "minimum_protocol_version": "TLSv1.2_2021"}}}}


def files(net):
    system = "${aws_efs_file_system.models.id}"
    return {
        "aws_efs_file_system": {"models": {
            "creation_token": "pingvas-studio-models", "encrypted": True, "kms_key_id": net.key, "performance_mode": "generalPurpose", "throughput_mode": "bursting",
            "lifecycle_policy": [{"transition_to_ia": "AFTER_30_DAYS"}, {"transition_to_primary_storage_class": "AFTER_1_ACCESS"}],
            "tags": {"Name": "pingvas-studio-models", "Purpose": "AI model cache"}}},
        "aws_efs_access_point": {"models": {"file_system_id": system, "posix_user": {"uid": 1000, "gid": 1000},
                                            "root_directory": {"path": "/models", "creation_info": {"owner_uid": 1000, "owner_gid": 1000, "permissions": "755"}}}},
        "aws_efs_mount_target": {"models_%d" % number: {"file_system_id": system, "subnet_id": subnet, "security_groups": ["${aws_security_group.efs.id}"]}
                                 for number, subnet in enumerate(net.subnets)},
        "aws_security_group": {"efs": {
            "name": "efs-models-sg", "vpc_id": net.vpc, "ingress": [rule(2049, "tcp", groups=[net.nodes])], "egress": [rule(0, "-1", blocks=["0.0.0.0/0"])]}}}


def rule(port, protocol, groups=(), blocks=()):
    return {"from_port": port, "to_port": port, "protocol": protocol, "security_groups": list(groups), "cidr_blocks": list(blocks), "description": "", "ipv6_cidr_blocks": [],
            "prefix_list_ids": [], "self": False}


def write(folder, endpoint, net):
    document = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
        "provider": {"aws": [provider(endpoint, "ap-northeast-2"), provider(endpoint, "ap-northeast-1", alias="tokyo")]},
        "resource": {**buckets(), **cdn(), **files(net)}}
    with open(os.path.join(folder, "main.tf.json"), "w") as file:
        json.dump(document, file, indent=1)
