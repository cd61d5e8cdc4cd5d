/* checksum-name.h: what S3 calls the checksums. */
#ifndef LARDER_S3_CHECKSUM_NAME_H
#define LARDER_S3_CHECKSUM_NAME_H

#include <larder/types.h>

struct s3_checksum_name { uint32_t type; const char *header, *element, *word; };

const struct s3_checksum_name *s3_checksum_name (uint32_t type);    /* NULL: NONE, or a kind without a name */
const struct s3_checksum_name *s3_checksum_at (size_t i);           /* the most trusted first; NULL after the last */

#endif
