/* required.c: operations a module must have. */
#include "required.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include <stdio.h>
#include <string.h>

#include "error.h"

#define DRIVER(name, required) { #name, offsetof (struct larder_driver, name), required }
#define CODEC(name, required) { #name, offsetof (struct larder_codec, name), required }
#define LOCK(name) { #name, offsetof (struct larder_lock, name), true }

static const struct operation driver_operations[] = {
	DRIVER (open, true), DRIVER (close, true), DRIVER (check, false), DRIVER (caps, false), DRIVER (stat, true), DRIVER (read, true),
	DRIVER (write, true), DRIVER (remove, true), DRIVER (list, true), DRIVER (copy, false), DRIVER (parts_begin, false),
	DRIVER (parts_write, false), DRIVER (parts_copy, false), DRIVER (parts_finish, false), DRIVER (parts_abort, false),
	DRIVER (parts_list, false), DRIVER (uploads_list, false), DRIVER (tags_get, false), DRIVER (tags_set, false),
	DRIVER (class_set, false), DRIVER (restore, false), DRIVER (url, false), DRIVER (export_resource, false), DRIVER (policy, false),
	DRIVER (action_start, false), DRIVER (action_poll, false), DRIVER (versioning, false), DRIVER (probe, false), DRIVER (view, false), { 0 }
};
static const struct operation codec_operations[] = {
	CODEC (bid, true), CODEC (decode_begin, true), CODEC (decode_rows, true), CODEC (decode_end, true), CODEC (to_srgb, false),
	CODEC (encode_begin, false), CODEC (encode_rows, false), CODEC (encode_end, false),
	CODEC (decode_note, false), { 0 }
};
static const struct operation lock_operations[] = {
	LOCK (open), LOCK (close), LOCK (try_acquire), LOCK (renew), LOCK (release), LOCK (holder), { 0 }
};

const struct operation *
operations_of (uint32_t kind)
{
	return kind == LARDER_KIND_DRIVER ? driver_operations : kind == LARDER_KIND_CODEC ? codec_operations : lock_operations;
}

bool
operation_there (const struct module *module, const struct operation *operation)
{
	void (*function) (void);
	memcpy (&function, (const char *) (const void *) module->head + operation->at, sizeof function);
	return function != NULL;
}

static void
name_missing (char *list, size_t room, const char *name)
{
	size_t length = strlen (list);
	snprintf (list + length, room - length, "%s%s", length ? ", " : "", name);
}

/* A driver of infrastructure alone holds no objects. */
static bool
is_spared (const struct module *module, const struct operation *operation)
{
	return module->driver && module->driver->resources && operation->at > offsetof (struct larder_driver, close);
}

int
required_check (const struct module *module, const char *file, struct larder_error *error)
{
	char missing[256] = "";
	for (const struct operation *operation = operations_of (module->kind); operation->name; operation++)
		if (operation->required && !operation_there (module, operation) && !is_spared (module, operation))
			name_missing (missing, sizeof missing, operation->name);
	if (module->codec && (!module->codec->content_type || !module->codec->extension))
		name_missing (missing, sizeof missing, "content_type and extension");
	const struct larder_codec *codec = module->codec;
	if (codec && (codec->encode_begin || codec->encode_rows || codec->encode_end) && !(codec->encode_begin && codec->encode_rows && codec->encode_end))
		name_missing (missing, sizeof missing, "one of encode_begin, encode_rows, encode_end");
	if (!*missing)
		return 0;
	return larder_fail (error, LARDER_E_INVALID, "module '%s' lacks what a %s must have: %s", file,
	                    module->driver ? "driver" : codec ? "codec" : "lock provider", missing);
}
