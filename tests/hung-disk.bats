# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# Beside a disk and an NFS server that do not answer: deadlines and signals are kept, and other
# filesystems are reported.

load lib
load hung

@test "every command keeps -w and ends by SIGTERM beside a disk that is suspended" { beside disk deadlines commands ended; }
@test "every command keeps -w and ends by SIGTERM beside an NFS server that is cut off" { beside nfs deadlines commands ended; }
@test "--initial --once of each source beside a disk that is suspended" { beside disk snapshots; }
@test "--initial --once of each source beside an NFS server that is cut off" { beside nfs snapshots; }

others() {
	begin watch all -J
	hang
	mkdir m
	mount -t tmpfs one m
	await grep -q '"new_mount".*"one"' out
	umount m
	await grep -q '"unmount".*"one"' out
	kill -TERM "$watcher"
	within 3 0
}
@test "watch all beside a disk that is suspended: another filesystem is reported" { beside disk others; }
@test "watch all beside an NFS server that is cut off: another filesystem is reported" { beside nfs others; }

# It is unanswered where the question has to be asked of the server; a disk's filesystem is in memory.
cut_off() {
	hang
	"$WATCHQ" info F/x >out 2>err &
	watcher=$!
	within 6 0
	grep -q 'nfs4 127.0.0.1:/ on .*/F, which does not answer' out
	"$WATCHQ" sb -J -w 2 F/x >out 2>err &
	watcher=$!
	within 6 3
	grep -q 'F/x: the filesystem does not answer' err
	"$WATCHQ" wait -w 1 mounted:F/x >out 2>err &
	watcher=$!
	within 4 3
	unhang
	"$WATCHQ" wait -w 60 rw:F/x >out 2>err &
	watcher=$!
	within 30 0
}
@test "info, sb and wait of a path on an NFS server that is cut off" { beside nfs cut_off; }

suspended() {
	hang
	"$WATCHQ" info F/x >out 2>err &
	watcher=$!
	within 6 0
	grep -q 'ext4 .* on .*/F, which does not answer' out
	"$WATCHQ" sb -J -w 2 F/x >out 2>err &
	watcher=$!
	within 6 3
	grep -q 'F/x: the filesystem does not answer' err
	"$WATCHQ" wait --any mounted:F/x mounted:other >out 2>err &
	watcher=$!
	mount -t tmpfs other other
	within 10 0
	unhang
	"$WATCHQ" wait -w 60 rw:F/x >out 2>err &
	watcher=$!
	within 30 0
}
@test "info, sb and wait of a path on a disk that is suspended" { beside disk suspended; }
