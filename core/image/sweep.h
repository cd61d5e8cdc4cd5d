/* sweep.h: remove claims older than the pipeline's grace time whose image never came. */
#ifndef LARDER_IMAGE_SWEEP_H
#define LARDER_IMAGE_SWEEP_H

#include "job.h"
#include "template.h"

int image_sweep (struct larder *larder, const char *pipeline, uint64_t *ret_removed, struct larder_error *error);

#endif
