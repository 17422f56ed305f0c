// SPDX-License-Identifier: GPL-2.0-or-later
/* Records as they were read; annotated, with notes between them. */
#include "config.h"

#include "output.h"

static int write_bytes(void *sink, const void *bytes, size_t len)
{
	return sink_write(sink, bytes, len);
}

static void *binary_new(const struct output_config *config, struct sink *sink)
{
	struct wq_recorder *r = wq_recorder_new(config->annotated, config->live, write_bytes, sink);

	if (r && config->dialect)
		wq_recorder_set_dialect(r, config->dialect);
	return r;
}

static int binary_event(void *recorder, const struct wq_event *ev)
{
	return wq_recorder_add(recorder, ev);
}

static int binary_begin(void *recorder)
{
	return wq_recorder_begin(recorder);
}

static void binary_free(void *recorder)
{
	wq_recorder_free(recorder);
}

const struct output_ops output_binary = {
	.new = binary_new,
	.begin = binary_begin,
	.event = binary_event,
	.free = binary_free,
};
