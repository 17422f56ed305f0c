// SPDX-License-Identifier: GPL-2.0-or-later
/* What format files and pages of a trace say is checked before it is used. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/trace-format.h"
#include "kernel/trace-pages.h"
#include "tap.h"
#include "tasks.h"

#define WQT_PAGE	4096u
#define WQT_HEAD	16u
#define WQT_ROUNDS	20000u
#define WQT_SECONDS	600u	/* in which all pages are read */

/* ---- Format files ---- */

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char format[] =
	"name: block_rq_error\nID: 2106\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:sector_t sector;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int nr_sector;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:char rwbs[10];\toffset:34;\tsize:10;\tsigned:0;\n"
	"\tfield:const char *_type;\toffset:48;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] cmd;\toffset:44;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"%d field:int x;\", REC->dev\n";

static bool is_at(const char *name, unsigned offset, unsigned size)
{
	struct wq_trace_field f;

	return wq_trace_format_field(format, name, &f) == 0 && f.offset == offset && f.size == size;
}

static void fields(void)
{
	struct wq_trace_field f;

	ok(wq_trace_format_id(format) == 2106, "an event's ID");
	ok(wq_trace_format_id("name: x\nID: 99999\n") == -EPROTO && wq_trace_format_id("name: x\nID: -1\n") == -EPROTO &&
	   wq_trace_format_id("name: x\n") == -EPROTO && wq_trace_format_id("") == -EPROTO, "no ID, and impossible ones");
	ok(is_at("common_pid", 4, 4) && is_at("sector", 16, 8) && is_at("nr_sector", 24, 4), "whole names");
	ok(is_at("rwbs", 34, 10) && is_at("_type", 48, 8) && is_at("cmd", 44, 4), "arrays and pointers");
	ok(wq_trace_format_field(format, "ector", &f) == -ENOENT && wq_trace_format_field(format, "x", &f) == -ENOENT &&
	   wq_trace_format_field(format, "int", &f) == -ENOENT, "parts of names, types and the text for people are no fields");
}

static int place(const char *rest, struct wq_trace_field *f)
{
	char text[256];

	snprintf(text, sizeof(text), "format:\n\tfield:int ret;%s\n", rest);
	return wq_trace_format_field(text, "ret", f);
}

static void impossible(void)
{
	static const char *const rests[] = {
		"", "\toffset:", "\toffset:8;", "\toffset:8;\tsize:4;", "\toffset:8;\tsize:4;\tsigned:",
		"\toffset:8;\tsize:0;\tsigned:0;", "\toffset:65534;\tsize:4;\tsigned:0;", "\toffset:8;\tsize:65537;\tsigned:0;",
		"\toffset:4294967295;\tsize:4;\tsigned:0;", "\toffset:8;\tsize:4294967295;\tsigned:0;",
		"\toffset:18446744073709551615;\tsize:4;\tsigned:0;", "\toffset:x;\tsize:4;\tsigned:0;",
	};
	struct wq_trace_field f;
	unsigned i;

	ok(place("\toffset:8;\tsize:4;\tsigned:1;", &f) == 0 && f.offset == 8 && f.size == 4 && f.is_signed, "a field");
	for (i = 0; i < sizeof(rests) / sizeof(rests[0]); i++)
		ok(place(rests[i], &f) == -EPROTO && f.size == 0, "impossible: \"%s\"", rests[i]);
}

/* Wherever the text ends, a field is right or not there. */
static void cut_short(void)
{
	char text[sizeof(format)], head[sizeof(header_page)];
	unsigned wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(format); i++) {
		struct wq_trace_field f;

		memcpy(text, format, i);
		text[i] = '\0';
		if (wq_trace_format_field(text, "rwbs", &f) == 0)
			wrong += f.offset != 34 || f.size != 10;
		else
			wrong += f.size != 0;
	}
	for (i = 0; i < sizeof(header_page); i++) {
		memcpy(head, header_page, i);
		head[i] = '\0';
		wrong += wq_trace_format_word(head) != (strstr(head, "size:4080;\tsigned:0;") ? 8 : -EPROTO);
	}
	ok(wrong == 0, "formats that end too early: %u wrong", wrong);
}

static void numbers(void)
{
	unsigned char data[16];
	struct wq_trace_field f = { .offset = 8, .size = 4, .is_signed = true };
	int32_t error = -126;

	memset(data, 0xff, sizeof(data));
	memcpy(data + 8, &error, sizeof(error));
	ok((int64_t) wq_trace_field_read(&f, data, 12) == -126, "an error of a 32-bit kernel's call is negative");
	f.is_signed = false;
	ok(wq_trace_field_read(&f, data, 12) == UINT32_MAX - 125, "without a sign");
	ok(wq_trace_field_read(&f, data, 11) == 0 && wq_trace_field_read(&f, data, 0) == 0, "beyond the event");
	f = (struct wq_trace_field) { .offset = UINT32_MAX, .size = 4 };
	ok(wq_trace_field_read(&f, data, 16) == 0, "far beyond it");
	f = (struct wq_trace_field) { .offset = 0, .size = 3 };
	ok(wq_trace_field_read(&f, data, 16) == 0 && !wq_trace_field_is_number(&f), "a size that no number has");
}

/* ---- Pages ---- */

/* A page whose two events are 8 bytes of data each; @commit is what it says of their length. */
static void make_page(unsigned char *page, uint64_t commit)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint32_t head = 2 | 5u << 5;	/* 2 * 4 bytes of data, 5 ns later */
#else
	const uint32_t head = 2u << 27 | 5;
#endif

	memset(page, 0xee, WQT_PAGE);
	memset(page, 0, WQT_HEAD);
	memcpy(page + 8, &commit, sizeof(commit));
	memcpy(page + WQT_HEAD, &head, sizeof(head));
	memcpy(page + WQT_HEAD + 12, &head, sizeof(head));
}

/* Reads all that is in @file: how many events; *@missed. */
static unsigned read_all(int file, uint64_t *missed, unsigned word)
{
	struct wq_trace_pages p;
	unsigned n = 0;
	int rc;

	*missed = 0;
	lseek(file, 0, SEEK_SET);
	if (wq_trace_pages_open(&p, dup(file), WQT_PAGE, word))
		return 0;
	for (rc = wq_trace_pages_load(&p); !rc && p.event; rc = wq_trace_pages_next(&p)) {
		const unsigned char *at = p.event;

		if (at < p.page || at + p.len > p.page + WQT_PAGE)
			abort();
		n++;
		*missed += p.missed;
		p.missed = 0;
	}
	*missed += p.missed;
	wq_trace_pages_close(&p);
	return n;
}

static bool reads(uint64_t commit, size_t len, unsigned events, uint64_t expected)
{
	int file = memfd_create("pages", 0);
	unsigned char page[WQT_PAGE];
	uint64_t missed;
	bool good;

	make_page(page, commit);
	good = write(file, page, len) == (ssize_t) len && read_all(file, &missed, 8) == events && missed == expected;
	close(file);
	return good;
}

static void lengths(void)
{
	const uint64_t lost = UINT64_C(1) << 31, stored = UINT64_C(1) << 30;

	ok(reads(24, WQT_PAGE, 2, 0), "a page of two events");
	ok(reads(24 | lost, WQT_PAGE, 2, 1), "some were missed before it");
	ok(reads(0, WQT_PAGE, 0, 0), "an empty page");
	ok(reads(20, WQT_PAGE, 1, 1), "the second event ends beyond what is said to be there");
	ok(reads(WQT_PAGE - WQT_HEAD + 1, WQT_PAGE, 0, 1), "longer than the page");
	ok(reads(0x3fffffff, WQT_PAGE, 0, 1), "as long as can be");
	ok(reads(24, WQT_HEAD + 23, 0, 1) && reads(24, 15, 0, 1), "longer than what was read");
	ok(reads((WQT_PAGE - WQT_HEAD - 7) | lost | stored, WQT_PAGE, 0, 1), "the count of missed ones is beyond it");
}

static void overrun(int nr)
{
	static const char text[] = "not ok - pages are read without an end\n";

	(void) nr;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	_exit(1);
}

/* Pages of any bytes: the reader comes to an end, and gives no event beyond a page. */
static void any_bytes(unsigned word)
{
	int file = memfd_create("pages", 0);
	unsigned char page[WQT_PAGE];
	unsigned seed, i, n = 0;
	uint64_t missed, all = 0;

	srand(word);
	signal(SIGALRM, overrun);
	alarm(WQT_SECONDS);
	for (seed = 0; seed < WQT_ROUNDS; seed++) {
		uint64_t commit = (unsigned) rand() % (seed % 4 ? WQT_PAGE : UINT32_MAX);

		for (i = 0; i < WQT_PAGE; i++)
			page[i] = (unsigned char) (rand() >> (seed % 8));
		if (word == 8)
			memcpy(page + 8, &commit, sizeof(commit));
		else
			memcpy(page + 8, &(uint32_t) { (uint32_t) commit }, sizeof(uint32_t));
		if (pwrite(file, page, WQT_PAGE, 0) != WQT_PAGE)
			break;
		n += read_all(file, &missed, word);
		all += missed;
	}
	alarm(0);
	close(file);
	ok(seed == WQT_ROUNDS && n && all, "%u pages of any bytes, words of %u: %u events, %u missed", seed, word, n, (unsigned) all);
}

/* The names that the kernel has kept, of threads that are gone: no thread has such a number. */
static void kept_names(void)
{
	static const char saved[] = "4199999 one\n4199998 a\n4199997 forged\n4199997 real\n4199996 last\n";
	static struct wq_tasks ts;
	char dir[] = "/tmp/watchq-test-XXXXXX";
	int root = mkdtemp(dir) ? open(dir, O_RDONLY | O_DIRECTORY) : -1;
	int fd = root >= 0 ? openat(root, "saved_cmdlines", O_CREAT | O_WRONLY, 0600) : -1;

	if (!ok(fd >= 0 && write(fd, saved, sizeof(saved) - 1) == (ssize_t) sizeof(saved) - 1, "saved_cmdlines is written"))
		return;
	wq_tasks_init(&ts, root);
	ok(strcmp(wq_tasks_get(&ts, 4199999, 0)->comm, "one") == 0, "a thread that is gone has its name");
	ok(strcmp(wq_tasks_get(&ts, 4199996, 0)->comm, "last") == 0, "so has one behind a forged line");
	ok(strcmp(wq_tasks_get(&ts, 4199997, 0)->comm, "") == 0, "a thread with two lines has no known name");
	unlinkat(root, "saved_cmdlines", 0);
	rmdir(dir);
	close(fd);
	close(root);
}

int main(void)
{
	kept_names();
	fields();
	impossible();
	cut_short();
	numbers();
	ok(wq_trace_format_word(header_page) == 8, "a kernel of 64 bits");
	lengths();
	any_bytes(8);
	any_bytes(4);
	return tap_done();
}
