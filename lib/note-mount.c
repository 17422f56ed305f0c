// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <string.h>

#include "note-mount.h"
#include "payload.h"

/* Where the texts of @m are, in the order in which they are written. */
static void texts_of(struct wq_mount *m, const char **texts[WQ_NOTE_MOUNT_TEXTS])
{
	const char **all[WQ_NOTE_MOUNT_TEXTS] = {
		&m->target, &m->source, &m->fstype, &m->root, &m->vfs_options, &m->fs_options,
	};

	memcpy(texts, all, sizeof(all));
}

static unsigned char *put(unsigned char *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

size_t wq_note_mount_put(unsigned char *to, const struct wq_mount *m)
{
	const uint64_t wide[] = { m->id, m->parent, m->peer_group, m->ns };
	const uint32_t narrow[] = { m->old_id, m->major, m->minor, m->propagation };
	unsigned char *p = put(put(to, wide, sizeof(wide)), narrow, sizeof(narrow)), *known = p++;
	struct wq_mount copy = *m;
	const char **texts[WQ_NOTE_MOUNT_TEXTS];
	unsigned i;

	*known = 0;
	texts_of(&copy, texts);
	for (i = 0; i < WQ_NOTE_MOUNT_TEXTS; i++) {
		/* The NULs of those that follow fit in any case. */
		size_t room = (size_t) (to + WQ_NOTE_MAX - p) - (WQ_NOTE_MOUNT_TEXTS - i), len;

		if (!*texts[i])
			continue;
		*known |= (unsigned char) (1u << i);
		len = strlen(*texts[i]);
		p = put(p, *texts[i], len < room ? len : room);
		*p++ = '\0';
	}
	return (size_t) (p - to);
}

struct wq_mount *wq_note_mount_take(const unsigned char *from, size_t len, bool swapped, const char **what)
{
	struct reader r = { .p = from, .end = from + len, .swapped = swapped, .ok = true };
	const char **texts[WQ_NOTE_MOUNT_TEXTS];
	struct wq_mount m = { 0 }, *made;
	unsigned i, known;

	m.id = take_u64(&r);
	m.parent = take_u64(&r);
	m.peer_group = take_u64(&r);
	m.ns = take_u64(&r);
	m.old_id = take_u32(&r);
	m.major = take_u32(&r);
	m.minor = take_u32(&r);
	m.propagation = take_u32(&r);
	known = take_u8(&r);
	texts_of(&m, texts);
	for (i = 0; i < WQ_NOTE_MOUNT_TEXTS; i++)
		*texts[i] = known & 1u << i ? take_text(&r) : NULL;
	if (!r.ok) {
		*what = "it describes no mount";
		return NULL;
	}
	made = wq_mount_new(&m);
	if (!made)
		*what = "out of memory";
	return made;
}
