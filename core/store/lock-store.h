/* lock-store.h: the store that a lock provider keeps its leases in. */
#ifndef LARDER_STORE_LOCK_STORE_H
#define LARDER_STORE_LOCK_STORE_H

#include "locks.h"
#include "store.h"

/* Opens the store that the section's `store` key names (backend_make has seen that there is one); UNSUPPORTED for one that decides no conditions. *ret_access goes with it. */
int lock_store_open (struct larder *larder, const struct config_section *section, struct larder_store **ret, struct larder_lock_store *ret_access,
                     struct larder_error *error);

#endif
