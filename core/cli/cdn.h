/* cdn.h: what the commands of larder cdn share. */
#ifndef LARDER_CLI_CDN_H
#define LARDER_CLI_CDN_H

#include "line.h"

/* As it stands on the command line: a key of the pipeline's store, or STORE:KEY. */
struct cdn_object { const char *pipeline, *text; bool thumbnail; };
/* A key of [pipeline "NAME"] that names a store: "store", "thumbnail-store". UNSUPPORTED where it has none. */
int cdn_store_of (struct cli *cli, const char *pipeline, const char *key, const char **ret, struct larder_error *error);
/* Its store's name, and its key there; of a thumbnail the picture's, translated. */
int cdn_address (struct cli *cli, const struct cdn_object *object, const char **ret_store, const char **ret_key, struct larder_error *error);
/* Its store, opened, to be closed, and the key. */
int cdn_object (struct cli *cli, const struct cdn_object *object, struct larder_store **ret_store, const char **ret_key, struct larder_error *error);
/* ---- edges.c: what a command replaces or removes, for edges to forget ---- */
/* Before anything is changed: can they be told of what is at these addresses, which live as long, and below? */
int edges_begin (struct cli *cli, const char *const *addresses, size_t count, struct larder_error *error);
/* One that is about to be. Nothing unless it was begun. */
void edges_add (struct cli *cli, const char *address);
/* One that was not there: no edge holds it. */
void edges_created (struct cli *cli);
/* Tells them. `code`: how the command ended, which is returned unless it ended well. */
int edges_end (struct cli *cli, int code, struct larder_error *error);

/* A larder_cdn_fn: what is to be invalidated, what was begun, and how long it takes. */
int cdn_event (void *context, const struct larder_cdn_event *event, struct larder_error *error);

#endif
