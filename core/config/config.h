/* config.h: the pipeline file and its profile, read, merged and checked against the schemas. */
#ifndef LARDER_CONFIG_CONFIG_H
#define LARDER_CONFIG_CONFIG_H

#include <larder/larder.h>

struct config;
struct config_section;

typedef void (*config_problem_fn) (void *context, const struct larder_error *error);

struct config_request {
	const char *config, *profile;    /* as in struct larder_settings */
	struct larder_pairs flags;       /* for [larder] */
	config_problem_fn problem;       /* told every problem, not only the first; NULL: the first one is the error */
	void *problem_context;
};

/* Finds, reads, merges, expands, and checks all sections that core has a schema for, and all references.
 * Sections of modules ([backend], [lock], [resource]) are kept as text for values_set later. */
int config_load (const struct config_request *request, struct config **ret, struct larder_error *error);
void config_free (struct config *config);
const char *config_path (const struct config *config);
const char *config_profile (const struct config *config);
const char *config_profile_path (const struct config *config);

/* Sections in file order. `after` NULL for the first of that kind; kind NULL for any. */
const struct config_section *config_next (const struct config *config, const char *kind, const struct config_section *after);
/* NOTFOUND with the nearest name when there is none. */
int config_find (const struct config *config, const char *kind, const char *name, const struct config_section **ret,
                 struct larder_error *error);
const char *config_kind (const struct config_section *section);
const char *config_name (const struct config_section *section);
const char *config_where (const struct config_section *section);          /* "etc/larder.ini:12" */
/* Value in force as text (after quotes, comments, ${…}), or NULL when not given. */
const char *config_text (const struct config_section *section, const char *key);
/* Filled struct of the section's schema (schema.h), owned by the config. NULL for module sections. */
const void *config_struct (const struct config_section *section);
/* Was the key given at all? */
bool config_given (const struct config_section *section, const char *key);

/* Was a comment cut off behind the value? Worth a warning when the key turns out to be a SECRET. */
bool config_comment_cut (const struct config_section *section, const char *key);
const char *config_where_key (const struct config_section *section, const char *key);   /* "etc/larder.ini:14"; the section's if not given */

/* Fill a module's instance from a module section: `skip` are keys that core itself uses ("driver", "server", "required");
 * unknown keys are errors with file, line and nearest match. */
int config_fill (const struct config_section *section, const struct larder_option *options, size_t stride, void *self,
                 const char *const *skip, struct larder_values **ret_values, struct larder_error *error);

/* The public iterations work on these. Module sections are shown as text; keys in `secrets` (a module's SECRET
 * options, by the caller's test) are hidden. */
typedef bool (*config_is_secret_fn) (void *context, const struct config_section *section, const char *key);
int config_each (const struct config *config, config_is_secret_fn is_secret, void *secret_context,
                 larder_setting_fn setting, void *context, struct larder_error *error);
int config_explain (const struct config *config, const char *key, config_is_secret_fn is_secret, void *secret_context,
                    larder_setting_fn setting, void *context, struct larder_error *error);

#endif
