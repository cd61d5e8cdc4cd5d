/* test-base-json.c: whatever goes in, jansson reads the same value back. */
#include "json.h"

#include <float.h>
#include <jansson.h>
#include <math.h>

#include "text.h"
#include "unit.h"

static json_t *
parsed (const struct buffer *buffer)
{
	json_t *root = json_loads (buffer_text (buffer), JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg (root != NULL, "not JSON: %s", buffer_text (buffer));
	return root;
}

START_TEST (shape)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 4096);
	struct json json;
	json_begin (&json, &buffer);
	json_put_object (&json);
	json_member (&json, "a", "x");
	json_member (&json, "gone", NULL);
	json_put_name (&json, "b");
	json_put_array (&json);
	json_put_uint (&json, UINT64_MAX);
	json_put_int (&json, INT64_MIN);
	json_put_text (&json, NULL);
	json_put_object (&json);
	json_put_object_end (&json);
	json_put_array (&json);
	json_put_array_end (&json);
	json_put_bool (&json, false);
	json_put_array_end (&json);
	json_member_uint (&json, "c", 0);
	json_member_bool (&json, "d", true);
	json_put_object_end (&json);
	ck_assert_str_eq (buffer_text (&buffer),
	                  "{\"a\":\"x\",\"b\":[18446744073709551615,-9223372036854775808,null,{},[],false],\"c\":0,\"d\":true}");
}
END_TEST

/* Every byte, alone and between others; valid characters come back as they went in. */
START_TEST (texts)
{
	for (int c = 1; c < 256; c++) {
		const char text[] = { 'a', (char) c, 'z', '\0' };
		CLEANUP_BUFFER struct buffer buffer;
		buffer_init (&buffer, 4096);
		struct json json;
		json_begin (&json, &buffer);
		json_put_text (&json, text);
		for (const char *at = buffer_text (&buffer); *at; at++)
			ck_assert ((unsigned char) *at >= 0x20 && *at != 0x7f);
		json_t *root = parsed (&buffer);
		ck_assert_str_eq (json_string_value (root), c < 0x80 ? text : "a\xef\xbf\xbdz");
		json_decref (root);
	}
	static const char *const valid[] = { "", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\"\\/\b\f\n\r\t" };
	for (size_t i = 0; i < COUNT_OF (valid); i++) {
		CLEANUP_BUFFER struct buffer buffer;
		buffer_init (&buffer, 4096);
		struct json json;
		json_begin (&json, &buffer);
		json_put_text (&json, valid[i]);
		json_t *root = parsed (&buffer);
		ck_assert_str_eq (json_string_value (root), valid[i]);
		json_decref (root);
	}
}
END_TEST

/* A name that is not UTF-8 is still told exactly, beside its readable form. */
START_TEST (bytes)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 4096);
	struct json json;
	json_begin (&json, &buffer);
	json_put_object (&json);
	json_member_bytes (&json, "key", "caf\xe9");
	json_member_bytes (&json, "plain", "caf\xc3\xa9");
	json_member_bytes (&json, "empty", "");
	json_member_bytes (&json, "none", NULL);
	json_put_object_end (&json);
	json_t *root = parsed (&buffer);
	ck_assert_str_eq (json_string_value (json_object_get (root, "key")), "caf\xef\xbf\xbd");
	char true_bytes[16];
	size_t count = 0;
	ck_assert_int_eq (text_from_base64 (json_string_value (json_object_get (root, "key_b64")), true_bytes, sizeof true_bytes, &count), 0);
	ck_assert_uint_eq (count, 4);
	ck_assert_mem_eq (true_bytes, "caf\xe9", 4);
	ck_assert_ptr_null (json_object_get (root, "plain_b64"));
	ck_assert_ptr_null (json_object_get (root, "empty_b64"));
	ck_assert_ptr_null (json_object_get (root, "none"));
	json_decref (root);
}
END_TEST

START_TEST (reals)
{
	static const double values[] = { 0, -0.5, 0.1, 1e21, 123456.78, 1234567890.123, DBL_MAX, DBL_MIN, 5e-324, 1.0 / 3 };
	for (size_t i = 0; i < COUNT_OF (values); i++) {
		CLEANUP_BUFFER struct buffer buffer;
		buffer_init (&buffer, 4096);
		struct json json;
		json_begin (&json, &buffer);
		json_put_real (&json, values[i]);
		json_t *root = parsed (&buffer);
		ck_assert_double_eq (json_number_value (root), values[i]);
		json_decref (root);
	}
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 4096);
	struct json json;
	json_begin (&json, &buffer);
	json_put_array (&json);
	json_put_real (&json, 0.1);
	json_put_real (&json, 123456.78);
	json_put_real (&json, (double) NAN);
	json_put_real (&json, (double) INFINITY);
	json_put_array_end (&json);
	ck_assert_str_eq (buffer_text (&buffer), "[0.1,123456.78,null,null]");
}
END_TEST

START_TEST (too_long)
{
	CLEANUP_BUFFER struct buffer buffer;
	buffer_init (&buffer, 8);
	struct json json;
	json_begin (&json, &buffer);
	json_put_text (&json, "0123456789");
	ck_assert (buffer.failed);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-json-shape", shape, 0 }, { "test-base-json-texts", texts, 0 }, { "test-base-json-bytes", bytes, 0 },
		{ "test-base-json-reals", reals, 0 }, { "test-base-json-too-long", too_long, 0 },
	};
	return unit_run ("base-json", cases, COUNT_OF (cases));
}
