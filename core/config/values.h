/* values.h: one option table and the texts given for it, turned into the fields of a struct. Used for
 * sections of the INI, for modules' options and for flags of commands. */
#ifndef LARDER_CONFIG_VALUES_H
#define LARDER_CONFIG_VALUES_H

#include <larder/types.h>

/* Owns every text, list and "was it given" of one filled struct. Public name because flags use it too. */
struct larder_values;

struct larder_values *values_new (const struct larder_option *options, size_t stride, void *self);  /* defaults filled; NULL: no memory */
const struct larder_option *values_option (const struct larder_values *values, const char *key);    /* or NULL */
/* Parse and store one value (later ones replace earlier; LIST takes the comma-separated form). `where` is for messages
 * ("etc/larder.ini:12" or "--jobs"), may be NULL. A SECRET's value never appears in the message. */
int values_set (struct larder_values *values, const char *key, const char *text, const char *where, struct larder_error *error);
int values_append (struct larder_values *values, const char *key, const char *item, const char *where, struct larder_error *error);
/* After the last set: every REQUIRED option was given; all missing ones are named at once. */
int values_finish (const struct larder_values *values, const char *where, struct larder_error *error);
/* The text given, NULL if only the default holds; "" for a SECRET that was given. */
const char *values_text (const struct larder_values *values, const char *key);
void values_free (struct larder_values *values);   /* secrets are wiped; NULL allowed */

/* Nearest key of a table, for "did you mean", or NULL. */
const char *values_nearest (const struct larder_option *options, size_t stride, const char *key);

#endif
