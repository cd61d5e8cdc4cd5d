/* job.h: one picture being taken in, from request to commit. */
#ifndef LARDER_IMAGE_JOB_H
#define LARDER_IMAGE_JOB_H

#include <pthread.h>

#include "manifest.h"
#include "picture.h"

/* Names of what larder itself writes into the metadata of both objects. */
#define META_DIGEST "larder-digest"
#define META_IMAGE "larder-image"
#define META_THUMBNAIL "larder-thumbnail"
#define META_FORMER "larder-former"

/* ledger.c: what a run writes, for its manifests. */
struct kept;
struct ledger { struct larder *larder; pthread_mutex_t mutex; struct kept *first; void (*replaces) (void *context, const char *address); void *context; };
void ledger_begin (struct ledger *ledger, struct larder *larder);
/* The one of this bucket, which stays the ledger's; NULL where [larder] has none. By any thread. */
int ledger_open (struct ledger *ledger, const struct larder_store *of, struct manifest **ret, struct larder_error *error);
/* To whoever asked to be told of what is there, before it is written over or removed. By any thread; `ledger` may be NULL. */
void ledger_replaces (struct ledger *ledger, const struct larder_store *store, const char *key);
/* Puts them; `code` is what the run ended with, and is handed on. */
int ledger_end (struct ledger *ledger, int code, struct larder_error *error);

struct job {
	struct larder *larder;
	struct ledger *ledger;
	struct larder_arena *arena;      /* of the caller: results live there */
	struct larder_arena *scratch;
	const struct larder_ingest *request;
	const struct schema_pipeline *pipeline;
	struct larder_store *images, *thumbnails;  /* thumbnails NULL: the pipeline makes none */
	struct manifest *images_manifest, *thumbnails_manifest;  /* NULL: none is asked for */
	struct larder_call call;
	uint64_t memory;                 /* this picture's share of the budget */
	int64_t time, started;

	struct input input;
	bool has_input;
	const struct module *source_codec;  /* NULL for a raster */
	const struct module *codec;      /* of the stored picture */
	bool keep;                       /* its bytes go in as they came (but for strip) */
	struct encoding encoding;        /* when not kept */
	char digest[65];
	const char *key, *thumbnail_key, *content_type;
	struct larder_pairs metadata;
	const char *former_key;          /* of this job's picture in another format, which --overwrite replaces; or NULL */

	struct buffer encoded;           /* the stored picture when it is not the input itself */
	bool is_encoded;
	struct memory_source encoded_memory;   /* to read it again */
	struct larder_source encoded_source;
	struct strip strip;              /* the input without its metadata, when some is taken out */
	bool is_stripped;
	struct thumbnail small;
	struct buffer thumbnail;
	uint32_t width, height;          /* upright */
	const char *note, *store_note;   /* what is odd about the picture, about the store; or NULL */
	bool undecided;                  /* the store decides no conditions: put.c looks instead */
};

/* prepare.c: everything before the first write. */
int job_check (const struct larder_ingest *request, struct larder_error *error);   /* one picture and no more */
int job_open (struct job *job, struct larder_error *error);
int job_input (struct job *job, struct larder_error *error);      /* opens it, unless it is pixels */
int job_identify (struct job *job, struct larder_error *error);   /* formats, digest, keys, metadata */
int job_formats (struct job *job, struct larder_error *error);    /* codecs and encoding: all that job_make needs of an open job */
int job_key_in (struct job *job, const char *format, const char **ret, struct larder_error *error);   /* of its image there; NULL: no such codec */
int job_make (struct job *job, struct larder_error *error);       /* decode, thumbnail, encode */
/* The picture's rows; of a raster with a profile, those of the picture encoded, which then is done. Buffers are begun. */
int job_pixels (struct job *job, const struct larder_decode *request, struct pixels *ret, struct larder_error *error);
/* What a call that ended with `code` says: CANCELLED by the clock is LIMIT. */
int job_ended (const struct job *job, int code, struct larder_error *error);
void job_close (struct job *job);
/* The bytes that are stored. `memory` must live as long as the source. */
void job_source (struct job *job, struct memory_source *memory, struct larder_source *ret);

/* put.c: a write under the conditions of `put`, decided by the store, or by a look where it cannot. */
int job_put (struct job *job, struct larder_store *store, const struct larder_put *put, const struct larder_source *source,
             struct larder_info *ret_info, struct larder_error *error);
/* It was removed: for the manifest. */
void job_removed (struct job *job, const struct larder_store *store, const char *key);

/* commit.c: the protocol of doc/dev/ingest.md. */
int job_already (struct job *job, bool *ret_already, struct larder_error *error);
int job_commit (struct job *job, uint32_t *ret_stored, struct larder_error *error);
const char *info_metadata (const struct larder_info *info, const char *name);   /* NULL: it has none of that name */

/* The pipeline's section; 'image' when name is NULL. */
int pipeline_find (struct larder *larder, const char *name, const struct schema_pipeline **ret, struct larder_error *error);
/* "jpg" is "jpeg"; INVALID naming the formats when it is none the pipeline takes in. */
int format_check (const struct schema_pipeline *pipeline, const char *format, char ret[32], struct larder_error *error);
/* Ingest with a share of the memory: the batch divides it. */
int ingest_within (struct larder *larder, struct ledger *ledger, struct larder_arena *arena, const struct larder_ingest *request, uint64_t memory,
                   struct larder_ingested *ret, struct larder_error *error);

#endif
