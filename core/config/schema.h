/* schema.h: the sections of the pipeline, neutral of any vendor: one struct and one option table each.
 * Sections of modules ([backend], [lock], [resource]) have no schema here. */
#ifndef LARDER_CONFIG_SCHEMA_H
#define LARDER_CONFIG_SCHEMA_H

#include <larder/types.h>

/* [larder] (one, without a name) */
struct schema_larder {
	const char *environment;
	uint64_t memory;                 /* budget for buffers and pictures */
	int64_t jobs;                    /* 0: one a core */
	uint64_t bandwidth;              /* bytes a second of all that the handle does; 0: no limit */
	int64_t requests;                /* a second; 0: no limit */
	int64_t deadline;                /* of all that the handle does, from its opening; 0: none */
	int64_t clock_offset;            /* store_now - wall, for the mock */
	bool strict;                     /* infra: what a backend lacks is an error */
	const char *prices;              /* name of a price table, or NULL */
	const char *manifests;           /* STORE:PREFIX, or NULL */
};

/* [store "name"]: placement and settings of one kind of data. */
struct schema_store {
	const char *backend, *in, *bucket, *purpose;  /* either backend and bucket, or in */
	const char *storage_class;       /* key "class" */
	const char *cache_control;
	bool versioning;
	const char *encryption;          /* "AES256", "aws:kms", … */
	const char *public_access;       /* "blocked" */
	const char *lifecycle, *cors, *cdn, *replication;  /* names of sections */
	const char *expected_size, *expected_rate;         /* as written, "10TB", "100GB/month" */
	const char *const *tags;         /* "Name=Generated Images", … */
	bool required;
	const char *const *accept;       /* traps accepted by name */
	bool replica;                    /* filled by replication only */
	const char *ownership;           /* "bucket-owner" … as the service writes it */
	bool tls_only, protect;
	const char *const *tiering;      /* "90d ARCHIVE_ACCESS", …, or "none" */
};

/* [lifecycle "name"]: one rule; a store's `lifecycle` list makes the set. */
struct schema_lifecycle {
	const char *id, *prefix, *tag, *least_size;
	const char *const *transition;   /* "30d GLACIER_IR" */
	uint64_t larger_than;
	int64_t expire, expire_noncurrent, abort_uploads;
	const char *const *accept;
};

/* [cors "name"] */
struct schema_cors { const char *const *origins, *const *methods, *const *headers, *const *expose; int64_t max_age; };

/* [pipeline "name"]: how a picture is taken in. */
struct schema_pipeline {
	const char *store;
	const char *key;                 /* {user}/{year}/{month}/{job}.{ext} */
	const char *encode;              /* "png", "webp quality=90" */
	bool keep;                       /* encoded files keep their own bytes and format */
	const char *const *values;       /* further placeholders: what each ingest must be given */
	const char *const *metadata;     /* "user_id={user}", … */
	const char *const *formats;      /* formats taken in */
	const char *thumbnail_store;     /* NULL: no thumbnail */
	const char *thumbnail_key, *thumbnail_encode;
	const char *thumbnail_fit;       /* "256x256" */
	const char *background;          /* colour for alpha into a format without, or NULL */
	const char *const *strip;        /* no | location, text | all */
	const char *cache_control;
	int64_t quality;                 /* where the format has one */
	int64_t grace;                   /* age at which an unfinished claim may be taken over */
	uint64_t max_pixels, max_memory, max_metadata, max_file_size, max_expansion;
	int64_t max_time;                /* of CPU, ns */
	int64_t max_width, max_height, max_frames, max_scans;
	uint32_t trust;                  /* none | own */
	bool strict, manifest;
};

/* [cache "name"]: models on a shared mount. */
struct schema_cache {
	const char *source, *store, *lock, *root, *pattern, *key, *lock_name;
	int64_t lease, wait, hold;
	const char *dir_mode, *file_mode;
	uint64_t quota;
	const char *const *prefixes;
	const char *schedule, *service_account, *image, *nspace, *job, *cpu, *memory, *volume, *claim, *claim_rw, *storage_class;
	const char *volume_path, *cpu_limit, *memory_limit, *config_map;
	const char *const *accept;
};

/* [cdn "name"] and [behavior "name"] */
struct schema_cdn {
	const char *backend, *domain, *store, *failover, *origin_id, *comment, *origin_access, *origin_access_comment, *price_class, *certificate, *tls;
	const char *geo, *web_acl, *key_group, *http_version, *response_headers;
	const char *const *behaviors, *const *aliases, *const *tags, *const *accept;
	int64_t sign_most;               /* ns */
	bool ipv6, enabled, protect, list;
};
struct schema_behavior {
	const char *path, *viewer, *cors, *cache_policy, *origin_request_policy;
	const char *const *methods, *const *cached_methods;
	int64_t min_ttl, default_ttl, max_ttl;
	bool query, cookies, compress;
};

/* [replication "name"] */
struct schema_replication {
	const char *to, *id, *storage_class, *role, *region, *prefix, *tag;
	int64_t priority, time_control;
	bool delete_markers;
	const char *const *accept;
};

/* [filesystem "name"] */
struct schema_filesystem {
	const char *backend, *token, *kms_key, *performance, *throughput, *access_point, *owner, *mode, *vpc, *security_group, *egress;
	const char *backup, *expected_size, *purpose;
	const char *const *subnets, *const *nodes, *const *tags, *const *policy, *const *accept;
	bool encrypted, protect, automatic_backup;
	int64_t to_ia;
	bool back_on_access;
};

/* [backup-rule "name"]: one of a plan's; a plan with a single one says it itself. */
struct schema_backup_rule {
	const char *id, *vault, *schedule;
	const char *const *copy_to, *const *accept;
	int64_t delete_after, cold_after, copy_delete_after, copy_cold_after;
};

/* [backup "name"] */
struct schema_backup {
	const char *backend, *plan, *selection, *role;
	const char *const *rules, *const *resources, *const *accept;
	struct schema_backup_rule own;   /* its `vault` is that of the rules that name none, too */
};

/* [database "name"] */
struct schema_database {
	const char *backend, *instance, *window, *final_snapshot;
	const char *const *logs, *const *accept;
	int64_t retention;
	bool destroy, skip_final_snapshot, protect;
};

/* [usage "name"]: what a month uses, for the cost table. */
struct schema_usage { const char *const *items; uint64_t gigabyte; };

struct schema { const char *kind; const struct larder_option *options; size_t self_size; bool named; };
extern const struct schema schemas[];             /* ends with a NULL kind */
const struct schema *schema_find (const char *kind); /* NULL for sections of modules and unknown ones */
/* Keys whose values name another section: kind of the section, key, kind it names. */
struct schema_reference { const char *kind, *key, *names; };
extern const struct schema_reference schema_references[];  /* ends with a NULL kind */

#endif
