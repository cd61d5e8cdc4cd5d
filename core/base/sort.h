/* sort.h: more records than memory holds, in byte order of their keys: sorted runs in a file without a name, then merged. In
 * memory: what sort_new was told, about twice, however many there are. Records of one key come one after the other. */
#ifndef LARDER_BASE_SORT_H
#define LARDER_BASE_SORT_H

#include <stddef.h>
#include <larder/types.h>

#define SORT_RECORD_MOST ((size_t) 16 << 10)   /* a key and what goes with it */

struct sort;

struct sort *sort_new (size_t memory);                  /* NULL: no memory */
/* LIMIT for a record that is too long; NOSPACE. */
int sort_add (struct sort *sort, const char *key, const void *with, size_t count, struct larder_error *error);
/* The first call ends the adding. 1, 0 at the end, or a code; what it gives lives until the next call. */
int sort_next (struct sort *sort, const char **ret_key, const void **ret_with, size_t *ret_count, struct larder_error *error);
void sort_free (struct sort *sort);                     /* NULL allowed */

#define CLEANUP_SORT __attribute__ ((cleanup (sort_free_at)))
static inline void sort_free_at (struct sort **at) { sort_free (*at); }

#endif
