/* record.c: a lease as text, and back. */
#include "lease.h"

#include <jansson.h>

#include "json.h"

static void
put_number (struct json *json, const char *name, int64_t value)
{
	json_put_name (json, name);
	json_put_int (json, value);
}

void
lease_write (struct buffer *into, const struct lease_record *record)
{
	struct json json;
	json_begin (&json, into);
	json_put_object (&json);
	json_member (&json, "lock", record->name);
	put_number (&json, "fence", (int64_t) record->fence);
	put_number (&json, "turn", (int64_t) record->turn);
	json_member (&json, "owner", record->owner);
	put_number (&json, "length", record->length);
	json_member (&json, "note", record->note);
	if (record->boot) {
		json_member (&json, "boot", record->boot);
		put_number (&json, "boot-end", record->boot_end);
		put_number (&json, "served", record->served);
		put_number (&json, "served-end", record->served_end);
	}
	json_put_object_end (&json);
}

static const char *
text_of (struct larder_call *call, const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? lease_copy (call, text) : NULL;
}

static int64_t
number_of (const json_t *object, const char *name)
{
	const json_t *value = json_object_get (object, name);
	return json_is_integer (value) ? json_integer_value (value) : -1;
}

int
lease_read (struct larder_call *call, const char *text, size_t count, struct lease_record *ret)
{
	json_t *object = json_loadb (text, count, JSON_REJECT_DUPLICATES, NULL);
	int64_t fence = number_of (object, "fence"), turn = number_of (object, "turn");
	struct lease_record record = {
		.name = text_of (call, object, "lock"), .fence = (uint64_t) fence, .turn = (uint64_t) turn, .owner = text_of (call, object, "owner"),
		.length = number_of (object, "length"), .note = text_of (call, object, "note"), .boot = text_of (call, object, "boot"),
		.boot_end = number_of (object, "boot-end"), .served = number_of (object, "served"), .served_end = number_of (object, "served-end"),
	};
	json_decref (object);
	if (!record.name || !record.owner || !record.note || fence < 0 || turn < 0 || record.length < 0)
		return -1;
	*ret = record;
	return 0;
}
