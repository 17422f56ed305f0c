// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types, subtypes, flags and layouts of bodies, in each dialect: tables of data.
 *
 * META and KEY: include/uapi/linux/watch_queue.h of mainline. MOUNT: the series
 * of 3 August 2020, and of 18 February 2020 (mount_feb). SB: 8 December 2020, and
 * 18 February 2020 (sb_feb). BLOCK and USB: the series of 2019 from its fifth
 * version on. Subtypes from 128 up are watchq's own.
 */
#include "config.h"

#include <string.h>

#include "catalog.h"

#define WQ_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define WQ_FIELDS(f)		.fields = (f), .nfields = WQ_ARRAY_SIZE(f)
#define WQ_SUBTYPES(s)		.subtypes = (s), .nsubtypes = WQ_ARRAY_SIZE(s)
#define WQ_FLAGS(f)		.flags = (f), .nflags = WQ_ARRAY_SIZE(f)
#define WQ_ALIASES(a)		.aliases = (a), .naliases = WQ_ARRAY_SIZE(a)
#define WQ_VARIANTS(v)		.variants = (v), .nvariants = WQ_ARRAY_SIZE(v)
#define WQ_FLAG(n)		(0x00010000u << (n))	/* WATCH_INFO_FLAG_n */

static const struct wq_field removal_fields[] = {
	{ WQ_F_REMOVED, 8, 8, "id" },
};
static const struct wq_field ring_loss_fields[] = {
	{ WQ_F_LOST, 8, 8, "lost" },
};
static const struct wq_field key_fields[] = {
	{ WQ_F_KEY, 8, 4, "key" },
	{ WQ_F_AUX, 12, 4, "aux" },
};
static const struct wq_field mount_fields[] = {
	{ WQ_F_MOUNT, 8, 8, "triggered-on" },
	{ WQ_F_AUX_MOUNT, 16, 8, "auxiliary" },
};
static const struct wq_field mount_feb_fields[] = {
	{ WQ_F_MOUNT, 8, 4, "triggered-on" },
	{ WQ_F_AUX_MOUNT, 12, 4, "auxiliary" },
};
static const struct wq_field sb_fields[] = {
	{ WQ_F_SB, 8, 8, "sb" },
};
static const struct wq_field sb_error_fields[] = {
	{ WQ_F_SB, 8, 8, "sb" },
	{ WQ_F_ERROR, 16, 4, "error" },
	{ WQ_F_COOKIE, 20, 4, "cookie" },
	{ WQ_F_INODE, 24, 8, "inode" },
	{ WQ_F_BLOCK, 32, 8, "block" },
};
static const struct wq_field sb_error_feb_fields[] = {
	{ WQ_F_SB, 8, 8, "sb" },
	{ WQ_F_ERROR, 16, 4, "error" },
	{ WQ_F_COOKIE, 20, 4, "cookie" },
};
static const struct wq_field block_fields[] = {
	{ WQ_F_DEV, 8, 8, "dev" },
	{ WQ_F_SECTOR, 16, 8, "sector" },
};
static const struct wq_field usb_fields[] = {
	{ WQ_F_ERROR, 8, 4, "error" },
	{ WQ_F_NAME, 17, 0, "name" },	/* behind u32 reserved and u8 name_len */
};

static const struct wq_layout no_body = { .min_len = 8 };
static const struct wq_layout removal = { WQ_FIELDS(removal_fields), .min_len = 16, .bare = true };
static const struct wq_layout ring_loss = { WQ_FIELDS(ring_loss_fields), .min_len = 16 };
static const struct wq_layout key = { WQ_FIELDS(key_fields), .min_len = 16 };
static const struct wq_layout mount = { WQ_FIELDS(mount_fields), .min_len = 24 };
static const struct wq_layout mount_feb = { WQ_FIELDS(mount_feb_fields), .min_len = 16 };
static const struct wq_layout sb = { WQ_FIELDS(sb_fields), .min_len = 16 };
/* Inode and block came with a later series than the error number. */
static const struct wq_layout sb_error = { WQ_FIELDS(sb_error_fields), .min_len = 24 };
static const struct wq_layout sb_error_feb = { WQ_FIELDS(sb_error_feb_fields), .min_len = 24 };
static const struct wq_layout block = { WQ_FIELDS(block_fields), .min_len = 24 };
static const struct wq_layout usb = { WQ_FIELDS(usb_fields), .min_len = 17, .text = true };

static const struct wq_subtype meta_subtypes[] = {
	{ 0, 0, "removal", &removal, "a watched object went away" },
	{ 1, 0, "loss", &no_body, "records were lost here" },
	{ 128, 0, "ring_loss", &ring_loss, "watchq itself dropped records here" },
	{ 129, 0, "ready", &no_body, "the watches stand" },
	{ 130, 0, "quiet", &no_body, "nothing happens, and all that was told is right" },
	{ 131, 0, "holds", &no_body, "what was waited for is so, as was found by looking" },
};
static const struct wq_subtype key_subtypes[] = {
	{ 0, WQ_AUX_ERROR, "instantiated", &key, "a key was instantiated or rejected" },
	{ 1, WQ_AUX_NONE, "updated", &key, "a key's payload was changed" },
	{ 2, WQ_AUX_KEY, "linked", &key, "a key was linked into the keyring" },
	{ 3, WQ_AUX_KEY, "unlinked", &key, "a key was unlinked from the keyring" },
	{ 4, WQ_AUX_NONE, "cleared", &key, "the keyring was cleared" },
	{ 5, WQ_AUX_NONE, "revoked", &key, "the key was revoked" },
	{ 6, WQ_AUX_NONE, "invalidated", &key, "the key was invalidated" },
	{ 7, WQ_AUX_NONE, "setattr", &key, "owner, permissions or time-out were set" },
	{ 128, WQ_AUX_NONE, "expired", &key, "the key's time-out ran out" },
};
/* The same events in every dialect; only their bodies differ. */
#define WQ_MOUNT_SUBTYPES(body)						\
	{ 0, 0, "new_mount", &(body), "something was mounted" },	\
	{ 1, 0, "unmount", &(body), "something was unmounted" },	\
	{ 2, 0, "expiry", &(body), "a mount expired" },			\
	{ 3, 0, "readonly", &(body), "a mount became read-only" }, \
	{ 4, 0, "setattr", &(body), "a mount's attributes were changed" }, \
	{ 5, 0, "move_from", &(body), "a mount was moved away" },	\
	{ 6, 0, "move_to", &(body), "a mount was moved here" },
#define WQ_SB_SUBTYPES(error_body)						\
	{ 0, 0, "readonly", &sb, "a filesystem became read-only" },	\
	{ 1, 0, "error", &(error_body), "a filesystem met an error" },	\
	{ 2, 0, "edquot", &sb, "a quota was exceeded" },		\
	{ 3, 0, "network", &sb, "a network filesystem's connection changed" }, \
	{ 128, 0, "readwrite", &sb, "a filesystem became writable" },	\
	{ 129, 0, "shutdown", &sb, "a filesystem was shut down" },	\
	{ 130, 0, "mounted", &sb, "a filesystem was mounted" },	\
	{ 131, 0, "unmounted", &sb, "a filesystem is mounted nowhere any more" },	\
	{ 132, 0, "unanswered", &sb, "a filesystem does not answer" },	\
	{ 133, 0, "answered", &sb, "a filesystem answers again" },

static const struct wq_subtype mount_subtypes[] = { WQ_MOUNT_SUBTYPES(mount) };
static const struct wq_subtype mount_feb_subtypes[] = { WQ_MOUNT_SUBTYPES(mount_feb) };
static const struct wq_subtype sb_subtypes[] = { WQ_SB_SUBTYPES(sb_error) };
static const struct wq_subtype sb_feb_subtypes[] = { WQ_SB_SUBTYPES(sb_error_feb) };
static const struct wq_subtype block_subtypes[] = {
	{ 1, 0, "timeout", &block, "I/O timed out" },
	{ 2, 0, "no_space", &block, "critical space allocation error" },
	{ 3, 0, "recoverable_transport", &block, "recoverable transport error" },
	{ 4, 0, "critical_target", &block, "critical target error" },
	{ 5, 0, "critical_nexus", &block, "critical nexus error" },
	{ 6, 0, "critical_medium", &block, "critical medium error" },
	{ 7, 0, "protection", &block, "protection error" },
	{ 8, 0, "kernel_resource", &block, "kernel resource error" },
	{ 9, 0, "device_resource", &block, "device resource error" },
	{ 10, 0, "io", &block, "other I/O error" },
	{ 128, 0, "add", &block, "a device appeared" },
	{ 129, 0, "remove", &block, "a device went away" },
	{ 130, 0, "change", &block, "a device changed" },
	{ 131, 0, "resize", &block, "a device's size changed" },
	{ 132, 0, "media", &block, "a device's medium changed" },
};
static const struct wq_subtype usb_subtypes[] = {
	{ 0, 0, "add", &usb, "a USB device was added" },
	{ 1, 0, "remove", &usb, "a USB device was removed" },
	{ 2, 0, "reset", &usb, "a USB device was reset" },
	{ 3, 0, "error", &usb, "a USB device met an error" },
};
/* What is in a note: note.c. */
static const struct wq_subtype note_subtypes[] = {
	{ 0, 0, "header", NULL, "what wrote the capture" },
	{ 1, 0, "watch", NULL, "a watch" },
	{ 2, 0, "key", NULL, "what a key is called" },
	{ 3, 0, "forget", NULL, "a key has no known name from here on" },
	{ 4, 0, "event", NULL, "times and marks of the next record" },
	{ 5, 0, "reset", NULL, "every name, path and mount is forgotten" },
	{ 6, 0, "by", NULL, "who caused the next record" },
	{ 7, 0, "path", NULL, "how a key was reached" },
	{ 8, 0, "mount", NULL, "what a mount is" },
	{ 9, 0, "was", NULL, "what it was before the next record" },
	{ 10, 0, "side", NULL, "what the next record has no room for" },
};

/* What people call these events. */
static const struct wq_alias mount_aliases[] = {
	{ "mount", 1u << WQ_MOUNT_NEW_MOUNT, "new_mount" },
	{ "umount", 1u << WQ_MOUNT_UNMOUNT, "unmount" },
	{ "move", 1u << WQ_MOUNT_MOVE_FROM | 1u << WQ_MOUNT_MOVE_TO, "move_from and move_to" },
	{ "remount", 1u << WQ_MOUNT_READONLY | 1u << WQ_MOUNT_SETATTR, "readonly, readwrite and setattr" },
};

static const struct wq_flag mount_flags[] = {
	{ WQ_FLAG(0), "in-subtree" },
	{ WQ_FLAG(1), "is-now-ro" },
	{ WQ_FLAG(2), "is-submount" },
};
static const struct wq_flag mount_feb_flags[] = {
	{ WQ_FLAG(0), "in-subtree" },
	{ WQ_FLAG(1), "is-recursive" },
	{ WQ_FLAG(2), "is-now-ro" },
	{ WQ_FLAG(3), "is-submount" },
};
static const struct wq_flag sb_flags[] = {
	{ WQ_FLAG(0), "is-now-ro" },
};

/* Whatever becomes read-only or writable is posted as READONLY; only the flag tells. */
static const struct wq_variant mount_variants[] = {
	{ "readwrite", WQ_MOUNT_READONLY, 0, WQ_FLAG(1), "a mount became writable" },
};
static const struct wq_variant mount_feb_variants[] = {
	{ "readwrite", WQ_MOUNT_READONLY, 0, WQ_FLAG(2), "a mount became writable" },
};
static const struct wq_variant sb_variants[] = {
	{ "readwrite", WQ_SB_READONLY, 0, WQ_FLAG(0), "a filesystem became writable" },
};

/* ---- Types ---- */

const struct wq_type wq_note_type = {
	.nr = WQ_TYPE_NOTE, .name = "note", WQ_SUBTYPES(note_subtypes), .help = "annotations in a capture"
};

/* In every dialect. */
#define WQ_META_TYPE	{ .nr = WQ_TYPE_META, .name = "meta", WQ_SUBTYPES(meta_subtypes), .help = "the queue itself" }
#define WQ_KEY_TYPE	{ .nr = WQ_TYPE_KEY, .name = "key", WQ_SUBTYPES(key_subtypes), .help = "keys and keyrings" }
/* In some, under a number of their own. */
#define WQ_MOUNT_TYPE(n, as, moved)	{ .nr = (n), .id_moved = (moved), .name = "mount", WQ_SUBTYPES(as##_subtypes), WQ_FLAGS(as##_flags), WQ_ALIASES(mount_aliases), WQ_VARIANTS(as##_variants), .help = "the mount tree" }
#define WQ_SB_TYPE(n, as, moved)	{ .nr = (n), .id_moved = (moved), .name = "sb", WQ_SUBTYPES(as##_subtypes), WQ_FLAGS(sb_flags), WQ_VARIANTS(sb_variants), .help = "filesystems" }
#define WQ_BLOCK_TYPE(n)		{ .nr = (n), .name = "block", WQ_SUBTYPES(block_subtypes), .help = "block devices" }
#define WQ_USB_TYPE(n)			{ .nr = (n), .name = "usb", WQ_SUBTYPES(usb_subtypes), .help = "USB devices" }

/* In the order of the numbers: wq_catalog_type() relies on it. */
static const struct wq_type default_types[WQ_TYPES] = {
	WQ_META_TYPE, WQ_KEY_TYPE, WQ_MOUNT_TYPE(2, mount, 0), WQ_SB_TYPE(3, sb, 0), WQ_BLOCK_TYPE(4), WQ_USB_TYPE(5),
};
static const struct wq_type v5_2019_types[] = { WQ_META_TYPE, WQ_KEY_TYPE, WQ_BLOCK_TYPE(2), WQ_USB_TYPE(3) };
/* watch_mount() and watch_sb() of then shift the ID by 24 bits, not 8. */
static const struct wq_type feb_2020_types[] = { WQ_META_TYPE, WQ_KEY_TYPE, WQ_MOUNT_TYPE(2, mount_feb, 16), WQ_SB_TYPE(3, sb_feb, 16) };
static const struct wq_type aug_2020_types[] = { WQ_META_TYPE, WQ_KEY_TYPE, WQ_MOUNT_TYPE(2, mount, 0) };
static const struct wq_type sb_2020_types[] = { WQ_META_TYPE, WQ_KEY_TYPE, WQ_SB_TYPE(2, sb, 0) };

/* ---- Dialects ---- */

#define WQ_TYPES_IN(t)	.types = (t), .ntypes = WQ_ARRAY_SIZE(t)

const struct wq_dialect wq_dialects[WQ_DIALECTS] = {
	{ "default", WQ_TYPES_IN(default_types), "mainline, and what was published last of the rest" },
	{ "v5-2019", WQ_TYPES_IN(v5_2019_types), "block and usb, as posted from June 2019 to early 2020" },
	{ "feb-2020", WQ_TYPES_IN(feb_2020_types), "mount and sb of February 2020" },
	{ "aug-2020", WQ_TYPES_IN(aug_2020_types), "mount of August 2020, without sb" },
	{ "sb-2020", WQ_TYPES_IN(sb_2020_types), "sb of December 2020, without mount" },
};

/* ---- Looking up ---- */

const struct wq_dialect *wq_dialect_at(unsigned i)
{
	return i < WQ_DIALECTS ? &wq_dialects[i] : NULL;
}

const struct wq_dialect *wq_dialect_by_name(const char *name)
{
	unsigned i;

	for (i = 0; i < WQ_DIALECTS; i++)
		if (strcmp(wq_dialects[i].name, name) == 0)
			return &wq_dialects[i];
	return NULL;
}

static const struct wq_dialect *or_default(const struct wq_dialect *d)
{
	return d ? d : &wq_dialects[0];
}

const struct wq_type *wq_type_by_nr(const struct wq_dialect *d, uint32_t nr)
{
	return wq_catalog_type(or_default(d), nr);
}

const struct wq_type *wq_type_at(const struct wq_dialect *d, unsigned i)
{
	d = or_default(d);
	if (i < d->ntypes)
		return &d->types[i];
	return i == d->ntypes ? &wq_note_type : NULL;
}

static bool same_name(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && memcmp(name, word, len) == 0;
}

const struct wq_type *wq_type_by_name(const struct wq_dialect *d, const char *name, size_t len)
{
	const struct wq_type *t;
	unsigned i;

	for (i = 0; (t = wq_type_at(d, i)); i++)
		if (same_name(t->name, name, len))
			return t;
	return NULL;
}

const struct wq_subtype *wq_subtype_by_nr(const struct wq_type *t, uint8_t nr)
{
	unsigned i;

	if (!t)
		return NULL;
	for (i = 0; i < t->nsubtypes; i++)
		if (t->subtypes[i].nr == nr)
			return &t->subtypes[i];
	return NULL;
}

const struct wq_subtype *wq_subtype_by_name(const struct wq_type *t, const char *name, size_t len)
{
	unsigned i;

	for (i = 0; t && i < t->nsubtypes; i++)
		if (same_name(t->subtypes[i].name, name, len))
			return &t->subtypes[i];
	return NULL;
}

const struct wq_variant *wq_variant_by_name(const struct wq_type *t, const char *name, size_t len)
{
	unsigned i;

	for (i = 0; t && i < t->nvariants; i++)
		if (same_name(t->variants[i].name, name, len))
			return &t->variants[i];
	return NULL;
}

const struct wq_variant *wq_record_variant(const struct wq_record *rec)
{
	unsigned i;

	for (i = 0; rec->type && i < rec->type->nvariants; i++) {
		const struct wq_variant *v = &rec->type->variants[i];

		if (v->nr == rec->subtype_nr && (rec->info & v->mask) == v->info)
			return v;
	}
	return NULL;
}

const char *wq_record_event(const struct wq_record *rec)
{
	const struct wq_variant *v = wq_record_variant(rec);

	return v ? v->name : rec->sub ? rec->sub->name : NULL;
}

const char *wq_mark_name(enum wq_mark mark)
{
	static const char *const names[] = {
		[WQ_MARK_NONE] = "",
		[WQ_MARK_INITIAL] = "initial",
		[WQ_MARK_RESYNC] = "resync",
	};

	return names[mark];
}
