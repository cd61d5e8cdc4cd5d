/* configuration.c: all that the sections stand for, as it is there, in the words of another tool: a share of each resource from its driver, joined.
 * Shares are objects of JSON; what they say is none of core's business. */
#include "infra.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "resource.h"

struct joining {
	struct exporting *exporting;
	struct larder_infra *infra;
	json_t *all, *begun;             /* begun: backends whose common share is in it */
	size_t shares;
	struct larder_error lacking;     /* of the first driver that writes no such thing */
};

/* ---- joining ---- */

/* Members of objects are joined, lists go on, and all else must be the same. */
static int
join (json_t *into, json_t *from, const char *where, struct larder_error *error)
{
	const char *name;
	json_t *member;
	int code = 0;
	json_object_foreach (from, name, member) {
		json_t *there = json_object_get (into, name);
		if (!there)
			code = json_object_set (into, name, member) == 0 ? 0 : larder_fail_memory (error);
		else if (json_is_object (there) && json_is_object (member))
			code = join (there, member, name, error);
		else if (json_is_array (there) && json_is_array (member))
			code = json_array_extend (there, member) == 0 ? 0 : larder_fail_memory (error);
		else if (!json_equal (there, member))
			code = larder_fail_next (error, LARDER_E_INVALID, "give one of the sections another name", "two sections are both '%s' there, and differ in '%s'", where, name);
		if (code < 0)
			return code;
	}
	return 0;
}

static int
join_text (struct joining *joining, const char *text, struct larder_error *error)
{
	json_error_t why;
	json_t *share = json_loads (text, JSON_REJECT_DUPLICATES, &why);
	int code = json_is_object (share) ? join (joining->all, share, "", error) : larder_fail (error, LARDER_E_INTEGRITY, "the driver's share is no object of JSON: %s", why.text);
	json_decref (share);
	return code;
}

static int
add_share (struct joining *joining, struct instance *instance, const struct larder_export *request, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const char *text;
	int code = export_ask (joining->exporting, instance, request, &text, &why);
	if (code == 0) {
		joining->shares += request->type != NULL;
		return join_text (joining, text, error);
	}
	if (code == LARDER_E_UNSUPPORTED) {              /* the rest is written all the same */
		if (!*joining->lacking.message)
			joining->lacking = why;
		return 0;
	}
	if (error)
		larder_give (error, &why);
	return code;
}

/* ---- the resources ---- */

/* What all resources of a backend need, with the first of them. */
static int
add_common (struct joining *joining, const struct resource *one, struct larder_error *error)
{
	const struct larder_export request = { .size = sizeof request };
	if (json_object_get (joining->begun, one->backend))
		return 0;
	if (json_object_set_new (joining->begun, one->backend, json_true ()) < 0)
		return larder_fail_memory (error);
	return add_share (joining, one->instance, &request, error);
}

static int
add_resource (struct joining *joining, struct resource *one, struct larder_error *error)
{
	struct lines_feed desired_feed, observed_feed;
	struct larder_lines desired, observed;
	struct lines wanted;
	if (one->code < 0) {
		if (error)
			larder_give (error, one->error);
		return one->code;
	}
	if (one->state == LARDER_RESOURCE_ABSENT)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes what is made here; what is written is what is there", "%s '%s' of [%s \"%s\"] is not there", one->type,
			one->identity, one->kind, one->section);
	int code = resource_desire (joining->infra, one, error);
	if (code == 0)
		code = resource_target (joining->infra, one, &wanted, error);
	if (code < 0)
		return code;
	lines_feed (&desired_feed, &wanted, &desired);
	lines_feed (&observed_feed, &one->observed, &observed);
	const struct larder_export request = {
		.size = sizeof request, .type = one->type, .section = one->section, .identity = one->identity, .desired = &desired, .observed = &observed,
	};
	code = add_common (joining, one, error);
	return code < 0 ? code : add_share (joining, one->instance, &request, error);
}

static int
write_out (const struct joining *joining, struct larder_error *error)
{
	if (joining->shares == 0)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "choose a profile whose services that tool knows", "nothing here is exported as '%s'%s%s", joining->exporting->request->format,
			*joining->lacking.message ? ": " : "", joining->lacking.message);
	char *text = json_dumps (joining->all, JSON_INDENT (2) | JSON_SORT_KEYS);
	if (text) {
		buffer_add_text (joining->exporting->out, text);
		buffer_add_text (joining->exporting->out, "\n");
	}
	free (text);
	return text ? 0 : larder_fail_memory (error);
}

int
export_configuration (struct exporting *exporting, struct larder_error *error)
{
	const struct larder_infra_request request = { .size = sizeof request, .only = exporting->request->only };
	struct joining joining = { .exporting = exporting, .lacking = LARDER_ERROR_INIT };
	int code = larder_infra_open (exporting->larder, &request, &joining.infra, error);
	if (code < 0)
		return code;
	joining.all = json_object ();
	joining.begun = json_object ();
	for (size_t n = 0; code == 0 && n < joining.infra->count; n++) {
		struct resource *one = &joining.infra->at[n];
		if (!one->aside && !one->watched && !one->cut && (one->code < 0 || one->mark != LARDER_INFRA_LACKING))
			code = add_resource (&joining, one, error);
	}
	if (code == 0)
		code = write_out (&joining, error);
	json_decref (joining.all);
	json_decref (joining.begun);
	larder_infra_free (joining.infra);
	return code;
}
