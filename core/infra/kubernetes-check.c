/* kubernetes-check.c: what must be there before a line is written. A cluster would tell of most of it late, when a pod does not start. */
#include "kubernetes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "text.h"

static int
fail_key (const struct config_section *at, const char *key, const char *value, const char *next, struct larder_error *error)
{
	if (!is_given (value))
		return larder_fail_next (error, LARDER_E_INVALID, next, "[%s \"%s\"] of %s has no '%s'", config_kind (at), config_name (at), config_where (at), key);
	return larder_fail_next (error, LARDER_E_INVALID, next, "%s: '%s' cannot be '%s'", config_where_key (at, key), key, value);
}

/* ---- names ---- */

/* A DNS label, or a name of several with dots between. */
static bool
is_name (const char *text, size_t most, bool dots)
{
	size_t length = strlen (text);
	char before = '.';
	if (length == 0 || length > most)
		return false;
	for (const char *at = text; *at; before = *at++) {
		bool edge = *at == '-' || *at == '.';
		if (!(islower ((unsigned char) *at) || isdigit ((unsigned char) *at) || *at == '-' || (dots && *at == '.')) || (edge && before == '.')
		    || (*at == '.' && before == '-'))
			return false;
	}
	return before != '-' && before != '.';
}

static int
check_names (const struct manifests *manifests, struct larder_error *error)
{
	const struct schema_cache *cache = manifests->cache;
	const bool cron = is_given (cache->schedule);
	const struct { const char *key, *value, *next; size_t most; bool dots, optional; } names[] = {
		{ "namespace", cache->nspace, "namespace = the one that the pods run in: lower case, digits, '-'", 63, false, false },
		{ "volume", cache->volume, "volume = name of the read-only volume: lower case, digits, '-'; the other is called so with -rw", 250, true, false },
		{ "claim", cache->claim, "claim = name of the read-only claim: lower case, digits, '-'", 253, true, false },
		{ "claim-rw", cache->claim_rw, "claim-rw = name of the claim that may write: lower case, digits, '-'", 253, true, false },
		{ "storage-class", cache->storage_class, "storage-class = a class, or nothing for none", 253, true, true },
		{ "job", cache->job, cron ? "job = name of the job: lower case, digits, '-', 52 at the most with a schedule" : "job = name of the job: lower case, digits, '-', 63 at the most",
		  cron ? 52 : 63, false, false },
		{ "service-account", cache->service_account, "service-account = the Kubernetes service account whose role may read the source", 253, true, false },
		{ "config-map", cache->config_map, "config-map = the ConfigMap with larder.ini and the profile, or nothing", 253, true, true },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = names[i].value;
		if (is_given (value) ? !is_name (value, names[i].most, names[i].dots) : !names[i].optional)
			return fail_key (manifests->exporting->cache_at, names[i].key, value, names[i].next, error);
	}
	if (strcmp (cache->claim, cache->claim_rw) == 0)
		return fail_key (manifests->exporting->cache_at, "claim-rw", cache->claim_rw, "another name than 'claim': a volume has one claim", error);
	return 0;
}

/* ---- the image ---- */

bool
image_is_pinned (const char *image)
{
	const char *digest = strchr (image, '@'), *tag = strchr (text_last (image), ':');
	if (strpbrk (image, " \t\"'") || *image == '@' || *image == ':')
		return false;
	if (digest)
		return strncmp (digest, "@sha256:", 8) == 0 && strspn (digest + 8, "0123456789abcdef") == 64 && !digest[8 + 64];
	return tag && tag[1] && strcmp (tag, ":latest") != 0;
}

static int
check_image (const struct manifests *manifests, struct larder_error *error)
{
	const char *image = manifests->cache->image;
	if (image && image_is_pinned (image))
		return 0;
	return fail_key (manifests->exporting->cache_at, "image", image, "image = REGISTRY/NAME:TAG or NAME@sha256:DIGEST, a tag other than latest: what runs "
		"tomorrow is what was tested today", error);
}

/* ---- amounts ---- */

static bool
is_quantity (const char *text)
{
	static const char *const units[] = { "", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti" };
	size_t digits = strspn (text, "0123456789"), more = 0;
	if (digits == 0)
		return false;
	if (text[digits] == '.' && (more = 1 + strspn (text + digits + 1, "0123456789")) == 1)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp (text + digits + more, units[i]) == 0)
			return true;
	return false;
}

static int
check_amounts (const struct manifests *manifests, struct larder_error *error)
{
	const struct schema_cache *cache = manifests->cache;
	const struct { const char *key, *value, *next; bool optional; } amounts[] = {
		{ "cpu", cache->cpu, "cpu = processors that a pod asks for: 1, 500m", false },
		{ "memory", cache->memory, "memory = bytes that a pod asks for: 2Gi", false },
		{ "cpu-limit", cache->cpu_limit, "cpu-limit = 2, or nothing for no limit", true },
		{ "memory-limit", cache->memory_limit, "memory-limit = 2Gi, or nothing for no limit", true },
	};
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		const char *value = amounts[i].value;
		if (is_given (value) ? !is_quantity (value) : !amounts[i].optional)
			return fail_key (manifests->exporting->cache_at, amounts[i].key, value, amounts[i].next, error);
	}
	return 0;
}

/* 500GB becomes 500Gi: the same number of the next larger unit, so never less than what is expected. */
static int
take_capacity (struct manifests *manifests, struct larder_error *error)
{
	const char *text = manifests->exporting->filesystem->expected_size;
	uint64_t bytes;
	if (!text || text_size (text, &bytes) < 0 || bytes == 0)
		return fail_key (manifests->exporting->filesystem_at, "expected-size", text, "expected-size = 500GB: the capacity of the volumes", error);
	size_t digits = strspn (text, "0123456789.");
	char unit[] = { (char) toupper ((unsigned char) text[digits]), 'i', '\0' };
	if (unit[0] == 'B')
		unit[0] = '\0';
	snprintf (manifests->capacity, sizeof manifests->capacity, "%.*s%s", (int) digits, text, unit);
	return 0;
}

/* ---- the pods ---- */

static int
take_owner (struct manifests *manifests, struct larder_error *error)
{
	const char *text = manifests->exporting->filesystem->owner;
	char more;
	if (!text || strspn (text, "0123456789:") != strlen (text) || sscanf (text, "%u:%u%c", &manifests->uid, &manifests->gid, &more) != 2 || manifests->uid == 0)
		return fail_key (manifests->exporting->filesystem_at, "owner", text, "owner = 1000:1000: who the pods run as, and not root", error);
	return 0;
}

static int
check_schedule (const struct manifests *manifests, struct larder_error *error)
{
	const char *text = manifests->cache->schedule;
	unsigned fields = 0;
	if (!is_given (text) || strspn (text, "@abcdefghijklmnopqrstuvwxyz") == strlen (text))
		return 0;
	for (const char *at = text; *at; at += strspn (at, " ")) {
		at += strcspn (at, " ");
		fields++;
	}
	if (fields == 5 && strspn (text, " 0123456789*/,-ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen (text))
		return 0;
	return fail_key (manifests->exporting->cache_at, "schedule", text, "five fields as of cron, in UTC: 30 2 * * *", error);
}

static int
check_root (const struct manifests *manifests, struct larder_error *error)
{
	const struct schema_cache *cache = manifests->cache;
	const struct config_section *at = manifests->exporting->cache_at;
	if (!cache->root || cache->root[0] != '/' || strchr (cache->root, ':'))
		return fail_key (at, "root", cache->root, "root = the folder that the pods mount it at, from / on", error);
	if (!cache->source)
		return fail_key (at, "source", NULL, "source = the store of the models", error);
	if (!cache->prefixes)
		return fail_key (at, "prefixes", NULL, "prefixes = what the job pulls: sdxl/, flux/", error);
	if (!cache->volume_path || cache->volume_path[0] != '/')
		return fail_key (at, "volume-path", cache->volume_path, "volume-path = the folder of the file system, from / on", error);
	return 0;
}

int
manifests_check (struct manifests *manifests, struct larder_error *error)
{
	int code = check_image (manifests, error);
	if (code == 0)
		code = check_names (manifests, error);
	if (code == 0)
		code = check_amounts (manifests, error);
	if (code == 0)
		code = check_schedule (manifests, error);
	if (code == 0)
		code = check_root (manifests, error);
	if (code == 0)
		code = take_capacity (manifests, error);
	return code < 0 ? code : take_owner (manifests, error);
}
