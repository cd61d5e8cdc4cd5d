/* unpack.h: bundles as the files that went into them: read by ranges, each member proven by its checksum before it gets its name. */
#ifndef LARDER_ARCHIVE_UNPACK_H
#define LARDER_ARCHIVE_UNPACK_H

#include "job.h"
#include "transfer.h"

/* A transfer into that folder, whose items are members. */
struct unpack { struct transfer transfer; struct larder_transfer request; };

int unpack_begin (struct unpack *unpack, struct larder *larder, const char *to, larder_event_fn event, void *context, struct larder_error *error);
/* The members that the job names, or all, which are not there yet. A code when the bundle itself cannot be read, or it ends the run; `ret_failed` is
 * the code of the first member that failed alone, which was told; NOTREADY, untold, when the bundle is archived by now. */
int unpack_bundle (struct unpack *unpack, struct larder_store *store, const struct job_object *object, int *ret_failed, struct larder_error *error);
/* `code`, or what stopped it. */
int unpack_end (struct unpack *unpack, int code, struct larder_error *error);

#endif
