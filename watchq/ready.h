/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling who started us that the watches stand: by a descriptor, and a service manager by
 * its socket, as sd_notify(3) describes it. */
#ifndef WQC_READY_H
#define WQC_READY_H

/* The watches stand. @fd: told, too, and closed unless it is a standard one; -1: none.
 * What fails is a warning. */
void ready_tell(int fd);

/* Watching ends. After ready_tell(). */
void ready_stopping(void);

#endif
