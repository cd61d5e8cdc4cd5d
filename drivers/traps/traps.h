/* traps.h: what does not do what its reader thinks, of each type of resource, for all drivers whose service is AWS or acts as it. Data: driver.h has
 * the conditions. Sources: AWS's guides and service models. */
#ifndef LARDER_DRIVERS_TRAPS_H
#define LARDER_DRIVERS_TRAPS_H

#include <larder/driver.h>

#define NO_CLASS(path) " & !" path "=STANDARD & !" path "=STANDARD_IA & !" path "=ONEZONE_IA & !" path "=INTELLIGENT_TIERING & !" path "=GLACIER_IR & !" path "=GLACIER & !" \
	path "=DEEP_ARCHIVE & !" path "=REDUCED_REDUNDANCY"

static const struct larder_trap bucket_traps[] = {
	{ "transition-gap", "rule[@].transition[DEEP_ARCHIVE].days - rule[@].transition[GLACIER].days<90"
	  " | rule[@].transition[DEEP_ARCHIVE].days - rule[@].transition[GLACIER_IR].days<90"
	  " | rule[@].transition[GLACIER].days - rule[@].transition[GLACIER_IR].days<90"
	  " | rule[@].transition[GLACIER_IR].days - rule[@].transition[STANDARD_IA].days<30"
	  " | rule[@].transition[GLACIER].days - rule[@].transition[STANDARD_IA].days<30"
	  " | rule[@].transition[DEEP_ARCHIVE].days - rule[@].transition[STANDARD_IA].days<30"
	  " | rule[@].transition[GLACIER_IR].days - rule[@].transition[ONEZONE_IA].days<30"
	  " | rule[@].transition[GLACIER].days - rule[@].transition[ONEZONE_IA].days<30"
	  " | rule[@].transition[DEEP_ARCHIVE].days - rule[@].transition[ONEZONE_IA].days<30"
	  " | rule[@].transition[ONEZONE_IA].days - rule[@].transition[STANDARD_IA].days<30"
	  " | rule[@].transition[INTELLIGENT_TIERING].days - rule[@].transition[STANDARD_IA].days<30",
	  "S3 refuses the rule: an object stays 90 days in GLACIER_IR or GLACIER, and 30 in STANDARD_IA or ONEZONE_IA, before it may go on", "transition = 30d GLACIER_IR, 120d DEEP_ARCHIVE, or transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE", true },
	{ "transition-order", "rule[@].transition[ONEZONE_IA].days - rule[@].transition[INTELLIGENT_TIERING].days<1"
	  " | rule[@].transition[GLACIER_IR].days - rule[@].transition[INTELLIGENT_TIERING].days<1"
	  " | rule[@].transition[GLACIER].days - rule[@].transition[INTELLIGENT_TIERING].days<1"
	  " | rule[@].transition[DEEP_ARCHIVE].days - rule[@].transition[INTELLIGENT_TIERING].days<1",
	  "S3 refuses the rule: objects move on only to what is deeper, and later", "transition = 30d INTELLIGENT_TIERING, 120d DEEP_ARCHIVE, for one", true },
	{ "expired-before-moved", "rule[@].expire - rule[@].transition[STANDARD_IA].days<1 | rule[@].expire - rule[@].transition[ONEZONE_IA].days<1"
	  " | rule[@].expire - rule[@].transition[INTELLIGENT_TIERING].days<1 | rule[@].expire - rule[@].transition[GLACIER_IR].days<1"
	  " | rule[@].expire - rule[@].transition[GLACIER].days<1 | rule[@].expire - rule[@].transition[DEEP_ARCHIVE].days<1",
	  "S3 refuses the rule: what has gone by then cannot move to another class", "expire = more days than each transition of the rule, or no transition", true },
	{ "class-unknown", "class" NO_CLASS ("class") " | view[@].class" NO_CLASS ("view[@].class"), "S3 refuses each write: it has no such storage class",
	  "class = STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE or REDUCED_REDUNDANCY", true },
	{ "key-without-kms", "encryption=AES256 & encryption-key", "S3 refuses it: AES256 is done with keys of its own", "encryption = aws:kms KEY, or encryption = AES256", true },
	{ "archived-behind-cdn", "behind[*] & rule[*].transition[DEEP_ARCHIVE].days | behind[*] & rule[*].transition[GLACIER].days"
	  " | behind[*] & class=DEEP_ARCHIVE | behind[*] & class=GLACIER | behind[*] & view[@].class=DEEP_ARCHIVE | behind[*] & view[@].class=GLACIER | behind[*] & tiering~ARCHIVE_ACCESS",
	  "once an object is archived, viewers of the CDN get 403 for it until somebody restores it", "a rule that ends at GLACIER_IR, a class without archive and no archive tiers; or a copy to serve", false },
	{ "archived-behind-cdn", "spare-of[*] & rule[*].transition[DEEP_ARCHIVE].days | spare-of[*] & rule[*].transition[GLACIER].days | spare-of[*] & class=DEEP_ARCHIVE | spare-of[*] & class=GLACIER"
	  " | spare-of[*] & copy[@].class=DEEP_ARCHIVE | spare-of[*] & copy[@].class=GLACIER | spare-of[*] & tiering~ARCHIVE_ACCESS",
	  "once a copy is archived, viewers of the CDN get 403 for it when the first bucket fails", "a rule that ends at GLACIER_IR, copies in a class without archive and no archive tiers", false },
	{ "gir-behind-cdn", "behind[@] & !behind[@].least-days>89 & rule[*].transition[GLACIER_IR].days | behind[@] & !behind[@].least-days>89 & class=GLACIER_IR"
	  " | behind[@] & !behind[@].least-days>89 & view[*].class=GLACIER_IR",
	  "each miss of the CDN's cache bills a retrieval, and an object deleted within 90 days is billed for the rest of them", "default-ttl = 90d or more in each [behavior] (min-ttl, too, where objects say Cache-Control), or STANDARD_IA instead", false },
	{ "thumbnails-share-rule", "view[*] & rule[@].transition[*].days & !rule[@].larger-than>131071 & !rule[@].tag & !rule[@].prefix",
	  "what the view keeps in this bucket moves with the rule, too: above 128 KB always, below where nothing keeps small objects from moving", "larger-than = 128KiB, or tag = NAME=VALUE in the [lifecycle]", false },
	{ "transition-does-not-pay", "rule[@].transition[*].days & !rule[@].larger-than>131071",
	  "each move costs a request: for small objects more than their cheaper storage saves", "larger-than = 128KiB", false },
	{ "tiering-below-128k", "class=INTELLIGENT_TIERING | view[@].class=INTELLIGENT_TIERING",
	  "objects below 128 KB are never moved to a cheaper tier: a thumbnail of 256 pixels has 3 to 20 KB", "class = STANDARD", false },
	{ "tiering-below-128k", "rule[@].transition[INTELLIGENT_TIERING].days & !rule[@].larger-than>131071",
	  "objects below 128 KB are never moved to a cheaper tier, whichever class they are in", "larger-than = 128KiB in the [lifecycle]", false },
	{ "deleted-is-not-gone", "behind[@].keeps", "what is deleted stays at the edge until its time is over ({behind[@].days days at the most|its policy says when})", "larder rm --invalidate", false },
	{ "deleted-is-not-gone", "versioning=yes & behind[*].keeps | versioning=yes & replicated[*]",
	  "what is deleted stays as an old version ({old-versions days|no rule removes all of them})", "larder rm --all-versions", false },
	{ "deleted-is-not-gone", "replicated[@].tag & !replicated[@].delete-markers & !replicated[@].lacking",
	  "what is deleted stays in the copies, in [store \"{replicated[@].to}\"]: S3 copies no delete markers of what has a tag", "larder rm there, too, or prefix instead of tag and delete-markers = yes", false },
	{ "deleted-is-not-gone", "replicated[@] & !replicated[@].tag & !replicated[@].delete-markers & !replicated[@].lacking", "what is deleted stays in the copies, in [store \"{replicated[@].to}\"]", "delete-markers = yes in the [replication]", false },
	{ "deleted-is-not-gone", "replicated[@].delete-markers & !replicated[@].lacking",
	  "what is deleted stays in the copies, in [store \"{replicated[@].to}\"], as an old version there ({replicated[@].old-versions days|no rule removes all of them})",
	  "larder rm --all-versions there, too: the removal of a version is not copied", false },
	{ "expiry-on-versions", "versioning=yes & rule[@].expire & rule[@].old-stay | by-lines & versioning=yes & rule[@].expire & !rule[*].expire-noncurrent",
	  "expiry after {rule[@].expire days} only adds a delete marker here: the bytes stay, and are billed, for ever", "expire-noncurrent = 30d, for one, in a rule for all of the same objects", false },
	{ "uploads-never-aborted", "!rule[*].abort-uploads", "parts of uploads that nobody ended stay, and are billed, for ever", "abort-uploads = 7d", false },
	{ "source-unprotected", "source-of[*] & !versioning=yes | source-of[*] & !public-access=blocked",
	  "the only true copy of the models is one removal, or one wrong policy, away", "versioning = yes and public-access = blocked, and then replication = NAME, to a bucket in another region", false },
	{ "source-unprotected", "source-of[*] & versioning=yes & public-access=blocked & !replicated[*]",
	  "the models are in this bucket alone: when its region, or the bucket itself, is lost, so are they", "replication = NAME, to a bucket in another region", false },
	{ "source-unprotected", "source-of[*] & versioning=yes & public-access=blocked & replicated[*] & source-of[@].left-here",
	  "no [replication] takes {source-of[@].left-here} to another region: when this one is lost, so is what has no copy elsewhere",
	  "a [replication] of them without tag, to a [store] of a [backend] in another region", false },
	{ NULL }
};

static const struct larder_trap replication_traps[] = {
	{ "replication-without-versions", "rule[@].to & !source-versioning | rule[@].to & !rule[@].target-versioning",
	  "S3 refuses the rule: it copies only from a bucket with versioning, and only to one that has it, too", "versioning = yes in both [store] sections", true },
	{ "delete-markers-of-a-tag", "rule[@].to & rule[@].tag & rule[@].delete-markers=yes", "S3 refuses the rule: a delete marker has no tags, so a rule for objects of one tag copies none",
	  "delete-markers = no, or no tag: prefix narrows it, too", true },
	{ "copy-dearer-than-original", "rule[@].to & rule[@].left-behind~GLACIER & !rule[@].class=GLACIER & !rule[@].class=DEEP_ARCHIVE"
	  " | rule[@].to & rule[@].left-behind=DEEP_ARCHIVE & !rule[@].class=GLACIER & !rule[@].class=DEEP_ARCHIVE",
	  "the original goes to {rule[@].left-behind} and its copy does not, or later: that costs up to seven times as much",
	  "lifecycle = NAME in the [store] of the copies: the same transition, as early, and for all that is copied", false },
	{ "copy-dearer-than-original", "view[*] & rule[@].class~_IA & !rule[@].prefix & !rule[@].tag | view[*] & rule[@].class=GLACIER_IR & !rule[@].prefix & !rule[@].tag",
	  "thumbnails are copied, too, and in class {rule[@].class} each is billed as 128 KB at least", "tag = NAME=VALUE or prefix = TEXT in the [replication], which thumbnails do not have, or class = STANDARD", false },
	{ NULL }
};

static const struct larder_trap cdn_traps[] = {
	{ "public-cdn", "!key-group", "whoever knows a key reads the object, and keys hold ids of users", "key-group = NAME, for signed URLs", false },
	{ "metadata-leaks", "origin.metadata & !response-headers", "viewers see the user metadata of the objects as x-amz-meta headers", "response-headers = ID of a policy that removes them", false },
	{ "certificate-without-alias", "certificate & !alias[*]", "CloudFront serves its own certificate, with its own least TLS version, to whoever comes by its own name", "aliases = NAME, …, or no certificate", false },
	{ "certificate-region", "certificate~:acm: & !certificate~:us-east-1:", "CloudFront refuses it: its certificates lie in us-east-1", "certificate = ARN of one in us-east-1", true },
	{ "alias-without-certificate", "alias[*] & !certificate", "CloudFront refuses it: it answers to other names than its own only with a certificate that covers them", "certificate = ARN of one in us-east-1, or no aliases", true },
	{ "tls-without-certificate", "tls & !certificate", "CloudFront refuses it: with its own certificate the least version is TLSv1, and no other can be set", "certificate = ARN of one in us-east-1, or no tls", true },
	{ "no-default-behavior", "origin[*].domain & !behavior[default].origin", "CloudFront refuses it: what no pattern takes needs a behavior, too", "behaviors = NAME, …, one of them a [behavior] without path", true },
	{ "methods-incomplete", "behavior[@].origin & !behavior[@].method[GET] | behavior[@].origin & !behavior[@].method[HEAD] | behavior[@].method[PUT] & !behavior[@].method[POST]"
	  " | behavior[@].method[POST] & !behavior[@].method[PATCH] | behavior[@].method[PATCH] & !behavior[@].method[DELETE] | behavior[@].method[DELETE] & !behavior[@].method[PUT]"
	  " | behavior[@].method[PUT] & !behavior[@].method[OPTIONS]",
	  "CloudFront refuses it: methods are these three lists alone", "methods = GET, HEAD; or methods = GET, HEAD, OPTIONS; or methods = GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE", true },
	{ "cached-methods-incomplete", "behavior[@].origin & !behavior[@].cached-method[GET] | behavior[@].origin & !behavior[@].cached-method[HEAD]"
	  " | behavior[@].cached-method[OPTIONS] & !behavior[@].method[OPTIONS]",
	  "CloudFront refuses it: cached are GET and HEAD, or those and OPTIONS, where methods have it", "cached-methods = GET, HEAD", true },
	{ "times-out-of-order", "behavior[@].default-ttl - behavior[@].min-ttl<0 | behavior[@].max-ttl - behavior[@].default-ttl<0",
	  "CloudFront refuses it: the time in the cache lies between the least and the most", "min-ttl = the least, default-ttl = no less, max-ttl = no less than that", true },
	{ "cors-at-edge", "origin.cors & behavior[@].origin & !behavior[@].cors & !behavior[@].origin-request-policy | origin.cors & behavior[@].origin & !behavior[@].method[OPTIONS]",
	  "a behavior that does not forward Origin gives a viewer the CORS headers or not, as who filled the cache had it; and one without OPTIONS refuses what a script asks first",
	  "cors = NAME and methods = GET, HEAD, OPTIONS in each of the [behavior] sections; or for cors a cache-policy with an origin-request-policy", false },
	{ "403-for-missing", "origin[*].access & !origin.may-list", "a key that is not there is answered 403, not 404: the CDN may not list the bucket", "list = yes in the [cdn], or expect 403", false },
	{ "one-origin", "origin.replicated & !origin[*].failover", "when the bucket's region fails so does the site: the copies in another one are not asked", "failover = the [store] of the copies, in the [cdn]", false },
	{ "failover-not-for-writes", "origin[*].failover & behavior[@].origin & !behavior[@].failover", "a behavior that takes PUT, POST, PATCH or DELETE asks the first bucket alone, for reads, too: CloudFront lets none of those fail over",
	  "methods = GET, HEAD, OPTIONS in it, and a [behavior] with a path of its own for what writes", false },
	{ "failover-without-copies", "origin[*].failover & !origin.copied-there & !by-lines", "nothing copies the objects to the bucket that is asked where the first one fails: viewers get 403 or 404 from it", "replication = NAME in the [store] it serves, whose copies go to that one", false },
	{ "oai", "origin[*].access=oai", "origin access identities know no SSE-KMS and no newer regions", "origin-access = oac", false },
	{ NULL }
};

static const struct larder_trap filesystem_traps[] = {
	{ "efs-open-inside", "!policy.tls=yes | !policy.access-point=yes", "any pod on those nodes can mount it as root, without an access point, or read over the line in clear, without TLS", "policy = tls, access-point", false },
	{ "efs-path-missing", "cache[@].volume-path & !access-point[*].mode", "on a new file system that path is not there, or belongs to root: the mount fails", "access-point = PATH and owner = UID:GID", false },
	{ "access-point-without-owner", "access-point[@].mode & !access-point[@].owner", "EFS makes no folder that belongs to nobody", "owner = UID:GID", true },
	{ "key-without-encryption", "kms-key & !encrypted=yes", "EFS refuses it: a key is for what is encrypted", "encrypted = yes, or no kms-key", true },
	{ "elastic-of-maxio", "throughput=elastic & performance=maxIO", "EFS refuses it: elastic throughput is for generalPurpose alone", "performance = generalPurpose", true },
	{ "archive-not-elastic", "lifecycle.to-archive & !throughput=elastic", "EFS refuses it: its archive is for elastic throughput alone", "throughput = elastic", true },
	{ "archive-before-ia", "lifecycle.to-archive - lifecycle.to-ia<1", "EFS refuses it: files become infrequent before they are archived", "to-archive later than to-ia", true },
	{ "zone-taken", "was:zone-taken", "EFS takes one mount target a zone, and that of another subnet of it was not made here: {was:zone-taken}", "its subnet instead; or remove that mount target, and apply again", true },
	{ "efs-zones", "targets<2", "nodes of other zones mount across zones, which is billed, or do not find it", "subnets = one of each zone that has nodes", false },
	{ "bursting-and-ia", "throughput=bursting & lifecycle.to-ia & size.gib>20",
	  "only bytes of the Standard class earn throughput: {size} earn {size.gib * 50 / 1024 MiB/s}, and as models idle into IA it falls to 1", "throughput = elastic, or no to-ia", false },
	{ "bursting-and-ia", "throughput=bursting & lifecycle.to-ia & !size.gib>20", "only bytes of the Standard class earn throughput: as models idle into IA it falls, to 1 MiB/s at the least", "throughput = elastic, or no to-ia", false },
	{ "bursting-too-small", "throughput=bursting & size.gib>20 & size.gib<228",
	  "once its burst credits are used up, {size} earn {size.gib * 50 KiB/s}: one full read takes 5 hours and 50 minutes", "throughput = elastic, or throughput = provisioned RATE", false },
	{ "bursting-too-small", "throughput=bursting & size.gib<21",
	  "once its burst credits are used up, {size} have the least throughput there is, 1 MiB/s: one full read takes {size.gib * 1024 / 60 minutes}", "throughput = elastic, or throughput = provisioned RATE", false },
	{ "lease-too-short", "throughput=bursting & !lifecycle.to-ia & size.gib>20 & size.gib * 50 * cache[@].lease<6835938",
	  "once the burst credits of {size} are used up, a model of 7 GB takes {6835938 / size.gib / 50 seconds}, longer than the lock lasts: workers that do not renew it load twice", "lease = more than that for such workers; ours renew", false },
	{ "lease-too-short", "provisioned * cache[@].lease<6835938",
	  "with throughput {throughput} a model of 7 GB takes {6835938 / provisioned seconds}, longer than the lock lasts: workers that do not renew it load twice", "lease = more than that for such workers; ours renew", false },
	{ "lease-too-short", "throughput=bursting & lifecycle.to-ia & cache[@].lease<6700 | throughput=bursting & size.gib<21 & cache[@].lease<6700", "at the least throughput a model of 7 GB takes longer than the lock lasts: workers that do not renew it load twice", "lease = 6700s or more for such workers; ours renew", false },
	{ "read-only-miss", "cache[@].claim & !cache[@].claim-rw", "readers mount it read-only, so a miss cannot fill it", "claim-rw = NAME, and an init container that mounts that", false },
	{ "job-identity", "cache[@].job & !cache[@].service-account | cache[@].image-moves", "the job runs as the node does, or with another image each time: one without a tag is the latest", "service-account = NAME and image = NAME:TAG, or its digest; a job that is there takes no other image: kubectl delete it first, or schedule, as a CronJob can be changed", false },
	{ "mode-755-on-files", "cache[@].file-executable", "models become executable", "file-mode = 644", false },
	{ NULL }
};

static const struct larder_trap backup_traps[] = {
	{ "backups-in-one-region", "rule[@].only-here | by-lines & rule[@].vault & !rule[@].copy[*]", "the failure of a region takes what {rule[@].only-here|a rule} keeps with it",
	  "copy-to = arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME, a vault in another region, for each rule", false },
	{ "cold-too-short", "rule[@].delete-after - rule[@].cold-after<90 | rule[@].copy-delete-after - rule[@].copy-cold-after<90", "AWS Backup refuses it: what has become cold stays 90 days before it may be deleted",
	  "delete-after = 90 days behind cold-after, or no cold-after", true },
	{ "windows", "rule[@].schedule~cron(", "schedules are in UTC: {rule[*].schedule here|other hours} by this machine's clock; whether that is a busy time nobody here can tell", NULL, false },
	{ "backup-of-a-cache", "selected[@].cache-of & selected[@].versions", "the backups hold again what [store \"{selected[@].cache-of}\"] has anyway, with its old versions", "leave them out: no backup of what is a cache", false },
	{ "backup-of-a-cache", "selected[@].cache-of & !selected[@].versions", "the backups hold again, each day anew, what [store \"{selected[@].cache-of}\"] has anyway",
	  "leave them out, once that keeps versions: no backup of what is a cache", false },
	{ NULL }
};

static const struct larder_trap database_traps[] = {
	{ "backups-in-one-region", "retention>0 & !copied-away", "the automated backups lie in the region of the instance, whose failure takes them with it",
	  "a [backup] that selects this one, with copy-to = a vault in another region", false },
	{ "final-snapshot-name", "final-snapshot & !final-snapshot=none & !final-snapshot~{date}", "a final snapshot of that name may be there already: then the second destroy fails", "final-snapshot = NAME-{date}", false },
	{ "final-snapshot-there", "was:final-snapshot-there", "a snapshot '{was:final-snapshot-there}' is there already: the database would not go", "another name: {date} in it makes one a day", false },
	{ "final-snapshot-invalid", "final-snapshot & !final-snapshot=none & !final-snapshot names 255", "RDS refuses it: no snapshot can be called '{final-snapshot}'",
	  "final-snapshot = a letter, then letters, digits and single hyphens, none at the end, 255 at the most", true },
	{ "pitr-is-not-logs", "log[*]", "exported logs are for reading: a point in time comes back from automated backups alone, which stay {retention days|no day}", NULL, false },
	{ "retention-stalls", "was:retention=0 & retention & !retention=0 | was:retention>0 & retention=0", "between none and some retention the instance may stall for seconds", "in the maintenance window", false },
	{ "windows", "window", "the window is in UTC: {window}, by this machine's clock {window here|the same}; whether that is a busy time nobody here can tell", NULL, false },
	{ "retention-too-long", "retention>35", "RDS refuses it: automated backups stay 35 days at the most", "retention = 35d at the most; for longer a [backup]", true },
	{ "windows-overlap", "window overlaps was:maintenance", "RDS refuses it: the instance has its maintenance at {was:maintenance}, UTC", "a window at another time, or another time for the maintenance", true },
	{ NULL }
};

/* Each driver knows the names of all: what is accepted for one profile's driver is no slip under another profile, which has not that driver. */
static const struct larder_trap *const known_traps[] = { bucket_traps, replication_traps, cdn_traps, filesystem_traps, backup_traps, database_traps, NULL };

#endif
