/* words.h: what values may be, of each type of resource, for all drivers whose service is AWS or acts as it. Data: driver.h says how it is read. Sources:
 * AWS's service models and guides. What only one server refuses, or where a server has names of its own, is not here. */
#ifndef LARDER_DRIVERS_WORDS_H
#define LARDER_DRIVERS_WORDS_H

#include <larder/driver.h>

#define TRANSITION_CLASSES "STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR|GLACIER|DEEP_ARCHIVE"

static const struct larder_words bucket_words[] = {
	{ "cors[*].method[*]", "GET|HEAD|PUT|POST|DELETE" },
	{ "encryption", "AES256|aws:kms|aws:kms:dsse" },
	{ "least-size", "all_storage_classes_128K|varies_by_storage_class" },
	{ "ownership", "BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter" },
	{ "public-access", "blocked" },
	{ "rule[*].status", "enabled|disabled" },
	{ "rule[*].transition[*]", TRANSITION_CLASSES },
	{ NULL, NULL }
};

static const struct larder_words replication_words[] = {
	{ "role", "auto|arn:*" },
	{ "rule[*].class", "STANDARD|REDUCED_REDUNDANCY|" TRANSITION_CLASSES },
	{ "rule[*].status", "enabled|disabled" },
	{ "rule[*].within-seconds", "900" },
	{ NULL, NULL }
};

/* Viewers are told apart by their names alone (SNI), which no SSLv3 has. */
static const struct larder_words cdn_words[] = {
	{ "behavior[*].cached-method[*]", "GET|HEAD|OPTIONS" },
	{ "behavior[*].method[*]", "GET|HEAD|OPTIONS|PUT|POST|PATCH|DELETE" },
	{ "behavior[*].viewer", "redirect-to-https|https-only|allow-all" },
	{ "geo", "none|whitelist *|blacklist *" },
	{ "http-version", "http1.1|http2|http3|http2and3" },
	{ "origin[*].access", "oac|oai" },
	{ "price-class", "PriceClass_100|PriceClass_200|PriceClass_All" },
	{ "tls", "TLSv1|TLSv1_2016|TLSv1.1_2016|TLSv1.2_2018|TLSv1.2_2019|TLSv1.2_2021|TLSv1.2_2025|TLSv1.3_2025" },
	{ NULL, NULL }
};

#define EFS_AGES "1|7|14|30|60|90|180|270|365"

static const struct larder_words filesystem_words[] = {
	{ "lifecycle.back-on-access", "1" },
	{ "lifecycle.to-archive", EFS_AGES },
	{ "lifecycle.to-ia", EFS_AGES },
	{ "performance", "generalPurpose|maxIO" },
	{ "security-group.egress", "open|none" },
	{ "throughput", "bursting|elastic|provisioned *" },
	{ NULL, NULL }
};

static const struct larder_words backup_words[] = {
	{ "rule[*].schedule", "cron(*|rate(*" },
	{ "selection[*].role", "auto|arn:*" },
	{ NULL, NULL }
};

/* Of all engines: which it is, is nobody's matter here. */
static const struct larder_words database_words[] = {
	{ "log[*]", "postgresql|upgrade|iam-db-auth-error|audit|error|general|slowquery|alert|listener|trace|oemagent|agent|diag.log|notify.log" },
	{ NULL, NULL }
};

#endif
