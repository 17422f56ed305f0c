/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many events were shown: by type, event and watch. */
#ifndef WQC_SUMMARY_H
#define WQC_SUMMARY_H

#include "output.h"

struct summary;

/* Printed in the form that @config has for events, which must outlive it; a table where
 * these are records. NULL without memory. */
struct summary *summary_new(const struct output_config *config);
void summary_free(struct summary *s);

/* One more like @ev, whose watch must be there as long as this is printed. 0 or -ENOMEM. */
int summary_count(struct summary *s, const struct wq_event *ev);

/* To standard error, in one piece: other threads may say something, too. */
void summary_print(const struct summary *s);

#endif
