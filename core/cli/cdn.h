/* cdn.h: what the commands of larder cdn share. */
#ifndef LARDER_CLI_CDN_H
#define LARDER_CLI_CDN_H

#include "line.h"

/* As it stands on the command line: a key of the pipeline's store, or STORE:KEY. */
struct cdn_object { const char *pipeline, *text; bool thumbnail; };
/* Its store, opened, to be closed, and its key there; of a thumbnail the picture's, translated. */
int cdn_object (struct cli *cli, const struct cdn_object *object, struct larder_store **ret_store, const char **ret_key, struct larder_error *error);

#endif
