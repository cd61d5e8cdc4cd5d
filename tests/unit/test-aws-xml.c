/* test-aws-xml.c: the same answer however the bytes are split; hostile documents end early. */
#include "inner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "unit.h"

/* What was heard, as one text. */
struct heard { struct buffer text; const char *stop_at; };

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct heard *heard = context;
	(void) error;
	buffer_printf (&heard->text, "<%s\n", path);
	return 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct heard *heard = context;
	buffer_printf (&heard->text, ">%s=%s\n", path, text);
	if (heard->stop_at && strcmp (path, heard->stop_at) == 0)
		return larder_fail (error, LARDER_E_CONFLICT, "enough");
	return 0;
}

/* In two pieces; at 0 in one, at SIZE_MAX byte by byte. */
static int
read_split (const char *text, size_t length, size_t at, struct heard *heard, struct larder_error *error)
{
	struct aws_xml *xml = aws_xml_new (on_begin, on_end, heard);
	ck_assert_ptr_nonnull (xml);
	int code = 0;
	if (at == SIZE_MAX)
		for (size_t i = 0; i < length && code == 0; i++)
			code = aws_xml_feed (xml, text + i, 1, error);
	else {
		code = aws_xml_feed (xml, text, at, error);
		if (code == 0)
			code = aws_xml_feed (xml, text + at, length - at, error);
	}
	if (code == 0)
		code = aws_xml_end (xml, error);
	else
		ck_assert_int_eq (aws_xml_end (xml, error), code);       /* a fault stays */
	aws_xml_free (xml);
	return code;
}

static int
read_whole (const char *text, struct heard *heard, struct larder_error *error)
{
	buffer_init (&heard->text, 64 << 20);
	return read_split (text, strlen (text), 0, heard, error);
}

/* Read at once, it is as if expat had read it, whoever did. */
static void
same_at_once (const char *text, size_t length)
{
	struct heard pieces = { .stop_at = NULL }, once = { .stop_at = NULL };
	struct larder_error error = LARDER_ERROR_INIT, other = LARDER_ERROR_INIT;
	buffer_init (&pieces.text, 64 << 20);
	buffer_init (&once.text, 64 << 20);
	int code = read_split (text, length, 0, &pieces, &error);
	ck_assert_int_eq (aws_xml_read (text, length, on_begin, on_end, &once, &other), code);
	ck_assert_str_eq (buffer_text (&once.text), buffer_text (&pieces.text));
	ck_assert_str_eq (other.message, error.message);
	buffer_free (&pieces.text);
	buffer_free (&once.text);
}

static void
same_at_every_byte (const char *text, size_t length, size_t step)
{
	struct heard whole = { .stop_at = NULL };
	buffer_init (&whole.text, 64 << 20);
	int code = read_split (text, length, 0, &whole, NULL);
	same_at_once (text, length);
	for (size_t at = 1; at <= length; at += step) {
		struct heard split = { .stop_at = NULL };
		buffer_init (&split.text, 64 << 20);
		ck_assert_int_eq (read_split (text, length, at == length ? SIZE_MAX : at, &split, NULL), code);
		ck_assert_str_eq (buffer_text (&split.text), buffer_text (&whole.text));
		buffer_free (&split.text);
	}
	buffer_free (&whole.text);
}

START_TEST (paths_and_texts)
{
	struct heard heard = { .stop_at = NULL };
	ck_assert_int_eq (read_whole ("  \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>   \n<s3:List xmlns:s3='x' xmlns='y'>\n  <Name>a&amp;b &lt;c&gt; &#x41;&#65;</Name>"
	                              "<!-- no --><E a='1'/><C>one<K> k </K>two</C>\n</s3:List>\n", &heard, NULL), 0);
	ck_assert_str_eq (buffer_text (&heard.text),
	                  "<List\n<List/Name\n>List/Name=a&b <c> AA\n<List/E\n>List/E=\n<List/C\n<List/C/K\n>List/C/K= k \n>List/C=onetwo\n>List=\n\n");
	buffer_free (&heard.text);
}
END_TEST

START_TEST (split_anywhere)
{
	static const char *const texts[] = {
		"\n \t<?xml version=\"1.0\"?>\n<A><B>x&amp;y\xc3\xbc\xf0\x9f\x93\xb7</B><p:C q=\"1\">&#x1F4F7;</p:C><D/></A>",
		"<A><B>1</B><B>2</B", "<A>&undefined;</A>", "<A></B>", "", "   ", "plain", "<A/><B/>", "<?xml version=\"1.0\"?><!DOCTYPE a><A/>",
		"<A><![CDATA[<raw>&]]></A>", "<A>\xff</A>",
	};
	for (size_t i = 0; i < COUNT_OF (texts); i++)
		same_at_every_byte (texts[i], strlen (texts[i]), 1);
}
END_TEST

/* Every byte of a page replaced by, preceded by, or followed by nothing but what XML makes much of. */
START_TEST (damaged_anywhere)
{
	static const char page[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<L xmlns=\"http://a/\">\n <K>a%2Fb&amp;&#34;c</K><T/><C><S>4</S> </C>\n</L>\n";
	static const char odd[] = "<>&;/!?]\"'= \n\r\t\x01\x7f\x80\xc3" "0aZ-#:";
	char text[sizeof page + 1];
	for (size_t at = 0; at <= sizeof page - 1; at++) {
		same_at_once (page, at);
		for (size_t i = 0; i <= sizeof odd - 1; i++) {          /* the last is NUL */
			memcpy (text, page, sizeof page);
			text[at] = odd[i];
			same_at_once (text, sizeof page - 1);
			memmove (text + at + 1, page + at, sizeof page - at);
			same_at_once (text, sizeof page);
		}
	}
}
END_TEST

/* What the plain form does not have, or has too much of. */
START_TEST (at_once)
{
	static const char *const texts[] = {
		"<A><B>1</B>text</A>", "<A>text<B>1</B></A>", "<A> <B>1</B> </A>", "<A></A >", "<A ></A>", "<A  xmlns=\"x\"/>", "<A xmlns=\"x\" xmlns=\"y\"/>", "<A xmlns=\"x\"b=\"y\"/>",
		"<A>&#127;&#128;&#10;&#13;</A>", "<A>&#1;</A>", "<A>&#99999999999;</A>", "<A>&#34</A>", "<A>&#;</A>", "<A>]]></A>", "<A>a>b</A>", "<1/>", "<-A/>", "<_A/>",
		"<A><B></A></B>", "<A><AB></A></AB>", "<AB></A>", "<A></AB>", "</A>", "<A/></A>", "<A/><A/>", "<A>\r\n</A>", "\xef\xbb\xbf<A/>", "<A>\xef\xbf\xbe</A>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
		"<a><b><c><d><e><f><g><h><i><j><k><l><m><n><o><p><q>deep</q></p></o></n></m></l></k></j></i></h></g></f></e></d></c></b></a>",
	};
	for (size_t i = 0; i < COUNT_OF (texts); i++)
		same_at_once (texts[i], strlen (texts[i]));
	for (size_t length = 4090; length < 4100; length++) {       /* long texts and long paths */
		CLEANUP_BUFFER struct buffer text;
		buffer_init (&text, 1 << 20);
		buffer_printf (&text, "<A>%0*d</A>", (int) length, 0);
		same_at_once (text.at, text.length);
		buffer_clear (&text);
		buffer_printf (&text, "<A><B%0*d/></A>", (int) length - 3590, 0);
		same_at_once (text.at, text.length);
	}
}
END_TEST

/* A page as services write it is not left to expat: the calls are all made. */
START_TEST (plain_form)
{
	static const char page[] = "<L xmlns=\"http://a/\"><K>a&quot;&#34;</K><T/><C><S>4</S></C></L>";
	struct heard heard = { .stop_at = NULL };
	const struct aws_xml_told told = { on_begin, on_end, &heard };
	size_t count;
	int code;
	buffer_init (&heard.text, 1 << 20);
	ck_assert (aws_xml_plain (page, sizeof page - 1, &told, &count, &code, NULL));
	ck_assert_int_eq (code, 0);
	ck_assert_uint_eq (count, 10);
	ck_assert_str_eq (buffer_text (&heard.text), "<L\n<L/K\n>L/K=a\"\"\n<L/T\n>L/T=\n<L/C\n<L/C/S\n>L/C/S=4\n>L/C=\n>L=\n");
	buffer_free (&heard.text);
}
END_TEST

/* Not whole, or no XML: never taken for an answer. */
START_TEST (not_whole)
{
	static const char *const texts[] = { "", " \n ", "<A>", "<A><B></A>", "text", "<A/>more", "<A/><B/>", "{\"a\":1}", "<A>&nbsp;</A>", "<A b=c/>", "<A>\x01</A>",
	                                     "<a><?xml version=\"1.0\"?></a>" };
	for (size_t i = 0; i < COUNT_OF (texts); i++) {
		struct heard heard = { .stop_at = NULL };
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_msg (read_whole (texts[i], &heard, &error) == LARDER_E_INTEGRITY, "'%s' was taken", texts[i]);
		ck_assert_msg (error.message[0] && error.next[0], "no words");
		buffer_free (&heard.text);
	}
}
END_TEST

START_TEST (document_types)
{
	static const char *const texts[] = {
		"<!DOCTYPE a><a/>", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
		"<!DOCTYPE a [<!ENTITY x0 'lol'><!ENTITY x1 '&x0;&x0;&x0;&x0;'><!ENTITY x2 '&x1;&x1;&x1;&x1;'>]><a>&x2;</a>",
		"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
		"<!DOCTYPE a PUBLIC 'p' 'http://127.0.0.1/x'><a/>",
	};
	for (size_t i = 0; i < COUNT_OF (texts); i++) {
		struct heard heard = { .stop_at = NULL };
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_int_eq (read_whole (texts[i], &heard, &error), LARDER_E_INTEGRITY);
		ck_assert_ptr_nonnull (strstr (error.message, "document type"));
		ck_assert_ptr_null (strstr (buffer_text (&heard.text), "lol"));
		ck_assert_uint_eq (heard.text.length, 0);
		buffer_free (&heard.text);
	}
}
END_TEST

static int
read_repeated (const char *before, const char *piece, unsigned times)
{
	struct heard heard = { .stop_at = NULL };
	buffer_init (&heard.text, 64 << 20);
	struct aws_xml *xml = aws_xml_new (NULL, on_end, &heard);
	struct larder_error error = LARDER_ERROR_INIT;
	int code = aws_xml_feed (xml, before, strlen (before), &error);
	for (unsigned i = 0; i < times && code == 0; i++)
		code = aws_xml_feed (xml, piece, strlen (piece), &error);
	aws_xml_free (xml);
	buffer_free (&heard.text);
	return code;
}

START_TEST (bounds)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmn";
	static const char blanks[] = "                                                                ";
	ck_assert_int_eq (read_repeated ("<a>", "<b>", 100), LARDER_E_LIMIT);           /* depth */
	ck_assert_int_eq (read_repeated ("<a>", "<b>", 40), 0);
	ck_assert_int_eq (read_repeated ("<a><b>", letters, 100000), LARDER_E_LIMIT);   /* text */
	ck_assert_int_eq (read_repeated ("<a><b>", letters, 1000), 0);
	ck_assert_int_eq (read_repeated ("<a b='", letters, 100000), LARDER_E_LIMIT);   /* one tag */
	ck_assert_int_eq (read_repeated ("<!-- ", letters, 100000), LARDER_E_LIMIT);    /* one comment */
	ck_assert_int_eq (read_repeated ("<", letters, 100000), LARDER_E_LIMIT);        /* one name */
	ck_assert_int_eq (read_repeated ("<a>", " \n<b>x</b>\n ", 500000), 0);          /* blanks between are not kept */
	ck_assert_int_eq (read_repeated ("", blanks, 500000), 0);                       /* a server that drips before it knows */
	ck_assert_int_eq (read_repeated ("<?xml version='1.0'?>", blanks, 500000), 0);
}
END_TEST

START_TEST (callers_stop)
{
	struct heard heard = { .stop_at = "A/B" };
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (read_whole ("<A><B>1</B><B>2</B></A>", &heard, &error), LARDER_E_CONFLICT);
	ck_assert_str_eq (error.message, "enough");
	ck_assert_str_eq (buffer_text (&heard.text), "<A\n<A/B\n>A/B=1\n");
	buffer_clear (&heard.text);
	ck_assert_int_eq (aws_xml_read ("<A><B>1</B><B>2</B></A>", 23, on_begin, on_end, &heard, &error), LARDER_E_CONFLICT);
	ck_assert_str_eq (buffer_text (&heard.text), "<A\n<A/B\n>A/B=1\n");
	buffer_free (&heard.text);
	aws_xml_free (NULL);
}
END_TEST

/* Every byte comes back through a reader as it was, but for those XML cannot hold. */
START_TEST (escapes)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4096);
	aws_xml_escape (&text, "a<b>&\"c\"'\r\n\t\x01\x7f\xc3\xbc");
	ck_assert_str_eq (buffer_text (&text), "a&lt;b&gt;&amp;&quot;c&quot;'&#13;&#10;&#9;&#1;&#127;\xc3\xbc");
	buffer_clear (&text);
	buffer_add_text (&text, "<A>");
	for (int c = 1; c < 0x80; c++)
		if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r') {
			const char one[] = { (char) c, '\0' };
			aws_xml_escape (&text, one);
		}
	buffer_add_text (&text, "</A>");
	struct heard heard = { .stop_at = NULL };
	ck_assert_int_eq (read_whole (buffer_text (&text), &heard, NULL), 0);
	for (int c = 0x20; c < 0x7f; c++)
		ck_assert_ptr_nonnull (strchr (buffer_text (&heard.text), c));
	ck_assert_ptr_nonnull (strstr (buffer_text (&heard.text), "\t\n\r !\"#$%&'()"));
	buffer_free (&heard.text);
}
END_TEST

/* The published replies are read to their end, whole and split. */
START_TEST (published)
{
	static const char *const folders[] = { "responses", "error-bodies" };
	unsigned count = 0;
	for (size_t f = 0; f < COUNT_OF (folders); f++) {
		char path[4096];
		snprintf (path, sizeof path, "%s/%s", getenv ("LARDER_VECTORS"), folders[f]);
		CLEANUP_CLOSE int root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *entries = opendir (path);
		ck_assert_msg (entries != NULL && root >= 0, "%s cannot be opened", path);
		for (const struct dirent *entry; (entry = readdir (entries)); ) {
			CLEANUP_FREE char *text = NULL;
			size_t length;
			if (!strstr (entry->d_name, ".xml"))
				continue;
			ck_assert_int_eq (file_slurp (root, entry->d_name, 1 << 20, &text, &length, NULL), 0);
			struct heard heard = { .stop_at = NULL };
			buffer_init (&heard.text, 64 << 20);
			ck_assert_msg (read_split (text, length, 0, &heard, NULL) == 0 || text[strspn (text, " \n\r\t")] != '<', "%s was refused",
			               entry->d_name);         /* a bucket policy is JSON, some replies are empty */
			buffer_free (&heard.text);
			same_at_every_byte (text, length, length < 600 ? 1 : length / 97);
			count++;
		}
		closedir (entries);
	}
	ck_assert_uint_ge (count, 100);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-xml-paths-and-texts", paths_and_texts, 0 }, { "test-aws-xml-split-anywhere", split_anywhere, 0 },
		{ "test-aws-xml-not-whole", not_whole, 0 },
		{ "test-aws-xml-damaged-anywhere", damaged_anywhere, 0 }, { "test-aws-xml-at-once", at_once, 0 }, { "test-aws-xml-plain-form", plain_form, 0 }, { "test-aws-xml-document-types", document_types, 0 },
		{ "test-aws-xml-bounds", bounds, 0 }, { "test-aws-xml-callers-stop", callers_stop, 0 },
		{ "test-aws-xml-escapes", escapes, 0 }, { "test-aws-xml-published", published, 0 },
	};
	const char *vectors = getenv ("LARDER_VECTORS");
	bool all = vectors && *vectors;
	if (!all)
		puts ("# LARDER_VECTORS is not set: the published replies are not looked at");
	return unit_run ("aws-xml", cases, COUNT_OF (cases) - !all);
}
