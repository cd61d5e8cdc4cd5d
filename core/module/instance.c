/* instance.c: one instance of a module: its memory, its options, its lock. */
#include "instance.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "loaded.h"
#include "module.h"
#include "values.h"

/* What stands before the module's own bytes, so that host->option finds the way back from `self`. */
struct front {
	struct instance instance;
	pthread_mutex_t mutex;
	bool open;
	max_align_t self[];
};

static struct front *
front_of (const void *self)
{
	return (struct front *) (void *) ((char *) (uintptr_t) self - offsetof (struct front, self));
}

const char *
instance_option (const void *self, const char *key)
{
	return values_text (front_of (self)->instance.values, key);
}

int
instance_new (const struct module *module, struct instance **ret, struct larder_error *error)
{
	struct front *front = calloc (1, sizeof *front + module->head->self_size);
	if (!front)
		return larder_fail_memory (error);
	static const struct larder_option none[] = { { 0 } };
	front->instance.module = module;
	front->instance.self = front->self;
	front->instance.values = values_new (module->options ? module->options : none, sizeof *none, front->self);
	pthread_mutex_init (&front->mutex, NULL);
	if (!front->instance.values) {
		instance_free (&front->instance);
		return larder_fail (error, LARDER_E_INVALID, "module '%s' has an option whose default is not valid", module->name);
	}
	if (module->driver)
		front->instance.caps = module->driver->caps_all;
	*ret = &front->instance;
	return 0;
}

int
instance_open (struct instance *instance, struct larder_call *call, const void *request, struct larder_error *error)
{
	const struct module *module = instance->module;
	int code = values_finish (instance->values, NULL, error);
	if (code < 0)
		return code;
	if (module->driver)
		code = module->driver->open (instance->self, call, request, error);
	else if (module->lock)
		code = module->lock->open (instance->self, call, request, error);
	if (code < 0)
		return code;
	front_of (instance->self)->open = true;
	uint64_t caps = instance->caps;
	if (module->driver && module->driver->caps) {
		code = module->driver->caps (instance->self, call, &caps, error);
		instance->caps &= caps;
	}
	return code;
}

void
instance_free (struct instance *instance)
{
	if (!instance)
		return;
	struct front *front = front_of (instance->self);
	if (front->open && instance->module->driver)
		instance->module->driver->close (instance->self);
	else if (front->open && instance->module->lock)
		instance->module->lock->close (instance->self);
	values_free (instance->values);
	pthread_mutex_destroy (&front->mutex);
	free (front);
}

void
instance_enter (struct instance *instance)
{
	if (instance->module->head->threads == LARDER_THREADS_SERIAL)
		pthread_mutex_lock (&front_of (instance->self)->mutex);
	else if (instance->module->head->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_lock (module_mutex (instance->module));
}

void
instance_leave (struct instance *instance)
{
	if (instance->module->head->threads == LARDER_THREADS_SERIAL)
		pthread_mutex_unlock (&front_of (instance->self)->mutex);
	else if (instance->module->head->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_unlock (module_mutex (instance->module));
}
