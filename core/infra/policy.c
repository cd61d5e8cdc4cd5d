/* policy.c: what a role must be allowed for all resources: the documents that their drivers write, laid together by their shape, whatever they say. */
#include "infra.h"
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "error.h"

enum { DOCUMENT_MOST = 1 << 20 };

/* ---- laying documents together ---- */

static bool
is_texts (const json_t *list)
{
	return json_is_array (list) && json_is_string (json_array_get (list, 0));
}

/* The list of texts in which alone two objects differ; NULL: they are the same, or differ in more. */
static const char *
differ_in (json_t *one, const json_t *other)
{
	const char *name, *found = NULL;
	const json_t *value;
	if (!json_is_object (one) || json_object_size (one) != json_object_size (other))
		return NULL;
	json_object_foreach (one, name, value) {
		const json_t *against = json_object_get (other, name);
		if (json_equal (value, against))
			continue;
		if (found || !is_texts (value) || !is_texts (against))
			return NULL;
		found = name;
	}
	return found;
}

/* It is there already, or comes to one that it differs from in one list alone, or is new. */
static void
add_member (json_t *list, json_t *more)
{
	json_t *one;
	size_t n;
	json_array_foreach (list, n, one) {
		const char *in = json_equal (one, more) ? NULL : differ_in (one, more);
		if (in)
			json_array_extend (json_object_get (one, in), json_object_get (more, in));
		if (in || json_equal (one, more))
			return;
	}
	json_array_append (list, more);
}

static int
lay (json_t *whole, json_t *more, struct larder_error *error)
{
	const char *name;
	json_t *value, *one;
	size_t n;
	json_object_foreach (more, name, value) {
		json_t *there = json_object_get (whole, name);
		if (!there)
			json_object_set_new (whole, name, there = json_is_array (value) ? json_array () : json_incref (value));
		if (json_is_array (there) && json_is_array (value))
			json_array_foreach (value, n, one)
				add_member (there, one);
		else if (!json_equal (there, value))
			return larder_fail (error, LARDER_E_INTEGRITY, "the drivers do not agree on '%s'", name);
	}
	return 0;
}

/* ---- in order, so that the same sections make the same text ---- */

struct ranked { char *text; json_t *value; };

static int
by_text (const void *a, const void *b)
{
	return strcmp (((const struct ranked *) a)->text, ((const struct ranked *) b)->text);
}

static int sort_in (json_t *value);

static int
sort_list (json_t *list)
{
	size_t count = json_array_size (list), made = 0;
	struct ranked *ranked = calloc (count + 1, sizeof *ranked);
	bool whole = ranked != NULL;
	for (; whole && made < count; made++) {
		ranked[made].value = json_incref (json_array_get (list, made));
		whole = sort_in (ranked[made].value) == 0 && (ranked[made].text = json_dumps (ranked[made].value, JSON_COMPACT | JSON_ENCODE_ANY));
	}
	if (whole) {
		qsort (ranked, count, sizeof *ranked, by_text);
		json_array_clear (list);
	}
	for (size_t n = 0; whole && n < count; n++)
		if (n == 0 || strcmp (ranked[n].text, ranked[n - 1].text) != 0)
			json_array_append (list, ranked[n].value);
	for (size_t n = 0; n < made; n++) {
		json_decref (ranked[n].value);
		free (ranked[n].text);
	}
	free (ranked);
	return whole ? 0 : -1;
}

static int
sort_in (json_t *value)
{
	const char *name;
	json_t *member;
	int code = json_is_array (value) ? sort_list (value) : 0;
	json_object_foreach (value, name, member)
		code = code == 0 ? sort_in (member) : code;
	return code;
}

/* ---- what the drivers write ---- */

/* Is a role to be allowed anything of it at all? What does not hold objects is the operator's matter alone. */
static bool
concerns (const struct resource *one, const char *role)
{
	return strcmp (role, "operator") == 0 || strcmp (one->type, "bucket") == 0;
}

/* A store that replication fills is nobody's to write. */
static const char *
role_at (const struct resource *one, const char *role)
{
	bool replica = strcmp (one->kind, "store") == 0 && ((const struct schema_store *) config_struct (one->at))->replica;
	return replica && strcmp (role, "worker") == 0 ? "reader" : role;
}

static int
ask (struct larder_infra *infra, struct resource *one, const char *role, struct buffer *text, uint64_t *ret_most, struct larder_error *error)
{
	const struct larder_sink sink = driver_sink (text);
	struct lines known;
	struct lines_feed feed, feed_known;
	struct larder_lines desired, facts;
	int code = resource_desire (infra, one, error);
	if (code == 0)
		code = facts_read (infra, one, &known, error);
	if (code < 0)
		return code;
	struct larder_call call = larder_call_begin (infra->larder, one->arena);
	lines_feed (&feed, &one->desired, &desired);
	lines_feed (&feed_known, &known, &facts);
	const struct larder_policy request = {
		.size = sizeof request, .role = role_at (one, role), .type = one->type, .section = one->section, .identity = one->identity, .desired = &desired, .stays = one->protect,
		.facts = &facts,
	};
	instance_enter (one->instance);
	code = one->instance->module->driver->policy (one->instance->self, &call, &request, &sink, ret_most, error);
	instance_leave (one->instance);
	return code;
}

static int
add_share (struct larder_infra *infra, struct resource *one, const char *role, json_t *whole, uint64_t *most, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	json_error_t why;
	uint64_t own = 0;
	buffer_init (&text, DOCUMENT_MOST);
	int code = ask (infra, one, role, &text, &own, error);
	json_t *share = code == 0 && text.length ? json_loads (buffer_text (&text), JSON_REJECT_DUPLICATES, &why) : NULL;
	if (code == 0 && text.length)
		code = json_is_object (share) ? lay (whole, share, error) : larder_fail (error, LARDER_E_INTEGRITY, "the driver's policy is no JSON document: %s", why.text);
	json_decref (share);
	if (own && (!*most || own < *most))
		*most = own;
	return code;
}

/* Those of which nothing can be said are told, with the reason. */
static int
each (struct larder_infra *infra, struct resource *one, const char *role, json_t *whole, uint64_t *most, larder_infra_change_fn lacking, void *context, struct larder_error *error)
{
	if (!concerns (one, role) || one->watched)       /* to look at it is a right on the bucket */
		return 0;
	if (one->code < 0) {
		if (error)
			larder_give (error, one->error);
		return one->code;
	}
	int code = one->cut ? 0 : resource_sift (infra, one, error);
	const struct larder_driver *driver = one->cut || code < 0 ? NULL : one->instance->module->driver;
	if (driver && driver->policy)
		return add_share (infra, one, role, whole, most, error);
	if (code < 0)
		return code;
	if (driver)
		one->why_cut = arena_printf (one->arena, "the driver %s asks for no rights", driver->name);
	one->mark = LARDER_INFRA_LACKING;
	const struct larder_infra_change told = infra_whole (one);
	return lacking (context, &told, error);
}

static int
finish (json_t *whole, uint64_t most, const struct larder_sink *sink, struct larder_infra_document *ret, struct larder_error *error)
{
	if (!json_object_size (whole))
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "name a profile whose backends have such: --profile aws", "no backend of this profile asks for rights");
	bool sorted = sort_in (whole) == 0;
	char *plain = sorted ? json_dumps (whole, JSON_COMPACT) : NULL, *text = sorted ? json_dumps (whole, JSON_INDENT (2)) : NULL;
	struct larder_infra_document document = { .size = sizeof document, .characters = plain ? strlen (plain) : 0, .most = most };
	int code = plain && text ? sink->write (sink->context, text, strlen (text), error) : larder_fail_memory (error);
	if (code == 0)
		code = sink->write (sink->context, "\n", 1, error);
	if (code == 0)
		larder_give (ret, &document);
	free (plain);
	free (text);
	return code;
}

static bool
is_role (const char *role)
{
	return strcmp (role, "operator") == 0 || strcmp (role, "worker") == 0 || strcmp (role, "reader") == 0;
}

int
larder_infra_policy (struct larder *larder, const char *role, const struct larder_sink *sink, larder_infra_change_fn lacking, void *context,
                     struct larder_infra_document *ret, struct larder_error *error)
{
	struct larder_infra *infra = NULL;
	json_t *whole = json_object ();
	uint64_t most = 0;
	int code = !whole ? larder_fail_memory (error) : role && is_role (role) ? infra_describe (larder, &infra, error)
		: larder_fail_next (error, LARDER_E_INVALID, "operator, worker or reader", "there is no role '%s'", role ? role : "");
	for (size_t n = 0; code == 0 && n < infra->count; n++) {
		code = each (infra, &infra->at[n], role, whole, &most, lacking, context, error);
		resource_let_go (&infra->at[n]);
	}
	if (code == 0)
		code = finish (whole, most, sink, ret, error);
	json_decref (whole);
	larder_infra_free (infra);
	return code;
}
