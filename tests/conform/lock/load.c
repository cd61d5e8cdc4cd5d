/* load.c: the provider's module and its instances, and what is kept of their leases. */
#include "suite.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "instance.h"
#include "values.h"

/* What stands before the provider's own bytes: the way back from `self` to its options. */
struct front { struct larder_values *values; max_align_t self[]; };

static struct front *
front_of (const void *self)
{
	return (struct front *) (void *) ((char *) (uintptr_t) self - offsetof (struct front, self));
}

const char *
instance_option (const void *self, const char *key)
{
	return values_text (front_of (self)->values, key);
}

int
suite_say (const char *what, const char *more)
{
	fprintf (stderr, "larder-lock-test: %s%s%s\n", what, *more ? ": " : "", more);
	return -1;
}

static int
fill (const struct suite *suite, struct larder_values *values)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = 0;
	for (int i = 0; code == 0 && i < suite->count; i++) {
		const char *equals = strchr (suite->options[i], '=');
		char key[200];
		if (!equals || equals - suite->options[i] >= (ptrdiff_t) sizeof key)
			return suite_say (suite->options[i], "not key=value");
		snprintf (key, sizeof key, "%.*s", (int) (equals - suite->options[i]), suite->options[i]);
		code = values_set (values, key, equals + 1, NULL, &error);
	}
	if (code == 0)
		code = values_finish (values, NULL, &error);
	return code == 0 ? 0 : suite_say (error.message, "");
}

static void
forget (struct front *front)
{
	values_free (front->values);
	free (front);
}

int
instance_open (struct suite *suite, void **ret_self)
{
	static const struct larder_option none[] = { { 0 } };
	const struct larder_lock *lock = suite->lock;
	const struct larder_lock_open request = { .size = sizeof request, .name = "conformance", .store = suite->store ? &suite->store->access : NULL };
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_call call;
	struct front *front = calloc (1, sizeof *front + lock->self_size + 1);
	if (!front)
		return suite_say ("out of memory", "");
	front->values = values_new (lock->options ? lock->options : none, lock->head.option_stride, front->self);
	if (!front->values || fill (suite, front->values) < 0) {
		forget (front);
		return -1;
	}
	call_begin (&call, false);
	int code = lock->open (front->self, &call, &request, &error);
	call_end (&call);
	if (code < 0) {
		forget (front);
		return suite_say ("it cannot be opened", error.message);
	}
	*ret_self = front->self;
	return 0;
}

void
instance_close (struct suite *suite, void *self)
{
	if (!self)
		return;
	suite->lock->close (self);
	forget (front_of (self));
}

int
suite_load (struct suite *suite, const char *path, char **options, int count)
{
	static struct larder_lock copy;
	char full[4096];
	snprintf (full, sizeof full, "%s%s", strchr (path, '/') ? "" : "./", path);
	void *library = dlopen (full, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return suite_say ("cannot load", dlerror ());
	const struct larder_head *(*entry) (const struct larder_host *);
	*(void **) &entry = dlsym (library, LARDER_MODULE_ENTRY);
	const struct larder_head *head = entry ? entry (&suite_host) : NULL;
	if (!head || head->kind != LARDER_KIND_LOCK || head->api > LARDER_API_CURRENT)
		return suite_say (path, "not a lock provider of this contract");
	memcpy (&copy, head, head->size < sizeof copy ? head->size : sizeof copy);
	if (!copy.open || !copy.close || !copy.try_acquire || !copy.renew || !copy.release || !copy.holder)
		return suite_say (path, "a required operation is missing");
	suite->lock = &copy;
	suite->path = path;
	suite->options = options;
	suite->count = count;
	return 0;
}

void
copy_text (char to[TEXT_MOST], const char *text)
{
	snprintf (to, TEXT_MOST, "%s", text ? text : "");
}

void
copy_lease (struct held *to, const struct larder_lease *lease)
{
	if (!to)
		return;
	copy_text (to->name, lease->name);
	copy_text (to->token, lease->token);
	copy_text (to->note, lease->note);
	to->fence = lease->fence;
	to->length = lease->length;
}
