/* reference.h: names of sections in values, and the templates of keys. */
#ifndef LARDER_CONFIG_REFERENCE_H
#define LARDER_CONFIG_REFERENCE_H

#include "merge.h"
#include "problems.h"

/* Every name points to a section; every store has a place; every template has known placeholders. */
int reference_check (const struct config *config, struct problems *problems, struct larder_error *error);
/* NOTFOUND with the nearest name; `by` is the entry that names it (then INVALID with file and line), or NULL. */
int reference_fail (const struct config *config, const char *kind, const char *name, const struct config_entry *by, struct larder_error *error);

/* check.c: values of one section that are well formed for their type and wrong all the same. Templates are closed by now. */
int check_values (const struct config_section *section, struct problems *problems, struct larder_error *error);

#endif
