/* sync.h: a sync under way: two sides merged, what is missing or different copied, and what is left over removed at the end. */
#ifndef LARDER_TRANSFER_SYNC_H
#define LARDER_TRANSFER_SYNC_H

#include <stdio.h>
#include "plan.h"
#include "sync-side.h"

struct sync {
	struct transfer transfer;
	const struct larder_sync *request;
	struct larder_transfer *copy; /* what the transfer's request is */
	bool inside_cache;            /* the model cache's own, into its private files */
	/* What is done with the current key of the source, which `to` has too, or is NULL; with one that only the destination has. */
	int (*judge) (struct sync *sync, const struct entry *to, struct larder_arena *arena, struct larder_error *error);
	int (*alone) (struct sync *sync, struct larder_error *error);
	struct side from, to;
	uint64_t seen;                /* of the source, whatever the filters say */
	uint64_t there;               /* objects or files of the destination */

	struct shadow *covered;       /* of the source: what is no file and no folder keeps all below its name over there */
	struct shadow *leaving;       /* local: files that go, where a folder may have to come */
	struct item *later;           /* local: they come when what stands in their way has gone */
	FILE *leftover;               /* what to remove, a struct leftover and its texts each: memory does not grow with them */
	uint64_t removing;

	struct file_draft failed;     /* fd -1, or gets the keys that fail */
	int failed_code;              /* it could not be written to */
	larder_event_fn event;        /* the caller's */
	void *context;
};

/* ---- sync.c ---- */
/* `sources`: what cannot be read is told on both sides. */
int sync_begin_sides (struct sync *sync, bool sources, struct larder_error *error);
void sync_end (struct sync *sync);

/* ---- sync-merge.c ---- */
int sync_judge (struct sync *sync, const struct entry *to, struct larder_arena *arena, struct larder_error *error);
/* An object, or a file; not a folder of a local tree, which is there because of what is in it. */
bool sync_is_item (const struct entry *entry);
/* Of the current key, for people. NULL: no memory. */
const char *sync_address (const struct side *side, struct larder_arena *arena);
/* The item is the current key; false: no memory. */
bool sync_fill (struct item *item, const struct side *side);
int sync_merge (struct sync *sync, struct larder_error *error);
/* Of an empty source: CONFLICT when its destination would be emptied, NOTFOUND for a prefix of a store, else 0. */
int sync_fail_empty (const struct sync *sync, struct larder_error *error);
/* Both filters and the shard: does this key take part? */
bool sync_takes (const struct larder_sync *request, const char *key);
/* Is the one on this side to be copied over that one? */
bool sync_differs (const struct larder_sync *request, const struct entry *from, const struct entry *to);

bool sync_objects_differ (const struct larder_info *from, const struct larder_info *to);
/* Are two times one, as finely as the coarser clock wrote them? */
bool sync_same_time (int64_t one, int64_t other);
/* What a side has of its current key. */
struct seen sync_seen (const struct entry *entry);

/* ---- sync-remove.c ---- */
/* The current key of the destination has nothing on the other side. */
bool sync_is_private (const struct side *side);       /* a private file of a download that is under way, or to be gone on with */
int sync_leftover (struct sync *sync, struct larder_error *error);
/* Removes them, after both listings were whole; refuses where there is doubt, or more than may go. */
int sync_remove (struct sync *sync, struct larder_error *error);
/* Those that had to wait. */
void sync_add_later (struct sync *sync);

/* ---- sync-list.c ---- */
/* A list of what fails, where one was asked for: begun, a line more for the address in an event, and published, whatever the run
 * ended with. */
int sync_list_begin (struct sync *sync, struct larder_error *error);
void sync_list_add (struct sync *sync, const char *address);
int sync_list_end (struct sync *sync, int code, struct larder_error *error);
/* The keys that take part in a run. CONFLICT for the list of a run that ended before its time. */
int sync_list_read (struct sync *sync, struct larder_error *error);
/* Does the current key of that side? 1, 0 or a code. */
int sync_list_takes (struct side *side, struct larder_error *error);

/* ---- sync-mode.c ---- */
/* All files and folders of the destination get the mode that was asked for. `first`: before the copies; one that cannot be set ends the run. */
int sync_modes (struct sync *sync, bool first, struct larder_error *error);

/* ---- verify-manifest.c: larder_verify with LARDER_VERIFY_MANIFEST ---- */
int verify_manifest (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                     struct larder_error *error);

#endif
