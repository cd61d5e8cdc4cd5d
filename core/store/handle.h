/* handle.h: struct larder, for the files of this room. */
#ifndef LARDER_STORE_HANDLE_H
#define LARDER_STORE_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "pace.h"
#include "store.h"

struct driver_module;

/* The driver's instance of one [backend], opened at first use, kept until the handle closes. */
struct backend {
	struct backend *next;
	const char *name;
	bool control;                    /* of its driver's control module */
	struct instance *instance;
	struct larder_arena *arena;      /* what the instance was told at its opening */
};

/* A store that is read from its replica, which was said. */
struct replica { struct replica *next; const struct schema_store *of; };

struct larder {
	struct larder_settings settings;
	struct larder *of;               /* NULL, or whose part this is: what follows but for the cancel is that one's */
	struct registry *registry;
	struct config *config;           /* NULL with LARDER_NO_CONFIG */
	int cancel_fd;
	atomic_int cancelled;
	int64_t end;                     /* on the boot clock: the deadline of all it does; 0: none */
	int timer_fd, either_fd;         /* with a deadline, else -1: readable from then on; when either this or cancel_fd is */
	struct pace pace;
	pthread_mutex_t mutex;           /* of the backends; never held across a driver's operation */
	struct backend *backends;
	struct replica *replicas;        /* under the mutex */
	bool journal_told;               /* atomic: that no journal can be kept was said */
	bool class_told;                 /* atomic: that a class of the configuration is not applied was said */
	bool domain_told;                /* atomic: that addresses have the default of a variable was said */
};

/* Who has what is shared: the handle itself, or what it is a part of. */
static inline struct larder *
larder_whole (struct larder *larder)
{
	return larder->of ? larder->of : larder;
}

struct larder_store {
	struct larder *larder;
	char *name, *prefix, *bucket;           /* "images", "images:", its bucket; "s3://bucket", "s3://bucket/", "bucket" */
	const struct schema_store *schema;      /* of the view itself */
	const struct schema_store *place;       /* of the store that has backend and bucket */
	const char *replica, *primary;          /* names of the store that is read in its stead, and of the one that has its bucket; or NULL */
	bool itself;                            /* where it has no replica */
	const char *backend_name;
	struct instance *instance;
	const struct larder_driver *driver;
};

/* The one backend whose driver claims this URL scheme, or the one that --backend names; INVALID says which there are. */
int backend_for_scheme (struct larder *larder, const char *scheme, const char **ret_name, struct larder_error *error);
/* Load the module of a [backend] or [lock] and fill its options, without opening it; NOTFOUND: not installed. */
int backend_make (struct larder *larder, const struct config_section *section, struct instance **ret, struct larder_error *error);
/* The same, given up at once: is the section well? */
int backend_try (struct larder *larder, const struct config_section *section, struct larder_error *error);
/* As the storage gives it, in whatever order; and sorted. */
int store_list_unsorted (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context, struct larder_error *error);
int store_list_sorted (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context, struct larder_error *error);
/* For struct config_modules: what the modules of [backend], [lock] and [codec] sections say of their keys; backend_is_secret is one of them. */
const struct larder_option *backend_options (void *larder, const struct config_section *section);

#endif
