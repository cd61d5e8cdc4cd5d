/* tar.h: the heads and the end of a tar, in the pax interchange format of POSIX.1-2001, chapter pax. Pure. */
#ifndef LARDER_ARCHIVE_TAR_H
#define LARDER_ARCHIVE_TAR_H

#include <stdint.h>
#include "buffer.h"

enum { TAR_BLOCK = 512 };

/* Adds the head of a regular file: one block, or three or more where the name or the length is too long for it. `mtime` in
 * whole seconds, none before 1970. */
void tar_add_head (struct buffer *into, const char *path, unsigned mode, uint64_t length, int64_t mtime);
/* Zeros behind a file of this length. */
size_t tar_padding (uint64_t length);
/* What ends it. */
#define TAR_END (2 * TAR_BLOCK)

#endif
