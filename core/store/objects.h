/* objects.h: what the files about objects share. */
#ifndef LARDER_STORE_OBJECTS_H
#define LARDER_STORE_OBJECTS_H

#include "handle.h"

struct larder_write;

/* A write as the store's section completes it, its conditions and its key looked at. */
int object_write (const struct larder_store *store, const struct larder_put *request, struct larder_write *ret, struct larder_error *error);
int object_fail_unsupported (const struct larder_store *store, const char *what, struct larder_error *error);
int object_fail_read_only (const struct larder_store *store, struct larder_error *error);
/* https://DOMAIN/KEY, the key percent-encoded once. */
int object_cdn_url (struct larder_arena *arena, const char *domain, const char *key, const char **ret_url, struct larder_error *error);
/* A copy whose bytes pass through this process, with every attribute. */
struct store_watch;
int object_copy_through (struct larder_store *from, struct larder_store *to, struct larder_arena *arena, const struct larder_copy_object *request,
                         const struct store_watch *watch, struct larder_info *ret_info, struct larder_error *error);

#endif
