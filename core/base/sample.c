/* sample.c: see sample.h. */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"

int
sample_begin (struct sample *sample, uint64_t most)
{
	*sample = (struct sample) { .at = calloc (most, sizeof *sample->at), .most = most };
	return sample->at ? 0 : -1;
}

/* The n-th of them stays with a chance of most/n, and one of those before it goes: whatever their number, all have one chance. */
int
sample_offer (struct sample *sample, const char *text)
{
	uint64_t place = sample->count;
	sample->seen++;
	if (sample->count == sample->most) {
		random_bytes (&place, sizeof place);
		place %= sample->seen;
		if (place >= sample->most)
			return 0;
		free (sample->at[place]);
	} else {
		sample->count++;
	}
	sample->at[place] = strdup (text);
	return sample->at[place] ? 0 : -1;
}

static int
by_text (const void *a, const void *b)
{
	return strcmp (*(char *const *) a, *(char *const *) b);
}

void
sample_sort (struct sample *sample)
{
	qsort (sample->at, sample->count, sizeof *sample->at, by_text);
}

void
sample_free (struct sample *sample)
{
	for (uint64_t n = 0; n < sample->count; n++)
		free (sample->at[n]);
	free (sample->at);
	*sample = (struct sample) { 0 };
}
