/* pending.h: one journal under look. */
#ifndef LARDER_TRANSFER_PENDING_H
#define LARDER_TRANSFER_PENDING_H

#include <jansson.h>
#include "transfer.h"

/* Locked unless its transfer runs. Texts live in the arena. */
struct found {
	struct larder *larder;
	struct larder_arena *arena;
	int folder, fd;
	const char *name;
	bool running;
	json_t *head;                       /* NULL: it cannot be read */
	const char *kind, *from, *to;       /* a file from the root on, STORE:KEY, "-" */
	const char *object;                 /* STORE:KEY of what hangs on it: the upload, or the source of a private file */
	const char *path;                   /* file */
	const char *id;                     /* NULL: it was asked for, and no answer is known */
	int64_t begun;
	const char *problem;                /* why it can be neither gone on with nor given up here */
	const char *no_resume;              /* why it can only be given up */
};

typedef int (*found_fn) (void *context, struct found *found, struct larder_error *error);
int found_each (struct larder *larder, found_fn each, void *context, struct larder_error *error);
/* A member of its first line, or NULL. */
const char *found_member (const struct found *found, const char *name);

/* ---- pending-give-up.c ---- */
/* What hangs on it goes from store or folder. 0; 1: it stays, for `ret_reason`; or a code. With `dry` it is only looked for. */
int found_give_up (const struct found *found, bool dry, const char **ret_reason, struct larder_error *error);

#endif
