/* point.c: access points. None of their settings can be changed: one that is to be another is made beside it, and the first goes. Pure. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"

const char *
point_root (const json_t *point)
{
	return json_text (json_object_get (point, "RootDirectory"), "Path");
}

/* Groups that who comes through it is in, too: none of ours has any. */
static const char *
secondary (const json_t *user, struct larder_arena *arena)
{
	const char *text = "";
	const json_t *one;
	size_t n;
	json_array_foreach (json_object_get (user, "SecondaryGids"), n, one)
		text = text ? arena_printf (arena, "%s+%lld", text, (long long) json_integer_value (one)) : NULL;
	return text;
}

const char *
point_owner (const json_t *point, struct larder_arena *arena)
{
	const json_t *user = json_object_get (point, "PosixUser"), *made = json_object_get (json_object_get (point, "RootDirectory"), "CreationInfo");
	long long uid = json_integer_value (json_object_get (user, "Uid")), gid = json_integer_value (json_object_get (user, "Gid"));
	const char *groups = secondary (user, arena);
	long long folder_uid = json_integer_value (json_object_get (made, "OwnerUid")), folder_gid = json_integer_value (json_object_get (made, "OwnerGid"));
	if (!user)
		return "anybody";
	if (!groups)
		return NULL;
	if (made && (uid != folder_uid || gid != folder_gid))
		return arena_printf (arena, "%lld:%lld%s in a folder of %lld:%lld", uid, gid, groups, folder_uid, folder_gid);
	return arena_printf (arena, "%lld:%lld%s", uid, gid, groups);
}

const char *
point_mode (const json_t *point, const char *desired)
{
	const char *mode = json_text (json_object_get (json_object_get (point, "RootDirectory"), "CreationInfo"), "Permissions");
	return *mode && desired && strtoul (mode, NULL, 8) == strtoul (desired, NULL, 8) ? desired : mode;
}

bool
point_is_ours (const json_t *point, const char *token)
{
	return tags_are_ours (json_object_get (point, "Tags"), "Key", "Value", token);
}

bool
point_fits (const json_t *point, const struct lines *desired)
{
	const char *owner = lines_in (desired, "access-point", point_root (point), ".owner"), *mode = lines_in (desired, "access-point", point_root (point), ".mode");
	const char *is = point_owner (point, desired->arena), *told = point_mode (point, mode);
	return (!owner || (is && strcmp (owner, is) == 0)) && (!mode || strcmp (mode, told) == 0);
}

bool
point_is_meant (const struct share *share, const json_t *point, const struct lines *desired)
{
	const char *root = point_root (point);
	return point_is_ours (point, share->token) && (lines_in (desired, "access-point", root, ".owner") || lines_in (desired, "access-point", root, ".mode")) &&
		point_fits (point, desired) && strcmp (json_text (point, "LifeCycleState"), "deleting") != 0;
}

/* Of all that makes it what it is. */
static void
client_token (const char *const *parts, char ret[65])
{
	struct sha256 sha;
	sha256_begin (&sha);
	for (; *parts; parts++)
		sha256_add (&sha, *parts, strlen (*parts) + 1);
	sha256_end_hex (&sha, ret);
}

json_t *
point_creation (const struct share *share, const char *root, const struct lines *desired, struct larder_error *error)
{
	const char *owner = lines_in (desired, "access-point", root, ".owner"), *mode = lines_in (desired, "access-point", root, ".mode");
	const char *system = json_text (share->system, "FileSystemId");
	unsigned uid, gid, bits;
	char more, once[65];
	if (!owner || sscanf (owner, "%u:%u%c", &uid, &gid, &more) != 2)
		larder_fail_next (error, LARDER_E_INVALID, "owner = UID:GID", "the access point '%s' has no owner for its folder", root);
	else if (!mode || sscanf (mode, "%4o%c", &bits, &more) != 1)
		larder_fail_next (error, LARDER_E_INVALID, "mode = 755", "the access point '%s' has no mode for its folder", root);
	else {
		client_token ((const char *const[]) { share->token, system, root, owner, mode, NULL }, once);
		return json_pack ("{s:s, s:s, s:{s:I, s:I}, s:{s:s, s:{s:I, s:I, s:s}}, s:[{s:s, s:s}]}", "ClientToken", once, "FileSystemId", system,
			"PosixUser", "Uid", (json_int_t) uid, "Gid", (json_int_t) gid,
			"RootDirectory", "Path", root, "CreationInfo", "OwnerUid", (json_int_t) uid, "OwnerGid", (json_int_t) gid, "Permissions", mode,
			"Tags", "Key", TAG, "Value", share->token);
	}
	return NULL;
}
