/* words.h: what values may be, of each type of resource, for all drivers whose service is AWS or acts as it. Data: driver.h says how it is read. Sources:
 * AWS's service models and guides. What only one server refuses, or where a server has names of its own, is not here. */
#ifndef LARDER_DRIVERS_WORDS_H
#define LARDER_DRIVERS_WORDS_H

#include <larder/driver.h>

#define ONE_OF(at, of) { .path = at, .words = of }
#define LIKE(at, shape, length, instead) { .path = at, .pattern = shape, .most = length, .say = instead }

/* Letters and digits of any language; of all else in ASCII these alone. */
#define NO_TAG "[]!\"#$%&'()*,;<>?[\\^`{|}~[:cntrl:]]"
#define TAG_SAY "letters, digits, spaces and _.:/=+-@, and no aws: at the beginning, which is AWS's own; names of 128 characters at the most, values of 256"
#define TAGS(most, say) LIKE ("tag[*]", "!^[aA][wW][sS]:|" NO_TAG, 128, TAG_SAY), LIKE ("tag[*]=", "!" NO_TAG, 256, TAG_SAY), LIKE ("tag[]", NULL, most, say)
#define ONE_STAR "!\\*.*\\*"
#define RULE_NAME LIKE ("rule[*]", NULL, 255, "a shorter one: 255 characters at the most")

#define TRANSITION_CLASSES "STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR|GLACIER|DEEP_ARCHIVE"

static const struct larder_words bucket_words[] = {
	LIKE ("cors[*]", NULL, 255, "a shorter one: 255 characters at the most"),
	LIKE ("cors[*].expose[*]", "!\\*", 0, "each header by its name: S3 takes no * for what scripts see"),
	LIKE ("cors[*].header[*]", ONE_STAR, 0, "one * at the most: x-amz-*"),
	ONE_OF ("cors[*].method[*]", "GET|HEAD|PUT|POST|DELETE"),
	LIKE ("cors[*].origin[*]", ONE_STAR, 0, "one * at the most: https://*.example.com"),
	ONE_OF ("encryption", "AES256|aws:kms|aws:kms:dsse"),
	ONE_OF ("least-size", "all_storage_classes_128K|varies_by_storage_class"),
	ONE_OF ("ownership", "BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter"),
	ONE_OF ("public-access", "blocked"),
	RULE_NAME,
	ONE_OF ("rule[*].status", "enabled|disabled"),
	ONE_OF ("rule[*].transition[*]", TRANSITION_CLASSES),
	TAGS (50, "50 at the most"),
	{ 0 }
};

static const struct larder_words replication_words[] = {
	ONE_OF ("role", "auto|arn:*"),
	RULE_NAME,
	ONE_OF ("rule[*].class", "STANDARD|REDUCED_REDUNDANCY|" TRANSITION_CLASSES),
	ONE_OF ("rule[*].status", "enabled|disabled"),
	ONE_OF ("rule[*].within-seconds", "900"),
	{ 0 }
};

/* Viewers are told apart by their names alone (SNI), which no SSLv3 has. */
static const struct larder_words cdn_words[] = {
	ONE_OF ("behavior[*].cached-method[*]", "GET|HEAD|OPTIONS"),
	ONE_OF ("behavior[*].method[*]", "GET|HEAD|OPTIONS|PUT|POST|PATCH|DELETE"),
	ONE_OF ("behavior[*].viewer", "redirect-to-https|https-only|allow-all"),
	LIKE ("comment", NULL, 128, "a shorter one: 128 characters at the most"),
	ONE_OF ("geo", "none|whitelist *|blacklist *"),
	ONE_OF ("http-version", "http1.1|http2|http3|http2and3"),
	ONE_OF ("origin[*].access", "oac|oai"),
	ONE_OF ("price-class", "PriceClass_100|PriceClass_200|PriceClass_All"),
	ONE_OF ("tls", "TLSv1|TLSv1_2016|TLSv1.1_2016|TLSv1.2_2018|TLSv1.2_2019|TLSv1.2_2021|TLSv1.2_2025|TLSv1.3_2025"),
	TAGS (49, "49 at the most: a distribution has 50, and one is by which ours is known again"),
	{ 0 }
};

#define EFS_AGES "1|7|14|30|60|90|180|270|365"

/* Of a name that begins as an id does EC2 would make no group. */
static const struct larder_words filesystem_words[] = {
	LIKE ("", NULL, 64, "a shorter one: 64 characters at the most"),
	LIKE ("access-point[*]", "^(/|(/[^$#<>;`|&?{}^*/.[:cntrl:]][^$#<>;`|&?{}^*/[:cntrl:]]*){1,4})$", 100, "a folder from the root on: up to four names, none that begins with a dot, 100 characters at the most"),
	ONE_OF ("lifecycle.back-on-access", "1"),
	ONE_OF ("lifecycle.to-archive", EFS_AGES),
	ONE_OF ("lifecycle.to-ia", EFS_AGES),
	ONE_OF ("performance", "generalPurpose|maxIO"),
	ONE_OF ("security-group.egress", "open|none"),
	LIKE ("security-group.name", "!^[sS][gG]-", 0, "the name of the group, which is made where it is not there, and not an id"),
	LIKE ("security-group.name", "^[]a-zA-Z0-9 ._:/()#,@[+=&;{}!$*-]+$", 255, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, 255 at the most"),
	TAGS (50, "50 at the most"),
	ONE_OF ("throughput", "bursting|elastic|provisioned *"),
	{ 0 }
};

/* One field of a cron expression: a list of values, ranges and steps. */
#define CRON_PART(value) "(\\*|(" value ")(-(" value "))?)(/[0-9]+)?"
#define CRON(value) "(" CRON_PART (value) ")(,(" CRON_PART (value) "))*"
#define MONTHS CRON ("0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC")
#define DAYS "(" CRON ("0?[1-9]|[12][0-9]|3[01]") "|L|LW|(0?[1-9]|[12][0-9]|3[01])W)"
#define WEEKDAYS "(" CRON ("[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT") "|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))"
#define SCHEDULE "^cron\\( *" CRON ("[0-5]?[0-9]") " +" CRON ("[01]?[0-9]|2[0-3]") " +(" DAYS " +" MONTHS " +\\?|\\? +" MONTHS " +" WEEKDAYS ") +" CRON ("19[7-9][0-9]|2[01][0-9][0-9]") " *\\)$" \
	"|^rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)$"
#define BACKUP_NAME "^[a-zA-Z0-9_.-]*$"
#define BACKUP_NAME_SAY "letters, digits and -_., 50 at the most"
#define VAULT "[a-zA-Z0-9_-]{2,50}"

/* A plan takes any text for where copies go, and fails when it is time to copy. */
static const struct larder_words backup_words[] = {
	LIKE ("", BACKUP_NAME, 50, BACKUP_NAME_SAY),
	LIKE ("rule[*]", BACKUP_NAME, 50, BACKUP_NAME_SAY),
	LIKE ("rule[*].copy[*]", "^arn:aws[a-z-]*:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:" VAULT "$", 0, "the address of a vault: arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME"),
	ONE_OF ("rule[*].schedule", "cron(*|rate(*"),
	LIKE ("rule[*].schedule", SCHEDULE, 0, "cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR), UTC, '?' for DAY or WEEKDAY: cron(0 2 * * ? *); or rate(12 hours)"),
	LIKE ("rule[*].vault", "^" VAULT "$", 50, "letters, digits, - and _, 2 to 50"),
	LIKE ("selection[*]", BACKUP_NAME, 50, BACKUP_NAME_SAY),
	ONE_OF ("selection[*].role", "auto|arn:*"),
	{ 0 }
};

/* Of all engines: which it is, is nobody's matter here. */
static const struct larder_words database_words[] = {
	ONE_OF ("log[*]", "postgresql|upgrade|iam-db-auth-error|audit|error|general|slowquery|alert|listener|trace|oemagent|agent|diag.log|notify.log"),
	{ 0 }
};

#endif
