/* report.c: what a drill came to, written down: for people, for programs, and for a browser. */
#include "drill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "json.h"
#include "store.h"
#include "text.h"

enum { PAGE_MOST = 1 << 20, ROWS_MOST = 1000, WHAT_MOST = 160 };

/* One finding, as it is in the file between counting and writing: texts, each with its NUL. */
enum { PART_KEY, PART_WORD, PART_CODE, PART_TEXT, PART_NEXT, PARTS };
struct part { char *at; size_t room; };

/* ---- counting ---- */

struct counting { struct drilling *all; FILE *file; char *key; char *record; };

static int
fail_written (struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_NOSPACE, "free space in the folder for temporary files", "cannot write down what the drill found");
}

static bool
write_finding (FILE *file, const char *key, const char *record)
{
	const char *text = record + 3, *next = text + strlen (text) + 1;
	const char *const parts[PARTS] = { key, finding_words[record[0] - '0'], larder_code_name ('0' - record[1]), text, next };
	bool well = true;
	for (size_t n = 0; n < PARTS; n++)
		well = well && fwrite (parts[n], 1, strlen (parts[n]) + 1, file) == strlen (parts[n]) + 1;
	return well;
}

static int
count_one (struct counting *counting, struct larder_error *error)
{
	struct drilling *all = counting->all;
	uint64_t *const counts[FINDINGS] = { &all->sum.differs, &all->sum.missing, &all->sum.extra, &all->sum.failed };
	enum finding finding = (enum finding) (counting->record[0] - '0');
	++*counts[finding];
	all->counts.failed++;
	all->beyond += counting->record[2] == '1';
	int code = '0' - counting->record[1];
	if (finding != FOUND_FAILED)
		all->counts.code = LARDER_E_INTEGRITY;
	else if (all->counts.code == 0)
		all->counts.code = code;
	return write_finding (counting->file, counting->key, counting->record) ? 0 : fail_written (error);
}

static int
keep_record (struct counting *counting, const char *key, const char *record, size_t length, struct larder_error *error)
{
	free (counting->key);
	free (counting->record);
	counting->key = strdup (key);
	counting->record = malloc (length);
	if (!counting->key || !counting->record)
		return larder_fail_memory (error);
	memcpy (counting->record, record, length);
	return 0;
}

/* Of each key what tells the most. */
static int
count_all (struct counting *counting, struct larder_error *error)
{
	const char *key;
	const void *record;
	size_t length;
	int more, code = 0;
	while (code == 0 && (more = sort_next (counting->all->findings, &key, &record, &length, error)) > 0) {
		bool another = !counting->key || strcmp (counting->key, key) != 0;
		if (another && counting->key)
			code = count_one (counting, error);
		/* What was taken stays so, whatever else was found of it. */
		bool taken = ((const char *) record)[2] == '0' || (!another && counting->record[2] == '0');
		if (code == 0 && (another || *(const char *) record < counting->record[0]))
			code = keep_record (counting, key, record, length, error);
		if (code == 0)
			counting->record[2] = taken ? '0' : '1';
	}
	if (code == 0)
		code = more < 0 ? more : counting->key ? count_one (counting, error) : 0;
	return code;
}

static int
count (struct drilling *all, FILE *file, struct larder_error *error)
{
	struct counting counting = { .all = all, .file = file };
	int code = count_all (&counting, error);
	free (counting.key);
	free (counting.record);
	struct larder_summary *sum = &all->counts;
	sum->scanned = all->head.taken + all->beyond;
	sum->done = sum->scanned - sum->failed;
	sum->bytes = all->sum.bytes;
	return code;
}

/* ---- what is said of it ---- */

static const char *
verdict (const struct drilling *all)
{
	const struct larder_drilled *sum = &all->sum;
	return sum->differs + sum->missing + sum->extra > 0 ? "not what was kept" : sum->failed > 0 ? "not proven" : "proven";
}

/* A clock that is wrong makes no figure of 0. */
static const char *
rpo_text (struct drilling *all)
{
	const struct larder_drilled *sum = &all->sum;
	char newest[32], time[32];
	text_from_time (sum->newest, newest);
	if (sum->rpo >= 0)
		return arena_printf (all->arena, "%s: the newest was kept %s", text_from_duration (sum->rpo, time), newest);
	return arena_printf (all->arena, "not known: the newest was kept %s, %s ahead of this machine's clock when it was found: the clocks differ by that at least; set this one (timedatectl), or the one that kept it (larder dev clock reset, where that was moved)", newest,
		text_from_duration (-sum->rpo, time));
}

static const char *
rto_text (struct drilling *all)
{
	const struct larder_drilled *sum = &all->sum;
	char time[32];
	if (sum->rto >= 0)
		return arena_printf (all->arena, "%s until all was restored and compared", text_from_duration (sum->rto, time));
	return arena_printf (all->arena, "not known: this machine's clock was set back meanwhile, by %s at least", text_from_duration (-sum->rto, time));
}

static void
write_facts (struct drilling *all, struct buffer *into, void (*fact) (struct buffer *into, const char *name, const char *value))
{
	const struct larder_drilled *sum = &all->sum;
	char begun[32], ended[32], size[32];
	const char *with = sum->source ? arena_printf (all->arena, "'%s': %" PRIu64 " byte for byte, %" PRIu64 " not there any more, %" PRIu64 " changed since and let pass", sum->source, sum->with_source,
		sum->source_gone, sum->source_newer) : "none was named: not compared";
	const char *manifests = sum->manifests ? arena_printf (all->arena, "%" PRIu64 " of them tell of %" PRIu64 " of these keys, and nothing of %" PRIu64, sum->manifests, sum->with_manifest, sum->not_in_manifest)
		: all->of_folder ? NULL : "there are none: each key is proven by the checksum that its store has";
	const struct { const char *name, *value; } facts[] = {
		{ "verdict", verdict (all) },
		{ "backup", sum->point },
		{ "begun", text_from_time (sum->begun, begun) }, { "ended", text_from_time (sum->ended, ended) },
		{ "restored", arena_printf (all->arena, "%" PRIu64 " of %" PRIu64 " %s, %s", sum->taken, sum->listed, all->of_folder ? "files" : "keys", text_from_size (sum->bytes, size)) },
		{ "manifests", manifests },
		{ "source", with },
		{ "found", arena_printf (all->arena, "%" PRIu64 " differ, %" PRIu64 " missing, %" PRIu64 " extra, %" PRIu64 " failed", sum->differs, sum->missing, sum->extra, sum->failed) },
		{ "RPO", rpo_text (all) }, { "RTO", rto_text (all) },
	};
	for (size_t n = 0; n < sizeof facts / sizeof *facts; n++)
		if (facts[n].value)
			fact (into, facts[n].name, facts[n].value);
}

/* ---- three forms ---- */

struct form {
	const char *ending;
	void (*begin) (struct drilling *all, struct buffer *into);
	void (*finding) (struct buffer *into, const struct part parts[PARTS], uint64_t number);
	void (*end) (struct drilling *all, struct buffer *into);
};

static void
text_fact (struct buffer *into, const char *name, const char *value)
{
	buffer_printf (into, "  %-14s ", name);
	text_escape (into, value);
	buffer_add_char (into, '\n');
}

static void
text_begin (struct drilling *all, struct buffer *into)
{
	buffer_add_text (into, "drill of ");
	text_escape (into, all->sum.what);
	buffer_add_char (into, '\n');
	write_facts (all, into, text_fact);
}

static void
text_finding (struct buffer *into, const struct part parts[PARTS], uint64_t number)
{
	(void) number;
	buffer_printf (into, "%s ", parts[PART_WORD].at);
	text_escape (into, parts[PART_KEY].at);
	buffer_add_text (into, "\n  ");
	text_escape (into, parts[PART_TEXT].at);
	buffer_add_text (into, "\n  next: ");
	text_escape (into, parts[PART_NEXT].at);
	buffer_add_char (into, '\n');
}

static void
text_end (struct drilling *all, struct buffer *into)
{
	(void) all, (void) into;
}

static void
json_times (struct json *json, const struct larder_drilled *sum)
{
	char time[32];
	json_member (json, "begun", text_from_time (sum->begun, time));
	json_member (json, "ended", text_from_time (sum->ended, time));
	json_member (json, "newest", text_from_time (sum->newest, time));
	json_member_uint (json, sum->rpo < 0 ? "newest_ahead_seconds" : "rpo_seconds", (uint64_t) (llabs (sum->rpo) / NS_PER_S));
	json_put_name (json, sum->rto < 0 ? "clock_set_back_seconds" : "rto_seconds");
	json_put_real (json, (double) (llabs (sum->rto) / (NS_PER_S / 1000)) / 1000);
}

static void
json_begin_report (struct drilling *all, struct buffer *into)
{
	const struct larder_drilled *sum = &all->sum;
	const struct { const char *name; uint64_t value; } counts[] = {
		{ "keys", sum->listed }, { "restored", sum->taken }, { "bytes", sum->bytes }, { "manifests", sum->manifests }, { "compared_with_manifest", sum->with_manifest }, { "not_in_manifest", sum->not_in_manifest }, { "compared_with_source", sum->with_source }, { "source_gone", sum->source_gone },
		{ "source_newer", sum->source_newer }, { "differs", sum->differs }, { "missing", sum->missing }, { "extra", sum->extra }, { "failed", sum->failed },
	};
	struct json json;
	json_begin (&json, into);
	json_put_object (&json);
	json_member_uint (&json, "larder-drill-report", 1);
	json_member_bytes (&json, "what", sum->what);
	json_member (&json, "profile", config_profile (larder_configuration (all->larder)));
	json_member (&json, "verdict", verdict (all));
	json_member (&json, "point", sum->point);
	if (sum->source)
		json_member_bytes (&json, "source", sum->source);
	json_times (&json, sum);
	for (size_t n = 0; n < sizeof counts / sizeof *counts; n++)
		json_member_uint (&json, counts[n].name, counts[n].value);
	buffer_add_text (into, ",\"findings\":[");
}

static void
json_finding (struct buffer *into, const struct part parts[PARTS], uint64_t number)
{
	struct json json;
	buffer_add_text (into, number ? ",\n" : "\n");
	json_begin (&json, into);
	json_put_object (&json);
	json_member_bytes (&json, "key", parts[PART_KEY].at);
	json_member (&json, "found", parts[PART_WORD].at);
	json_member (&json, "code", parts[PART_CODE].at);
	json_member (&json, "text", parts[PART_TEXT].at);
	json_member (&json, "next", parts[PART_NEXT].at);
	json_put_object_end (&json);
}

static void
json_end_report (struct drilling *all, struct buffer *into)
{
	(void) all;
	buffer_add_text (into, "]}\n");
}

/* As a terminal may see it, and then as a page may: no byte of a key is read as anything but text. */
static void
add_html (struct buffer *into, const char *text)
{
	CLEANUP_BUFFER struct buffer plain;
	static const struct { char sign; const char *name; } names[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };
	buffer_init (&plain, PAGE_MOST);
	text_escape (&plain, text);
	for (const char *at = buffer_text (&plain); *at; at++) {
		size_t n = 0;
		while (n < sizeof names / sizeof *names && names[n].sign != *at)
			n++;
		if (n < sizeof names / sizeof *names)
			buffer_add_text (into, names[n].name);
		else
			buffer_add_char (into, *at);
	}
}

static void
html_fact (struct buffer *into, const char *name, const char *value)
{
	buffer_printf (into, "<tr><th>%s</th><td>", name);
	add_html (into, value);
	buffer_add_text (into, "</td></tr>\n");
}

/* One file, which asks nobody for anything: the policy says so to the browser too. */
static void
html_begin (struct drilling *all, struct buffer *into)
{
	buffer_add_text (into, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>Drill of ");
	add_html (into, all->sum.what);
	buffer_add_text (into, "</title>\n<style>body { font: 15px sans-serif; margin: 2em } th { text-align: left; vertical-align: top; padding-right: 1em } td { overflow-wrap: anywhere }</style>\n<h1>Drill of <bdi>");
	add_html (into, all->sum.what);
	buffer_add_text (into, "</bdi></h1>\n<table>\n");
	write_facts (all, into, html_fact);
	buffer_add_text (into, "</table>\n<table>\n");
}

static void
html_finding (struct buffer *into, const struct part parts[PARTS], uint64_t number)
{
	if (number >= ROWS_MOST)
		return;
	buffer_printf (into, "<tr><th>%s</th><td><bdi>", parts[PART_WORD].at);
	add_html (into, parts[PART_KEY].at);
	buffer_add_text (into, "</bdi></td><td>");
	add_html (into, parts[PART_TEXT].at);
	buffer_add_text (into, "</td></tr>\n");
}

static void
html_end (struct drilling *all, struct buffer *into)
{
	buffer_add_text (into, "</table>\n");
	if (all->counts.failed > ROWS_MOST)
		buffer_printf (into, "<p>And %" PRIu64 " more: the file beside it that ends in .json has all.</p>\n", all->counts.failed - ROWS_MOST);
	buffer_add_text (into, "</html>\n");
}

static const struct form forms[] = {
	{ ".txt", text_begin, text_finding, text_end },
	{ ".json", json_begin_report, json_finding, json_end_report },
	{ ".html", html_begin, html_finding, html_end },
};

/* ---- writing ---- */

static int
flush (struct buffer *page, struct file_draft *draft, struct larder_error *error)
{
	if (page->failed)
		return larder_fail_memory (error);
	int code = file_draft_write (draft, buffer_text (page), page->length, error);
	buffer_clear (page);
	return code;
}

static bool
read_finding (FILE *file, struct part parts[PARTS])
{
	for (size_t n = 0; n < PARTS; n++)
		if (getdelim (&parts[n].at, &parts[n].room, '\0', file) <= 0)
			return false;
	return true;
}

static int
write_findings (const struct form *form, FILE *findings, struct buffer *page, struct file_draft *draft, struct larder_error *error)
{
	struct part parts[PARTS] = { { 0 } };
	int code = 0;
	rewind (findings);
	for (uint64_t number = 0; code == 0 && read_finding (findings, parts); number++) {
		form->finding (page, parts, number);
		code = flush (page, draft, error);
	}
	for (size_t n = 0; n < PARTS; n++)
		free (parts[n].at);
	return code;
}

static int
write_form (struct drilling *all, const struct form *form, int folder, const char *name, FILE *findings, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer page;
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_NONE;
	const char *path = arena_printf (all->arena, "%s%s", name, form->ending);
	buffer_init (&page, PAGE_MOST);
	int code = path ? file_draft_begin (&draft, folder, path, 0644, true, error) : larder_fail_memory (error);
	form->begin (all, &page);
	if (code == 0)
		code = flush (&page, &draft, error);
	if (code == 0)
		code = write_findings (form, findings, &page, &draft, error);
	form->end (all, &page);
	if (code == 0)
		code = flush (&page, &draft, error);
	return code == 0 ? file_draft_publish (&draft, FILE_CREATE, error) : code;
}

/* drill-backups-2025-11-29T23-04-30-123456: what is no letter or digit of a name is a hyphen. Of what is longer than the name of a file may be, its beginning and the drill's id. */
static char *
name_report (struct drilling *all)
{
	char time[32];
	const char *what = all->asked.what;
	if (strlen (what) > WHAT_MOST)
		what = arena_printf (all->arena, "%.*s-%s", WHAT_MOST, what, all->id);
	char *name = what ? arena_printf (all->arena, "drill-%s-%s", what, text_from_time_micro (all->sum.ended, time)) : NULL;
	for (char *at = name; at && *at; at++)
		if (!strchr ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *at))
			*at = '-';
	return name;
}

static int
write_report (struct drilling *all, FILE *findings, struct larder_error *error)
{
	const char *path = all->asked.report ? all->asked.report : arena_printf (all->arena, "%s/reports", larder_state (all->larder)), *name = name_report (all);
	if (!path || !name)
		return larder_fail_memory (error);
	CLEANUP_CLOSE int folder = file_open_made (path, 0755, error);
	int code = folder < 0 ? folder : 0;
	for (size_t n = 0; code == 0 && n < sizeof forms / sizeof *forms; n++)
		code = write_form (all, &forms[n], folder, name, findings, error);
	all->sum.report = arena_printf (all->arena, "%s/%s", path, name);
	return code;
}

static int
keep_text (struct drilling *all, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, PAGE_MOST);
	text_begin (all, &text);
	all->sum.text = text.failed ? NULL : arena_copy (all->arena, buffer_text (&text));
	return all->sum.text ? 0 : larder_fail_memory (error);
}

int
drill_report (struct drilling *all, struct larder_error *error)
{
	FILE *findings;
	int code = file_temporary_stream (&findings, error);
	if (code < 0)
		return code;
	code = count (all, findings, error);
	if (code == 0 && fflush (findings) != 0)
		code = fail_written (error);
	if (code == 0)
		code = keep_text (all, error);
	if (code == 0)
		code = write_report (all, findings, error);
	(void) fclose (findings);
	return code;
}
