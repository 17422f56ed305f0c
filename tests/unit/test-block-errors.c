// SPDX-License-Identifier: GPL-2.0-or-later
/* I/O errors: fields of tracepoints, operations, error numbers, and merging. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libwatchq.h"
#include "models/devices.h"
#include "sources/block-errors.h"
#include "tap.h"

/* As Linux 6.18 has block_rq_error. */
static const struct wq_block_layout layout = {
	.dev = { 8, 4 }, .sector = { 16, 8 }, .nr_sector = { 24, 4 }, .error = { 28, 4 }, .rwbs = { 34, 10 },
};

static void fill(unsigned char *data, uint32_t dev, uint64_t sector, uint32_t n, int32_t error, const char *rwbs)
{
	memset(data, 0, 48);
	memcpy(data + 8, &dev, 4);
	memcpy(data + 16, &sector, 8);
	memcpy(data + 24, &n, 4);
	memcpy(data + 28, &error, 4);
	memcpy(data + 34, rwbs, strlen(rwbs));
}

static void test_parse(void)
{
	unsigned char data[48];
	struct wq_block_error e;
	unsigned len;

	fill(data, 7 << 20 | 1, 4096, 8, -EIO, "RS");
	ok(wq_block_error_parse(&layout, data, sizeof(data), &e) && e.dev == (7 << 20 | 1) && e.sector == 4096 &&
	   e.sectors == 8 && e.error == EIO && e.op == WQ_OP_READ, "an event has its fields");
	for (len = 0; len < 44; len++)
		if (wq_block_error_parse(&layout, data, len, &e))
			break;
	ok(len == 44 && wq_block_error_parse(&layout, data, 44, &e), "a shorter one is none: %u bytes", len);
	fill(data, 1, 4096, 8, 0, "R");
	ok(!wq_block_error_parse(&layout, data, sizeof(data), &e), "no error is none");
	fill(data, 1, 4096, 8, INT32_MIN, "R");
	ok(wq_block_error_parse(&layout, data, sizeof(data), &e) && e.error == 0x80000000u, "any number is one");
	fill(data, 1, UINT64_MAX, 0, -EIO, "FF");
	ok(wq_block_error_parse(&layout, data, sizeof(data), &e) && e.sector == 0 && e.op == WQ_OP_FLUSH,
	   "a flush has no sector");
}

static int pick(void)
{
	static const int some[] = { 0, 1, 2, 4, 8, 10, 40, 44, 47, 48, 49, INT32_MAX, INT32_MAX - 3, INT32_MIN, -1, -4, -8 };

	return some[(unsigned) rand() % (sizeof(some) / sizeof(some[0]))];
}

/* Under a sanitizer, that it reads nothing behind the end. */
static void test_lies(void)
{
	unsigned long i, taken = 0, wrong = 0;
	unsigned char *data;

	srand(1);
	for (i = 0; i < 200000; i++) {
		struct wq_block_layout l = layout;
		struct wq_block_place *places[] = { &l.dev, &l.sector, &l.nr_sector, &l.error, &l.rwbs };
		struct wq_block_error e;
		unsigned len = (unsigned) rand() % 49, j, n = (unsigned) rand() % 4;
		bool yes;

		data = malloc(len ? len : 1);
		for (j = 0; j < len; j++)
			data[j] = (unsigned char) rand();
		for (j = 0; j < n; j++) {
			places[(unsigned) rand() % 5]->offset = pick();
			places[(unsigned) rand() % 5]->size = pick();
		}
		yes = wq_block_error_parse(&l, data, len, &e);
		taken += yes;
		for (j = 0; yes && j < 5; j++)
			wrong += places[j]->offset < 0 || places[j]->size <= 0 ||
				 (long long) places[j]->offset + places[j]->size > len;
		wrong += yes && (e.error == 0 || e.op >= WQ_OP__NR);
		free(data);
	}
	ok(taken > 1000 && wrong == 0, "200,000 events and formats at random: %lu taken, %lu of them wrongly", taken, wrong);
	{
		struct wq_block_layout l = layout;

		l.error.size = 8;
		ok(!wq_block_layout_fits(&l), "an error of 8 bytes is unheard of");
		l = layout;
		l.sector.size = 2;
		ok(!wq_block_layout_fits(&l), "as is a sector of 2");
		l = layout;
		l.rwbs.size = 0;
		ok(!wq_block_layout_fits(&l), "and an operation of none");
		ok(wq_block_layout_fits(&layout), "the kernel's own fits");
	}
}

static void test_operations(void)
{
	static const struct {
		const char *rwbs;
		bool empty;
		const char *name;
	} ops[] = {
		{ "R", false, "read" }, { "RA", false, "read" }, { "RSM", false, "read" }, { "RFS", false, "read" },
		{ "W", false, "write" }, { "WFSM", false, "write" }, { "FWFSM", false, "write" }, { "WSU", false, "write" },
		{ "FWS", true, "flush" }, { "WS", true, "write" }, { "FF", true, "flush" }, { "F", true, "flush" },
		{ "FFSM", true, "flush" }, { "FS", true, "flush" }, { "D", false, "discard" }, { "DS", false, "discard" },
		{ "DE", false, "secure_erase" }, { "DES", false, "secure_erase" }, { "WZ", false, "write_zeroes" },
		{ "WZS", false, "write_zeroes" }, { "ZA", false, "zone_append" }, { "ZR", true, "zone_reset" },
		{ "ZRS", true, "zone_reset" }, { "ZRA", true, "zone_reset_all" }, { "ZF", true, "zone_finish" },
		{ "ZO", true, "zone_open" }, { "ZCS", true, "zone_close" },
		{ "N", false, NULL }, { "NS", false, NULL }, { "FN", false, NULL }, { "", false, NULL }, { "Z", false, NULL },
		{ "ZX", false, NULL }, { "x", false, NULL },
	};
	unsigned i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		char field[10] = "";
		const char *name;

		memcpy(field, ops[i].rwbs, strlen(ops[i].rwbs));
		name = wq_block_op_name((uint8_t) wq_block_op(field, sizeof(field), ops[i].empty));
		ok(name == ops[i].name || (name && ops[i].name && strcmp(name, ops[i].name) == 0), "\"%s\"%s: %s",
		   ops[i].rwbs, ops[i].empty ? ", empty" : "", name ? name : "not known");
	}
	ok(wq_block_op("RSMASSSS", 1, false) == WQ_OP_READ, "no more of it than there is");
	ok(!wq_block_op_name(200), "no such operation");
}

/* blk_errors[] in block/blk-core.c. */
static void test_errno(void)
{
	static const struct { uint32_t error; const char *name; } errors[] = {
		{ ETIMEDOUT, "timeout" }, { ENOSPC, "no_space" }, { ENOLINK, "recoverable_transport" },
		{ EREMOTEIO, "critical_target" }, { EBADE, "critical_nexus" }, { ENODATA, "critical_medium" },
		{ EILSEQ, "protection" }, { ENOMEM, "kernel_resource" }, { EBUSY, "device_resource" },
		{ EIO, "io" }, { EOPNOTSUPP, "io" }, { 0xffffffffu, "io" },
	};
	const struct wq_type *t = wq_type_by_nr(NULL, WQ_TYPE_BLOCK);
	unsigned i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		ok(strcmp(wq_subtype_by_nr(t, wq_block_subtype(errors[i].error))->name, errors[i].name) == 0,
		   "errno %u is %s", errors[i].error, errors[i].name);
}

static bool merges(struct wq_block_runs *r, uint64_t at, uint64_t sector, uint32_t sectors)
{
	struct wq_block_error e = { .boottime = at, .sector = sector, .sectors = sectors, .dev = 1, .error = EIO, .op = WQ_OP_READ };

	if (wq_block_runs_merge(r, &e, 0))
		return true;
	if (r->n == WQ_BLOCK_RUNS)
		wq_block_runs_drop(r);
	wq_block_runs_begin(r, &e, 0);
	return false;
}

static bool oldest_is(struct wq_block_runs *r, uint64_t sector, uint32_t sectors, uint64_t count)
{
	const struct wq_block_run *o = wq_block_runs_oldest(r);

	return o && o->first.sector == sector && o->first.sectors == sectors && o->count == count;
}

static void test_merging(void)
{
	struct wq_block_error other = { .boottime = 150, .sector = 8, .sectors = 8, .dev = 1, .error = EIO, .op = WQ_OP_READ }, e;
	struct wq_block_runs r = { .span = 100 };
	unsigned i, merged = 0;

	ok(!wq_block_runs_oldest(&r) && !merges(&r, 100, 0, 8), "the first begins a run");
	ok(merges(&r, 101, 8, 8) && oldest_is(&r, 0, 16, 2), "what is right behind goes on with it");
	ok(merges(&r, 102, 8, 8) && oldest_is(&r, 0, 16, 3), "the same again counts, and adds no sectors");
	ok(merges(&r, 103, 0, 8) && oldest_is(&r, 0, 16, 4), "as does what it began with");
	ok(merges(&r, 104, 12, 8) && oldest_is(&r, 0, 20, 5), "what overlaps adds what is new");
	ok(!merges(&r, 105, 21, 8) && r.n == 2, "a gap begins another one");
	ok(merges(&r, 106, 20, 1) && oldest_is(&r, 0, 21, 6), "and the first goes on all the same");
	ok(!merges(&r, 107, UINT64_MAX, 8) && !merges(&r, 108, 1000, 0) && merges(&r, 109, 1000, 0), "far away, and empty ones");
	ok(merges(&r, 199, 16, 8) && !merges(&r, 200, 0, 8), "until its time is over");

	e = other; e.dev = 2;
	ok(!wq_block_runs_merge(&r, &e, 0), "another device");
	e = other; e.op = WQ_OP_WRITE;
	ok(!wq_block_runs_merge(&r, &e, 0), "another operation");
	e = other; e.error = ENODATA;
	ok(!wq_block_runs_merge(&r, &e, 0), "another error");
	ok(!wq_block_runs_merge(&r, &other, 5), "another partition");
	ok(wq_block_runs_merge(&r, &other, 0), "and what is the same in all");

	r = (struct wq_block_runs) { .span = 100 };
	for (i = 0; i < 1000; i++)
		merged += merges(&r, 1, i * 100, 8);
	ok(merged == 0 && r.n == WQ_BLOCK_RUNS && oldest_is(&r, (1000 - WQ_BLOCK_RUNS) * 100, 8, 1),
	   "%d at once, the oldest first", WQ_BLOCK_RUNS);
	r = (struct wq_block_runs) { .span = 100 };
	merges(&r, 1, 0, UINT32_MAX - 4);
	ok(!merges(&r, 1, UINT32_MAX - 4, 8) && oldest_is(&r, 0, UINT32_MAX - 4, 1), "no more sectors than there is room for");
}

static void test_partitions(void)
{
	struct wq_device parts[] = {
		{ .dev = 1, .start = 8, .size = 8 }, { .dev = 2, .start = 100, .size = 10 }, { .dev = 3, .start = 16, .size = 100 },
		{ .dev = 4, .start = UINT64_MAX - 1, .size = UINT64_MAX },
	};
	struct wq_disk disk = { .parts = parts, .nparts = 4 };
	static const struct { uint64_t sector, dev; } in[] = {
		{ 0, 0 }, { 7, 0 }, { 8, 1 }, { 15, 1 }, { 16, 3 }, { 99, 3 }, { 100, 2 }, { 109, 2 }, { 110, 3 }, { 116, 0 },
		{ UINT64_MAX, 4 },
	};
	unsigned i;

	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		const struct wq_device *p = wq_disk_partition(&disk, in[i].sector);

		ok((p ? p->dev : 0) == in[i].dev, "sector %llu", (unsigned long long) in[i].sector);
	}
}

int main(void)
{
	test_parse();
	test_lies();
	test_operations();
	test_errno();
	test_merging();
	test_partitions();
	return tap_done();
}
