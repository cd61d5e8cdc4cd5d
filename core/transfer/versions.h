/* versions.h: going through the versions below an address, page by page. */
#ifndef LARDER_TRANSFER_VERSIONS_H
#define LARDER_TRANSFER_VERSIONS_H

#include "store.h"
#include "transfer.h"

struct versions {
	struct transfer transfer;     /* counts, and tells events */
	const struct larder_versions *request;
	const struct versions_way *way;
	struct larder_store *store;   /* of the address at hand */
	const char *address;
	const char *only;             /* this key alone, or NULL */
	uint64_t seen;                /* versions and markers at the address at hand */
	struct larder_arena *page;    /* cleared after each page */
	void *state;                  /* the way's own */
	bool starved;                 /* no memory for what a page brought */
};

/* What is done with them. `one` decides during the page, and fails only for want of memory; `act` carries out what was decided,
 * between pages. */
struct versions_way {
	int (*begin) (struct versions *versions, struct larder_error *error);   /* of an address: forgets the one before */
	int (*one) (struct versions *versions, const struct larder_info *info);
	int (*act) (struct versions *versions, bool last, struct larder_error *error);
	int (*whole) (struct versions *versions, struct larder_error *error);   /* behind all of a store; may be NULL */
};

/* Every address of the request, each counted, or failed as a whole. */
int versions_run (struct larder *larder, const struct larder_versions *request, const struct versions_way *way, void *state,
                  larder_event_fn event, void *context, struct larder_summary *ret_summary, struct larder_error *error);
/* Versions whose keys begin with `prefix`, or of the key `only`. */
int versions_walk (struct versions *versions, const char *prefix, const char *only, struct larder_error *error);
/* "images:key", in the arena of the page. */
const char *versions_name (struct versions *versions, const char *key);
/* Count one as done, and tell it as "removed" or "restored", or what they are called in a dry run. */
void versions_done (struct versions *versions, const char *done, const char *would, const char *key, const char *version, uint64_t bytes);
void versions_skipped (struct versions *versions, const char *key, const char *reason);
/* Count an upload that nobody ended as removed. */
void versions_upload (struct versions *versions, const char *key);
/* `name` as of versions_name; on any thread. */
void versions_failed (struct versions *versions, const char *name, const char *version, int code, const struct larder_error *error);

/* ---- versions-back.c: each key as it was at a time ---- */
int versions_back (struct larder *larder, const struct larder_versions *request, larder_event_fn event, void *context,
                   struct larder_summary *ret_summary, struct larder_error *error);
/* Fails where versions are not kept: 0 for ON, or SUSPENDED where that is enough, or not known. */
int versions_need (struct versions *versions, bool on, struct larder_error *error);
#endif
