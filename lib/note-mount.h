/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What notes say of a mount: u64 ID, parent, peer group, namespace; u32 ID in mountinfo,
 * major, minor, propagation; u8 which texts follow (bit n: the n-th); then these: target,
 * source, type, root, options of the mount, of the filesystem.
 */
#ifndef WQ_NOTE_MOUNT_H
#define WQ_NOTE_MOUNT_H

#include "models/mount.h"
#include "note.h"

#define WQ_NOTE_MOUNT_TEXTS	6

/** Writes the payload to @to, which has room for WQ_NOTE_MAX bytes; longer texts are cut.
 * Returns its length. */
size_t wq_note_mount_put(unsigned char *to, const struct wq_mount *m);

/** Reads a payload of @len bytes. A new description; NULL: it is none, or there is no memory,
 * and *@what, in words. */
struct wq_mount *wq_note_mount_take(const unsigned char *from, size_t len, bool swapped, const char **what);

#endif
