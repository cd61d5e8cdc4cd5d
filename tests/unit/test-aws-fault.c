/* test-aws-fault.c: what refusals say in each of AWS's forms, and what they mean to us. */
#include "inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cleanup.h"
#include "file.h"
#include "unit.h"

static struct aws_fault
read_body (int status, const char *body)
{
	struct aws_fault fault;
	aws_fault_read (status, NULL, body, strlen (body), &fault);
	return fault;
}

static struct aws_fault
read_header (int status, const char *name, const char *value)
{
	const struct larder_pair pair = { name, value };
	const struct larder_pairs headers = { &pair, 1, sizeof pair };
	struct aws_fault fault;
	aws_fault_read (status, &headers, NULL, 0, &fault);
	return fault;
}

static struct aws_fault
coded (int status, const char *code)
{
	struct aws_fault fault = { .status = status };
	snprintf (fault.code, sizeof fault.code, "%s", code);
	return fault;
}

/* ---- reading ------------------------------------------------------------------------------------ */

START_TEST (s3_form)
{
	struct aws_fault fault = read_body (404, " \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error xmlns=\"x\"><Code>NoSuchKey</Code>"
	                                    "<Message>The specified key does\n   not exist.</Message><Key>a/b</Key><RequestId>4442587FB7D0A2F9</RequestId>"
	                                    "<HostId>h</HostId></Error>");
	ck_assert_int_eq (fault.status, 404);
	ck_assert_str_eq (fault.code, "NoSuchKey");
	ck_assert_str_eq (fault.message, "The specified key does not exist.");
	ck_assert_str_eq (fault.request_id, "4442587FB7D0A2F9");
	ck_assert_str_eq (fault.resource, "a/b");
	fault = read_body (400, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>");
	ck_assert_str_eq (fault.region, "eu-west-1");
}
END_TEST

START_TEST (json_forms)
{
	static const char *const bodies[] = {
		"{\"__type\":\"com.amazonaws.backup#InvalidRequestException\",\"message\":\"no\"}",
		"{\"code\":\"InvalidRequestException\",\"Message\":\"no\"}", "  {\"__type\":\"InvalidRequestException:http://x/\",\"message\":\"no\"}",
		"{\"Code\":\"InvalidRequestException\",\"errorMessage\":\"no\"}",
	};
	for (size_t i = 0; i < COUNT_OF (bodies); i++) {
		struct aws_fault fault = read_body (400, bodies[i]);
		ck_assert_str_eq (fault.code, "InvalidRequestException");
		ck_assert_str_eq (fault.message, "no");
	}
	struct aws_fault fault = read_header (404, "x-amzn-errortype", "FileSystemNotFound:http://internal.amazon.com/");
	ck_assert_str_eq (fault.code, "FileSystemNotFound");
}
END_TEST

START_TEST (head_replies)
{
	struct aws_fault fault = read_header (404, "x-minio-error-code", "NoSuchBucket");
	ck_assert_str_eq (fault.code, "NoSuchBucket");
	ck_assert_str_eq (read_header (404, "x-minio-error-desc", "\"The bucket does not exist\"").message, "The bucket does not exist");
	ck_assert_str_eq (read_header (404, "x-minio-error-desc", "\"").message, "\"");
	ck_assert_str_eq (read_header (301, "x-amz-bucket-region", "eu-west-2").region, "eu-west-2");
	ck_assert_str_eq (read_header (403, "x-amz-request-id", "R1").request_id, "R1");
	ck_assert_str_eq (read_header (403, "x-amzn-requestid", "R2").request_id, "R2");
}
END_TEST

/* Broken, hostile or foreign bodies leave the status alone. */
START_TEST (foreign_bodies)
{
	static const char *const bodies[] = {
		"", "   ", "<html><head><title>502 Bad Gateway</title></head><body><hr>nginx</body></html>", "<", "{", "{\"a\"", "[]", "nonsense",
		"<Other><Error><Code>X</Code></Error></Other>", "<!DOCTYPE Error [<!ENTITY a 'b'>]><Error><Code>&a;</Code></Error>", "{\"code\":7}",
		"<ListBucketResult><Contents><Key>Code</Key></Contents></ListBucketResult>",
	};
	for (size_t i = 0; i < COUNT_OF (bodies); i++) {
		struct aws_fault fault = read_body (502, bodies[i]);
		ck_assert_int_eq (fault.status, 502);
		ck_assert_msg (fault.code[0] == '\0', "'%s' gave '%s'", bodies[i], fault.code);
		ck_assert_int_eq (aws_fault_retry (&fault), AWS_RETRY_TRANSIENT);
	}
	ck_assert_ptr_nonnull (strstr (read_body (404, bodies[2]).message, "a web page"));
	ck_assert_ptr_nonnull (strstr (read_body (404, "\n<!DOCTYPE HTML><p>").message, "a web page"));
	ck_assert_str_eq (read_body (404, "<!DOCTYPE htm").message, "");
	/* cut short: what came is kept */
	ck_assert_str_eq (read_body (503, "<Error><Code>SlowDown</Code><Mess").code, "SlowDown");
}
END_TEST

START_TEST (words_are_tame)
{
	char body[9000];
	snprintf (body, sizeof body, "<Error><Code>%0200d</Code><Message>a\tb&#13;&#10;c \xc3\xbc %0800d</Message></Error>", 7, 7);
	struct aws_fault fault = read_body (400, body);
	ck_assert_uint_eq (strlen (fault.code), sizeof fault.code - 1);
	ck_assert_int_eq (strncmp (fault.message, "a b c \xc3\xbc 0", 10), 0);
	ck_assert_uint_eq (strlen (fault.message), sizeof fault.message - 1);
	fault = read_body (400, "{\"code\":\"X\",\"message\":\"esc\\u001b[31m\\u0007 end\"}");
	ck_assert_str_eq (fault.message, "esc [31m end");
}
END_TEST

/* Each published error reply gives the code, message and request id beside it. */
START_TEST (published)
{
	char path[4096];
	snprintf (path, sizeof path, "%s/error-bodies", getenv ("LARDER_VECTORS"));
	CLEANUP_CLOSE int root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = opendir (path);
	ck_assert_msg (entries != NULL, "%s cannot be opened", path);
	unsigned count = 0;
	for (const struct dirent *entry; (entry = readdir (entries)); ) {
		char name[300];
		size_t length;
		CLEANUP_FREE char *body = NULL, *answer = NULL;
		if (!strstr (entry->d_name, ".xml"))
			continue;
		ck_assert_int_eq (file_slurp (root, entry->d_name, 1 << 20, &body, &length, NULL), 0);
		snprintf (name, sizeof name, "%.*s.json", (int) strlen (entry->d_name) - 4, entry->d_name);
		ck_assert_int_eq (file_slurp (root, name, 1 << 20, &answer, &length, NULL), 0);
		json_t *root_json = json_loads (answer, 0, NULL);
		const json_t *error = json_object_get (root_json, "Error"), *meta = json_object_get (root_json, "ResponseMetadata");
		struct aws_fault fault = read_body (400, body);
		ck_assert_str_eq (fault.code, json_string_value (json_object_get (error, "Code")));
		char wanted[sizeof fault.message];
		snprintf (wanted, sizeof wanted, "%s", json_string_value (json_object_get (error, "Message")));
		for (char *at; (at = strstr (wanted, "  ")); )
			memmove (at, at + 1, strlen (at));
		ck_assert_str_eq (fault.message, wanted);
		const char *id = json_string_value (json_object_get (meta, "RequestId"));
		if (id)
			ck_assert_str_eq (fault.request_id, id);
		json_decref (root_json);
		count++;
	}
	closedir (entries);
	ck_assert_uint_ge (count, 13);
}
END_TEST

/* ---- meaning ------------------------------------------------------------------------------------ */

START_TEST (codes)
{
	static const struct { int status; const char *code; int larder; enum aws_retry retry; } cases[] = {
		{ 404, "NoSuchBucket", LARDER_E_NOTFOUND, AWS_RETRY_NEVER }, { 404, "NoSuchKey", LARDER_E_NOTFOUND, AWS_RETRY_NEVER },
		{ 404, "NoSuchUpload", LARDER_E_NOTFOUND, AWS_RETRY_NEVER }, { 404, "NoSuchVersion", LARDER_E_NOTFOUND, AWS_RETRY_NEVER },
		{ 403, "AccessDenied", LARDER_E_DENIED, AWS_RETRY_NEVER }, { 403, "InvalidAccessKeyId", LARDER_E_DENIED, AWS_RETRY_NEVER },
		{ 404, "XAdminUserNotFound", LARDER_E_DENIED, AWS_RETRY_NEVER },
		{ 403, "SignatureDoesNotMatch", LARDER_E_DENIED, AWS_RETRY_NEVER }, { 403, "InvalidTokenId", LARDER_E_DENIED, AWS_RETRY_NEVER }, { 400, "ExpiredToken", LARDER_E_DENIED, AWS_RETRY_NEVER },
		{ 403, "RequestTimeTooSkewed", LARDER_E_DENIED, AWS_RETRY_NEVER }, { 412, "PreconditionFailed", LARDER_E_CONFLICT, AWS_RETRY_NEVER },
		{ 409, "ConditionalRequestConflict", LARDER_E_CONFLICT, AWS_RETRY_TRANSIENT }, { 409, "BucketAlreadyExists", LARDER_E_CONFLICT, AWS_RETRY_NEVER },
		{ 400, "BadDigest", LARDER_E_INTEGRITY, AWS_RETRY_NEVER }, { 400, "XAmzContentChecksumMismatch", LARDER_E_INTEGRITY, AWS_RETRY_NEVER },
		{ 400, "XAmzContentSHA256Mismatch", LARDER_E_INTEGRITY, AWS_RETRY_NEVER }, { 400, "IncompleteBody", LARDER_E_INTEGRITY, AWS_RETRY_NEVER },
		{ 416, "InvalidRange", LARDER_E_INVALID, AWS_RETRY_NEVER }, { 400, "EntityTooLarge", LARDER_E_LIMIT, AWS_RETRY_NEVER },
		{ 400, "KeyTooLongError", LARDER_E_INVALID, AWS_RETRY_NEVER }, { 501, "NotImplemented", LARDER_E_UNSUPPORTED, AWS_RETRY_NEVER },
		{ 400, "XMinioSomethingNew", LARDER_E_UNSUPPORTED, AWS_RETRY_NEVER }, { 403, "InvalidObjectState", LARDER_E_NOTREADY, AWS_RETRY_NEVER },
		{ 403, "ObjectNotInActiveTierError", LARDER_E_NOTREADY, AWS_RETRY_NEVER }, { 403, "ObjectAlreadyInActiveTierError", LARDER_E_CONFLICT, AWS_RETRY_NEVER },
		{ 409, "RestoreAlreadyInProgress", LARDER_E_NOTREADY, AWS_RETRY_NEVER }, { 503, "SlowDown", LARDER_E_UNAVAILABLE, AWS_RETRY_THROTTLED },
		{ 503, "ServiceUnavailable", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT }, { 500, "InternalError", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT },
		{ 400, "ThrottlingException", LARDER_E_UNAVAILABLE, AWS_RETRY_THROTTLED }, { 400, "SomethingThrottled", LARDER_E_UNAVAILABLE, AWS_RETRY_THROTTLED },
		{ 400, "RequestTimeout", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT }, { 507, "XMinioStorageFull", LARDER_E_NOSPACE, AWS_RETRY_NEVER },
		{ 507, "InsufficientStorage", LARDER_E_NOSPACE, AWS_RETRY_NEVER }, { 403, "QuotaExceeded", LARDER_E_NOSPACE, AWS_RETRY_NEVER },
		{ 400, "XMinioAdminBucketQuotaExceeded", LARDER_E_NOSPACE, AWS_RETRY_NEVER }, { 500, "XMinioNew", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT },
		{ 503, "GlacierExpeditedRetrievalNotAvailable", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT },
		{ 400, "NeverHeardOf", LARDER_E_INVALID, AWS_RETRY_NEVER }, { 404, "NeverHeardOf", LARDER_E_NOTFOUND, AWS_RETRY_NEVER },
		{ 404, "", LARDER_E_NOTFOUND, AWS_RETRY_NEVER }, { 403, "", LARDER_E_DENIED, AWS_RETRY_NEVER }, { 412, "", LARDER_E_CONFLICT, AWS_RETRY_NEVER },
		{ 416, "", LARDER_E_INVALID, AWS_RETRY_NEVER }, { 429, "", LARDER_E_UNAVAILABLE, AWS_RETRY_THROTTLED }, { 500, "", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT },
		{ 501, "", LARDER_E_UNSUPPORTED, AWS_RETRY_NEVER }, { 502, "", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT }, { 503, "", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT },
		{ 504, "", LARDER_E_UNAVAILABLE, AWS_RETRY_TRANSIENT }, { 507, "", LARDER_E_NOSPACE, AWS_RETRY_NEVER }, { 418, "", LARDER_E_INVALID, AWS_RETRY_NEVER },
		{ 599, "", LARDER_E_UNAVAILABLE, AWS_RETRY_NEVER },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct aws_fault fault = coded (cases[i].status, cases[i].code);
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_msg (aws_fault_error (&fault, "cannot read 'k'", &error) == cases[i].larder, "%d %s", cases[i].status, cases[i].code);
		ck_assert_msg (aws_fault_retry (&fault) == cases[i].retry, "retry of %d %s", cases[i].status, cases[i].code);
		ck_assert_int_eq (error.code, cases[i].larder);
		ck_assert_int_eq (error.status, cases[i].status);
		ck_assert_str_eq (error.provider, cases[i].code);
		ck_assert_int_eq (strncmp (error.message, "cannot read 'k': ", 17), 0);
		ck_assert_msg (error.next[0], "no next step for %d %s", cases[i].status, cases[i].code);
	}
}
END_TEST

START_TEST (wording)
{
	struct aws_fault fault = read_body (403, "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message><RequestId>R</RequestId></Error>");
	struct larder_error error = LARDER_ERROR_INIT;
	aws_fault_error (&fault, "cannot write 'k' in bucket 'b'", &error);
	ck_assert_str_eq (error.message, "cannot write 'k' in bucket 'b': Access Denied");
	ck_assert_str_eq (error.request, "R");
	ck_assert_int_eq (aws_fault_error (&fault, "x", NULL), LARDER_E_DENIED);
	fault = coded (404, "");
	aws_fault_error (&fault, "cannot read", &error);
	ck_assert_str_eq (error.message, "cannot read: the service answers 404, not found");
	fault = coded (400, "Odd");
	aws_fault_error (&fault, "cannot read", &error);
	ck_assert_str_eq (error.message, "cannot read: the service says Odd");
}
END_TEST

START_TEST (skew_is_named)
{
	struct aws_fault fault = coded (403, "RequestTimeTooSkewed");
	struct larder_error error = LARDER_ERROR_INIT;
	fault.skew = 20 * 60 * NS_PER_S;
	ck_assert_int_eq (aws_fault_error (&fault, "cannot read", &error), LARDER_E_DENIED);
	ck_assert_str_eq (error.message, "cannot read: this machine's clock is 20m00s behind the service's");
	ck_assert_ptr_nonnull (strstr (error.next, "clock"));
	ck_assert_str_eq (error.provider, "RequestTimeTooSkewed");
	fault.skew = -3600 * NS_PER_S;
	aws_fault_error (&fault, "cannot read", &error);
	ck_assert_str_eq (error.message, "cannot read: this machine's clock is 1h00m ahead of the service's");
	fault.skew = 0;
	aws_fault_error (&fault, "cannot read", &error);
	ck_assert_ptr_nonnull (strstr (error.message, "15 minutes"));
}
END_TEST

START_TEST (minio_malformed)
{
	struct aws_fault fault = coded (400, "MalformedXML");
	ck_assert_int_eq (aws_fault_error (&fault, "x", NULL), LARDER_E_INVALID);
	snprintf (fault.server, sizeof fault.server, "MinIO");
	ck_assert_int_eq (aws_fault_error (&fault, "x", NULL), LARDER_E_UNSUPPORTED);
	ck_assert_str_eq (read_header (400, "server", "MinIO").server, "MinIO");
}
END_TEST

/* What object lock keeps is denied, in whatever words; the same codes about other matters mean what they meant. */
START_TEST (object_lock)
{
	static const struct { int status; const char *code, *message; int larder; bool locked; } cases[] = {
		{ 400, "InvalidRequest", "Object is WORM protected and cannot be overwritten", LARDER_E_DENIED, true },
		{ 400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration", LARDER_E_INVALID, false },
		{ 403, "AccessDenied", "Access Denied because object protected by object lock.", LARDER_E_DENIED, true },
		{ 403, "AccessDenied", "Access Denied.", LARDER_E_DENIED, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		struct aws_fault fault = coded (cases[i].status, cases[i].code);
		snprintf (fault.message, sizeof fault.message, "%s", cases[i].message);
		ck_assert_int_eq (aws_fault_error (&fault, "x", &error), cases[i].larder);
		ck_assert_int_eq (strstr (error.next, "object lock keeps it") != NULL, cases[i].locked);
	}
}
END_TEST

/* Servers that keep keys as files refuse some: the next step is another key. */
START_TEST (keys_as_files)
{
	static const struct { int status; const char *code; int larder; } cases[] = {
		{ 409, "ExistingObjectIsDirectory", LARDER_E_CONFLICT }, { 409, "ObjectParentIsFile", LARDER_E_CONFLICT },
		{ 409, "XMinioObjectExistsAsDirectory", LARDER_E_CONFLICT }, { 400, "XMinioParentIsObject", LARDER_E_CONFLICT },
		{ 400, "DirectoryObjectContainsData", LARDER_E_INVALID },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		struct aws_fault fault = coded (cases[i].status, cases[i].code);
		ck_assert_int_eq (aws_fault_error (&fault, "x", &error), cases[i].larder);
		ck_assert_int_eq (strncmp (error.next, "choose a key ", 13), 0);
	}
}
END_TEST

START_TEST (regions)
{
	struct aws_fault fault = read_header (301, "x-amz-bucket-region", "eu-west-1");
	ck_assert_str_eq (aws_fault_region (&fault, "us-east-1"), "eu-west-1");
	ck_assert_ptr_null (aws_fault_region (&fault, "eu-west-1"));
	fault = read_header (403, "x-amz-bucket-region", "eu-west-1");
	ck_assert_ptr_null (aws_fault_region (&fault, "us-east-1"));      /* denied there as well */
	fault = read_body (400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>");
	ck_assert_str_eq (aws_fault_region (&fault, "us-east-1"), "eu-west-3");
}
END_TEST

/* Errors inside a 2xx count as what they name; a body that is not whole never counts as success. */
START_TEST (inside_success)
{
	static const struct { const char *body; bool fault; int status; enum aws_retry retry; } cases[] = {
		{ "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>", false, 0, AWS_RETRY_NEVER },
		{ "   \n\n  <?xml version=\"1.0\"?>\n   <CompleteMultipartUploadResult/>", false, 0, AWS_RETRY_NEVER },
		{ "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>", false, 0, AWS_RETRY_NEVER },
		{ "<?xml version=\"1.0\"?>\n\n     <Error><Code>InternalError</Code></Error>", true, 500, AWS_RETRY_TRANSIENT },
		{ "      <Error><Code>SlowDown</Code></Error>", true, 503, AWS_RETRY_THROTTLED },
		{ "<Error><Code>NoSuchUpload</Code></Error>", true, 404, AWS_RETRY_NEVER },
		{ "<Error><Code>PreconditionFailed</Code></Error>", true, 412, AWS_RETRY_NEVER },
		{ "<Error><Code>NeverHeardOf</Code></Error>", true, 500, AWS_RETRY_TRANSIENT },
		{ "<Error/>", true, 500, AWS_RETRY_TRANSIENT },
		{ "", true, 500, AWS_RETRY_TRANSIENT }, { "     ", true, 500, AWS_RETRY_TRANSIENT }, { "<CopyObjectResult><ETag>", true, 500, AWS_RETRY_TRANSIENT },
		{ "ok", true, 500, AWS_RETRY_TRANSIENT },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct aws_fault fault;
		bool found = aws_fault_in_success (NULL, cases[i].body, strlen (cases[i].body), &fault);
		ck_assert_msg (found == cases[i].fault, "'%s'", cases[i].body);
		if (!found)
			continue;
		ck_assert_msg (fault.status == cases[i].status, "'%s': %d", cases[i].body, fault.status);
		ck_assert_msg (aws_fault_retry (&fault) == cases[i].retry, "'%s'", cases[i].body);
	}
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-fault-s3-form", s3_form, 0 }, { "test-aws-fault-json-forms", json_forms, 0 }, { "test-aws-fault-head-replies", head_replies, 0 },
		{ "test-aws-fault-foreign-bodies", foreign_bodies, 0 }, { "test-aws-fault-words-are-tame", words_are_tame, 0 },
		{ "test-aws-fault-codes", codes, 0 }, { "test-aws-fault-wording", wording, 0 }, { "test-aws-fault-skew-is-named", skew_is_named, 0 },
		{ "test-aws-fault-minio-malformed", minio_malformed, 0 }, { "test-aws-fault-object-lock", object_lock, 0 },
		{ "test-aws-fault-keys-as-files", keys_as_files, 0 }, { "test-aws-fault-regions", regions, 0 },
		{ "test-aws-fault-inside-success", inside_success, 0 }, { "test-aws-fault-published", published, 0 },
	};
	const char *vectors = getenv ("LARDER_VECTORS");
	bool all = vectors && *vectors;
	if (!all)
		puts ("# LARDER_VECTORS is not set: the published error replies are not looked at");
	return unit_run ("aws-fault", cases, COUNT_OF (cases) - !all);
}
