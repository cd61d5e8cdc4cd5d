/* record.h: what is known of one key: its versions, newest first, as text. Pure: no files, no clock. */
#ifndef LOCALFS_MOCK_RECORD_H
#define LOCALFS_MOCK_RECORD_H

#include <larder/types.h>

#include "arena.h"
#include "buffer.h"

#define RECORD_MOST ((size_t) 64 << 20)

struct version {
	const char *id;                        /* "null" if written while the bucket kept no versions */
	const char *data;                      /* name of its bytes; NULL in a delete marker */
	int64_t mtime;
	int64_t ahead;                         /* by so much the mock's clock was, when it was written */
	int64_t restored_from, restored_until; /* a readable copy of what is archived; 0: none was asked for */
	uint64_t length;
	const char *etag, *checksum;           /* CRC64NVME of the whole, base64 */
	struct larder_attributes attributes;
	struct larder_pairs tags;
};

struct record {
	const char *key;
	struct version *versions;              /* newest first; none: the key is not there */
	size_t count;
};

/* Text of a record; a failure sticks in the buffer. */
void record_format (const struct record *record, struct buffer *into);
/* Strict: -1 for anything that record_format does not write, a flipped bit or a cut end included, and without memory. */
int record_parse (const char *text, size_t length, struct larder_arena *arena, struct record *ret);

/* Room for one version more at the front; NULL: no memory. */
struct version *record_push (struct record *record, struct larder_arena *arena);
void record_drop (struct record *record, size_t index);
/* What was written while the bucket kept no versions. */
void record_drop_null (struct record *record);
/* Copies that live in the arena; -1 without memory. */
int pairs_copy (struct larder_arena *arena, const struct larder_pairs *from, struct larder_pairs *ret);

#endif
