/* loaded.h: a loaded module as the registry keeps it. */
#ifndef LARDER_MODULE_LOADED_H
#define LARDER_MODULE_LOADED_H

#include <pthread.h>

#include "module.h"

struct loaded {
	struct module module;
	struct larder_arena *arena;      /* copies of table, options and path */
	int fd;                          /* stays open: see module.h */
	struct larder_error problem;     /* why it was refused; code 0 for a usable one */
	pthread_mutex_t mutex;           /* for SERIAL_ALL */
	struct loaded *next;
};

/* The mutex of a module that lets one call in at a time. */
pthread_mutex_t *module_mutex (const struct module *module);

/* Vet, open, check and copy. Of a module that is refused before any of its code ran nothing is kept; of one refused
 * later *ret remembers the refusal, so that it is never entered again. */
int loaded_open (const char *path, struct loaded **ret, struct larder_error *error);
void loaded_free (struct loaded *loaded);

/* The ABI rules, apart so that tests can ask with other numbers. */
int abi_check (const char *file, uint32_t api, uint32_t oldest, uint32_t current, struct larder_error *error);

/* "driver", "codec", "lock"; NULL for others. */
const char *kind_word (uint32_t kind);

#endif
