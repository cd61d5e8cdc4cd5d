/* merge.h: the sections as they are held, and how a later source wins over an earlier one. */
#ifndef LARDER_CONFIG_MERGE_H
#define LARDER_CONFIG_MERGE_H

#include <stdatomic.h>

#include "config.h"
#include "names.h"
#include "reader.h"

struct config_entry {
	const char *key;
	struct ini_value value;
	const char *file;
	unsigned line;
	uint32_t origin;                 /* enum larder_origin */
	struct config_entry *overridden; /* what it won over */
	struct config_entry *next;
	_Atomic (char *) where;          /* "FILE:LINE", once somebody asked for it: most are never */
};

struct config_section {
	const char *kind, *name, *file, *where;
	unsigned line;
	struct config_entry *entries;
	void *filled;                    /* by the schema, or NULL */
	struct larder_values *values;
	struct config_section *next, *next_of_kind;
	bool damaged;                    /* a problem of it was told: what it lacks, or holds, is no news */
};

/* The sections of one kind, in the order of the files. */
struct config_kind { struct config_section *first, **last; };

struct config {
	struct larder_arena *arena;
	const char *path, *profile, *profile_path;
	struct config_section *first, **last;
	struct names names;              /* of the sections */
	struct names kinds;              /* struct config_kind of each */
};

struct config_section *config_section_find (const struct config *config, const char *kind, const char *name);
/* What is written: a blank value is not. */
struct config_entry *config_entry_find (const struct config_section *section, const char *key);

int merge_sections (struct config *config, const struct ini_section *sections, const char *file, uint32_t origin, struct larder_error *error);
/* LARDER_KEY from the environment, then flags, for keys of [larder]. */
int merge_larder_keys (struct config *config, const struct larder_pairs *flags, struct larder_error *error);

#endif
