/* probe.c: what `doctor --probe` finds out: each feature of the capability table, asked on a scratch prefix, and the row that fits. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

static const char *
state_word (uint8_t state)
{
	return state < S3_STATES ? s3_state_name (state) : "unknown";
}

static int
tell_feature (struct probe *probe, enum s3_feature feature)
{
	uint8_t found = probe->state[feature], row = probe->s3->server->state[feature];
	char detail[320];
	if (found == PROBE_UNKNOWN) {
		bool asked = probe->why[feature][0] >= '1' && probe->why[feature][0] <= '9';
		snprintf (detail, sizeof detail, "%s%s", asked ? "not measured: the answer was " : "", probe->why[feature]);
		return probe->finding (probe->context, LARDER_NOTE, s3_feature_name (feature), detail, NULL);
	}
	bool same = found == row;
	snprintf (detail, sizeof detail, "%s%s%s%s", state_word (found), *probe->why[feature] ? ", answered " : "", probe->why[feature],
	          same ? "" : "; taken to be ");
	size_t length = strlen (detail);
	if (!same)
		snprintf (detail + length, sizeof detail - length, "%s", probe->s3->server->assumed && row == S3_REFUSED ? "unknown" : state_word (row));
	return probe->finding (probe->context, same ? LARDER_PASS : LARDER_WARN, s3_feature_name (feature), detail, NULL);
}

static int
tell_features (struct probe *probe)
{
	int code = 0;
	for (int feature = 0; feature < S3_FEATURES && code == 0; feature++)
		code = tell_feature (probe, feature);
	return code;
}

static int
ask_all (struct probe *probe, struct larder_error *error)
{
	static const probe_fn questions[] = {
		probe_base, probe_conditions, probe_checksums, probe_attributes, probe_tags, probe_restore, probe_delete_many, probe_uploads,
		probe_upload_conditions, probe_upload_checksums, probe_upload_copy, probe_versions, probe_markers, probe_raw_keys, probe_beside,
		probe_listing,
	};
	int code = 0;
	for (size_t i = 0; i < sizeof questions / sizeof *questions && code == 0; i++)
		code = questions[i] (probe, error);
	return code;
}

/* The row, and what this server does otherwise. */
static int
advise (struct probe *probe, larder_advice_fn advice)
{
	CLEANUP_BUFFER struct buffer differs;
	const struct s3_server *row = s3_server_nearest (probe->state, s3_server_base (probe->s3->server));
	buffer_init (&differs, 8192);
	for (int feature = 0; feature < S3_FEATURES; feature++)
		if (probe->state[feature] != PROBE_UNKNOWN && probe->state[feature] != row->state[feature])
			buffer_printf (&differs, "%s%s=%s", differs.length ? ", " : "", s3_feature_name (feature), state_word (probe->state[feature]));
	int code = advice (probe->context, "server", row->name);
	return code == 0 && differs.length ? advice (probe->context, "features", buffer_text (&differs)) : code;
}

static void
begin (struct probe *probe)
{
	for (int feature = 0; feature < S3_FEATURES; feature++)
		probe_unknown (probe, feature, "not measured");
	for (int feature = S3_BUCKET_ENCRYPTION; feature <= S3_REPLICATION; feature++)      /* settings: somebody's bucket is not changed */
		probe_unknown (probe, feature, "not measured: it would take a bucket of its own");
	probe_unknown (probe, S3_BUCKET_LOCATION, "not measured: it would take a bucket of its own");
	probe->every = (struct s3_server) { .name = "probe", .title = "the server", .delete_most = 1000 };
	memset (probe->every.state, S3_SUPPORTED, sizeof probe->every.state);
	probe->plain = probe->every;
	probe->plain.state[S3_CHECKSUM_MULTIPART] = probe->plain.state[S3_MP_OBJECT_SIZE] = S3_REFUSED;
}

int
s3_probe (void *self, struct larder_call *call, const struct larder_probe *request, larder_finding_fn finding, larder_advice_fn advice,
          void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct probe probe = { .s3 = self, .call = call, .request = request, .arena = arena, .finding = finding, .context = context };
	int code = arena ? s3_check_writable (self, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	begin (&probe);
	code = ask_all (&probe, error);
	int cleaned = probe.made_count > 0 ? probe_clean (&probe, code == 0 ? error : NULL) : 0;
	if (code == 0)
		code = cleaned;
	if (code == 0)
		code = tell_features (&probe);
	return code == 0 ? advise (&probe, advice) : code;
}
