// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * block by two tracepoints: I/O errors. block_rq_error is of requests. Devices that have
 * none, such as the device mapper's, complete bios, block_bio_complete. No error is told by
 * both: a request that completes takes BIO_TRACE_COMPLETION from its bios first, in
 * blk_update_request(). Who runs when either is met is not who caused it.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drain.h"
#include "kernel/trace-format.h"
#include "side.h"
#include "sources/block.h"
#include "sources/block-errors.h"
#include "trace.h"

#define WQ_KINDS	2
#define WQ_FILTERED_MAX	64	/* devices that the kernel is told of; more are sorted out here */
#define WQ_GRACE	(5 * (uint64_t) WQ_DRAIN_PAUSE)	/* what errors may be late */

/* Not those of an asker who would not wait, -EAGAIN: nothing was tried. */
#define WQ_BIO_FILTER	"error != 0 && error != -11"

struct block_trace {
	/* Owned by whoever calls drain(). */
	struct wq_trace *trace;
	struct {
		int id;
		struct wq_block_layout layout;
	} kinds[WQ_KINDS];
	struct wq_block_error error;	/* had no room */
	bool has_error;
	struct wq_items *items;
	unsigned source;

	/* Owned by the engine's thread. */
	struct wq_block_wanted wanted;
	struct wq_disks *disks;
	struct wq_block_runs runs;
};

static int block_trace_probe(const struct wq_source_config *c, struct wq_error *e)
{
	(void) c;
	return wq_trace_probe("block", "block_rq_error", "Linux 5.18 or later, and CONFIG_EVENT_TRACING=y", e);
}

/* ---- Opening ---- */

static int need(struct wq_block_place *place, const char *format, const char *event, const char *name, struct wq_error *e)
{
	struct wq_trace_field f;
	int rc = wq_trace_need(format, event, name, &f, e);

	*place = (struct wq_block_place) { .offset = (int) f.offset, .size = (int) f.size };
	return rc;
}

static int read_layout(struct wq_block_layout *l, const char *format, const char *name, struct wq_error *e)
{
	int rc = need(&l->dev, format, name, "dev", e);

	if (!rc)
		rc = need(&l->sector, format, name, "sector", e);
	if (!rc)
		rc = need(&l->nr_sector, format, name, "nr_sector", e);
	if (!rc)
		rc = need(&l->error, format, name, "error", e);
	if (!rc)
		rc = need(&l->rwbs, format, name, "rwbs", e);
	if (!rc && !wq_block_layout_fits(l))
		rc = wq_fail(e, WQ_NOTSUPP, ENOTSUP, "tracefs: this kernel's event %s has fields of other sizes than watchq knows", name);
	return rc;
}

static int add_kind(struct block_trace *t, unsigned k, const char *name, const char *filter, struct wq_error *e)
{
	char *format;
	int rc = wq_trace_add(t->trace, "block", name, filter, &format, e);

	if (!rc)
		rc = read_layout(&t->kinds[k].layout, format, name, e);
	if (!rc) {
		t->kinds[k].id = wq_trace_format_id(format);
		if (t->kinds[k].id < 0)
			rc = wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: the event %s has no ID", name);
	}
	free(format);
	return rc;
}

/* Requests are of disks. NULL: all pass. */
static const char *rq_filter(const struct wq_block_wanted *w, char *text, size_t size)
{
	size_t len = 0, i;

	if (w->n == 0 || w->n > WQ_FILTERED_MAX)
		return NULL;
	for (i = 0; i < w->n; i++)
		len += (size_t) snprintf(text + len, size - len, "%sdev == %" PRIu64, i ? " || " : "", w->watches[i].disk);
	return text;
}

static int open_trace(struct wq_source *s, struct wq_error *e)
{
	struct block_trace *t = s->priv;
	char filter[WQ_FILTERED_MAX * sizeof(" || dev == 4294967295")];
	int rc = wq_trace_open(&t->trace, WQ_TRACE_KIB, e);

	if (!rc)
		rc = add_kind(t, 0, "block_rq_error", rq_filter(&t->wanted, filter, sizeof(filter)), e);
	if (!rc)
		rc = add_kind(t, 1, "block_bio_complete", WQ_BIO_FILTER, e);
	if (!rc && wq_engine_drain(s, wq_trace_fd(t->trace)))
		rc = wq_fail(e, WQ_FAILURE, errno, "can't poll the trace: %s", strerror(errno));
	return rc;
}

static void block_trace_close(struct wq_source *s)
{
	struct block_trace *t = s->priv;

	wq_trace_close(t->trace);
	wq_disks_free(t->disks);
	wq_block_wanted_close(&t->wanted);
	free(t);
	s->priv = NULL;
}

static int block_trace_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct block_trace *t = calloc(1, sizeof(*t));
	int rc;

	s->priv = t;
	if (!t)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	t->source = s->index;
	t->runs.span = c->coalesce;
	rc = wq_block_wanted_open(&t->wanted, s, c, e);
	if (!rc) {
		t->disks = wq_disks_new();
		rc = t->disks ? open_trace(s, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	if (rc)
		block_trace_close(s);
	return rc;
}

/* ---- Reading ---- */

/* 1: there is no room. */
static int push_error(struct block_trace *t)
{
	if (!t->has_error)
		return 0;
	if (wq_items_push(t->items, t->source, t->error.boottime, (const unsigned char *) &t->error, sizeof(t->error)))
		return 1;
	t->has_error = false;
	return 0;
}

static int take_event(void *data, const struct wq_trace_event *ev)
{
	struct block_trace *t = data;
	unsigned k;

	if (push_error(t))
		return 1;	/* not taken */
	if (ev->missed) {
		t->error = (struct wq_block_error) { .boottime = wq_now_boottime() };
		t->has_error = true;
	}
	for (k = 0; k < WQ_KINDS && !ev->missed; k++) {
		if (ev->id != t->kinds[k].id)
			continue;
		t->has_error = wq_block_error_parse(&t->kinds[k].layout, ev->data, ev->len, &t->error);
		t->error.boottime = ev->time;
	}
	push_error(t);
	return 0;
}

static int block_trace_drain(struct wq_source *s, struct wq_items *items, struct wq_error *e)
{
	struct block_trace *t = s->priv;

	t->items = items;
	if (push_error(t))
		return 1;
	return wq_trace_read(t->trace, take_event, t, e);
}

/* ---- Telling ---- */

/* What a run is, or a single error; its device is the disk. */
static int tell(struct wq_source *s, const struct wq_block_run *r, const struct wq_disk *disk)
{
	struct block_trace *t = s->priv;
	const struct wq_device *part = disk ? wq_disk_partition(disk, r->first.sector) : NULL;
	const struct wq_watch *watch = wq_block_watch(&t->wanted, r->first.dev, r->part);
	struct wq_side side = { .numbers_apply = 0 };
	uint64_t body[2] = { r->first.dev, r->first.sector };
	unsigned char rec[WQ_RECORD_MAX];

	if (!watch)
		return 0;
	wq_side_set(&side, WQ_SIDE_ERRNO, r->first.error);
	wq_side_set(&side, WQ_SIDE_SECTORS, r->first.sectors);
	wq_side_set_text(&side, WQ_SIDE_OPERATION, wq_block_op_name(r->first.op));
	wq_side_set_text(&side, WQ_SIDE_DEVICE, disk ? disk->name : NULL);
	if (disk && disk->nparts)
		wq_side_set_text(&side, WQ_SIDE_PARTITION, part && part->dev == r->part ? part->name : NULL);
	if (t->runs.span)
		wq_side_set(&side, WQ_SIDE_COUNT, r->count);
	wq_record_build(rec, WQ_TYPE_BLOCK, wq_block_subtype(r->first.error), (uint32_t) watch->id << 8, body, sizeof(body));
	return wq_engine_emit_side(s->m, rec, watch, WQ_MARK_NONE, &side, r->first.boottime,
				   r->first.boottime);
}

/* Tells the oldest run, and it is none any more. */
static int tell_oldest(struct wq_source *s)
{
	struct block_trace *t = s->priv;
	const struct wq_block_run *r = wq_block_runs_oldest(&t->runs);
	int rc = tell(s, r, wq_disks_get(t->disks, r->first.dev, wq_engine_now(s->m)));

	wq_block_runs_drop(&t->runs);
	s->busy = t->runs.n > 0;
	return rc == WQ_NO_ROOM ? 0 : rc;
}

/* Tells runs that no error after @now can go on with. */
static int tell_until(struct wq_source *s, uint64_t now)
{
	struct block_trace *t = s->priv;
	const struct wq_block_run *r;
	int rc = 0;

	while (!rc && (r = wq_block_runs_oldest(&t->runs)) && now - r->first.boottime >= t->runs.span &&
	       now > r->first.boottime)
		rc = tell_oldest(s);
	return rc;
}

static int tell_runs(struct wq_source *s)
{
	struct block_trace *t = s->priv;
	int rc = 0;

	while (!rc && t->runs.n)
		rc = tell_oldest(s);
	return rc;
}

static int merge(struct wq_source *s, const struct wq_block_error *err, uint64_t part)
{
	struct block_trace *t = s->priv;
	int rc = tell_until(s, err->boottime);

	if (rc || wq_block_runs_merge(&t->runs, err, part))
		return rc;
	if (t->runs.n == WQ_BLOCK_RUNS)
		rc = tell_oldest(s);
	wq_block_runs_begin(&t->runs, err, part);
	s->busy = true;
	return rc;
}

static int apply_loss(struct wq_source *s)
{
	int rc = tell_runs(s);

	return rc ? rc : wq_engine_emit_loss(s);
}

static int block_trace_apply(struct wq_source *s, const struct wq_item *item)
{
	struct block_trace *t = s->priv;
	struct wq_block_run one = { .count = 1 };
	const struct wq_disk *disk;
	const struct wq_device *part;

	memcpy(&one.first, item->rec.data, sizeof(one.first));
	if (!one.first.error)
		return apply_loss(s);
	disk = wq_disks_get(t->disks, one.first.dev, wq_engine_now(s->m));
	if (disk) {
		/* Also where a bio named the partition: its sectors are the disk's by then. */
		one.first.dev = (uint32_t) disk->dev;
		part = one.first.op == WQ_OP_FLUSH ? NULL : wq_disk_partition(disk, one.first.sector);
		one.part = part ? part->dev : 0;
	}
	if (!t->runs.span)
		return tell(s, &one, disk);
	return wq_block_watch(&t->wanted, one.first.dev, one.part) ? merge(s, &one.first, one.part) : 0;
}

static uint64_t block_trace_deadline(struct wq_source *s)
{
	struct block_trace *t = s->priv;
	const struct wq_block_run *r = wq_block_runs_oldest(&t->runs);

	return r ? r->first.boottime + t->runs.span + WQ_GRACE : 0;
}

static int block_trace_tick(struct wq_source *s)
{
	return tell_until(s, wq_engine_now(s->m) - WQ_GRACE);
}

const struct wq_source_ops wq_block_trace = {
	.source = "block",
	.backend = "trace",
	.about = "I/O errors by tracepoints, each with its sector and operation; not who caused them, and not those of requests marked quiet",
	.part = 1,
	.type = WQ_TYPE_BLOCK,
	.posts = { WQ_BLOCK_ERRORS, 0 },
	.probe = block_trace_probe,
	.open = block_trace_open,
	.drain = block_trace_drain,
	.apply = block_trace_apply,
	.deadline = block_trace_deadline,
	.tick = block_trace_tick,
	.finish = tell_runs,
	.close = block_trace_close,
};
