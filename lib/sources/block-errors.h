/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * I/O errors: what the kernel's tracepoints say of them, and merging those that follow one
 * another. Knows neither tracefs nor /sys.
 */
#ifndef WQ_BLOCK_ERRORS_H
#define WQ_BLOCK_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- What a tracepoint says ---- */

/** Where an event has its fields: of its format, which is not to be trusted. */
struct wq_block_layout {
	struct wq_block_place {
		int offset, size;	/* bytes */
	} dev, sector, nr_sector, error, rwbs;
};

enum wq_block_op {
	WQ_OP_UNKNOWN,		/* the kernel doesn't say: "N" in rwbs */
	WQ_OP_READ,
	WQ_OP_WRITE,
	WQ_OP_DISCARD,
	WQ_OP_SECURE_ERASE,
	WQ_OP_FLUSH,
	WQ_OP_WRITE_ZEROES,
	WQ_OP_ZONE_APPEND,
	WQ_OP_ZONE_RESET,
	WQ_OP_ZONE_RESET_ALL,
	WQ_OP_ZONE_FINISH,
	WQ_OP_ZONE_OPEN,
	WQ_OP_ZONE_CLOSE,
	WQ_OP__NR
};

struct wq_block_error {
	uint64_t boottime;	/* ns */
	uint64_t sector;	/* of 512 bytes, of the disk; 0 where the request has none */
	uint32_t dev;		/* major << 20 | minor; 0: not known */
	uint32_t sectors;
	uint32_t error;		/* errno value, positive; 0: errors were lost here */
	uint8_t op;		/* enum wq_block_op */
};

/** Whether the sizes are such as wq_block_error_parse() can read. */
bool wq_block_layout_fits(const struct wq_block_layout *l);

/** Reads an event of @len bytes at @data, into all but boottime. False: it is none, or no
 * error. */
bool wq_block_error_parse(const struct wq_block_layout *l, const void *data, unsigned len,
			  struct wq_block_error *err);

/** The operation of letters as blk_fill_rwbs() in kernel/trace/blktrace.c writes them, @size
 * bytes at most; @empty: it is of no sectors. */
enum wq_block_op wq_block_op(const char *rwbs, size_t size, bool empty);
/** As blk_op_str() in block/blk-core.c has it, in lower case; NULL: not known. */
const char *wq_block_op_name(uint8_t op);

/** The subtype of a record for an errno value, positive: blk_errors[] in block/blk-core.c. */
uint8_t wq_block_subtype(uint32_t error);

/* ---- Merging ---- */

#define WQ_BLOCK_RUNS	64	/* at once; the oldest has to go for one more */

/** Errors that follow one another. */
struct wq_block_run {
	struct wq_block_error first;	/* sectors: of all, each once */
	uint64_t part;			/* the partition that they are in; 0: none */
	uint64_t count;
};

/** In the order in which they began. */
struct wq_block_runs {
	uint64_t span;		/* ns that a run lasts */
	unsigned at, n;
	struct wq_block_run runs[WQ_BLOCK_RUNS];
};

/** Puts an error to a run that it goes on with: of the same device, partition, operation and
 * errno, it begins within what that has, or right behind. False: there is none. */
bool wq_block_runs_merge(struct wq_block_runs *r, const struct wq_block_error *err, uint64_t part);
/** Begins a run; not where there are WQ_BLOCK_RUNS. */
void wq_block_runs_begin(struct wq_block_runs *r, const struct wq_block_error *err, uint64_t part);
/** The oldest one, NULL: there is none; and it is no more. */
const struct wq_block_run *wq_block_runs_oldest(const struct wq_block_runs *r);
void wq_block_runs_drop(struct wq_block_runs *r);

#endif
