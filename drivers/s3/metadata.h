/* metadata.h: how values of metadata travel in headers. One rule for all servers: printable ASCII goes as it is; all else, and what
 * would read as an encoded word, blanks at the ends and two in a row, go as one RFC 2047 word, =?UTF-8?B?…?=. Reading
 * decodes what is encoded words and nothing else, so that every value comes back, and what MinIO makes of raw UTF-8, too. */
#ifndef LARDER_S3_METADATA_H
#define LARDER_S3_METADATA_H

#include <larder/types.h>

struct larder_arena;

#define S3_METADATA_PREFIX "x-amz-meta-"

/* Bytes of the value as sent. */
size_t s3_metadata_length (const char *value);
const char *s3_metadata_encode (struct larder_arena *arena, const char *value);    /* NULL: no memory */
const char *s3_metadata_decode (struct larder_arena *arena, const char *value);    /* NULL: no memory */

#endif
