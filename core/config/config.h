/* config.h: the pipeline file and its profile, read, merged and checked against the schemas. */
#ifndef LARDER_CONFIG_CONFIG_H
#define LARDER_CONFIG_CONFIG_H

#include <larder/larder.h>

struct config;
struct config_section;

enum { CONFIG_NAME_MOST = 128 };         /* of a section, with its NUL */

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
/* The variable of ${VAR:-default} that is not set, so that the default is the value; NULL: it is not one. */
const char *config_unset (const struct config_section *section, const char *key);
/* Filled struct of the section's schema (schema.h), owned by the config. NULL for module sections. */
const void *config_struct (const struct config_section *section);
/* Keys that are given, in the order of the files; `after` NULL for the first, NULL after the last. */
const char *config_next_key (const struct config_section *section, const char *after);
/* The n-th item of a list, from 0; NULL behind the last. One value is a list of one. */
const char *config_item (const struct config_section *section, const char *key, size_t n);
/* Was the key given at all? */
bool config_given (const struct config_section *section, const char *key);

/* Was a comment cut off behind the value? Worth a warning when the key turns out to be a SECRET. */
bool config_comment_cut (const struct config_section *section, const char *key);
const char *config_where_key (const struct config_section *section, const char *key);   /* "etc/larder.ini:14"; the section's if not given */

/* Fill a module's instance from a module section: `skip` are keys that core itself uses ("driver", "server", "required");
 * unknown keys are errors with file, line and nearest match. */
int config_fill (const struct config_section *section, const struct larder_option *options, size_t stride, void *self,
                 const char *const *skip, struct larder_values **ret_values, struct larder_error *error);

/* The public iterations work on these. What they cannot know, sections of modules, is asked of the caller; NULL knows none. */
struct config_modules {
	void *context;
	/* Is the value of this key hidden? Asked of every section. */
	bool (*is_secret) (void *context, const struct config_section *section, const char *key);
	/* The module's own table (sizeof (struct larder_option) apart), or NULL when the section has none or it is not installed. */
	const struct larder_option *(*options) (void *context, const struct config_section *section);
};
/* Every value in force: sections in file order, in each what is written, then what is left at its default. */
int config_each (const struct config *config, const struct config_modules *modules, larder_setting_fn setting, void *context,
                 struct larder_error *error);
int config_explain (const struct config *config, const char *key, const struct config_modules *modules, larder_setting_fn setting,
                    void *context, struct larder_error *error);

#endif
