/* models.h: models on a shared mount, for applications; a part of larder.h, which includes it. */
#ifndef LARDER_MODELS_H
#define LARDER_MODELS_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A folder, often a shared mount, that holds whole models and nothing half: the [cache] section says where, from which store, and
 * under which lock it is filled. doc/dev/cache.md has the protocol. */

enum larder_model_how {
	LARDER_MODEL_HIT = 0,            /* it was there; no service was asked */
	LARDER_MODEL_WAITED = 1,         /* somebody else filled it meanwhile */
	LARDER_MODEL_FILLED = 2,         /* this call did */
	LARDER_MODEL_ADOPTED = 3         /* a file that was there before the cache, as long as the source's object */
};

enum larder_model_state {
	LARDER_MODEL_WHOLE = 0,
	LARDER_MODEL_UNFINISHED = 1,     /* being loaded, or left by a load that ended: `length` is what it takes, and nobody is given it */
	LARDER_MODEL_ASIDE = 2,          /* files that stood where the model's path leads by now */
	LARDER_MODEL_DAMAGED = 3         /* `path` is no record of a generation any more: larder_model_verify with REPAIR, or larder_model_evict */
};

enum larder_model_flag {
	LARDER_MODEL_REVALIDATE = 1 << 0, /* load: ask the source whether it has another by now */
	LARDER_MODEL_REPAIR = 1 << 1,     /* verify: fill again what is damaged */
	LARDER_MODEL_OLD = 1 << 2,        /* evict: only generations that newer ones have replaced */
	LARDER_MODEL_DRY_RUN = 1 << 3     /* verify, evict, pull: tell what would be done */
};

/* Which model: names as the section's `pattern` and `key` use them. */
struct larder_model_name {
	size_t size;
	const char *cache;               /* [cache] section; NULL: the only one */
	const char *base, *name;         /* {base}, NULL where the pattern has none; {name} */
};

struct larder_model_load {
	size_t size;
	uint32_t flags;                  /* LARDER_MODEL_REVALIDATE */
	struct larder_model_name model;
	int64_t wait;                    /* ns that a waiter waits at the most; LARDER_NO_TIME: as the section says */
	int64_t hold;                    /* ns for which it is not evicted from now on; the section's `hold` when that is longer, or 0: then it is
	                                  * no error, but a `warning`, where this user or mount may not say so */
};

struct larder_model {
	size_t size;
	uint32_t how;                    /* enum larder_model_how; of a load */
	const char *path;                /* of the file; of a model of many files, the folder they are in. It stays whole while it is there */
	const char *key;                 /* what it is in the source: a key, or a prefix that ends in '/' */
	const char *etag, *checksum;     /* of the object as the source told; NULL for many files, or where it told none */
	uint64_t length, files;
	uint64_t generation;             /* grows with each that is published under this name */
	int64_t filled, used;            /* when; wall clock */
	bool pinned;                     /* of larder_model_each */
	bool current;                    /* the one that a load gives */
	int64_t held;                    /* until when readers keep it from eviction; wall clock */
	uint32_t state;                  /* enum larder_model_state; of larder_model_each */
	const char *warning;             /* of a load: why an eviction may take it although it is read; or NULL */
};

/* The path of a model once it is whole, compared with the source's checksum, and durable. There already: no service is asked and no module
 * loaded. Else one caller of all processes and machines fills it, and the others wait for it; without the lock's service more than
 * one may, and all publish the same. NOTFOUND: the source has no such model; DENIED on a mount that cannot be written to; CONFLICT: the wait is
 * over; NOSPACE by quota or disk; INTEGRITY; UNAVAILABLE. Events: "progress", and "waiting": who fills is its `to`, and how far he is `bytes`, `total`
 * and `spent`, in words its reason. */
LARDER_API int larder_model_load (struct larder *larder, struct larder_arena *arena, const struct larder_model_load *request, larder_event_fn event,
                                  void *context, struct larder_model *ret, struct larder_error *error);

/* Every model of a cache (NULL: the only one) that is whole, in byte order of the paths; behind the current one what nobody is given, or not yet: older
 * generations, and what takes room without being a model (`state`). No service is asked. */
typedef int (*larder_model_fn) (void *context, const struct larder_model *model);
LARDER_API int larder_model_each (struct larder *larder, const char *cache, larder_model_fn model, void *context, struct larder_error *error);

/* Keeps a model from eviction, or no longer. NOTFOUND when it is not there. */
LARDER_API int larder_model_pin (struct larder *larder, const struct larder_model_name *model, bool pinned, struct larder_error *error);

/* Frees at least `bytes` by removing whole models, those used least lately first; or the models named. With LARDER_MODEL_OLD replaced
 * generations alone. Never a pinned one, nor one that a load has a lease of (`held`): of those that were named, that is CONFLICT.
 * NOSPACE when it does not come to `bytes`. Events "removed", "would-remove", "failed"; summary and code as of larder_transfer. */
struct larder_model_evict {
	size_t size;
	uint32_t flags;                  /* LARDER_MODEL_OLD, LARDER_MODEL_DRY_RUN */
	const char *cache;
	const struct larder_model_name *models;
	size_t count, stride;            /* stride: sizeof (struct larder_model_name) */
	uint64_t bytes;
};
LARDER_API int larder_model_evict (struct larder *larder, const struct larder_model_evict *request, larder_event_fn event, void *context,
                                   struct larder_summary *ret_summary, struct larder_error *error);

/* Reads models again and compares them with what the source told when they were filled, or tells now of adopted ones: "same", or failed with
 * INTEGRITY, the file and where its bytes begin to differ. All of a cache, or one (`name` set). With LARDER_MODEL_REPAIR a damaged one is
 * filled anew beside the old. Events, summary and code as of larder_verify. */
LARDER_API int larder_model_verify (struct larder *larder, const struct larder_model_name *model, uint32_t flags, larder_event_fn event, void *context,
                                    struct larder_summary *ret_summary, struct larder_error *error);

/* Fills the cache with everything below prefixes of the source (none: those of the section's `prefixes`), in order; what is whole and as
 * the source has it is "skipped". Each model goes the way of larder_model_load, many at a time. Removes nothing. */
struct larder_model_pull {
	size_t size;
	uint32_t flags;                  /* LARDER_MODEL_DRY_RUN */
	const char *cache;
	const char *const *prefixes;
	size_t count;
	uint32_t shard, shards;          /* as of larder_sync */
};
LARDER_API int larder_model_pull (struct larder *larder, const struct larder_model_pull *request, larder_event_fn event, void *context,
                                  struct larder_summary *ret_summary, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
