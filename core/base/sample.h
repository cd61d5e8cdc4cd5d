/* sample.h: some of many texts, each with the same chance, however many come. In memory for those that are kept. */
#ifndef LARDER_BASE_SAMPLE_H
#define LARDER_BASE_SAMPLE_H

#include <stdint.h>

struct sample { char **at; uint64_t most, count, seen; };

int sample_begin (struct sample *sample, uint64_t most);            /* -1: no memory */
int sample_offer (struct sample *sample, const char *text);         /* copied; -1: no memory */
void sample_sort (struct sample *sample);                           /* in byte order */
void sample_free (struct sample *sample);                           /* harmless on a zeroed one */

#endif
