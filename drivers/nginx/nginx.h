/* nginx.h: one instance of the driver, and what its files share. README.md tells what lies below its root. */
#ifndef NGINX_NGINX_H
#define NGINX_NGINX_H

#define LARDER_API_VERSION 0
#include <pthread.h>
#include <larder/driver.h>

#include "lines.h"

struct http;

struct nginx {
	const char *root, *clear, *origin_ca, *program;    /* options */
	const char *name;                /* of the section */
	bool read_only;
	char *path;                      /* of the root, absolute */
	pthread_mutex_t mutex;           /* of what follows; taken before the lock of the files */
	struct http *http;               /* as a viewer; made at its first use */
	struct larder_arena *arena;
	struct ng_kept *kept;
};
struct ng_kept { const char *key; struct ng_kept *next; };

#define NG_TEXT_MOST ((size_t) 4 << 20)
#define NG_ID_ROOM 17

/* The root, to be closed. `make`: made, or a code; else -1 and errno where it cannot be opened. */
int ng_root (const struct nginx *nginx, bool make, struct larder_error *error);
/* What is shared under that key is given up when the instance is closed. */
int ng_keep (struct nginx *nginx, const char *key, struct larder_error *error);
int ng_check_writable (const struct nginx *nginx, struct larder_error *error);

/* ---- site.c: a [cdn] as files ---- */

void ng_site_id (const char *identity, char ret[NG_ID_ROOM]);
/* 1: its lines; 0: there is none. */
int ng_site_lines (int root, const char *id, struct lines *ret, struct larder_error *error);
/* Each site's id, in byte order. */
struct ng_ids { char (*at)[NG_ID_ROOM]; size_t count, room; struct larder_arena *arena; };
int ng_sites (int root, struct larder_arena *arena, struct ng_ids *ret, struct larder_error *error);
extern const struct larder_resource_type ng_resources[];

/* ---- authority.c: who vouches for it, made once ---- */

#define NG_AUTHORITY "authority/authority.pem"
/* Makes what is not there; a certificate that is about to end, or for other names, anew. `names`: hosts and addresses, ended by NULL. */
int ng_certify (int root, const char *id, const char *const *names, struct larder_error *error);

/* ---- process.c: nginx itself ---- */

/* A descriptor of the lock, to be closed: held by whoever changes the files below root, or starts and ends nginx. */
int ng_lock (struct larder_call *call, int root, struct larder_error *error);
/* Under the lock. Started, told to read its files anew, or left as it is: "started", "reloaded", "same". */
int ng_up (struct nginx *nginx, struct larder_call *call, int root, const char **ret_done, struct larder_error *error);
/* Under the lock. "stopped", or "down" where it did not run. */
int ng_down (struct nginx *nginx, struct larder_call *call, int root, const char **ret_done, struct larder_error *error);
/* Does it run, and by the files as they are? */
struct ng_state { int pid; bool current; };
int ng_state (struct nginx *nginx, struct larder_call *call, struct ng_state *ret, struct larder_error *error);

int ng_check (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error);

/* ---- forget.c ---- */

/* What the cache of a site holds of these keys is gone. */
int ng_forget (struct nginx *nginx, struct larder_call *call, const struct larder_action *action, struct larder_error *error);

#endif
