/* locks.h: the locks of a [lock] section, for the rooms above. Each function may be called on any thread. */
#ifndef LARDER_STORE_LOCKS_H
#define LARDER_STORE_LOCKS_H

#include <larder/larder.h>

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/lock.h>

struct lock;

/* Loads and opens the provider that [lock "section"] names, with its store where it needs one: an instance of the caller's own, to
 * be closed before the handle. */
int lock_open (struct larder *larder, const char *section, struct lock **ret, struct larder_error *error);
void lock_close (struct lock *lock);   /* gives up nothing; NULL allowed */

/* One try, no waiting: CONFLICT when another holds it, whose note is in the message. `length` in ns. The texts of *ret are in
 * the arena, and go back to lock_renew and lock_release. */
int lock_try (struct lock *lock, struct larder_arena *arena, const char *name, int64_t length, const char *note, struct larder_lease *ret,
              struct larder_error *error);
/* Extends by lease->length from now, with lease->note. CONFLICT: it is lost, and taken by nobody here. */
int lock_renew (struct lock *lock, struct larder_arena *arena, const struct larder_lease *lease, struct larder_error *error);
/* Also after a cancel: it has a second of its own. A lease that is lost is no error. */
int lock_release (struct lock *lock, struct larder_arena *arena, const struct larder_lease *lease, struct larder_error *error);
/* Note, fence and what is left; NOTFOUND when nobody holds it. */
int lock_holder (struct lock *lock, struct larder_arena *arena, const char *name, struct larder_lease *ret, struct larder_error *error);

#endif
