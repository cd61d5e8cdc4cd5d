/* load.c: the driver's module and its instance, with its options read as core reads them. */
#include "suite.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "values.h"

/* What stands before the driver's own bytes: the way back from `self` to its options. */
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

static int
say (const struct larder_driver *driver, const struct larder_error *error)
{
	fprintf (stderr, "driver '%s': %s\n%s%s%s", driver->name, error->message, error->next[0] ? "  next: " : "", error->next, error->next[0] ? "\n" : "");
	return -1;
}

static int
fill (const struct larder_driver *driver, struct larder_values *values, char **given, int count)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = 0;
	for (int i = 0; i < count && code == 0; i++) {
		const char *equals = strchr (given[i], '=');
		char key[200];
		if (!equals || equals - given[i] >= (ptrdiff_t) sizeof key)
			return fprintf (stderr, "'%s' is not an option with a value: key=value\n", given[i]), -1;
		snprintf (key, sizeof key, "%.*s", (int) (equals - given[i]), given[i]);
		if (strcmp (key, "server") != 0)                       /* core's, for every driver */
			code = values_set (values, key, equals + 1, NULL, &error);
	}
	if (code == 0)
		code = values_finish (values, NULL, &error);
	return code == 0 ? 0 : say (driver, &error);
}

/* The instance's memory, options filled. */
static void *
instance_new (const struct larder_driver *driver, char **options, int count)
{
	static const struct larder_option none[] = { { 0 } };
	struct front *front = calloc (1, sizeof *front + driver->self_size + 1);
	if (!front)
		return NULL;
	front->values = values_new (driver->options ? driver->options : none, driver->head.option_stride, front->self);
	if (!front->values)
		fprintf (stderr, "driver '%s' has an option whose default is not a value of its type\n", driver->name);
	if (front->values && fill (driver, front->values, options, count) == 0)
		return front->self;
	values_free (front->values);
	free (front);
	return NULL;
}

static void
instance_free (void *self)
{
	if (!self)
		return;
	values_free (front_of (self)->values);
	free (front_of (self));
}

/* A module may be older and its table shorter: what it lacks is NULL. */
static const struct larder_driver *
copy_table (const struct larder_head *head)
{
	struct larder_driver *copy = calloc (1, sizeof *copy);
	if (copy)
		memcpy (copy, head, head->size < sizeof *copy ? head->size : sizeof *copy);
	return copy;
}

static int
load (const char *path, const struct larder_driver **ret)
{
	char full[4096];
	snprintf (full, sizeof full, "%s%s", strchr (path, '/') ? "" : "./", path);
	void *library = dlopen (full, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fprintf (stderr, "%s\n", dlerror ()), -1;
	const struct larder_head *(*entry) (const struct larder_host *);
	*(void **) &entry = dlsym (library, LARDER_MODULE_ENTRY);
	const struct larder_head *head = entry ? entry (&fake_host) : NULL;
	if (!head || head->kind != LARDER_KIND_DRIVER || head->api > LARDER_API_CURRENT)
		return fprintf (stderr, "'%s' is not a driver of contract %d\n", path, LARDER_API_CURRENT), -1;
	*ret = copy_table (head);
	return *ret ? 0 : -1;
}

static void
forget (struct suite *suite)
{
	instance_free (suite->self);
	free ((void *) (size_t) suite->driver);
	suite->self = NULL;
	suite->driver = NULL;
}

int
suite_load (struct suite *suite, const char *path, char **options, int count)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_open request = { .size = sizeof request, .name = "conformance", .read_only = suite->read_only };
	for (int i = 0; i < count; i++)
		if (strncmp (options[i], "server=", 7) == 0)
			request.server = options[i] + 7;
	if (load (path, &suite->driver) < 0)
		return -1;
	const struct larder_driver *driver = suite->driver;
	bool objects = driver->stat && driver->read && driver->write && driver->remove && driver->list;
	if (!driver->open || !(objects || (suite->resources && driver->resources)))
		return fprintf (stderr, "driver '%s' lacks a required operation\n", driver->name), -1;
	suite->self = instance_new (driver, options, count);
	if (!suite->self) {
		forget (suite);
		return -1;
	}
	struct larder_call call;
	call_begin (&call);
	int code = driver->open (suite->self, &call, &request, &error);
	if (code == 0) {
		suite->caps = driver->caps_all;
		uint64_t caps = suite->caps;
		if (driver->caps)
			code = driver->caps (suite->self, &call, &caps, &error);
		suite->caps &= caps;
	}
	call_end (&call);
	if (code == 0)
		return 0;
	say (driver, &error);
	forget (suite);
	return -1;
}

void
suite_unload (struct suite *suite)
{
	if (suite->driver->close)
		suite->driver->close (suite->self);
	forget (suite);
}
