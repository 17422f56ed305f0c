// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <string.h>

#include "libwatchq.h"
#include "sources/block-errors.h"

/* ---- What a tracepoint says ---- */

static bool is_number(const struct wq_block_place *p)
{
	return p->offset >= 0 && (p->size == 4 || p->size == 8);
}

bool wq_block_layout_fits(const struct wq_block_layout *l)
{
	return is_number(&l->dev) && is_number(&l->sector) && is_number(&l->nr_sector) &&
	       l->error.offset >= 0 && l->error.size == 4 && l->rwbs.offset >= 0 && l->rwbs.size > 0;
}

static bool is_within(const struct wq_block_place *p, unsigned len)
{
	return (unsigned) p->offset <= len && (unsigned) p->size <= len - (unsigned) p->offset;
}

static uint64_t number(const struct wq_block_place *p, const unsigned char *data)
{
	uint32_t v32;
	uint64_t v;

	if (p->size == 8) {
		memcpy(&v, data + p->offset, 8);
		return v;
	}
	memcpy(&v32, data + p->offset, 4);
	return v32;
}

bool wq_block_error_parse(const struct wq_block_layout *l, const void *data, unsigned len,
			  struct wq_block_error *err)
{
	uint32_t error;

	if (!wq_block_layout_fits(l) || !is_within(&l->dev, len) || !is_within(&l->sector, len) ||
	    !is_within(&l->nr_sector, len) || !is_within(&l->error, len) || !is_within(&l->rwbs, len))
		return false;
	error = (uint32_t) number(&l->error, data);
	*err = (struct wq_block_error) {
		.dev = (uint32_t) number(&l->dev, data),
		.sector = number(&l->sector, data),
		.sectors = (uint32_t) number(&l->nr_sector, data),
		.error = error > INT32_MAX ? -error : error,
	};
	err->op = (uint8_t) wq_block_op((const char *) data + l->rwbs.offset, (size_t) l->rwbs.size, err->sectors == 0);
	/* A flush has no place. */
	if (err->sector == UINT64_MAX)
		err->sector = 0;
	return err->error != 0;
}

/* ---- Operations ---- */

static enum wq_block_op zone_op(char letter, char next)
{
	switch (letter) {
	case 'A':
		return WQ_OP_ZONE_APPEND;
	case 'R':
		return next == 'A' ? WQ_OP_ZONE_RESET_ALL : WQ_OP_ZONE_RESET;
	case 'F':
		return WQ_OP_ZONE_FINISH;
	case 'O':
		return WQ_OP_ZONE_OPEN;
	case 'C':
		return WQ_OP_ZONE_CLOSE;
	default:
		return WQ_OP_UNKNOWN;
	}
}

enum wq_block_op wq_block_op(const char *rwbs, size_t size, bool empty)
{
	char text[8] = "";
	const char *op = text;
	bool flush;

	memcpy(text, rwbs, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	/* Flushed before it; behind a flush there are no letters of another operation. */
	flush = *op == 'F';
	op += flush && op[1] && strchr("WDRZN", op[1]);
	switch (*op) {
	case 'R':
		return WQ_OP_READ;
	case 'W':
		/* A write of nothing is how a flush of a device begins. */
		if (flush && empty)
			return WQ_OP_FLUSH;
		return op[1] == 'Z' ? WQ_OP_WRITE_ZEROES : WQ_OP_WRITE;
	case 'D':
		return op[1] == 'E' ? WQ_OP_SECURE_ERASE : WQ_OP_DISCARD;
	case 'F':
		return WQ_OP_FLUSH;
	case 'Z':
		return zone_op(op[1], op[1] ? op[2] : '\0');
	default:
		return WQ_OP_UNKNOWN;
	}
}

const char *wq_block_op_name(uint8_t op)
{
	static const char *const names[WQ_OP__NR] = {
		[WQ_OP_READ] = "read", [WQ_OP_WRITE] = "write", [WQ_OP_DISCARD] = "discard",
		[WQ_OP_SECURE_ERASE] = "secure_erase", [WQ_OP_FLUSH] = "flush",
		[WQ_OP_WRITE_ZEROES] = "write_zeroes", [WQ_OP_ZONE_APPEND] = "zone_append",
		[WQ_OP_ZONE_RESET] = "zone_reset", [WQ_OP_ZONE_RESET_ALL] = "zone_reset_all",
		[WQ_OP_ZONE_FINISH] = "zone_finish", [WQ_OP_ZONE_OPEN] = "zone_open",
		[WQ_OP_ZONE_CLOSE] = "zone_close",
	};

	return op < WQ_OP__NR ? names[op] : NULL;
}

uint8_t wq_block_subtype(uint32_t error)
{
	switch (error) {
	case ETIMEDOUT:
		return WQ_BLOCK_TIMEOUT;
	case ENOSPC:
		return WQ_BLOCK_NO_SPACE;
	case ENOLINK:
		return WQ_BLOCK_RECOVERABLE_TRANSPORT;
	case EREMOTEIO:
		return WQ_BLOCK_CRITICAL_TARGET;
	case EBADE:
		return WQ_BLOCK_CRITICAL_NEXUS;
	case ENODATA:
		return WQ_BLOCK_CRITICAL_MEDIUM;
	case EILSEQ:
		return WQ_BLOCK_PROTECTION;
	case ENOMEM:
		return WQ_BLOCK_KERNEL_RESOURCE;
	case EBUSY:
		return WQ_BLOCK_DEVICE_RESOURCE;
	default:
		return WQ_BLOCK_IO;
	}
}

/* ---- Merging ---- */

static struct wq_block_run *run(struct wq_block_runs *r, unsigned i)
{
	return &r->runs[(r->at + i) % WQ_BLOCK_RUNS];
}

bool wq_block_runs_merge(struct wq_block_runs *r, const struct wq_block_error *err, uint64_t part)
{
	unsigned i;

	/* The one that was begun last is what it goes on with, most of the time. */
	for (i = r->n; i-- > 0; ) {
		struct wq_block_run *b = run(r, i);
		uint64_t at = err->sector - b->first.sector;

		if (err->dev != b->first.dev || err->op != b->first.op || err->error != b->first.error ||
		    part != b->part || err->boottime - b->first.boottime >= r->span ||
		    err->sector < b->first.sector || at > b->first.sectors || at + err->sectors > UINT32_MAX)
			continue;
		if (at + err->sectors > b->first.sectors)
			b->first.sectors = (uint32_t) (at + err->sectors);
		b->count++;
		return true;
	}
	return false;
}

void wq_block_runs_begin(struct wq_block_runs *r, const struct wq_block_error *err, uint64_t part)
{
	*run(r, r->n++) = (struct wq_block_run) { .first = *err, .part = part, .count = 1 };
}

const struct wq_block_run *wq_block_runs_oldest(const struct wq_block_runs *r)
{
	return r->n ? &r->runs[r->at] : NULL;
}

void wq_block_runs_drop(struct wq_block_runs *r)
{
	r->at = (r->at + 1) % WQ_BLOCK_RUNS;
	r->n--;
}
