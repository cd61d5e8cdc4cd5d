/* load.c: a vetted file into core's own copy of its table. A module that is refused leaves nothing behind but
 * its mapping: dlclose could pull code from under a thread that a constructor started. */
#include "loaded.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "needed.h"
#include "required.h"

enum { TABLE_MOST = 64 << 10, STRIDE_MOST = 4096, OPTIONS_MOST = 512, SELF_MOST = 16 << 20 };

/* A module of an old contract has at least what every table begins with. */
_Static_assert (offsetof (struct larder_driver, self_size) == offsetof (struct larder_module, self_size), "driver begins as a module");
_Static_assert (offsetof (struct larder_codec, self_size) == offsetof (struct larder_module, self_size), "codec begins as a module");
_Static_assert (offsetof (struct larder_lock, self_size) == offsetof (struct larder_module, self_size), "lock begins as a module");

const char *
kind_word (uint32_t kind)
{
	static const char *const words[] = { NULL, "driver", "codec", "lock" };
	return kind < 4 ? words[kind] : NULL;
}

int
abi_check (const char *file, uint32_t api, uint32_t oldest, uint32_t current, struct larder_error *error)
{
	int code = 0;
	if (api > current) {
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "module '%s' is for contract %u, newer than ours, %u", file, api, current);
		larder_explain (error, LARDER_DETAIL_NEXT, "install a newer larder, or the module built for this one");
	} else if (api < oldest) {
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "module '%s' is for contract %u, too old: the oldest still taken is %u", file, api, oldest);
		larder_explain (error, LARDER_DETAIL_NEXT, "install a newer build of the module");
	}
	return code;
}

static bool
is_name (const char *name, size_t length)
{
	return length > 0 && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

/* KIND-NAME.so, looked at before anything is opened. */
static int
check_file_name (const char *file, struct larder_error *error)
{
	size_t length = strlen (file);
	for (uint32_t kind = LARDER_KIND_DRIVER; kind <= LARDER_KIND_LOCK; kind++) {
		size_t word = strlen (kind_word (kind));
		if (length > word + 4 && strncmp (file, kind_word (kind), word) == 0 && file[word] == '-' && strcmp (file + length - 3, ".so") == 0
		    && is_name (file + word + 1, length - word - 4))
			return 0;
	}
	int code = larder_fail (error, LARDER_E_INVALID, "module '%s' has an invalid name", file);
	larder_explain (error, LARDER_DETAIL_NEXT, "modules are driver-NAME.so, codec-NAME.so or lock-NAME.so; NAME is of small letters, digits and '-'");
	return code;
}

/* The table must say what the file's name says. */
static int
check_name (const char *file, const struct larder_module *table, struct larder_error *error)
{
	const char *word = kind_word (table->head.kind);
	if (!word)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is of an unknown kind (%u)", file, table->head.kind);
	if (!table->name || !is_name (table->name, strlen (table->name)))
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has a name that is not of small letters, digits and '-'", file);
	if (strncmp (file, word, strlen (word)) != 0 || file[strlen (word)] != '-')
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is of the wrong kind: it is a %s", file, word);
	char expected[300];
	snprintf (expected, sizeof expected, "%s-%s.so", word, table->name);
	if (strcmp (file, expected) != 0)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' calls itself '%s': its file would be '%s'", file, table->name, expected);
	return 0;
}

static bool
stride_can_be (size_t stride, size_t least, size_t align)
{
	return stride >= least && stride <= STRIDE_MOST && stride % align == 0;
}

static int
check_head (const char *file, const struct larder_head *head, struct larder_error *error)
{
	if (!head)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' hands over no table", file);
	int code = abi_check (file, head->api, LARDER_API_OLDEST, LARDER_API_CURRENT, error);
	if (code < 0)
		return code;
	if (head->size < sizeof (struct larder_module) || head->size > TABLE_MOST)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has a table of an impossible size (%zu)", file, head->size);
	if (!stride_can_be (head->option_stride, offsetof (struct larder_option, letter), _Alignof (struct larder_option)))
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has options of an impossible stride (%zu)", file, head->option_stride);
	return 0;
}

/* Bytes of the field that an option fills; 0 for a type that is none of ours. */
static size_t
field_size (uint32_t type)
{
	switch (type) {
	case LARDER_STRING: case LARDER_PATH: case LARDER_SECRET: case LARDER_LIST: return sizeof (void *);
	case LARDER_BOOL: return sizeof (bool);
	case LARDER_ENUM: return sizeof (uint32_t);
	case LARDER_INT: case LARDER_SIZE: case LARDER_RATE: case LARDER_DURATION: return sizeof (int64_t);
	default: return 0;
	}
}

static bool
option_can_be (const struct larder_option *option, size_t self_size)
{
	size_t size = field_size (option->type);
	return size && option->at <= self_size && size <= self_size - option->at && (option->type != LARDER_ENUM || option->values);
}

/* Copy the smaller size of each option into our own stride. */
static int
copy_options (struct loaded *loaded, const struct larder_module *table, const char *file, struct larder_error *error)
{
	size_t count = 0, stride = table->head.option_stride, size = stride < sizeof (struct larder_option) ? stride : sizeof (struct larder_option);
	const char *from = (const char *) table->options;
	while (from && count < OPTIONS_MOST && ((const struct larder_option *) (const void *) (from + count * stride))->key)
		count++;
	if (count == OPTIONS_MOST)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has a table of options without an end", file);
	struct larder_option *copy = arena_alloc (loaded->arena, (count + 1) * sizeof *copy);
	if (!copy)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count; i++)
		memcpy (&copy[i], from + i * stride, size);
	for (size_t i = 0; i < count; i++)
		if (!option_can_be (&copy[i], table->self_size))
			return larder_fail (error, LARDER_E_INVALID, "module '%s' has an option '%s' that cannot be (type %u at %zu)", file,
			                    copy[i].key, copy[i].type, copy[i].at);
	loaded->module.options = from ? copy : NULL;
	return 0;
}

static int
copy_table (struct loaded *loaded, const struct larder_module *table, const char *file, struct larder_error *error)
{
	static const size_t sizes[] = { 0, sizeof (struct larder_driver), sizeof (struct larder_codec), sizeof (struct larder_lock) };
	size_t ours = sizes[table->head.kind];
	void *copy = arena_alloc (loaded->arena, ours);
	if (!copy)
		return larder_fail_memory (error);
	if (table->self_size > SELF_MOST)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' wants an instance of an impossible size (%zu)", file, table->self_size);
	memcpy (copy, table, table->head.size < ours ? table->head.size : ours);
	struct module *module = &loaded->module;
	module->kind = table->head.kind;
	module->head = copy;
	module->name = module->head->name;
	if (module->kind == LARDER_KIND_DRIVER)
		module->driver = copy;
	else if (module->kind == LARDER_KIND_CODEC)
		module->codec = copy;
	else
		module->lock = copy;
	int code = table->self_size || !table->options ? copy_options (loaded, table, file, error)
		: larder_fail (error, LARDER_E_INVALID, "module '%s' has options but no instance to hold them", file);
	return code < 0 ? code : required_check (module, file, error);
}

/* Core walks these tables by them: one that is too short has no end, and reads past the others'. */
static int
check_strides (const struct larder_driver *driver, const char *file, struct larder_error *error)
{
	if (driver->retrievals && !stride_can_be (driver->retrieval_stride, sizeof (struct larder_retrieval), _Alignof (struct larder_retrieval)))
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has retrievals of an impossible stride (%zu)", file, driver->retrieval_stride);
	if (driver->resources && !stride_can_be (driver->resource_stride, offsetof (struct larder_resource_type, known_traps), _Alignof (struct larder_resource_type)))
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has resources of an impossible stride (%zu)", file, driver->resource_stride);
	return 0;
}

/* dlopen through the vetted descriptor: whatever stands under the name now, this file is loaded. */
static int
enter (int fd, const char *file, const struct larder_head **ret, struct larder_error *error)
{
	char path[64];
	snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
	void *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		const char *why = dlerror ();
		size_t skip = why && strncmp (why, path, strlen (path)) == 0 ? strlen (path) + strspn (why + strlen (path), ": ") : 0;
		return larder_fail (error, LARDER_E_INVALID, "module '%s' cannot be loaded: %s", file, why ? why + skip : "unknown reason");
	}
	union { void *object; const struct larder_head *(*function) (const struct larder_host *); } entry = { dlsym (handle, LARDER_MODULE_ENTRY) };
	if (!entry.object)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has no symbol '%s'", file, LARDER_MODULE_ENTRY);
	*ret = entry.function (&module_host);
	return 0;
}

/* The module's private libraries first: from then on its file is the only one left to load. */
static int
enter_all (int fd, const char *path, const char *file, const struct larder_head **ret, struct larder_error *error)
{
	struct needed needed;
	int code = needed_vet (path, fd, &needed, error);
	if (code < 0)
		return code;
	code = needed_enter (&needed, error);
	if (code == 0)
		code = enter (fd, file, ret, error);
	needed_release (&needed);
	return code;
}

static int
open_checked (struct loaded *loaded, const char *path, struct larder_error *error)
{
	const char *slash = strrchr (path, '/'), *file = slash ? slash + 1 : path;
	int code = check_file_name (file, error);
	if (code == 0)
		code = module_vet (path, &loaded->fd, error);
	const struct larder_head *head = NULL;
	loaded->module.path = arena_copy (loaded->arena, path);
	if (code == 0)
		code = loaded->module.path ? enter_all (loaded->fd, path, file, &head, error) : larder_fail_memory (error);
	if (code == 0)
		code = check_head (file, head, error);
	const struct larder_module *table = (const struct larder_module *) (const void *) head;
	if (code == 0)
		code = check_name (file, table, error);
	if (code == 0)
		code = copy_table (loaded, table, file, error);
	if (code == 0 && loaded->module.driver)
		code = check_strides (loaded->module.driver, file, error);
	if (code == LARDER_E_INVALID && !error->next[0])
		larder_explain (error, LARDER_DETAIL_NEXT, "build the module again for this larder, or ask its author; `larder module check FILE` tries one");
	return code;
}

int
loaded_open (const char *path, struct loaded **ret, struct larder_error *error)
{
	struct loaded *loaded = calloc (1, sizeof *loaded);
	if (!loaded || !(loaded->arena = arena_new ())) {
		free (loaded);
		return larder_fail_memory (error);
	}
	loaded->fd = -1;
	pthread_mutex_init (&loaded->mutex, NULL);
	loaded->problem.size = sizeof loaded->problem;
	int code = open_checked (loaded, path, &loaded->problem);
	if (code < 0 && error)
		larder_give (error, &loaded->problem);
	if (code < 0 && loaded->fd < 0) {
		loaded_free (loaded);
		return code;
	}
	if (code < 0)
		loaded->module = (struct module) { .path = loaded->module.path };
	*ret = loaded;
	return code;
}

/* The descriptor stays open on purpose: its number must not name another module for dlopen. */
void
loaded_free (struct loaded *loaded)
{
	arena_free (loaded->arena);
	pthread_mutex_destroy (&loaded->mutex);
	free (loaded);
}

pthread_mutex_t *
module_mutex (const struct module *module)
{
	return &((struct loaded *) (uintptr_t) module)->mutex;
}
