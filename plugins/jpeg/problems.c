/* problems.c: errors and warnings of libjpeg, as errors and notes of ours. */
#include "codec-jpeg.h"

#include <jerror.h>

static void
on_error (j_common_ptr jpeg)
{
	struct problems *problems = (struct problems *) jpeg->err;
	problems->code = jpeg->err->msg_code;
	problems->number = jpeg->err->msg_parm.i[0];
	(*jpeg->err->format_message) (jpeg, problems->message);
	longjmp (problems->stop, 1);
}

/* What is strange in a header or between scans, and changes no pixel. */
static bool
is_harmless (int code)
{
	return code == JWRN_JFIF_MAJOR || code == JWRN_NOT_SEQUENTIAL;
}

/* libjpeg warns of what it can go on after, with pixels made up: data that end early, codes that are none, markers that are
 * missing. While the pixels are being read that is damage. */
static void
on_message (j_common_ptr jpeg, int level)
{
	struct problems *problems = (struct problems *) jpeg->err;
	char text[JMSG_LENGTH_MAX];
	if (level >= 0)
		return; /* a trace */
	if (problems->rows && !is_harmless (jpeg->err->msg_code))
		on_error (jpeg);
	(*jpeg->err->format_message) (jpeg, text);
	problems_note (problems, text);
}

static void
on_output (j_common_ptr jpeg)
{
	(void) jpeg; /* never to stderr */
}

struct jpeg_error_mgr *
problems_begin (struct problems *problems)
{
	jpeg_std_error (&problems->manager);
	problems->manager.error_exit = on_error;
	problems->manager.emit_message = on_message;
	problems->manager.output_message = on_output;
	return &problems->manager;
}

void
problems_note (struct problems *problems, const char *text)
{
	size_t length = strnlen (text, sizeof problems->note - 1);
	if (problems->note[0] != '\0')
		return;
	memcpy (problems->note, text, length);
	problems->note[length] = '\0';
}

static int
fail_unsupported (const char *kind, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_UNSUPPORTED, "picture is a %s, which this codec does not read", kind);
	larder_explain (error, LARDER_DETAIL_NEXT, "export it as an ordinary JPEG: 8 bits, baseline or progressive, Huffman-coded");
	return code;
}

/* Kinds of JPEG by their frame marker, SOF3 … SOF15. */
static const char *
kind_of (int marker)
{
	switch (marker) {
	case 0xc3:
	case 0xc7:
	case 0xcb:
	case 0xcf:
		return "lossless JPEG";
	case 0xc5:
	case 0xc6:
		return "hierarchical JPEG";
	case 0xc9:
	case 0xca:
	case 0xcd:
	case 0xce:
		return "JPEG with arithmetic coding";
	default:
		return "JPEG of an unknown kind";
	}
}

static int
fail_side (struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_LIMIT, "picture is too large: JPEG is read up to %d pixels each way", JPEG_SIDE_MOST);
	larder_explain (error, LARDER_DETAIL_NEXT, "make it smaller, or export it as PNG");
	return code;
}

int
problems_tell (const struct problems *problems, uint64_t cut, struct larder_error *error)
{
	switch (problems->code) {
	case JERR_OUT_OF_MEMORY:
	case JERR_NO_BACKING_STORE:
		return shared_fail_memory (error);
	case JERR_SOF_UNSUPPORTED:
		return fail_unsupported (kind_of (problems->number), error);
	case JERR_ARITH_NOTIMPL:
		return fail_unsupported (kind_of (0xc9), error);
	case JERR_BAD_PRECISION:
		return fail_unsupported (problems->number == 12 ? "JPEG of 12 bits a sample" : "JPEG of an unknown depth", error);
	case JERR_IMAGE_TOO_BIG:
		return fail_side (error);
	case JERR_NO_SOI:
		return larder_fail (error, LARDER_E_UNSUPPORTED, "not a JPEG picture");
	default:
		break;
	}
	if (cut > 0)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %llu bytes", (unsigned long long) cut);
	return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: %s", problems->message);
}
