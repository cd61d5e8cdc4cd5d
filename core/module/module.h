/* module.h: finding, vetting, loading modules, and their instances.
 *
 * A registry is one module folder. A module stays loaded, and its descriptor open, for the life of the
 * process: dlclose would pull code from under callbacks, and a reused descriptor number makes dlopen return
 * the previous module. */
#ifndef LARDER_MODULE_MODULE_H
#define LARDER_MODULE_MODULE_H

#include <larder/larder.h>
#include "call.h"

struct larder_driver;
struct larder_codec;
struct larder_lock;

struct module {
	uint32_t kind;                        /* enum larder_kind */
	const char *name, *path;
	const struct larder_module *head;     /* what all kinds share; points into the copy below */
	const struct larder_driver *driver;   /* core's own copies: the smaller size, rest zero; exactly one is set */
	const struct larder_codec *codec;
	const struct larder_lock *lock;
	const struct larder_option *options;  /* copied, our stride; NULL if none */
};

struct registry;

int registry_open (const char *folder, struct registry **ret, struct larder_error *error);
void registry_close (struct registry *registry);
const char *registry_folder (const struct registry *registry);

/* Load "png" of kind CODEC from FOLDER/codec-png.so, once. Thread-safe. Every fault has its own message. */
int registry_load (struct registry *registry, uint32_t kind, const char *name, const struct module **ret, struct larder_error *error);
/* Load a file by path, vetted alike (module info, the conformance suites). */
int registry_load_file (struct registry *registry, const char *path, const struct module **ret, struct larder_error *error);
/* The module of the folder whose name this one is so near that it was meant; NULL. In the arena. */
const char *registry_nearest (const struct registry *registry, uint32_t kind, const char *name, struct larder_arena *arena);
/* Every *.so of the folder in order of name: loaded or with its problem. */
int registry_each (struct registry *registry, larder_module_fn module, void *context, struct larder_error *error);
/* Facts of a loaded module as the public struct; strings live in the arena. */
void module_facts (const struct module *module, struct larder_arena *arena, struct larder_module_facts *ret);

/* The codec that bids highest on these leading bytes among all codecs of the folder; UNSUPPORTED names what it looks like and
 * which formats there are. By format name ("png", alias "jpg"), case folded: */
int registry_codec_for (struct registry *registry, const void *head, size_t count, const struct module **ret, struct larder_error *error);
int registry_codec_named (struct registry *registry, const char *format, const struct module **ret, struct larder_error *error);
/* A driver for URLs of this scheme. */
bool module_claims (const struct module *module, const char *scheme);

/* One instance: memory for its options, and the lock its `threads` asks for. */
struct instance {
	const struct module *module;
	void *self;                           /* what operations get; NULL when self_size is 0 */
	struct larder_values *values;
	uint64_t caps;                        /* drivers: after caps() */
};

/* Memory with defaults; fill options through instance->values (values_set), then instance_open. */
int instance_new (const struct module *module, struct instance **ret, struct larder_error *error);
/* `request` is the struct larder_open or larder_lock_open of the kind. Codecs are opened by instance_new. */
int instance_open (struct instance *instance, struct larder_call *call, const void *request, struct larder_error *error);
void instance_free (struct instance *instance);  /* closes if open; NULL allowed */

/* Around every operation: takes the lock that the thread model asks for. Core holds no other lock meanwhile. */
void instance_enter (struct instance *instance);
void instance_leave (struct instance *instance);

/* Vet a file as design §2 says; *ret_fd stays open and is what is loaded. Used alone by `module info` and tests. */
int module_vet (const char *path, int *ret_fd, struct larder_error *error);

int module_new (const char *kind, const char *name, const char *into, struct larder_error *error);

#endif
