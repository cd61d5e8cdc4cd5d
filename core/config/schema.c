/* schema.c: which sections there are, and which names point to which. */
#include "schema.h"

#include <string.h>

#include "schema-tables.h"

#define NAMED(kind) { #kind, kind##_options, sizeof (struct schema_##kind), true }

const struct schema schemas[] = {
	{ "larder", larder_options, sizeof (struct schema_larder), false },
	NAMED (store), NAMED (lifecycle), NAMED (cors), NAMED (pipeline), NAMED (cache), NAMED (cdn), NAMED (behavior),
	NAMED (replication), NAMED (filesystem), NAMED (backup), { "backup-rule", backup_rule_options, sizeof (struct schema_backup_rule), true },
	NAMED (database), NAMED (usage),
	{ 0 }
};

const struct schema *
schema_find (const char *kind)
{
	for (const struct schema *schema = schemas; schema->kind; schema++)
		if (strcmp (schema->kind, kind) == 0)
			return schema;
	return NULL;
}

const struct schema_reference schema_references[] = {
	{ "store", "backend", "backend" }, { "store", "in", "store" }, { "store", "lifecycle", "lifecycle" }, { "store", "cors", "cors" },
	{ "store", "cdn", "cdn" }, { "store", "replication", "replication" },
	{ "pipeline", "store", "store" }, { "pipeline", "thumbnail-store", "store" },
	{ "cache", "source", "store" }, { "cache", "store", "filesystem" }, { "cache", "lock", "lock" }, { "lock", "store", "store" },
	{ "cdn", "backend", "backend" }, { "cdn", "store", "store" }, { "cdn", "failover", "store" }, { "cdn", "behaviors", "behavior" }, { "behavior", "cors", "cors" },
	{ "replication", "to", "store" },
	{ "filesystem", "backend", "backend" }, { "filesystem", "backup", "backup" },
	{ "backup", "backend", "backend" }, { "backup", "rules", "backup-rule" }, { "database", "backend", "backend" },
	{ "resource", "backend", "backend" },
	{ 0 }
};
