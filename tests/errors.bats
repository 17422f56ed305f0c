# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host alone
# A system call that fails: the output is the same, or an error names the object and the reason. Nothing
# is missing with status 0.
# shellcheck disable=SC2016,SC2034,SC2154

load lib

setup() {
	cd "$BATS_TEST_TMPDIR"
	needs_root "to see mounts, devices and traces"
	"$HELPERS/fail-call" read:/none EIO 1 true || skip "fail-call: this kernel or sandbox has no seccomp notifications"
}

declare -A TEXT=([EPERM]='Operation not permitted' [EIO]='Input/output error' [EINTR]='Interrupted system call'
	[ENOSYS]='Function not implemented' [EMFILE]='Too many open files' [ENFILE]='Too many open files in system'
	[ENOBUFS]='No buffer space available' [ENOMEM]='Cannot allocate memory|[Oo]ut of memory' [EACCES]='Permission denied'
	[ELOOP]='Too many levels of symbolic links' [EBADF]='Bad file descriptor' [ESTALE]='Stale file handle'
	[EAGAIN]='Resource temporarily unavailable' [EINVAL]='Invalid argument' [ENOSPC]='No space left on device')

# as_expected EXPECTED ERRNO OBJECT STATUS: out and err are what is expected, one of several by slashes:
# same: the output of an undisturbed run, status 0; loss: a loss event, and a warning that names the object
# and the error, status 0; warn: that warning alone, and the same output; 1: an error that names both.
# 2: an error that names the object: not supported here.
as_expected() {
	local way
	[ "$4" != 125 ] || set -- "$1" "$2" "$3" 1	# --command: watchq itself failed
	for way in ${1//\// }; do
		case $way in
		same) [ "$4" = 0 ] && cmp -s out expected && return ;;
		warn) [ "$4" = 0 ] && cmp -s out expected && names "$2" "$3" && return ;;
		loss) [ "$4" = 0 ] && grep -q loss out && names "$2" "$3" && return ;;
		1) [ "$4" = 1 ] && names "$2" "$3" && ! grep -qE 'sandbox|must be mounted' err && return ;;
		2) [ "$4" = 2 ] && grep -qE "$3" err && return ;;
		esac
	done
	return 1
}
names() { grep -E "$2" err | grep -qE "${TEXT[$1]}"; }	# ERRNO OBJECT

# rows COMMAND...: with each row CALL[:PART] ERRNO FIRST[-LAST] EXPECTED OBJECT of standard input.
rows() {
	local call errno window expected object status failed=0
	timeout 20 "$WATCHQ" "$@" >expected 2>expected.err || { cat expected.err; return 1; }
	while read -r call errno window expected object; do
		[ -n "$call" ] || continue
		status=0
		timeout -k 1 $((5 * SLOW)) "$HELPERS/fail-call" "$call" "$errno" "$window" "$WATCHQ" "$@" >out 2>err </dev/null || status=$?
		as_expected "$expected" "$errno" "$object" "$status" && continue
		echo "RED: $call $errno $window: $*: status $status, expected $expected ($object)"
		diff expected out | head -n 4
		head -n 3 err
		failed=1
	done
	return "$failed"
}

has() {	# SOURCE BACKEND
	local why
	why=$("$WATCHQ" info --raw -n 2>&1 | sed -n "s,^$1/$2 no ,,p")
	[ -z "$why" ] || skip "$1/$2: $(printf '%b' "$why")"
}

@test "statmount and listmount: no mount is missing" {
	has mounts fanotify
	rows mounts --backend fanotify -I --once -o EVENT,TARGET <<-'END'
		statmount EPERM  5  same/loss statmount
		statmount EIO    5  same/loss statmount
		statmount EINTR  5  same/loss statmount
		statmount ENOSYS 5  same/loss statmount
		statmount ENOMEM 5  same/loss/1 statmount
		statmount EACCES 5  same/loss statmount
		statmount ESTALE 5  same/loss statmount
		statmount EBADF  5  same/loss statmount
		statmount EIO    5-6  loss statmount
		statmount EPERM  5-8  loss statmount
		statmount EINTR  5-8  same statmount
		statmount EINVAL 5-8  loss statmount
		statmount ENOSYS 1-  2 statmount
		statmount EPERM  1-  2 statmount
		statmount EINTR  1  same statmount
		statmount EIO    1-2 1 statmount
		listmount EIO    1-2 1 listmount
		listmount EINTR  1  same listmount
		listmount EINTR  2  same listmount
		listmount EIO    2-  1 listmount
		listmount EMFILE 2-  1 listmount
		listmount ENOSYS 1-  2 listmount
	END
}

@test "fanotify: what can't be opened is named" {
	has mounts fanotify
	rows mounts --backend fanotify -I --once -o EVENT,TARGET <<-'END'
		fanotify_init EINTR  1  same fanotify
		fanotify_init EMFILE 1- 1 fanotify
		fanotify_init ENFILE 1- 1 fanotify
		fanotify_init ENOMEM 1- 1 fanotify
		fanotify_init EPERM  1- 2 fanotify
		fanotify_init ENOSYS 1- 2 fanotify
		fanotify_init EIO    1- 1 fanotify
		fanotify_mark EINTR  1  same fanotify
		fanotify_mark ENOMEM 1- 1 fanotify
		fanotify_mark EPERM  1- 2 mount
		fanotify_mark EINVAL 1- 2 fanotify
		fanotify_mark EBADF  1- 1 fanotify
		fanotify_mark ENOSPC 1- 1 fanotify
		openat:ns/mnt EMFILE 1- 1 mount
		openat:ns/mnt ELOOP  1- 1 mount
	END
}

@test "mountinfo: no mount is missing" {
	rows mounts --backend mountinfo -I --once -o EVENT,TARGET <<-'END'
		openat:ns/mnt    EMFILE 1- 1 /proc/self/ns/mnt
		openat:ns/mnt    EACCES 1- 1/2 /proc/self/ns/mnt
		openat:mountinfo EMFILE 1- 1 mountinfo
		openat:mountinfo ENFILE 1- 1 mountinfo
		openat:mountinfo ENOMEM 1- 1 mountinfo
		openat:mountinfo EIO    2- 1 mountinfo
		openat:mountinfo EINTR  1  same mountinfo
		openat:mountinfo EINTR  2  same mountinfo
		openat:mountinfo ENFILE 4- same/1 mountinfo
		read:mountinfo   EIO    1- 1 mountinfo
		read:mountinfo   EINTR  1  same mountinfo
		read:mountinfo   EINTR  2  same mountinfo
		read:mountinfo   ENOMEM 1- 1 mountinfo
		read:mountinfo   EIO    2- same/1 mountinfo
	END
}

@test "mountinfo: no filesystem is missing" {
	rows sb --backend mountinfo -I --once -o EVENT,TARGET <<-'END'
		openat:mountinfo EMFILE 1- 1 mountinfo
		openat:mountinfo EINTR  1  same mountinfo
		read:mountinfo   EIO    1- 1 mountinfo
		read:mountinfo   EINTR  1  same mountinfo
		read:mountinfo   ENOMEM 2- same/1 mountinfo
	END
}

@test "sysfs: no device is missing" {
	has block uevent
	[ -n "$(ls /sys/class/block)" ] || skip "this machine has no block device"
	rows block --backend uevent -I --once -o EVENT,DEVICE <<-'END'
		readlink:/sys/class/block EIO    1 same/warn/loss/1 /sys/class/block
		readlink:/sys/class/block EINTR  1 same block
		readlink:/sys/class/block ENOMEM 1 same/warn/loss/1 block
		readlink:/sys/class/block EACCES 1- loss/1 block
		readlink:/sys/class/block ELOOP  1- loss/1 block
		openat:/sys/class/block/  EMFILE 2- loss/1 block
		openat:/sys/class/block/  ENFILE 2- loss/1 block
		read:/block/              EIO    1- loss/1 block
		read:/block/              EINTR  1  same block
		getdents:/sys/class/block EIO    1  loss/1 block
		getdents:/sys/class/block EINTR  1  same/loss/1 block
		openat:/sys/class/block   EMFILE 1- loss/1 block
	END
}

@test "sockets: what can't be opened is no sandbox" {
	has block uevent
	rows block --backend uevent -I --once -o EVENT,DEVICE <<-'END'
		socket EMFILE  1- 1 uevent
		socket ENFILE  1- 1 uevent
		socket ENOBUFS 1- 1 uevent
		socket ENOMEM  1- 1 uevent
		socket EINTR   1  same uevent
		socket ENOBUFS 1  same/1 uevent
		socket EACCES  1- 2 uevent
		socket EPERM   1- 2 uevent
		bind   ENOMEM  1- 1 uevent
	END
	has sb quota
	rows sb --backend quota -I --once -o EVENT <<-'END'
		socket EMFILE  1- 1 netlink
		socket ENFILE  1- 1 netlink
		socket ENOBUFS 1- 1 netlink
		socket ENOMEM  1- 1 netlink
		socket EINTR   1  same netlink
		socket EACCES  1- 2 netlink
		recvmsg ENOBUFS 1 same/1 netlink
		recvmsg EINTR   1 same netlink
		recvmsg EIO     1- 1 netlink
	END
}

@test "tracefs: a trace has all processors" {
	has block trace
	rows block --backend trace -C true <<-'END'
		getdents:per_cpu EIO    1- 1 per_cpu
		getdents:per_cpu EINTR  1  same/1 per_cpu
		openat:per_cpu   EMFILE 1- 1 per_cpu
		openat:trace_pipe_raw ENFILE 1- 1 trace_pipe_raw
		openat:trace_pipe_raw EINTR  1  same trace_pipe_raw
		openat:trace_pipe_raw EIO    2- 1 trace_pipe_raw
		openat:instances EMFILE 1- 1 tracefs
		mkdir:watchq- ENOMEM 1- 1 tracefs
		mkdir:watchq- ENOSPC 1- 1 tracefs
		read:header_page EINTR 1 same header_page
		read:header_page EIO   1- 1 header_page
		write:filter EINTR 1 same filter
		write:enable ENOMEM 1- 1 tracefs
		openat:/proc/self/mounts EMFILE 1- same/1 tracefs
	END
}

@test "decode: reads on or names the file" {
	sed "s/#.*//" "$DATA/every-type-little.hex" | unhex >capture.wq
	rows decode --endian=little -J capture.wq <<-'END'
		read:.wq EINTR  1  same wq
		read:.wq EINTR  1-3 same wq
		read:.wq EINTR  2  same wq
		read:.wq EAGAIN 1- 1 wq
		read:.wq EIO    1- 1 wq
		read:.wq ESTALE 1- 1 wq
		read:.wq ENOMEM 1- 1 wq
		openat:.wq EMFILE 1- 1 wq
		openat:.wq ENFILE 1- 1 wq
		openat:.wq EINTR  1  same wq
		openat:.wq ELOOP  1- 1 wq
	END
}

@test "descriptors of watchq's own: an error says what can't be opened" {
	rows mounts --backend mountinfo -I --once -o EVENT,TARGET <<-'END'
		epoll_create EMFILE 1- 1 start
		epoll_create ENFILE 2- 1 start
		epoll_create ENOMEM 1- 1 start
		eventfd EMFILE 1- 1 start
		eventfd ENFILE 2- 1 start
		eventfd ENOMEM 3- 1 start
		eventfd EMFILE 4- same/1 start
		eventfd EMFILE 5- same/1 start
		timerfd EMFILE 1- 1 start
		timerfd ENFILE 1- 1 start
		timerfd ENOMEM 1- 1 start
		signalfd EMFILE 1- 1 start
		signalfd ENOMEM 1- 1 start
		epoll_ctl ENOMEM 1- 1 .
		epoll_ctl ENOSPC 2- same/1 .
		epoll_ctl ENOMEM 3- same/1 .
	END
}

@test "statx: what is not supported is not an invalid argument" {
	"$HELPERS/fail-call" statx EIO 1- true 2>/dev/null || skip "no command starts without statx(2) here: the C library calls it"
	rows mounts --backend mountinfo -I --once -o EVENT,TARGET /usr <<-'END'
		statx ENOSYS 1- same/2 /usr
		statx EPERM  1- same/2 /usr
		statx EIO    1- 1 /usr
		statx EINTR  1  same /usr
		statx EMFILE 1- 1 /usr
	END
	rows wait -o EVENT mounted:/proc <<-'END'
		statx ENOSYS 1- same/2 statx|Linux
		statx EINTR 1 same /proc
	END
}

# ---- Without /proc ----

without_proc() {
	local condition status
	umount -l /proc
	for condition in mounted:/dev ro:/dev rw:/dev; do
		status=0
		"$WATCHQ" wait -w 100ms "$condition" 2>"$BATS_TEST_TMPDIR/err" || status=$?
		equal "$condition $status" "$condition 2"
		grep -q "/proc must be mounted" "$BATS_TEST_TMPDIR/err"
	done
}
@test "without /proc, each condition of mounts is not supported, and says what to do" {
	needs_mount_ns
	needs_root
	[ -z "$SANITIZED" ] || skip "a sanitizer needs /proc"
	export WATCHQ BATS_TEST_TMPDIR
	unshare -m bash -ec "$(declare -f equal without_proc); without_proc"
}

@test "what an errno means is decided in one table" {
	! grep -rnE 'WQ_NOTSUPP, (err|errno|-|EPERM|EACCES|ENOSYS|EINVAL)' "$top_srcdir/lib" --include='*.c' || return 1
	! grep -rnE '\? WQ_NOTSUPP : WQ_FAILURE' "$top_srcdir/lib" --include='*.c' | grep -v kernel/not-supported.c || return 1
}

# ---- Memory ----

# Whichever allocation fails while it starts: what it writes is the same, or an error is said.
@test "memory runs out: no failure is silent" {
	local args want i status
	[ -z "$SANITIZED" ] || skip "a sanitizer has an allocator of its own"
	[ -e "$HELPERS/libwqt-fail-malloc.so" ] || skip "no libwqt-fail-malloc.so"
	unhex "$DATA/every-type-little.hex" >"$BATS_TEST_TMPDIR/c"
	for args in "mounts -I --once -n -o TARGET /proc" ${LONG:+"decode --endian little -J $BATS_TEST_TMPDIR/c" "wait -n -o CONDITION mounted:/proc"}; do
		for ((i = 1; i <= 300; i += 1)); do
			status=0
			# shellcheck disable=SC2086
			WQT_FAIL_ALLOC=$i LD_PRELOAD=$HELPERS/libwqt-fail-malloc.so timeout 20 "$WATCHQ" $args \
				>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
			[ "$status" = 0 ] || [ -s "$BATS_TEST_TMPDIR/err" ] || { echo "$args, allocation $i: status $status, and no message" >&2; return 1; }
			[ "$status" -le 4 ] || { echo "$args, allocation $i: status $status" >&2; return 1; }
		done
	done
}
