/* cdn-key.c: what signs addresses, and what edges hold them against: asked of the driver by its action "signing-key". */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include "error.h"
#include "store.h"

int
cdn_check_key (struct larder *larder, struct instance *signer, struct larder_arena *arena, const char *group, const char **ret_told, struct larder_error *error)
{
	const struct larder_pair pair = { "key-group", group };
	const struct larder_action action = { .size = sizeof action, .kind = "signing-key", .arguments = { &pair, 1, sizeof pair } };
	const struct larder_driver *driver = signer->module->driver;
	struct larder_call call = larder_call_begin (larder, arena);
	if (!driver->action_start)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s knows no keys", driver->name);
	instance_enter (signer);
	int code = driver->action_start (signer->self, &call, &action, ret_told, error);
	instance_leave (signer);
	return code;
}
