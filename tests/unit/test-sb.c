// SPDX-License-Identifier: GPL-2.0-or-later
/* What fanotify says of errors, also if it lies. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>

#include "fanotify.h"
#include "tap.h"

/* An error of an ext4's inode 12, as Linux 7.2 gives it: metadata, the file, the error. Numbers of
 * so many bytes, which make_inode_error() puts in this machine's order. */
static const struct {
	unsigned size;
	uint64_t value;
} inode_error_fields[] = {
	{ 4, 64 }, { 1, 3 }, { 1, 0 }, { 2, 24 }, { 8, 0x8000 }, { 4, UINT32_MAX }, { 4, 12 },
	{ 1, 1 }, { 1, 0 }, { 2, 28 }, { 1, 0x59 }, { 1, 0x01 }, { 1, 0xed }, { 1, 0xa9 },
	{ 1, 0x23 }, { 1, 0xa3 }, { 1, 0xde }, { 1, 0x99 }, { 4, 8 }, { 4, 1 }, { 4, 12 }, { 4, 7 },
	{ 1, 5 }, { 1, 0 }, { 2, 12 }, { 4, EUCLEAN }, { 4, 3 },
};
static unsigned char inode_error[64];

static void put(unsigned char *to, unsigned size, uint64_t value)
{
	const uint32_t word = (uint32_t) value;
	const uint16_t half = (uint16_t) value;
	const uint8_t byte = (uint8_t) value;

	memcpy(to, size == 8 ? (const void *) &value : size == 4 ? (const void *) &word :
		   size == 2 ? (const void *) &half : (const void *) &byte, size);
}

static void make_inode_error(void)
{
	unsigned char *to = inode_error;
	size_t i;

	for (i = 0; i < sizeof(inode_error_fields) / sizeof(inode_error_fields[0]); i++) {
		put(to, inode_error_fields[i].size, inode_error_fields[i].value);
		to += inode_error_fields[i].size;
	}
	ok(to == inode_error + sizeof(inode_error), "an event of fanotify is made");
}

/* What wq_fan_next() says of a copy of @len bytes that ends where its memory does; sums up
 * all that the event points to. */
static int next(const unsigned char *bytes, size_t len, struct wq_fan_event *ev, uint64_t *inode)
{
	unsigned char *copy = malloc(len ? len : 1);
	size_t pos = 0;
	int rc;

	memcpy(copy, bytes, len);
	rc = wq_fan_next(copy, len, &pos, ev);
	*inode = rc == 1 && ev->has_fid ? wq_handle_inode(ev->handle_type, ev->handle, ev->handle_len) : 0;
	free(copy);
	return rc;
}

static void test_error(void)
{
	unsigned char turned[sizeof(inode_error)], whole[56];
	struct wq_fan_event ev;
	uint64_t inode;

	ok(next(inode_error, sizeof(inode_error), &ev, &inode) == 1 && ev.has_error && ev.error == EUCLEAN &&
	   ev.error_count == 3 && ev.has_fid && inode == 12 && ev.fsid[0] == 0x59 && ev.fsid[7] == 0x99,
	   "an error of an inode");
	memcpy(turned, inode_error, 24);
	memcpy(turned + 24, inode_error + 52, 12);
	memcpy(turned + 36, inode_error + 24, 28);
	ok(next(turned, sizeof(turned), &ev, &inode) == 1 && ev.error == EUCLEAN && inode == 12, "in any order");
	memcpy(whole, inode_error, 44);
	memcpy(whole + 44, inode_error + 52, 12);
	put(whole, 4, 56);
	put(whole + 26, 2, 20);
	put(whole + 36, 4, 0);
	put(whole + 40, 4, 255);
	ok(next(whole, sizeof(whole), &ev, &inode) == 1 && ev.handle_len == 0 && inode == 0, "of the filesystem itself");
}

static void test_lies(void)
{
	unsigned char bytes[sizeof(inode_error)];
	struct wq_fan_event ev;
	unsigned wrong = 0, i, v;
	uint64_t inode;

	for (i = 0; i < sizeof(bytes); i++)
		wrong += i && next(inode_error, i, &ev, &inode) != -EBADMSG;
	ok(wrong == 0, "cut anywhere it is none");
	/* Each length, of the event, the metadata, the records and the handle, is any number. */
	for (i = 0; i < sizeof(bytes); i++)
		for (v = 0; v < 256; v++) {
			memcpy(bytes, inode_error, sizeof(bytes));
			bytes[i] = (unsigned char) v;
			wrong += next(bytes, sizeof(bytes), &ev, &inode) == 1 && ev.has_fid && ev.handle_len > 8;
		}
	ok(wrong == 0, "no length that lies leads outside");
	memcpy(bytes, inode_error, sizeof(bytes));
	put(bytes + 36, 4, 9);
	ok(next(bytes, sizeof(bytes), &ev, &inode) == -EBADMSG, "a handle longer than its record is none");
}

static void test_any_bytes(void)
{
	unsigned char bytes[128];
	struct wq_fan_event ev;
	uint32_t seed = 1;
	unsigned i, j, taken = 0;
	uint64_t inode;

	for (i = 0; i < 200000; i++) {
		for (j = 0; j < sizeof(bytes); j++) {
			seed = seed * 1664525 + 1013904223;
			bytes[j] = j < sizeof(inode_error) && seed >> 26 ? inode_error[j] : (unsigned char) (seed >> 16);
		}
		taken += next(bytes, seed >> 31 ? sizeof(inode_error) : (seed >> 8) % sizeof(bytes), &ev, &inode) == 1;
	}
	ok(taken > 0, "any bytes: %u of %u are an event", taken, i);
}

static void test_handles(void)
{
	const uint32_t narrow = 0x04030201;
	const uint64_t wide = UINT64_C(0x0807060504030201);
	unsigned char handle[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	put(handle, 4, narrow);
	ok(wq_handle_inode(1, handle, 8) == narrow && wq_handle_inode(2, handle, 4) == narrow, "inodes of 32 bits");
	put(handle, 8, wide);
	ok(wq_handle_inode(0x81, handle, 8) == wide && wq_handle_inode(0x4d, handle, 9) == wide, "and of 64");
	ok(wq_handle_inode(0x81, handle, 7) == 0 && wq_handle_inode(1, handle, 3) == 0 && wq_handle_inode(0xff, handle, 8) == 0,
	   "none where the handle is too short, or of an unknown type");
}

int main(void)
{
	make_inode_error();
	test_error();
	test_lies();
	test_any_bytes();
	test_handles();
	return tap_done();
}
