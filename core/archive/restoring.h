/* restoring.h: a restore that is under way, for the files that do its work. */
#ifndef LARDER_ARCHIVE_RESTORING_H
#define LARDER_ARCHIVE_RESTORING_H

#include <pthread.h>
#include <larder/larder.h>

#include "arena.h"
#include "job.h"
#include "pool.h"

enum { CLASSES_MOST = 16 };
#define SORT_MEMORY ((size_t) 4 << 20)
/* `first`: a key of it. `paid`: asked for before, by an earlier run or pass. */
struct class { const char *name, *first; uint64_t objects, bytes, paid, paid_bytes; bool is_archived; };

struct restoring {
	struct larder *larder;
	struct larder_archive_restore asked;
	larder_archive_estimate_fn estimate;
	larder_event_fn event;
	void *context;
	struct larder_arena *arena;
	struct larder_arena *each;       /* of one object or event, on the thread that tells it */
	const char *store_name;
	struct larder_store *store;
	bool unpacks;                    /* --to is a folder: bundles come as their members */
	struct job job;
	/* while it is begun, and of a look that is to tell what there is to ask for */
	struct class classes[CLASSES_MOST];
	size_t count;
	/* of the pass that is under way, when threads look at the objects: under the mutex */
	struct pool *pool;
	pthread_mutex_t mutex;
	uint64_t states[128], objects, bytes;
	int ready;                       /* file of the keys to fetch, or -1 */
	uint64_t listed, bundles;        /* those in it; and bundles whose members can be fetched */
	int stopped;                     /* what ends the run, and why */
	int code;                        /* what most failed with */
	struct larder_error why;
	bool waiting;                    /* what was found ready before is not looked at */
	bool asks;                       /* this look asks for what is wanted, for it was told what that costs */
	bool known;                      /* the look before was at all of it: this one is at what is wanted alone */
	uint64_t settled, fresh;         /* ready, and not looked at; asked for by this very pass */
	int64_t ahead;                   /* of this machine's clock that of the storage was, when it was last asked */
};

/* ---- restore.c ---- */
int restoring_tell (struct restoring *all, const struct larder_event *event);
int restoring_tell_object (struct restoring *all, const char *action, const struct job_object *object);
/* JOB_FAILED, and told. */
int restoring_fail (struct restoring *all, const struct job_object *object, int code, const struct larder_error *why);
int restoring_overwritten (struct restoring *all, const struct job_object *object);
/* What was found ready cannot be read: told. */
int restoring_again (struct restoring *all, const char *key);
bool restoring_is_ready (int state);

/* ---- find.c: which objects ---- */
/* The store that the first address names. */
int find_store (struct restoring *all, struct larder_error *error);
/* All that is asked for, each once, into the job that has begun: bundles of members behind the others, the oldest first. */
int find_objects (struct restoring *all, struct larder_error *error);

/* ---- members.c: names that are no object, but in a bundle ---- */
struct wanted;
struct wanted_list { struct larder_arena *arena; struct wanted *at; size_t count, room; };
int wanted_add (struct wanted_list *list, const char *key, struct larder_error *error);
const char *wanted_first (const struct wanted_list *list);
/* The bundle and the offset in it of each; NOTFOUND for one that is in none. */
typedef int (*wanted_fn) (void *context, const struct larder_info *bundle, uint64_t offset, struct larder_error *error);
int wanted_find (struct restoring *all, struct wanted_list *list, wanted_fn each, void *context, struct larder_error *error);
/* A listing's objects. `pairs`: a bundle with its index beside it is `indexed`, and the index is not handed on. */
typedef int (*paired_fn) (void *context, const struct larder_info *info, bool indexed, struct larder_error *error);
int paired_list (struct larder_store *store, const char *prefix, const char *delimiter, bool pairs, paired_fn each, void *context, struct larder_error *error);

/* ---- estimate.c: what it comes to ---- */
void estimate_add (struct restoring *all, const struct job_object *object);
void estimate_add_paid (struct restoring *all, const struct job_object *object);
/* By each tier. INVALID when it is more than may be paid, or a class does not have the tier. */
int estimate_tell (struct restoring *all, struct larder_error *error);

/* ---- look.c: a look at each object, which is asked for where it has to be ---- */
int restoring_look (struct restoring *all, struct larder_error *error);

/* ---- pace.c: when it is looked at again ---- */
/* Pure: of its tier, and of how many are on their way since when. */
int64_t pace_pause (const struct restoring *all, int64_t waited);
/* On the boot clock, as far ahead as the storage is. */
int pace_now (struct restoring *all, int64_t *ret, struct larder_error *error);
/* It began then, and it is now. */
int pace_rest (struct restoring *all, int64_t began, int64_t now, int64_t pause, struct larder_error *error);

/* ---- fetch.c: what is ready ---- */
int restoring_fetch (struct restoring *all, struct larder_error *error);

#endif
