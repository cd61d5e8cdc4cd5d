/* desired-more.c: [filesystem], [backup], [database]. */
#include "resource.h"

#include <string.h>

#include "error.h"
#include "text.h"

/* ---- shared files ---- */

static void
add_network (struct resource *share, const struct schema_filesystem *asked)
{
	lines_add (&share->desired, "network", asked->vpc);
	for (const char *const *subnet = asked->subnets; subnet && *subnet; subnet++)
		lines_add_in (&share->desired, "target", *subnet, "", "yes");
	if (!asked->security_group)
		return;
	lines_add (&share->desired, "security-group.name", asked->security_group);
	for (const char *const *group = asked->nodes; group && *group; group++)
		lines_add_in (&share->desired, "security-group.from", *group, "", "tcp 2049");
	lines_add (&share->desired, "security-group.egress", asked->egress);
	if (asked->nodes && *asked->nodes)               /* these, and nobody else */
		lines_add (&share->refused, "security-group.from", "no");
}

/* A group that two share lets the nodes of each reach the other, and is made and removed by both. */
static int
check_group (const struct larder_infra *infra, const struct config_section *at, const struct schema_filesystem *asked, struct larder_error *error)
{
	static const char *const account[] = { "driver", "server", "endpoint", "region", "access-key", "profile", "credentials", NULL };
	if (asked->security_group && !*asked->security_group)
		return larder_fail_next (error, LARDER_E_INVALID, "name it, or leave the key out: the network's own group is taken",
			"'security-group' of [filesystem \"%s\"] of %s is empty", config_name (at), config_where_key (at, "security-group"));
	for (const struct config_section *other = NULL; asked->security_group && (other = config_next (larder_configuration (infra->larder), "filesystem", other)) && other != at;) {
		const struct schema_filesystem *its = config_struct (other);
		bool same = its->backend && its->security_group && strcmp (its->security_group, asked->security_group) == 0 && same_text (its->vpc, asked->vpc);
		if (same && backends_agree (infra, its->backend, asked->backend, account))
			return larder_fail_next (error, LARDER_E_INVALID, "another name for one of them: each has a group of its own", "[filesystem \"%s\"] of %s has the security group '%s' of [filesystem \"%s\"]",
				config_name (at), config_where_key (at, "security-group"), asked->security_group, config_name (other));
	}
	return 0;
}

static int
add_policy (struct resource *share, const struct schema_filesystem *asked, struct larder_error *error)
{
	for (const char *const *words = asked->policy; words && *words; words++) {
		if (strcmp (*words, "tls") != 0 && strcmp (*words, "access-point") != 0)
			return larder_fail_next (error, LARDER_E_INVALID, "tls, access-point", "'%s' of policy in [filesystem \"%s\"] of %s is no condition", *words, share->section,
				config_where_key (share->at, "policy"));
		if (**words == 'a' && !asked->access_point)
			return larder_fail_next (error, LARDER_E_INVALID, "access-point = FOLDER, owner = UID:GID and mode; or policy = tls alone", "[filesystem \"%s\"] of %s is to be mounted through its access point alone, and has none",
				share->section, config_where_key (share->at, "policy"));
		lines_add (&share->desired, **words == 't' ? "policy.tls" : "policy.access-point", "yes");
	}
	return 0;
}

static void
add_files (struct resource *share, const struct config_section *at, const struct schema_filesystem *asked)
{
	struct lines *lines = &share->desired;
	lines_add (lines, "encrypted", yes_no (asked->encrypted));
	lines_add (lines, "kms-key", asked->kms_key);
	lines_add (lines, "performance", asked->performance);
	lines_add (lines, "throughput", asked->throughput);
	if (config_given (at, "automatic-backup"))
		lines_add (lines, "automatic-backup", yes_no (asked->automatic_backup));
	lines_add_or_refuse (share, "lifecycle.to-ia", text_days (share->arena, asked->to_ia), config_given (at, "to-ia"));
	lines_add_or_refuse (share, "lifecycle.back-on-access", asked->back_on_access ? "1" : NULL, config_given (at, "back-on-access"));
	if (asked->access_point) {
		lines_add_in (lines, "access-point", asked->access_point, ".owner", asked->owner);
		lines_add_in (lines, "access-point", asked->access_point, ".mode", asked->mode);
	}
}

static int
add_share (struct larder_infra *infra, const struct config_section *at, const struct schema_filesystem *asked, struct larder_error *error)
{
	struct resource *share = resource_add (infra, at, "filesystem", asked->token ? asked->token : config_name (at), asked->backend);
	if (!share)
		return larder_fail_memory (error);
	share->protect = asked->protect;
	add_files (share, at, asked);
	int code = check_group (infra, at, asked, error);
	if (code == 0)
		code = add_policy (share, asked, error);
	if (code < 0)
		return code;
	add_network (share, asked);
	return desired_tags (share, asked->tags, error);
}

int
desired_filesystems (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "filesystem", at));) {
		const struct schema_filesystem *asked = config_struct (at);
		if (asked->backend)
			code = add_share (infra, at, asked, error);
	}
	return code;
}

/* ---- backups ---- */

static int
fail_unselected (const struct larder_infra *infra, const struct resource *backup, const char *name, struct larder_error *error)
{
	size_t count = 0;
	const char **names = arena_alloc (infra->arena, (infra->count + 1) * sizeof *names);
	for (size_t n = 0; names && n < infra->count; n++)
		if (strcmp (infra->at[n].kind, "filesystem") == 0 || strcmp (infra->at[n].kind, "database") == 0 || strcmp (infra->at[n].type, "bucket") == 0)
			names[count++] = infra->at[n].section;
	const char *nearest = names ? text_nearest (name, names, count) : NULL;
	return larder_fail_next (error, LARDER_E_INVALID, nearest ? arena_printf (infra->arena, "did you mean '%s'?", nearest)
		: "name a [filesystem], [database] or [store] with a bucket, or write the service's own address of it",
		"[backup \"%s\"] of %s is to back up '%s', which no section is", backup->section, config_where_key (backup->at, "resources"), name);
}

/* Who may be backed up. Replications name a bucket by its name, so that is its id: a backup wants the whole. */
static const struct selectable { const char *kind, *type, *tells; } selectables[] = { { "filesystem", NULL, "id" }, { "database", NULL, "id" }, { "store", "bucket", "arn" } };

bool
section_is_named (const char *text, const char *kind, const char *section)
{
	size_t length = strlen (kind);
	return strcmp (text, section) == 0 || (strncmp (text, kind, length) == 0 && text[length] == '/' && strcmp (text + length + 1, section) == 0);
}

/* How many resources the text names; the last of them, and what sort that is. */
static size_t
find_selected (struct larder_infra *infra, const char *name, struct resource **ret, const struct selectable **ret_sort)
{
	size_t count = 0;
	for (size_t n = 0; n < infra->count; n++)
		for (size_t k = 0; k < sizeof selectables / sizeof *selectables; k++) {
			struct resource *one = &infra->at[n];
			const struct selectable *sort = &selectables[k];
			if (strcmp (one->kind, sort->kind) != 0 || (sort->type && strcmp (one->type, sort->type) != 0) || !section_is_named (name, one->kind, one->section))
				continue;
			*ret = one, *ret_sort = sort;
			count++;
		}
	return count;
}

/* Nothing is guessed. */
static int
fail_ambiguous (struct larder_infra *infra, const struct resource *backup, const char *name, struct larder_error *error)
{
	const struct selectable *sort;
	struct resource *one;
	const char *list = "";
	for (size_t k = 0; list && k < sizeof selectables / sizeof *selectables; k++) {
		const char *whole = arena_printf (infra->arena, "%s/%s", selectables[k].kind, name);
		list = whole && find_selected (infra, whole, &one, &sort) ? arena_printf (infra->arena, "%s%s%s", list, *list ? ", or " : "", whole) : whole ? list : NULL;
	}
	return list ? larder_fail_next (error, LARDER_E_INVALID, arena_printf (infra->arena, "say which: resources = %s", list), "[backup \"%s\"] of %s is to back up '%s', which is more than one section",
		backup->section, config_where_key (backup->at, "resources"), name) : larder_fail_memory (error);
}

/* One that is to be backed up; nothing new where it is selected already, by whatever words. */
static int
select_one (struct larder_infra *infra, struct resource *backup, const char *set, const char *name, struct larder_error *error)
{
	const struct selectable *sort = NULL, *unused;
	struct resource *named = NULL, *other;
	size_t count = find_selected (infra, name, &named, &sort);
	char *whole = named ? arena_printf (backup->arena, "%s/%s", named->kind, named->section) : NULL, *from = whole ? arena_printf (backup->arena, "%s#%s", whole, sort->tells) : NULL;
	if (named && !from)
		return larder_fail_memory (error);
	if (count > 1)
		return fail_ambiguous (infra, backup, name, error);
	if (named)
		lines_add_member_from (&backup->desired, set, find_selected (infra, named->section, &other, &unused) > 1 ? whole : named->section, from);
	else if (strchr (name, ':'))
		lines_add_in (&backup->desired, set, name, "", "yes");         /* an address of the service's own */
	else
		return fail_unselected (infra, backup, name, error);
	return resource_needs (infra, backup, named, error);
}

static int
select_share (struct larder_infra *infra, struct resource *backup, const char *set, const char *section, struct larder_error *error)
{
	const char *whole = arena_printf (backup->arena, "filesystem/%s", section);
	return whole ? select_one (infra, backup, set, whole, error) : larder_fail_memory (error);
}

/* What it names, and each share that names it. */
static int
add_selected (struct larder_infra *infra, struct resource *backup, const struct schema_backup *asked, struct larder_error *error)
{
	char *set = path_of_member (backup->arena, "selection", asked->selection ? asked->selection : backup->section, ".resource");
	size_t before = backup->desired.count;
	int code = set ? 0 : larder_fail_memory (error);
	for (const char *const *name = asked->resources; code == 0 && name && *name; name++)
		code = select_one (infra, backup, set, *name, error);
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "filesystem", at));) {
		const struct schema_filesystem *share = config_struct (at);
		if (share->backend && text_is_listed (share->backup, backup->section))
			code = select_share (infra, backup, set, config_name (at), error);
	}
	if (code == 0 && backup->desired.count == before)
		code = larder_fail_next (error, LARDER_E_INVALID, "resources = NAME, …", "[backup \"%s\"] of %s selects nothing: services take that for everything they can back up",
			backup->section, config_where (backup->at));
	return code;
}

/* Copies with an age of their own say it: "cold-after 30, delete-after 120". */
static const char *
copy_life (struct larder_arena *arena, const struct schema_backup_rule *asked)
{
	const char *cold = text_days (arena, asked->copy_cold_after), *gone = text_days (arena, asked->copy_delete_after);
	if (!cold && !gone)
		return "yes";
	return arena_printf (arena, "%s%s%s%s%s", cold ? "cold-after " : "", cold ? cold : "", cold && gone ? ", " : "", gone ? "delete-after " : "", gone ? gone : "");
}

/* Gone at once, or never? A backup is too dear for a guess. */
static int
check_stay (const struct config_section *at, const char *key, int64_t age, struct larder_error *error)
{
	if (age != 0 || !config_given (at, key))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "1d or more; to keep them for ever, leave it out", "'%s' of %s in [%s \"%s\"] of %s lets no backup stay", config_text (at, key), key, config_kind (at), config_name (at),
		config_where_key (at, key));
}

static int
add_backup_rule (struct resource *backup, const char *id, const struct config_section *at, const struct schema_backup_rule *asked, const char *vault, struct larder_error *error)
{
	int code = check_stay (at, "delete-after", asked->delete_after, error);
	if (code == 0)
		code = check_stay (at, "copy-delete-after", asked->copy_delete_after, error);
	if (code < 0)
		return code;
	struct lines *lines = &backup->desired;
	char *copies = path_of_member (backup->arena, "rule", id, ".copy");
	const char *life = copy_life (backup->arena, asked);
	if (!copies || !life)
		return larder_fail_memory (error);
	lines_add_in (lines, "rule", id, ".vault", asked->vault ? asked->vault : vault ? vault : "Default");
	lines_add_in (lines, "rule", id, ".schedule", asked->schedule);
	lines_add_in (lines, "rule", id, ".delete-after", text_days (backup->arena, asked->delete_after));
	lines_add_in (lines, "rule", id, ".cold-after", text_days (backup->arena, asked->cold_after));
	for (const char *const *to = asked->copy_to; to && *to; to++)
		lines_add_in (lines, copies, *to, "", life);
	return 0;
}

const char *
backup_rule_id (const struct config_section *at)
{
	bool single = strcmp (config_kind (at), "backup") == 0;
	const struct schema_backup_rule *rule = single ? &((const struct schema_backup *) config_struct (at))->own : config_struct (at);
	return rule->id ? rule->id : single ? "daily" : config_name (at);
}

/* What is said of the single rule would be lost beside others; and two of one name would be one. */
static int
check_rules (const struct larder_infra *infra, const struct resource *backup, const char *const *names, struct larder_error *error)
{
	static const char *const keys[] = { "rule", "schedule", "delete-after", "cold-after", "copy-to", "copy-delete-after", "copy-cold-after" };
	const struct config *config = larder_configuration (infra->larder);
	const struct config_section *one, *other;
	int code = 0;
	for (size_t n = 0; n < sizeof keys / sizeof *keys; n++)
		if (config_given (backup->at, keys[n]))
			return larder_fail_next (error, LARDER_E_INVALID, "say it in its [backup-rule]", "[backup \"%s\"] of %s has '%s' beside rules", backup->section,
				config_where_key (backup->at, keys[n]), keys[n]);
	for (size_t a = 0; code == 0 && names[a]; a++)
		for (size_t b = 0; code == 0 && b < a; b++) {
			code = config_find (config, "backup-rule", names[a], &one, error);
			if (code == 0)
				code = config_find (config, "backup-rule", names[b], &other, error);
			if (code == 0 && one != other && strcmp (backup_rule_id (one), backup_rule_id (other)) == 0)
				code = larder_fail_next (error, LARDER_E_INVALID, "id = another", "[backup \"%s\"] of %s has two rules called '%s'", backup->section,
					config_where_key (backup->at, "rules"), backup_rule_id (one));
		}
	return code;
}

static int
add_backup_rules (const struct larder_infra *infra, struct resource *backup, const struct schema_backup *asked, struct larder_error *error)
{
	const struct config_section *at;
	if (!asked->rules || !*asked->rules)
		return add_backup_rule (backup, backup_rule_id (backup->at), backup->at, &asked->own, NULL, error);
	int code = check_rules (infra, backup, asked->rules, error);
	for (const char *const *name = asked->rules; code == 0 && *name; name++) {
		code = config_find (larder_configuration (infra->larder), "backup-rule", *name, &at, error);
		if (code == 0)
			code = add_backup_rule (backup, backup_rule_id (at), at, config_struct (at), asked->own.vault, error);
	}
	return code;
}

static int
add_backup (struct larder_infra *infra, const struct config_section *at, const struct schema_backup *asked, struct larder_error *error)
{
	struct resource *backup = resource_add (infra, at, "backup", asked->plan ? asked->plan : config_name (at), asked->backend);
	if (!backup)
		return larder_fail_memory (error);
	backup->must = "selection[*].resource[*]";
	lines_add_in (&backup->desired, "selection", asked->selection ? asked->selection : config_name (at), ".role", asked->role ? asked->role : "auto");
	int code = add_backup_rules (infra, backup, asked, error);
	return code < 0 ? code : add_selected (infra, backup, asked, error);
}

int
desired_backups (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "backup", at));) {
		const struct schema_backup *asked = config_struct (at);
		if (asked->backend)
			code = add_backup (infra, at, asked, error);
	}
	return code;
}

/* ---- databases: protected as they stand; to make one is their owner's matter ---- */

enum { WINDOW_LEAST = 30 };   /* minutes */

/* Who lets it go says what of it stays. */
static int
check_final (const struct resource *database, const struct schema_database *asked, struct larder_error *error)
{
	if (!asked->destroy || asked->skip_final_snapshot || (asked->final_snapshot && *asked->final_snapshot))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "final-snapshot = NAME, or skip-final-snapshot = yes", "[database \"%s\"] of %s has destroy = yes and no name for its final snapshot",
		database->section, config_where_key (database->at, "destroy"));
}

static int
add_database (struct larder_infra *infra, const struct config_section *at, const struct schema_database *asked, struct larder_error *error)
{
	struct resource *database = resource_add (infra, at, "database", asked->instance ? asked->instance : config_name (at), asked->backend);
	if (!database)
		return larder_fail_memory (error);
	if (asked->window && !window_is_of_a_day (asked->window, WINDOW_LEAST))
		return larder_fail_next (error, LARDER_E_INVALID, "window = 18:00-19:00: hours and minutes, UTC, 30 minutes at the least",
			"[database \"%s\"] of %s has a window '%s'", database->section, config_where_key (at, "window"), asked->window);
	int code = check_final (database, asked, error);
	if (code < 0)
		return code;
	database->protect = asked->protect || !asked->destroy;
	lines_add (&database->desired, "retention", asked->retention > 0 ? text_days (database->arena, asked->retention) : config_given (at, "retention") ? "0" : NULL);
	if (config_given (at, "protect"))
		lines_add (&database->desired, "deletion-protection", yes_no (asked->protect));
	lines_add (&database->desired, "window", asked->window);
	lines_add (&database->desired, "final-snapshot", asked->skip_final_snapshot ? "none" : asked->final_snapshot);
	for (const char *const *log = asked->logs; log && *log; log++)
		lines_add_in (&database->desired, "log", *log, "", "yes");
	return database->arena ? 0 : larder_fail_memory (error);
}

int
desired_databases (struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (const struct config_section *at = NULL; code == 0 && (at = config_next (larder_configuration (infra->larder), "database", at));) {
		const struct schema_database *asked = config_struct (at);
		if (asked->backend)
			code = add_database (infra, at, asked, error);
	}
	return code;
}
