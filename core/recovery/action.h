/* action.h: one long action of a service, begun and waited for. */
#ifndef LARDER_RECOVERY_ACTION_H
#define LARDER_RECOVERY_ACTION_H

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include "store.h"

struct recovery_action {
	struct larder *larder;
	struct larder_arena *arena;
	struct instance *instance;
	const struct config_section *at; /* whose matter it is */
	const char *from, *to;           /* told */
	struct larder_action asked;
	uint32_t flags;
	larder_recovery_fn event;
	void *context;
	const char *again;               /* what is to be done when it came to nothing; or NULL */
	bool failed;                     /* the service told so: the same asked for again is that one */
	const char *token;
	int64_t began, told, pause;      /* of the wait, by the boot clock */
};

/* The section of that kind and name, and an instance of its driver that has long actions; UNSUPPORTED. */
int recovery_find (struct larder *larder, const char *kind, const char *name, const struct config_section **ret, struct instance **ret_instance, struct larder_error *error);
/* Begun, or gone on with; with WAIT until it is done. `next` is what is to be done while it is not. */
int recovery_run (struct recovery_action *action, const char *next, struct larder_error *error);
/* The two halves of it. */
int recovery_start (struct recovery_action *action, struct larder_error *error);
int recovery_wait (struct recovery_action *action, const char *next, struct larder_error *error);
/* larder_backup_restore; `ret_failed`: the service told that it could not do it. `again` is what is to be done then. */
int recovery_restore (struct larder *larder, const struct larder_backup_restore *request, const char *again, larder_recovery_fn event, void *context, bool *ret_failed, struct larder_error *error);
/* What its service calls the section. */
const char *recovery_identity (const struct config_section *at);
/* What is asked for of its section: those of the arguments that have a value, and "try" where it is only looked at. `token` NULL: no memory. */
int recovery_ask (struct recovery_action *action, const char *kind, const char *token, const struct larder_pair *given, size_t count, struct larder_error *error);
/* What names it, where nothing else does. NULL: no memory. */
const char *recovery_name (struct larder_arena *arena);

#endif
