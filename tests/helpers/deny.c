// SPDX-License-Identifier: GPL-2.0-or-later
/* deny CALL COMMAND...: runs COMMAND where the system call CALL (pipe2 or keyctl) gives
 * EPERM, as container engines' seccomp profiles have it; or where fanotify_init gives
 * EINVAL, as kernels do that don't know its flags. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *call = argc > 2 ? argv[1] : "";
	unsigned nr = strcmp(call, "pipe2") == 0 ? SYS_pipe2 :
		      strcmp(call, "fanotify_init") == 0 ? SYS_fanotify_init : SYS_keyctl;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
		/* pipe2 with O_NOTIFICATION_PIPE alone: shells need the others. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, nr == SYS_pipe2 ? 0x80 : 0xffffffff, 0, nr == SYS_pipe2 ? 1 : 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (nr == SYS_fanotify_init ? EINVAL : EPERM)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("deny");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
