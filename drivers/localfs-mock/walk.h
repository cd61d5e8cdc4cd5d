/* walk.h: the keys of a bucket in byte order, a batch of names of each folder at a time. */
#ifndef LOCALFS_MOCK_WALK_H
#define LOCALFS_MOCK_WALK_H

#include "mock.h"

struct entry;

/* A folder being walked: the smallest names above the last batch, sorted. */
struct frame {
	size_t key, path;               /* bytes of walk.key and walk.path that are this folder */
	struct entry **entries;
	size_t count, next;
	bool more;                      /* the folder had more than fit in the batch */
};

struct walk {
	const struct bucket *bucket;
	const char *prefix;
	const char *after;              /* or NULL */
	bool inclusive;                 /* `after` itself too */
	char skip[KEY_MOST + 1];        /* keys that begin with this are passed over; "" for none */
	size_t batch;                   /* names of a folder held at once */
	struct frame *frames;
	size_t depth, room;
	char key[KEY_MOST + KEY_FRAGMENT_ROOM];
	char path[PATH_ROOM];
};

#define CLEANUP_WALK __attribute__ ((cleanup (walk_end)))

/* Fields bucket, prefix, after, inclusive, skip, batch are set. */
int walk_begin (struct walk *walk, struct larder_error *error);
/* 1 with walk->key, 0 at the end, or a code. */
int walk_next (struct walk *walk, struct larder_error *error);
void walk_end (struct walk *walk);

#endif
