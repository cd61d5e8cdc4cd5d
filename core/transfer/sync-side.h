/* sync-side.h: one side of a sync: its keys below the root, in byte order of the whole key. A folder of a local tree is a key
 * that ends in '/', before all below it: so both sides have one order. */
#ifndef LARDER_TRANSFER_SYNC_SIDE_H
#define LARDER_TRANSFER_SYNC_SIDE_H

#include "sort.h"
#include "transfer.h"

enum entry_kind { ENTRY_FILE, ENTRY_FOLDER, ENTRY_OTHER };

struct entry {
	const char *key;              /* below the root */
	enum entry_kind kind;
	uint64_t length;
	int64_t mtime;
	mode_t mode;                  /* local */
	int errnum;                   /* of a link that cannot be followed: EXDEV leads out, ELOOP back */
	const struct larder_info *info; /* NULL: local */
};

#define SIDE_KEY_ROOM 4608        /* the longest path, and a name that is too much */

struct level;

struct side {
	struct transfer *transfer;
	/* Fills `at` and with side_key its key: 1, 0 at the end, or a code. */
	int (*fetch) (struct side *side, struct larder_error *error);
	const char *name;             /* as it was written */
	struct entry at;
	char keys[2][SIDE_KEY_ROOM];  /* the one of now and the one before take turns */
	unsigned turn;
	bool any;

	/* a store */
	struct larder_store *store;   /* NULL: local */
	const char *prefix;
	struct larder_arena *arenas[2];
	struct page page;
	size_t next;

	/* a local tree */
	int root;                     /* -1: not there */
	bool source;                  /* what cannot be read is told and passed by; else it ends the run */
	bool untold;                  /* it is passed by in silence: another walk tells it */
	bool follow;                  /* links, as long as they stay in it */
	bool descend;                 /* into the folder that was given last */
	bool doubt;                   /* something could not be read: nobody knows what is there */
	struct level *level;

	/* --from: the keys that take part, in the same order, and the one that is next; NULL: all */
	struct sort *only;
	const char *pick;
};

/* A path as the prefix of what is below it: it ends at a separator. NULL: no memory. */
const char *side_prefix (const char *path, struct larder_arena *arena);
int side_begin_store (struct side *side, struct transfer *transfer, struct larder_store *store, const char *path, struct larder_error *error);
/* A destination may be missing. */
int side_begin_local (struct side *side, struct transfer *transfer, const char *path, bool source, struct larder_error *error);
/* 1 and `at`, 0 when the end is proven, or a code. A key out of order is UNAVAILABLE. */
int side_next (struct side *side, struct larder_error *error);
void side_end (struct side *side);

/* For fetch. */
int side_key (struct side *side, const char *folder, const char *name, struct larder_error *error);

#endif
