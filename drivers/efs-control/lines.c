/* lines.c: what is known of a file system, as lines. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "text.h"

const char *
share_as_asked (const struct share *share, const char *id)
{
	const char *asked;
	json_t *one;
	json_object_foreach (share->names, asked, one)
		if (strcmp (json_string_value (one), id) == 0)
			return asked;
	return id;
}

const char *
share_id (const struct share *share, const char *asked)
{
	const char *id = json_text (share->names, asked);
	return *id ? id : asked;
}

/* ---- several values of one line: in order, each once ---- */

void
values_add (struct values *values, const char *text)
{
	size_t n = 0;
	while (text && n < values->count && strcmp (values->at[n], text) < 0)
		n++;
	if (!text || !*text || values->count == VALUES_MOST || (n < values->count && strcmp (values->at[n], text) == 0))
		return;
	memmove (values->at + n + 1, values->at + n, (values->count++ - n) * sizeof *values->at);
	values->at[n] = text;
}

const char *
values_join (const struct values *values, struct larder_arena *arena)
{
	const char *text = values->count ? values->at[0] : "";
	for (size_t n = 1; text && n < values->count; n++)
		text = arena_printf (arena, "%s, %s", text, values->at[n]);
	return text ? text : "";
}

/* ---- the file system itself ---- */

static const char *
throughput_of (const json_t *system, const char *desired, struct larder_arena *arena)
{
	static const char word[] = "provisioned ";
	const char *mode = json_text (system, "ThroughputMode");
	double rate = json_number_value (json_object_get (system, "ProvisionedThroughputInMibps"));
	uint64_t asked;
	if (strcmp (mode, "provisioned") != 0)
		return mode;
	if (desired && strncmp (desired, word, sizeof word - 1) == 0 && text_rate (desired + sizeof word - 1, &asked) == 0 && (double) asked == rate * (1 << 20))
		return desired;
	return arena_printf (arena, "%s%gMiB/s", word, rate);
}

static void
add_system (const struct share *share, const struct lines *desired, struct lines *ret)
{
	const json_t *system = share->system, *tag;
	size_t n;
	lines_add (ret, "encrypted", json_is_true (json_object_get (system, "Encrypted")) ? "yes" : "no");
	lines_add (ret, "file-system", json_text (system, "FileSystemId"));
	lines_add (ret, "id", json_text (system, "FileSystemArn"));
	lines_add (ret, "kms-key", share_as_asked (share, json_text (system, "KmsKeyId")));
	lines_add (ret, "performance", json_text (system, "PerformanceMode"));
	lines_add (ret, "throughput", throughput_of (system, lines_value (desired, "throughput"), ret->arena));
	json_array_foreach (json_object_get (system, "Tags"), n, tag)
		if (strncmp (json_text (tag, "Key"), "aws:", 4) != 0)
			lines_add_in (ret, "tag", json_text (tag, "Key"), "", json_text (tag, "Value"));
	if (share->backup)
		lines_add (ret, "automatic-backup", strncmp (share->backup, "ENABL", 5) == 0 ? "yes" : "no");
}

/* AFTER_30_DAYS is 30. */
static void
add_lifecycle (const struct share *share, struct lines *ret)
{
	static const struct { const char *name, *path; } known[] = {
		{ "TransitionToIA", "lifecycle.to-ia" }, { "TransitionToArchive", "lifecycle.to-archive" }, { "TransitionToPrimaryStorageClass", "lifecycle.back-on-access" },
	};
	const json_t *one;
	size_t n;
	json_array_foreach (share->lifecycle, n, one)
		for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
			const char *text = json_text (one, known[k].name), *digits = text + strcspn (text, "0123456789");
			lines_add (ret, known[k].path, arena_printf (ret->arena, "%.*s", (int) strspn (digits, "0123456789"), digits));
		}
}

/* ---- access points ---- */

/* Of several for one folder ours count, where there are any. */
static bool
counts (const struct share *share, const json_t *point, const char *root)
{
	const json_t *other;
	size_t n;
	json_array_foreach (share->points, n, other)
		if (point_is_ours (other, share->token) && strcmp (point_root (other), root) == 0)
			return point_is_ours (point, share->token);
	return true;
}

/* One of somebody else for the folder of ours. */
static void
add_beside (const json_t *point, struct lines *ret)
{
	const char *owner = point_owner (point, ret->arena), *mode = point_mode (point, NULL);
	const char *text = owner ? arena_printf (ret->arena, "%s: %s%s%s", point_root (point), owner, *mode ? ", " : "", mode) : NULL;
	ret->failed |= !text;
	lines_add_in (ret, POINT_BESIDE, json_text (point, "AccessPointId"), "", text);
}

static void
add_point (const struct share *share, const char *root, const struct lines *desired, struct lines *ret)
{
	struct values owners = { .count = 0 }, modes = { .count = 0 }, ids = { .count = 0 };
	const char *mode = lines_in (desired, "access-point", root, ".mode");
	const json_t *point;
	size_t n;
	json_array_foreach (share->points, n, point)
		if (strcmp (point_root (point), root) == 0 && counts (share, point, root)) {
			values_add (&owners, point_is_ours (point, share->token) ? point_owner (point, ret->arena) : arena_printf (ret->arena, "%s of others", point_owner (point, ret->arena)));
			values_add (&modes, point_mode (point, mode));
			values_add (&ids, json_text (point, "AccessPointId"));
		} else if (strcmp (point_root (point), root) == 0)
			add_beside (point, ret);
	lines_add_in (ret, "access-point", root, ".id", values_join (&ids, ret->arena));
	lines_add_in (ret, "access-point", root, ".mode", values_join (&modes, ret->arena));
	lines_add_in (ret, "access-point", root, ".owner", values_join (&owners, ret->arena));
}

static void
add_points (const struct share *share, const struct lines *desired, struct lines *ret)
{
	const json_t *point;
	size_t n, before;
	json_array_foreach (share->points, n, point) {
		const char *root = point_root (point);
		bool told = false;
		for (before = 0; before < n; before++)
			told = told || strcmp (point_root (json_array_get (share->points, before)), root) == 0;
		if (!told)
			add_point (share, root, desired, ret);
	}
}

/* ---- how it is reached ---- */

/* "yes" where it is behind the group that is meant, and no other. */
static const char *
target_value (const json_t *target, const json_t *group, struct larder_arena *arena)
{
	struct values groups = { .count = 0 };
	const json_t *one;
	size_t n;
	json_array_foreach (json_object_get (target, "SecurityGroups"), n, one)
		values_add (&groups, json_string_value (one));
	if (!group || (groups.count == 1 && strcmp (groups.at[0], json_text (group, "groupId")) == 0))
		return "yes";
	return arena_printf (arena, "with %s", values_join (&groups, arena));
}

/* One that is in the way of another subnet of its zone is told in its place: ours goes first, and of others' only they can tell. One that goes already is nobody's. */
static void
add_targets (const struct share *share, const json_t *group, struct lines *ret)
{
	struct values taken = { .count = 0 };
	const json_t *target;
	size_t n;
	json_array_foreach (share->targets, n, target) {
		const char *subnet = share_as_asked (share, json_text (target, "SubnetId")), *instead = target_instead (share, target);
		bool goes = instead && (target_is_ours (share, target) || strcmp (json_text (target, "LifeCycleState"), "available") != 0);
		lines_add_in (ret, "mount-target", subnet, "", json_text (target, "MountTargetId"));
		lines_add_in (ret, "target", goes ? instead : subnet, "", goes ? arena_printf (ret->arena, "in %s", subnet) : target_value (target, group, ret->arena));
		values_add (&taken, instead && !goes ? arena_printf (ret->arena, "%s of %s", json_text (target, "MountTargetId"), subnet) : NULL);
	}
	lines_add (ret, "zone-taken", taken.count ? values_join (&taken, ret->arena) : NULL);
}

/* A group by another name that is ours is left over from before: told beside it, so that it is seen and goes. */
static void
add_group (const struct share *share, const json_t *meant, struct lines *ret)
{
	struct values names = { .count = 0 };
	const json_t *group, *rule, *other;
	size_t n, m;
	json_array_foreach (share->groups, n, group)
		if (json_is_true (json_object_get (group, "ours")))
			values_add (&names, json_text (group, "groupName"));
	lines_add (ret, "security-group.name", values_join (&names, ret->arena));
	if (meant) {
		lines_add (ret, "security-group.description", json_text (meant, "groupDescription"));
		lines_add (ret, "security-group.id", json_text (meant, "groupId"));
	}
	lines_add (ret, "security-group.egress", meant ? rules_egress (json_object_get (meant, "out")) : NULL);
	json_array_foreach (json_object_get (meant, "in"), n, rule) {
		struct values ports = { .count = 0 };
		const char *peer = json_text (rule, "peer");
		bool told = false;
		json_array_foreach (json_object_get (meant, "in"), m, other)
			if (strcmp (json_text (other, "peer"), peer) == 0) {
				told = told || m < n;
				values_add (&ports, json_text (other, "text"));
			}
		if (!told)
			lines_add_in (ret, "security-group.from", share_as_asked (share, peer), "", values_join (&ports, ret->arena));
	}
}

/* What else than an id was asked for, and what it is. */
static void
add_names (const struct share *share, struct lines *ret)
{
	const char *asked;
	json_t *id;
	json_object_foreach (share->names, asked, id)
		if (strcmp (asked, json_string_value (id)) != 0)
			lines_add_in (ret, "named", asked, "", json_string_value (id));
}

/* The network of what is there; of what is not there yet, as it is asked for. */
static void
add_network (const struct share *share, const json_t *group, const struct lines *desired, struct lines *ret)
{
	const json_t *first = json_array_get (share->targets, 0);
	const char *vpc = first ? json_text (first, "VpcId") : group ? json_text (group, "vpcId") : "";
	const char *asked = lines_value (desired, "network");
	if (asked)
		lines_add (ret, "network", *vpc && strcmp (vpc, share_id (share, asked)) != 0 ? share_as_asked (share, vpc) : asked);
	else
		lines_add (ret, "network", vpc);
}

void
share_lines (const struct share *share, const struct lines *desired, struct lines *ret)
{
	const json_t *group = group_meant (share, desired);
	bool wanted = group_is_wanted (share, group, desired);
	add_system (share, desired, ret);
	add_lifecycle (share, ret);
	add_points (share, desired, ret);
	lines_add (ret, "policy.access-point", policy_tells (share, "access-point", desired));
	lines_add (ret, "policy.through", policy_tells (share, "access-point", desired) || lines_find (desired, "policy.access-point") ? share->through : NULL);
	lines_add (ret, "policy.tls", policy_tells (share, "tls", desired));
	policy_tell_others (share, ret);
	add_targets (share, wanted ? group : NULL, ret);
	add_names (share, ret);
	add_network (share, group, desired, ret);
	add_group (share, group, ret);
}
