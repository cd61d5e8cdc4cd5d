/* reply.h: what the files that read replies share. */
#ifndef LARDER_S3_REPLY_H
#define LARDER_S3_REPLY_H

#include "wire.h"

/* Called with the path below the root: "Contents/Key"; "" for the root itself. */
struct s3_reader {
	int (*begin) (void *context, const char *path, struct larder_error *error);      /* or NULL */
	int (*end) (void *context, const char *path, const char *text, struct larder_error *error);
	void *context;
};

/* The whole of a body, with that root element ("A|B": one of two); INTEGRITY for another root and for half a document. */
int s3_reply_read (const char *body, size_t length, const char *root, const struct s3_reader *reader, struct larder_error *error);

#define S3_VERSIONING_ROOTS "VersioningConfiguration|GetBucketVersioningResponse"

/* Items of a list, each of `each` bytes, in the arena. */
struct s3_rows { struct larder_arena *arena; void *at; size_t count, room, each; };
void *s3_row_add (struct s3_rows *rows);         /* zeroed; NULL: no memory */
static inline void *s3_row_at (const struct s3_rows *rows, size_t i) { return (char *) rows->at + i * rows->each; }
static inline void *s3_row_last (const struct s3_rows *rows) { return s3_row_at (rows, rows->count - 1); }

/* Texts of elements and headers to values; INTEGRITY, naming the element, when they are none. */
int s3_text (struct larder_arena *arena, const char *text, const char **ret, struct larder_error *error);
int s3_etag (struct larder_arena *arena, const char *text, const char **ret, struct larder_error *error);   /* without its quotes */
int s3_number (const char *name, const char *text, uint64_t *ret, struct larder_error *error);
int s3_yes_no (const char *name, const char *text, bool *ret, struct larder_error *error);
int s3_time (const char *name, const char *text, int64_t *ret, struct larder_error *error);                 /* 2026-11-25T10:00:00.123Z */
int s3_http_time (const char *name, const char *text, int64_t *ret, struct larder_error *error);            /* Wed, 25 Nov 2026 10:00:00 GMT */
/* Takes <ChecksumX>; true when the name is one. The most trusted kind stays. */
bool s3_checksum_element (const char *name, const char *text, struct larder_arena *arena, uint32_t *type, const char **checksum);
/* "value-3" or COMPOSITE: of the parts' checksums. `kind` is x-amz-checksum-type or NULL. */
bool s3_is_composite (const char *checksum, const char *kind);
/* Anything but a plain success: INTEGRITY, worded once. */
int s3_odd (struct larder_error *error, const char *format, ...) LARDER_PRINTF (2, 3);
/* A page that cannot be part of a true listing: UNAVAILABLE. */
int s3_untrue (struct larder_error *error, const char *format, ...) LARDER_PRINTF (2, 3);

#endif
