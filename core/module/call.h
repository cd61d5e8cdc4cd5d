/* call.h: one operation under way, seen from core. */
#ifndef LARDER_MODULE_CALL_H
#define LARDER_MODULE_CALL_H

#include <stdatomic.h>

#include <larder/types.h>
#include "arena.h"

struct pace;

struct larder_call {
	struct larder_arena *arena;      /* of the caller; output strings go there */
	int cancel_fd;                   /* an eventfd that becomes readable, or -1 */
	const atomic_int *cancelled;     /* or NULL */
	const atomic_int *all_cancelled; /* of what this is a part of, or NULL */
	int64_t end;                     /* of clock_boot, when it must end whatever was cancelled; 0: never */
	int64_t cpu_end;                 /* of clock_cpu, when the call must end too; 0: never */
	void (*progress) (void *context, uint64_t bytes); /* or NULL */
	void *progress_context;
	struct pace *pace;               /* of the handle, or NULL: no limit */
	bool urgent;                     /* counted there, but waits for no turn: a lease runs out */
};

extern const struct larder_host module_host;   /* the table every module gets */

/* Where the host's log goes; one for the process, because modules are. The last handle opened wins; NULL fn: nowhere. */
void module_host_log_to (void (*log) (void *context, int level, const char *text), void *context, int level);
/* The handle with that context is going: log no more to it. */
void module_host_log_stop (void *context);
/* Offset of store_now from the wall clock, for the mock (ns). */
void module_host_store_offset (int64_t offset);

#endif
