/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WQ_CLOSER_H
#define WQ_CLOSER_H

/** Close @fd in a thread: the last reference to a mount namespace unmounts what is in it, and a
 * filesystem that hangs makes close(2) hang. Any thread. Where no thread can be started, close it
 * in this one. */
void wq_close_in_thread(int fd);

#endif
