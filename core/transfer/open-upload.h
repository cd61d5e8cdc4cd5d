/* open-upload.h: an upload that is open at a store, and its journal, which knows of it from before it was asked for. */
#ifndef LARDER_TRANSFER_OPEN_UPLOAD_H
#define LARDER_TRANSFER_OPEN_UPLOAD_H

#include "journal.h"
#include "parts.h"
#include <larder/driver.h>

struct open_upload {
	struct larder_store *store;
	const struct larder_put *put;
	const struct plan *plan;      /* NULL: nobody knows its end */
	struct journal_what what;
	void *owner;                  /* whose it is, for is_ours */
	/* Has the part that the store tells of the bytes that belong there? 1, 0, or a code. NULL: it is never gone on with. */
	int (*is_ours) (struct open_upload *open, const struct larder_part *part, struct larder_error *error);
	bool *done;                   /* with is_ours: plan->count of them */
	struct parts_list list;       /* in its arena the id lives, too */
	struct larder_upload upload;  /* without an id until it is open */
	struct journal journal;
	bool taken_up;                /* a run before began it */
};

/* Goes on with the upload of a run before, if its pin is the same, or begins one: with parts that are copied inside the service alone, or not. */
int open_upload_begin (struct open_upload *open, const char *state, bool copied, const char *pin, struct larder_error *error);
/* Gives up the one that is open, and begins another: its parts are to be sent again. */
int open_upload_anew (struct open_upload *open, bool copied, const char *pin, struct larder_error *error);
/* Of an end with `code`: what can be gone on with stays; else, after a failure, the upload is given up. */
void open_upload_end (struct open_upload *open, int code, struct larder_error *error);
/* For a pin: what the object is to be. */
uint64_t open_upload_attributes (const struct larder_attributes *attributes);

#endif
