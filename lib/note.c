// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <errno.h>
#include <string.h>

#include "note.h"
#include "uapi.h"

int wq_note_write(enum wq_note_tag tag, const void *payload, size_t len,
		  wq_write_fn write, void *data)
{
	/* C17 allows no arithmetic on NULL, not even + 0. */
	const unsigned char *p = len ? payload : (const unsigned char *) "";
	unsigned part = 0;

	if (len > WQ_NOTE_MAX)
		return -EMSGSIZE;
	do {
		unsigned char rec[WQ_RECORD_MAX];
		size_t now = len < WQ_NOTE_PART ? len : WQ_NOTE_PART;
		uint32_t info = part++ << WQ_UAPI_INFO_ID_SHIFT;
		int n, rc;

		if (now < len)
			info |= WQ_NOTE_MORE;
		n = wq_record_build(rec, WQ_TYPE_NOTE, tag, info, p, now);
		rc = write(data, rec, (size_t) n);
		if (rc)
			return rc;
		p += now;
		len -= now;
	} while (len);
	return 0;
}

int wq_note_add(struct wq_note_parts *n, const struct wq_record *rec, const char **what)
{
	size_t len = rec->len - WQ_RECORD_MIN;

	if (rec->id != (n->next & 0xff) || (n->next && rec->subtype_nr != n->tag)) {
		*what = n->next ? "the next part of the note before it was expected"
				: "its first part is missing";
		return -EBADMSG;
	}
	if (n->next == 256) {
		*what = "it has more than 256 parts";
		return -EBADMSG;
	}
	if (n->next == 0)
		n->len = 0;
	n->tag = rec->subtype_nr;
	memcpy(n->payload + n->len, rec->data + WQ_RECORD_MIN, len);
	n->len += len;
	if (rec->info & WQ_NOTE_MORE) {
		n->next++;
		return 0;
	}
	n->next = 0;
	return 1;
}
