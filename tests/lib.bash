# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests share. WATCHQ is the binary; tests/run sets it.
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

: "${top_srcdir:=$(cd "$BATS_TEST_DIRNAME/.." && pwd)}"
: "${WATCHQ:=$top_srcdir/watchq/watchq}"
: "${top_builddir:=$top_srcdir}"
DATA=$top_srcdir/tests/data
HELPERS=$top_builddir/tests/helpers
SANITIZED=${SANITIZED:-$(grep -qaE '__(a|t)san_init' "$WATCHQ" && echo yes || true)}
# Set by tests/run --long: as much as there is time for.
LONG=${WATCHQ_TEST_LONG:-}
# An emulator runs WATCHQ: slowly, with memory and system calls of its own.
EMULATED=${WATCHQ_EMULATED:-}
# So many times as long may all take that a test waits for.
SLOW=${SANITIZED:+4}
export SLOW=${SLOW:-${EMULATED:+4}}
: "${SLOW:=1}"
# fewer FEW ALL: print FEW where an emulator or a sanitizer would take minutes for ALL.
fewer() {
	if [ -n "$EMULATED" ] || { [ -n "$SANITIZED" ] && [ -z "$LONG" ]; }; then echo "$1"; else echo "$2"; fi
}
# Texts are compared: no translation of the C library's, whatever the locale.
export LANGUAGE=C
# What terminals are shown is compared as text.
export NO_COLOR=1

watchq() { "$WATCHQ" "$@"; }

# The bytes of a file of hex lines.
unhex() { basenc -d -i --base16 "$@"; }

# The byte order of the machine that WATCHQ runs on: little or big.
native_order() {
	# A loss of a little-endian machine. To others its length is 0.
	if printf '\0\0\0\001\010\0\0\0' | "$WATCHQ" decode -B >/dev/null 2>&1; then echo little; else echo big; fi
}

# Waits until a command succeeds, at most 30 s (or $DEADLINE), and $SLOW times that with a sanitizer.
await() {
	local end=$((SECONDS + ${DEADLINE:-30} * SLOW))
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS > end)); then
			echo "in vain awaited: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

has_lines() { (($(wc -l <"$2") >= $1)); }
has_bytes() { (($(stat -c %s "$2") >= $1)); }
# How often watchq's own threads have run; a sanitizer's run whenever they like.
switches() {	# PID
	local task
	for task in /proc/"$1"/task/*; do
		case ${task##*/}:$(cat "$task/comm") in
		"$1":* | *:watchq-*) grep ctxt_switches "$task/status" ;;
		esac
	done
}
# Its threads have not run since the last look.
is_idle() {
	local now before=${switches_before:-}
	now=$(switches "$1")
	declare -g switches_before=$now
	sleep 0.2
	[ "$now" = "$before" ]
}
# Its reader takes no more: it has written, sleeps, and writes nothing meanwhile.
has_stalled() {	# PID
	local written
	written=$(written_by "$1")
	((written > 0)) || return 1
	sleep 0.3
	[ "$(cut -d' ' -f3 /proc/"$1"/stat)" = S ] && [ "$(written_by "$1")" = "$written" ]
}
written_by() { sed -n 's/^wchar: //p' /proc/"$1"/io; }
# Its threads do not run for so long. To be awaited: what came before may not be done yet.
stays_idle() {	# SECONDS PID
	local before
	before=$(switches "$2")
	sleep "$1"
	[ "$(switches "$2")" = "$before" ]
}
is_asleep() { [ "$(cut -d' ' -f3 /proc/"$1"/stat)" = S ]; }
# No signal waits for it to be received.
has_no_signal() { [ "$(awk '/^SigPnd|^ShdPnd/ { print $2 }' /proc/"$1"/status | sort -u)" = 0000000000000000 ]; }
is_stopped() { [ "$(cut -d' ' -f3 /proc/"$1"/stat)" = T ]; }
has_no_key() { ! grep -q "^$(printf %08x "$1") " /proc/keys; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
is_zombie() { [ "$(cut -d' ' -f3 /proc/"$1"/stat)" = Z ]; }

# bash -c "$KEEP" FILE COMMAND...: runs the command, its PID in FILE and its output in FILE.out.
# Its parent never asks for its end: it stays as a zombie, so that its PID and its name can be
# looked up however late that is.
# shellcheck disable=SC2016
export KEEP='{ until [ "$(cat /proc/$$/comm)" = sleep ]; do sleep 0.01; done; exec "$@"; } >"$0.out" 2>&1 3>&- &
	echo $! >"$0.new"
	mv "$0.new" "$0"
	exec sleep 10000 >/dev/null 2>&1 3>&-'
# start_kept FILE COMMAND...: does so in the background, until drop_kept.
start_kept() {
	rm -f "$1"
	bash -c "$KEEP" "$@" 3>&- &
	kept+=($!)
	await test -e "$1"
}
# run_kept COMMAND...: to its end. Its PID is in caller, its output in said.
run_kept() {
	start_kept kept-process "$@"
	caller=$(cat kept-process)
	await is_zombie "$caller"
	mv kept-process.out said
}
drop_kept() {
	[ -z "${kept:-}" ] || kill "${kept[@]}"
	kept=()
}

# doubled N: 2^N mounts, in many: to read them all takes a good part of the time between sweeps.
doubled() {
	local i
	mkdir many
	mount -t tmpfs many many
	for ((i = 1; i <= $1; i++)); do
		mkdir "many/$i"
		mount --rbind many "many/$i"
	done
}

is_root() { [ "$(id -u)" = 0 ]; }
# A command's prefix: an ordinary user runs it. Only root needs to become one.
ORDINARY=(env)
! is_root || ORDINARY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
# needs_root: skip unless root runs the tests.
needs_root() { is_root || skip "needs root${1:+, $1}"; }
needs_mount_ns() { unshare -m true 2>/dev/null || skip "no mount namespace may be made here"; }
# needs_loop: skip where the user may not make a loop device.
needs_loop() { [ -w /dev/loop-control ] && losetup -f >/dev/null 2>&1 || skip "no loop device can be made here"; }

# in_tracefs COMMAND...: run it in tracefs, mounted in a namespace of its own. The instances
# are those of the whole machine, including other tests'.
in_tracefs() {
	unshare -m bash -c 'mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
		cd /sys/kernel/tracing && exec "$@"' - "$@"
}
# The watchq with this PID has an instance, or none; both fail if the instances can't be listed.
has_instance() { in_tracefs ls instances | grep -qx "watchq-$1-.*"; }
has_no_instance() { in_tracefs ls instances | { ! grep -qx "watchq-$1-.*"; }; }

# needs_pipe: skips where this kernel can't notify of keys.
needs_pipe() {
	local why
	why=$(watchq info --raw -n | sed -n 's/^keys\/pipe no //p')
	[ -z "$why" ] || skip "keys/pipe: $(printf '%b' "$why")"
}

# start NAME ARGUMENT...: watchq in the background, its output in
# $BATS_TEST_TMPDIR/NAME, what it says in NAME.err. Returns when the watches stand.
# Sets pid, and pid_NAME.
start() {
	local name=$1
	shift
	# Another watch of that name may have been ready before.
	rm -f "$BATS_TEST_TMPDIR/$name.err"
	"$WATCHQ" "$@" -v >"$BATS_TEST_TMPDIR/$name" 2>"$BATS_TEST_TMPDIR/$name.err" 3>&- &
	pid=$!
	declare -g "pid_$name=$pid"
	await is_ready_or_gone "$name" "$pid" && is_ready "$name" || {
		cat "$BATS_TEST_TMPDIR/$name.err" >&2
		return 1
	}
}
is_ready() { grep -q ': ready$' "$BATS_TEST_TMPDIR/$1.err"; }
is_ready_or_gone() { is_ready "$1" || is_gone "$2"; }

out() { cat "$BATS_TEST_TMPDIR/$1"; }

# stop NAME: SIGTERM, which shows all that was read; its status must be 0.
stop() {
	local name=pid_$1
	kill -TERM "${!name}"
	wait "${!name}"
}

# A keyring of the test's own, in ring.
new_ring() {
	ring=$(keyctl newring "test-$BATS_TEST_NUMBER-$RANDOM" @s)
}

# For a file all of whose tests watch a keyring of their own.
setup_ring() {
	needs_pipe
	new_ring
	cd "$BATS_TEST_TMPDIR" || return
}
teardown_ring() {
	[ -z "${ring:-}" ] || keyctl unlink "$ring" @s 2>/dev/null || true
}

# What a test asserts: prints both where they differ.
equal() {
	if [ "$1" != "$2" ]; then
		printf 'expected: %s\nfound:    %s\n' "$2" "$1" >&2
		return 1
	fi
}
