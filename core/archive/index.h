/* index.h: the members of a bundle, by the index that lies beside it. What it says is believed of nothing but where to look: each member is proven by its bytes. */
#ifndef LARDER_ARCHIVE_INDEX_H
#define LARDER_ARCHIVE_INDEX_H

#include <sys/types.h>
#include <larder/larder.h>

struct member { const char *path; uint64_t offset, length; int64_t mtime; mode_t mode; const char *sha256; };
typedef int (*member_fn) (void *context, const struct member *member, struct larder_error *error);

/* Each member in the order of the bundle, line by line as they come; a code of `each` ends it. `bundle` is its key, `length` what it has of bytes.
 * INTEGRITY, with the line, for what no index of this bundle can be; NOTFOUND: it has none. */
int index_each (struct larder_store *store, const char *bundle, uint64_t length, member_fn each, void *context, struct larder_error *error);
/* Is this, behind its last '/', what a bundle is called? */
bool index_is_bundle (const char *key);

#endif
