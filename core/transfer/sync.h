/* sync.h: a sync under way: two sides merged, what is missing or different copied, and what is left over removed at the end. */
#ifndef LARDER_TRANSFER_SYNC_H
#define LARDER_TRANSFER_SYNC_H

#include <stdio.h>
#include "sync-side.h"

struct sync {
	struct transfer transfer;
	const struct larder_sync *request;
	struct side from, to;
	uint64_t seen;                /* of the source, whatever the filters say */
	uint64_t there;               /* objects or files of the destination */

	struct shadow *covered;       /* of the source: what is no file and no folder keeps all below its name over there */
	struct shadow *leaving;       /* local: files that go, where a folder may have to come */
	struct item *later;           /* local: they come when what stands in their way has gone */
	FILE *leftover;               /* keys to remove, each with its NUL: memory does not grow with them */
	uint64_t removing;
};

/* ---- sync-merge.c ---- */
int sync_merge (struct sync *sync, struct larder_error *error);
/* Of an empty source: CONFLICT when its destination would be emptied, NOTFOUND for a prefix of a store, else 0. */
int sync_fail_empty (const struct sync *sync, struct larder_error *error);
/* Both filters and the shard: does this key take part? */
bool sync_takes (const struct larder_sync *request, const char *key);
/* Is the one on this side to be copied over that one? */
bool sync_differs (const struct larder_sync *request, const struct entry *from, const struct entry *to);

/* ---- sync-same.c ---- */
/* Compares the bytes of an item with those of its target. */
int sync_same (struct item *item, bool *ret_same, struct larder_error *error);

/* ---- sync-remove.c ---- */
/* The current key of the destination has nothing on the other side. */
int sync_leftover (struct sync *sync, struct larder_error *error);
/* Removes them, after both listings were whole; refuses where there is doubt, or more than may go. */
int sync_remove (struct sync *sync, struct larder_error *error);
/* Those that had to wait. */
void sync_add_later (struct sync *sync);

/* ---- sync-mode.c ---- */
/* All files and folders of the destination get the mode that was asked for. */
int sync_modes (struct sync *sync, struct larder_error *error);

#endif
