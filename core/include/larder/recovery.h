/* recovery.h: what was lost comes back: databases, backups; a part of larder.h, which includes it. */
#ifndef LARDER_RECOVERY_H
#define LARDER_RECOVERY_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a service works on for long ---------------------------------------------------------- */

enum larder_recovery_flag {              /* beside LARDER_DRY_RUN, which looks whether it can be done, and begins nothing */
	LARDER_RECOVERY_WAIT = 1 << 16       /* until the service is done */
};

enum larder_recovery_step { LARDER_RECOVERY_PLANNED, LARDER_RECOVERY_STARTED, LARDER_RECOVERY_RUNNING, LARDER_RECOVERY_DONE };
/* What a database restore, a backup, a copy of a snapshot has come to. */
struct larder_recovery_event {
	size_t size;
	uint32_t step;                   /* enum larder_recovery_step */
	const char *kind, *section;      /* "database", its name */
	const char *action;              /* "restore" */
	const char *from, *to;           /* what the service calls them; to may be NULL */
	const char *token;               /* of what was begun; NULL while planned */
	const char *message;             /* of RUNNING: the service's own word, or NULL */
	int32_t percent;                 /* or -1 */
	struct larder_pairs results;     /* of DONE: "endpoint", "port"; "left", as often as there is something, what could not be carried over */
	int64_t waited, before;          /* of RUNNING: ns since this began to wait, and at the event before (-1: none) */
};
typedef int (*larder_recovery_fn) (void *context, const struct larder_recovery_event *event, struct larder_error *error);

/* ---- databases --------------------------------------------------------------------------------- */

/* A database as it was at a time, as a new one beside it, which is to be all that the old one is: how it is reached, protected, kept. */
struct larder_database_restore {
	size_t size;
	const char *name;                /* of its [database] */
	uint32_t flags;                  /* enum larder_recovery_flag */
	int64_t at;                      /* wall clock, ns; 0: the latest there is */
	const char *to;                  /* what the service is to call the new one */
};
/* Asked for again it is the same restore, and goes on with what is left. NOTREADY while it is not done, and was not waited for; CONFLICT: another has that name; INVALID a time
 * that the service does not have, `next` which it has; UNSUPPORTED by a service that restores none. */
LARDER_API int larder_database_restore (struct larder *larder, const struct larder_database_restore *request, larder_recovery_fn event, void *context, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
