/* arena.h: memory that is given back all at once. Not thread-safe. struct larder_arena is the public one. */
#ifndef LARDER_BASE_ARENA_H
#define LARDER_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <larder/types.h>

struct larder_arena;

struct larder_arena *arena_new (void);                  /* NULL: no memory */
void arena_clear (struct larder_arena *arena);           /* all of it is wiped */
void arena_free (struct larder_arena *arena);           /* NULL allowed */
void *arena_alloc (struct larder_arena *arena, size_t count);  /* zeroed, aligned for anything; NULL: no memory */
/* An array of `count` elements of `each` bytes with place for one more: `at` itself, or a larger copy, and *room is what it holds then. NULL: no
 * memory, and `at` stays as it is. */
void *arena_more (struct larder_arena *arena, void *at, size_t count, size_t *room, size_t each);
char *arena_copy (struct larder_arena *arena, const char *text);        /* NULL gives NULL */
char *arena_copy_bytes (struct larder_arena *arena, const void *bytes, size_t count); /* and a NUL */
char *arena_printf (struct larder_arena *arena, const char *format, ...) LARDER_PRINTF (2, 3);

#define CLEANUP_ARENA __attribute__ ((cleanup (arena_free_at)))
static inline void arena_free_at (struct larder_arena **at) { arena_free (*at); }

#endif
