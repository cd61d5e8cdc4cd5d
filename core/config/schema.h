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
	int64_t clock_offset;            /* store_now - wall, for the mock */
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
	const char *expected_size, *expected_rate;         /* as written, "10TB", "100GB/month"; checked */
	const char *const *tags;         /* "Name=Generated Images", … */
	bool required;
	const char *const *accept;       /* traps accepted by name */
};

/* [pipeline "name"]: how a picture is taken in. */
struct schema_pipeline {
	const char *store;
	const char *key;                 /* {user}/{year}/{month}/{job}.{ext} */
	const char *encode;              /* "png", "webp quality=90" */
	bool keep;                       /* encoded files keep their own bytes and format (default yes) */
	const char *const *metadata;     /* "user_id={user}", … */
	const char *const *formats;      /* formats taken in: png, webp, jpeg */
	const char *thumbnail_store;     /* NULL: no thumbnail */
	const char *thumbnail_key, *thumbnail_encode;
	const char *thumbnail_fit;       /* "256x256" */
	const char *background;          /* colour for alpha into a format without, or NULL */
	const char *const *strip;        /* no | location, text | all */
	const char *cache_control;
	int64_t quality;                 /* where the format has one */
	int64_t grace;                   /* age at which an unfinished claim may be taken over (default 10m) */
	uint64_t max_width, max_height, max_pixels, max_memory, max_metadata, max_file_size;
	int64_t max_frames, max_scans;
	uint32_t trust;                  /* none | own */
	bool strict;
};

/* The other sections: see schema.c for their tables; structs are added here with the feature that reads them. */
struct schema { const char *kind; const struct larder_option *options; size_t self_size; bool named; };
extern const struct schema schemas[];             /* ends with a NULL kind */
const struct schema *schema_find (const char *kind); /* NULL for sections of modules and unknown ones */

#endif
