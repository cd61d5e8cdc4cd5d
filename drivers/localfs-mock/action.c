/* action.c: long actions, none of which takes long here. Nothing holds copies of what is in the folder: an invalidation is done once it is asked for. */
#include "mock.h"

#include <string.h>

#include "error.h"

int
mock_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	struct larder_action asked = { .size = sizeof asked };
	bool there = false;
	larder_give (&asked, action);
	if (strcmp (asked.kind, "invalidate") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "localfs-mock has no action '%s'", asked.kind);
	int code = mock_has_resource (self, call, "cdn", asked.target, &there, error);
	if (code == 0 && !there)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no cdn '%s'", asked.target);
	if (code == 0 && asked.ret_taken)
		*asked.ret_taken = asked.arguments.count;
	if (code == 0)
		*ret_token = "at-once";
	return code;
}

int
mock_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	const struct larder_progress progress = { .size = sizeof progress, .state = LARDER_ACTION_DONE, .percent = 100 };
	(void) self, (void) call, (void) kind, (void) token, (void) error;
	larder_give (ret_progress, &progress);
	return 0;
}
