// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters: what they match, and what of them goes to the kernel. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "filter.h"
#include "libwatchq.h"
#include "tap.h"

static const char *const keys[] = { "key", "meta", NULL };

static bool passes(const struct wq_filter *f, uint32_t type, uint8_t subtype, uint32_t info)
{
	struct wq_record rec = { .type_nr = type, .subtype_nr = subtype, .info = info };

	return wq_filter_match(f, &rec);
}

static int raw(struct wq_filter *f, const char *rule)
{
	struct wq_error e;

	*f = (struct wq_filter) { 0 };
	return wq_filter_add_raw(f, rule, &e);
}

static void test_translate(void)
{
	const struct wq_dialect *v5 = wq_dialect_by_name("v5-2019");
	struct wq_filter f = { .dialect = v5 };
	struct wq_error e;

	ok(wq_filter_add_events(&f, "block/io", NULL, &e) == 0 && passes(&f, 2, 10, 0) && !passes(&f, 4, 10, 0),
	   "names mean the filter's dialect");
	ok(wq_filter_add_events(&f, "mount/*", NULL, &e) == -EINVAL && strcmp(e.word, "mount") == 0,
	   "which does not have all");
	wq_filter_translate(&f, NULL);
	ok(passes(&f, 4, 10, 0) && !passes(&f, 2, 10, 0), "translated, they mean another's");
	f = (struct wq_filter) { 0 };
	ok(wq_filter_add_events(&f, "readonly,error", NULL, &e) == 0 && wq_filter_add_raw(&f, "2:7", &e) == 0 &&
	   wq_filter_add_raw(&f, "usb:1", &e) == 0 && f.nrules == 4, "names and numbers are told apart");
	wq_filter_translate(&f, v5);
	ok(passes(&f, 2, 7, 0) && !passes(&f, 2, 3, 0) && passes(&f, 3, 3, 0) && passes(&f, 3, 1, 0) &&
	   !passes(&f, 3, 0, 0) && !passes(&f, 5, 1, 0), "numbers stay, and what isn't there passes nothing");
	f = (struct wq_filter) { 0 };
	ok(wq_filter_add_events(&f, "mount/*", NULL, &e) == 0, "a filter of one type");
	wq_filter_translate(&f, v5);
	ok(!passes(&f, 2, 3, 0) && !passes(&f, 1, 3, 0), "that isn't there: it passes nothing, not everything");
}

static void test_events(void)
{
	struct wq_filter f = { 0 };
	struct wq_error e;

	ok(passes(&f, 1, 2, 0) && passes(&f, 77, 255, 0), "no rule: everything passes");
	ok(wq_filter_add_events(&f, "revoked,key/linked", keys, &e) == 0 && f.nrules == 1, "one row a type");
	ok(passes(&f, 1, 5, 0) && passes(&f, 1, 2, 0), "what is listed passes");
	ok(!passes(&f, 1, 3, 0) && !passes(&f, 2, 5, 0), "nothing else does");
	ok(passes(&f, 0, 0, 0) && passes(&f, 0, 1, 0), "but META always");
	f = (struct wq_filter) { 0 };
	ok(wq_filter_add_events(&f, "readonly", NULL, &e) == 0 && passes(&f, 2, 3, 0) && passes(&f, 3, 0, 0),
	   "a bare name means every type that has it");
	ok(wq_filter_add_events(&f, "readonly", keys, &e) == -EINVAL && strcmp(e.word, "readonly") == 0,
	   "but only types of the command");
	f = (struct wq_filter) { 0 };
	ok(wq_filter_add_events(&f, "key/expired", keys, &e) == 0 && passes(&f, 1, 128, 0) && !passes(&f, 1, 0, 0),
	   "subtypes from 32 up are matched");
	ok(wq_filter_add_events(&f, "key/*", keys, &e) == 0 && passes(&f, 1, 255, 0), "a star is all of the type");
	ok(wq_filter_add_events(&f, "", keys, &e) == -EINVAL && wq_filter_add_events(&f, "revoked,", keys, &e) == -EINVAL,
	   "empty names are refused");
	ok(wq_filter_add_events(&f, "kez/linked", keys, &e) == -EINVAL && strcmp(e.word, "kez") == 0,
	   "an unknown type is named");
}

static void test_raw(void)
{
	struct wq_filter f;

	ok(raw(&f, "key") == 0 && passes(&f, 1, 200, 0) && !passes(&f, 2, 0, 0), "a type alone: all of it");
	ok(raw(&f, "key:2,unlinked,5-7") == 0 && passes(&f, 1, 2, 0) && passes(&f, 1, 3, 0) && passes(&f, 1, 6, 0) &&
	   !passes(&f, 1, 4, 0), "lists of numbers, names and ranges");
	ok(raw(&f, "1:linked-cleared") == 0 && passes(&f, 1, 3, 0) && !passes(&f, 1, 5, 0), "a range of names");
	ok(raw(&f, "0x7fffff:255") == 0 && passes(&f, 0x7fffff, 255, 0), "types that nobody knows");
	ok(raw(&f, "key:*:0x300/0xff00") == 0 && passes(&f, 1, 2, 0x0310) && !passes(&f, 1, 2, 0x0410),
	   "INFO/MASK: by watch ID");
	ok(raw(&f, "key:*:0x301/0xff00") == -EINVAL, "INFO outside MASK is refused, as the kernel does");
	ok(raw(&f, "key:*:0/0x7f") == -EINVAL && raw(&f, "key:*:0/0x80") == 0, "the length can't be masked, bit 7 can");
	ok(raw(&f, "key:300") == -EINVAL && raw(&f, "key:7-5") == -EINVAL && raw(&f, "key:") == -EINVAL &&
	   raw(&f, "0x1000000") == -EINVAL && raw(&f, "") == -EINVAL && raw(&f, "key:*:1") == -EINVAL &&
	   raw(&f, "key:2,,3") == -EINVAL && raw(&f, "key:-3") == -EINVAL, "what makes no sense is refused");
}

static void test_full(void)
{
	struct wq_filter f = { 0 };
	struct wq_error e;
	unsigned i;
	int rc = 0;

	for (i = 1; i <= WQ_FILTER_MAX && !rc; i++) {
		char rule[32];

		snprintf(rule, sizeof(rule), "key:2:0x%x/0xff00", i << 8);
		rc = wq_filter_add_raw(&f, rule, &e);
	}
	ok(rc == 0 && f.nrules == 16, "16 rules fit");
	ok(wq_filter_add_raw(&f, "key:2:0x1100/0xff00", &e) == -E2BIG, "17 don't");
	ok(wq_filter_add_raw(&f, "key:3:0x100/0xff00", &e) == 0 && f.nrules == 16, "the same row again takes none");
}

static void test_compile(void)
{
	struct wq_filter user = { 0 }, need = { 0 }, out;
	struct wq_error e;
	unsigned i;

	wq_filter_add_events(&need, "key/linked", NULL, &e);
	wq_filter_compile(&out, &user, &need);
	ok(out.nrules == 0, "who wants everything gets no filter");

	wq_filter_add_events(&user, "revoked,mount/unmount", NULL, &e);
	wq_filter_compile(&out, &user, &need);
	ok(out.nrules == 1 && out.rules[0].type == 1 && out.rules[0].subtypes[0] == (1u << 5 | 1u << 2),
	   "the kernel gets what the user and the engine need, of types that it posts");

	user = (struct wq_filter) { 0 };
	for (i = 1; i <= WQ_FILTER_MAX; i++) {
		char rule[32];

		snprintf(rule, sizeof(rule), "key:3:0x%x/0xff00", i << 8);
		wq_filter_add_raw(&user, rule, &e);
	}
	wq_filter_compile(&out, &user, &need);
	ok(out.nrules <= WQ_FILTER_MAX && passes(&out, 1, 2, 0x4210) && passes(&out, 1, 3, 0x0310),
	   "no row left for the engine: it passes more, never less");

	user = (struct wq_filter) { 0 };
	wq_filter_add_raw(&user, "mount", &e);
	ok(!wq_filter_can_deliver(&user), "types that this kernel doesn't post deliver nothing");
	user = (struct wq_filter) { 0 };
	wq_filter_add_raw(&user, "key:32-255", &e);
	ok(!wq_filter_can_deliver(&user), "nor do subtypes from 32 up");
	wq_filter_add_raw(&user, "key:31", &e);
	ok(wq_filter_can_deliver(&user), "31 may");
}

int main(void)
{
	test_events();
	test_translate();
	test_raw();
	test_full();
	test_compile();
	return tap_done();
}
