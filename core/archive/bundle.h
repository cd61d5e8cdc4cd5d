/* bundle.h: small files as one object: a tar, made in a file without a name, and the index that lies beside it.
 * doc/dev/archive.md describes both. */
#ifndef LARDER_ARCHIVE_BUNDLE_H
#define LARDER_ARCHIVE_BUNDLE_H

#include "buffer.h"
#include "checksum.h"

struct item;
struct task;

struct bundle {
	int fd;                       /* -1: nothing is in it */
	uint64_t length;
	struct sha256 sum;            /* of all bytes so far */
	struct buffer index;          /* a line a member */
	struct task *first, **last;   /* the items that are in it, in order */
	size_t count;
};

void bundle_begin (struct bundle *bundle);
void bundle_end (struct bundle *bundle);
/* The file of an item, which is open, as the member `name`. It is as before when this fails. */
int bundle_add (struct bundle *bundle, struct item *item, const char *name, struct larder_error *error);
/* No more comes: the end of the tar; its name, "bundle-HEX.tar", says which bytes it has. */
#define BUNDLE_NAME_ROOM 48
int bundle_close (struct bundle *bundle, char ret_name[BUNDLE_NAME_ROOM], char ret_sum[65], struct larder_error *error);
/* The index as an object: a line that tells of the bundle, and those of the members. */
int bundle_index (const struct bundle *bundle, const char *name, const char *sum, struct buffer *into, struct larder_error *error);
#define BUNDLE_INDEX ".index"

#endif
