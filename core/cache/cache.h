/* cache.h: one [cache] section at work. doc/dev/cache.md has the protocol and why it holds. */
#ifndef LARDER_CACHE_CACHE_H
#define LARDER_CACHE_CACHE_H

#include <sys/stat.h>
#include <larder/larder.h>
#ifndef LARDER_API_VERSION
#define LARDER_API_VERSION LARDER_API_CURRENT
#endif
#include <larder/lock.h>

#include "arena.h"
#include "record.h"
#include "schema.h"
#include "store.h"

struct lock;

#define GENERATIONS ".larder/gen"     /* a home for each model */
#define ASIDE "aside-"                /* in a home: what stood where the link had to go */

struct cache {
	struct larder *larder;
	const char *name;                /* of the section */
	const struct schema_cache *section;
	int root;                        /* the folder; -1: not there yet */
	mode_t dir_mode, file_mode;
	struct larder_store *source;     /* opened when first asked for */
};
#define CACHE_NONE { .root = -1 }
#define CLEANUP_CACHE __attribute__ ((cleanup (cache_close)))

/* Where one model is, on both sides and in the book-keeping. Paths are below the root. */
struct place {
	const char *path;                /* what workers open: "sdxl/base.safetensors"; a link */
	const char *key;                 /* in the source; of many files a prefix that ends in '/' */
	const char *lock;                /* name of its lock */
	const char *home;                /* ".larder/gen/sdxl%2Fbase.safetensors": its records and its files */
	bool folder;                     /* many files, published as one */
};

/* ---- cache.c: the section ---- */
/* The section, or the only one where name is NULL. Asks no service and loads no module. */
int cache_open (struct cache *cache, struct larder *larder, const char *name, struct larder_error *error);
void cache_close (struct cache *cache);
/* Opens the folder where it is there by now. */
int cache_root (struct cache *cache, struct larder_error *error);
/* Opens the source, and makes the root where it is missing. */
int cache_source (struct cache *cache, struct larder_error *error);
/* DENIED, naming what to mount, where this mount cannot be written to. */
int cache_writable (struct cache *cache, const struct place *place, struct larder_error *error);
/* An error of the file system about `path` below the root: DENIED also says whose it is and its mode. */
int cache_fail (const struct cache *cache, int errnum, const char *what, const char *path, struct larder_error *error);
/* The time by which the mount's server stamps files; by our own clock where we cannot write there. */
int64_t cache_now (const struct cache *cache);
const char *cache_path (const struct cache *cache, struct larder_arena *arena, const char *path);  /* from the root folder's name on */

/* ---- place.c: names ---- */
/* By base and name. INVALID when one cannot be part of a path, or the pattern wants another. */
int place_of (const struct cache *cache, struct larder_arena *arena, const struct larder_model_name *model, struct place *ret, struct larder_error *error);
/* By a key of the source: the pattern where it fits, else a file of that very path. */
int place_of_key (const struct cache *cache, struct larder_arena *arena, const char *key, struct place *ret, struct larder_error *error);
/* By its home; NOTFOUND: the name of none. */
int place_of_home (const struct cache *cache, struct larder_arena *arena, const char *home, struct place *ret, struct larder_error *error);
/* By what a record tells. */
int place_of_record (const struct cache *cache, struct larder_arena *arena, const struct record *record, struct place *ret, struct larder_error *error);
/* The file of that generation, or of many files the folder they are in, below the root. */
const char *place_data (struct larder_arena *arena, const struct place *place, const char *data);

/* ---- present.c: what is there ---- */
/* 1 and the record of the generation that the link leads to, its files all there with their sizes; 0: not so. No service, no write but the
 * time of use. */
int present_fast (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret);
/* Are all files of that generation there, with their sizes? */
bool present_whole (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record);
/* The link made to lead to the newest generation, where it does not: what a publisher that died left undone. 1 and its record, 0: none. */
int present_settle (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error);
/* For the caller of the library; not whether it is pinned. */
void present_tell (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_model *ret);
uint64_t present_generation (const struct cache *cache, struct larder_arena *arena, const struct place *place);  /* that the link leads to; 0: none */

/* ---- source.c: what the source has ---- */
/* Its files with etag and size, as a record to be; NOTFOUND. */
int source_describe (struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error);
bool source_same (const struct record *a, const struct record *b);

/* ---- publish.c: private files to a generation that all see ---- */
/* Links the files of `from` (a folder below the root, or the one file) into the home, commits the record under the first free number after
 * `after`, and switches the link. CONFLICT: that number was taken meanwhile; nothing of ours is left. */
int publish (struct cache *cache, struct larder_arena *arena, const struct place *place, const char *from, uint64_t after, struct record *record,
             struct larder_error *error);
/* The link that workers open, to `target`, for that generation, in one step; what was there stays whole for who has it open. */
int publish_link (const struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t generation, const char *target, struct larder_error *error);
/* A generation that says there is none any more: whoever fills later comes after it. The link stays; present_settle takes it away. */
int publish_gone (struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t after, struct larder_error *error);
/* The files of one generation, and its record, away. */
void publish_remove (const struct cache *cache, const struct place *place, const struct record *record);
int folder_make (const struct cache *cache, const char *path, struct larder_error *error);

/* ---- adopt.c: files that were there before ---- */
/* 1: taken over, for it has the size that the source tells; 0: nothing fits. */
int adopt (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *wanted, uint64_t after, struct record *ret,
           struct larder_error *error);

/* ---- room.c: space ---- */
int room_for (struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t length, struct larder_error *error);

/* ---- lease.c: readers' leases ---- */
/* No eviction for that long from now (at least `hold` of the section). False: it has gone meanwhile, or there is a newer one. True: it is there;
 * ret_untaken->code < 0 tells why there is no such lease, which is DENIED where this mount or user may not write. */
bool lease_take (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, int64_t hold,
                 struct larder_error *ret_untaken);
/* record->used: the latest of all its readers', not only of those that may set the time of the record's own file. */
int lease_latest (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *record, struct larder_error *error);
/* Those of generations that have gone. Never fails. */
void lease_clear (const struct cache *cache, struct larder_arena *arena, const struct place *place);
/* Where other users may take one, if the section's dir-mode lets them write. */
int lease_folder (const struct cache *cache, const struct place *place, struct larder_error *error);

/* ---- left.c: what lies in a home and no record names ---- */
enum left_kind {
	LEFT_FILL,                       /* a load, under way or not finished */
	LEFT_PUBLICATION,                /* files linked for a generation whose record is not there */
	LEFT_ASIDE                       /* what stood where a link had to go */
};
struct left {
	enum left_kind kind;
	const char *path;
	uint64_t number, length;
	int64_t since;
	bool dead;                       /* a publication whose number has been passed: it cannot be committed any more */
};
typedef int (*left_fn) (void *context, const struct left *left, struct larder_error *error);
int left_each (const struct cache *cache, struct larder_arena *arena, const struct place *place, left_fn each, void *context, struct larder_error *error);
/* What nobody can need any more, away; also what is being loaded, if `fills`. Never fails. */
void left_clear (const struct cache *cache, struct larder_arena *arena, const struct place *place, bool fills);
/* One of them; where a filler may be at work on it, under the lock that he would have. CONFLICT: he is; or why nobody can tell. */
int left_evict (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct left *left, struct larder_error *error);

/* ---- fill.c: one that fills ---- */
struct filling {
	struct cache *cache;
	struct larder_arena *arena;
	const struct place *place;
	struct lock *lock;               /* NULL: without */
	struct larder_lease lease;
	int64_t since;                   /* boot clock before it was asked for */
	larder_event_fn event;
	void *context;
	bool lost;                       /* the lease went away while it worked */
	bool beaten;                     /* somebody else published meanwhile */
};
/* CANCELLED with `lost`: somebody else may have it by now; what was loaded stays for whoever goes on. Any failure with `beaten`: what was
 * loaded is thrown away. */
int fill (struct filling *filling, const struct record *wanted, uint64_t after, struct record *ret, struct larder_error *error);

/* ---- load.c ---- */
/* Generations up to `beyond` are not what is wanted. */
int load_place (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct larder_model_load *request, uint64_t beyond,
                larder_event_fn event, void *context, struct larder_model *ret, struct larder_error *error);

/* ---- each.c ---- */
/* Every place that has a home; newest: NULL where nothing was published yet. */
typedef int (*place_fn) (void *context, struct larder_arena *arena, const struct place *place, const struct record *newest, struct larder_error *error);
int places_each (struct cache *cache, place_fn each, void *context, struct larder_error *error);
bool place_is_pinned (const struct cache *cache, struct larder_arena *arena, const struct place *place);

#endif
