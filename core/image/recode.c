/* recode.c: the picture itself in another format. Depth, grey and alpha are kept where the format has them. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

int
encoder_begin (struct encoder *encoder, struct larder *larder, const struct module *module, const struct larder_encode *request, struct larder_call *call,
               struct buffer *into, struct larder_error *error)
{
	*encoder = (struct encoder) { .module = module, .call = call };
	buffer_sink (into, &encoder->sink);
	if (!module->codec->encode_begin)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "codec '%s' cannot write pictures", module->name);
	if (request->width > module->codec->max_width || request->height > module->codec->max_height) {
		int code = larder_fail (error, LARDER_E_LIMIT, "a picture of %ux%u does not fit into %s: at most %ux%u", request->width, request->height,
		                        module->name, module->codec->max_width, module->codec->max_height);
		larder_explain (error, LARDER_DETAIL_NEXT, "png holds pictures of any size: --format png");
		return code;
	}
	if (request->lossless && !(module->codec->caps & LARDER_CODEC_LOSSLESS))
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "take 'lossless' out of the pipeline's encoding, or take png or webp",
		                         "%s cannot write without loss", module->name);
	int code = codec_open (larder, module, &encoder->codec, error);
	if (code == 0)
		code = module->codec->encode_begin (encoder->codec->self, call, request, &encoder->sink, &encoder->state, error);
	return code;
}

int
encoder_rows (struct encoder *encoder, const void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	return encoder->module->codec->encode_rows (encoder->state, encoder->call, rows, stride, count, error);
}

int
encoder_end (struct encoder *encoder, int code, struct larder_error *error)
{
	if (encoder->state) {
		int ended = encoder->module->codec->encode_end (encoder->state, encoder->call, code == 0, code == 0 ? error : NULL);
		code = code < 0 ? code : ended;
	}
	instance_free (encoder->codec);
	encoder->state = NULL;
	encoder->codec = NULL;
	return code;
}

static int
parse_background (const char *text, uint32_t *ret, struct larder_error *error)
{
	char *end;
	unsigned long value = text && text[0] == '#' && strlen (text) == 7 ? strtoul (text + 1, &end, 16) : 0;
	if (!text || text[0] != '#' || strlen (text) != 7 || *end)
		return larder_fail (error, LARDER_E_INVALID, "background '%s' is not #rrggbb", text ? text : "");
	*ret = (uint32_t) value;
	return 0;
}

int
flat_choose (const struct module *module, uint32_t pixels, const char *background, struct flat *ret, struct larder_error *error)
{
	*ret = (struct flat) { .from = larder_pixel_samples (pixels), .to = larder_pixel_samples (pixels) };
	if (!larder_pixel_alpha (pixels) || (module->codec->caps & LARDER_CODEC_ALPHA))
		return 0;
	if (!background) {
		int code = larder_fail (error, LARDER_E_UNSUPPORTED, "picture has transparency, which %s cannot hold", module->name);
		larder_explain (error, LARDER_DETAIL_NEXT, "set 'background' of the pipeline to a colour, or take png or webp");
		return code;
	}
	int code = parse_background (background, &ret->background, error);
	bool grey = (ret->background & 0xffff) == ret->background >> 8;
	ret->to = ret->from == 2 && grey ? 1 : 3;
	return code;
}

/* Grey on a colour becomes RGB, all else loses its alpha alone. */
void
flat_row (const struct flat *flat, uint8_t *into, const uint8_t *row, size_t width)
{
	for (size_t x = 0; x < width; x++, row += flat->from)
		for (uint32_t c = 0; c < flat->to; c++) {
			uint32_t behind = flat->background >> (16 - 8 * c) & 255, alpha = row[flat->from - 1];
			*into++ = (uint8_t) ((row[flat->from == 2 ? 0 : c] * alpha + behind * (255 - alpha) + 127) / 255);
		}
}

/* The pixel format the encoder gets, from what the picture has and what the format holds. */
static int
choose_pixels (struct recode *recode, const char *background, struct larder_error *error)
{
	const struct larder_picture *picture = recode->picture;
	int code = flat_choose (recode->module, picture->pixels, background, &recode->flat, error);
	if (code < 0)
		return code;
	const struct flat *flat = &recode->flat;
	if (flat->from == 2 && flat->to == 3 && picture->icc) {
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "grey picture with a colour profile cannot be put before a coloured background");
		larder_explain (error, LARDER_DETAIL_NEXT, "set 'background' of the pipeline to a grey, or take png or webp");
		return code;
	}
	bool wide = larder_pixel_wide (picture->pixels), flatten = flat->from != flat->to;
	recode->narrow = wide && (flatten || !(recode->module->codec->caps & LARDER_CODEC_DEPTH16));
	recode->pixels = flat->to + (wide && !recode->narrow ? LARDER_GREY16 - LARDER_GREY8 : 0); /* 8-bit formats are numbers of samples */
	return 0;
}

int
recode_begin (struct recode *recode, struct larder *larder, const struct module *module, const struct larder_picture *picture, const struct encoding *encoding,
              const char *background, uint64_t memory, struct larder_call *call, struct buffer *into, struct larder_error *error)
{
	*recode = (struct recode) { .module = module, .picture = picture, .encoding = *encoding };
	int code = choose_pixels (recode, background, error);
	if (code < 0)
		return code;
	uint32_t width, height;
	upright (picture->orientation, picture->width, picture->height, &width, &height);
	size_t pixel = larder_pixel_bytes (recode->pixels), line = (size_t) picture->width * pixel;
	recode->row = malloc ((size_t) picture->width * 8);
	if (!recode->row)
		return larder_fail_memory (error);
	if (picture->orientation > 1) {
		if (line * picture->height > memory)
			return larder_fail (error, LARDER_E_LIMIT, "turning a picture of %ux%u upright needs %zu bytes, %llu are allowed", picture->width,
			                    picture->height, line * picture->height, (unsigned long long) memory);
		recode->whole = (struct thumbnail) { picture->width, picture->height, (uint32_t) pixel, malloc (line * picture->height) };
		if (!recode->whole.rows)
			return larder_fail_memory (error);
	}
	bool keeps_profile = module->codec->caps & LARDER_CODEC_ICC;
	struct larder_encode request = {
		.size = sizeof request, .width = width, .height = height, .pixels = recode->pixels, .quality = encoding->quality, .effort = encoding->effort,
		.lossless = encoding->lossless, .icc = keeps_profile ? picture->icc : NULL, .icc_length = keeps_profile ? picture->icc_length : 0,
	};
	return encoder_begin (&recode->encoder, larder, module, &request, call, into, error);
}

static void
narrow_row (uint8_t *into, const uint8_t *row, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		uint16_t sample;
		memcpy (&sample, row + 2 * i, sizeof sample);
		into[i] = (uint8_t) ((sample + 128u) / 257u);
	}
}

int
recode_row (void *context, const uint8_t *row, struct larder_error *error)
{
	struct recode *recode = context;
	size_t width = recode->picture->width, from = larder_pixel_bytes (recode->picture->pixels);
	if (recode->narrow) {
		uint8_t *narrowed = recode->row + width * 4;
		narrow_row (narrowed, row, width * from / 2);
		row = narrowed;
	}
	if (recode->flat.from != recode->flat.to) {
		flat_row (&recode->flat, recode->row, row, width);
		row = recode->row;
	}
	size_t line = width * larder_pixel_bytes (recode->pixels);
	if (!recode->whole.rows)
		return encoder_rows (&recode->encoder, row, line, 1, error);
	memcpy (recode->whole.rows + recode->next++ * line, row, line);
	return 0;
}

int
recode_end (struct recode *recode, int code, struct larder_error *error)
{
	struct thumbnail *whole = &recode->whole;
	if (code == 0 && whole->rows)
		code = turn_rows (&whole->rows, &whole->width, &whole->height, whole->channels, recode->picture->orientation, error);
	if (code == 0 && whole->rows)
		code = encoder_rows (&recode->encoder, whole->rows, (size_t) whole->width * whole->channels, whole->height, error);
	code = encoder_end (&recode->encoder, code, error);
	free (whole->rows);
	free (recode->row);
	*recode = (struct recode) { 0 };
	return code;
}
