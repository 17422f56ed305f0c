# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# The unit watchq@.service: that systemd takes it, that it leaves watchq the machine's own
# mounts, and that what it leaves of privileges suffices.

load lib
load block

UNIT="$top_srcdir/systemd/watchq@.service.in"

setup() { setup_block; }
teardown() { teardown_block; }

of_unit() { sed -n "s/^$1=//p" "$UNIT"; }

# Its capabilities, as setpriv(1) writes them.
bounding_set() { of_unit CapabilityBoundingSet | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g; s/^/-all,/'; }

# A command like watchq, of a service.
be_service() {
	[ "$(id -u)" = 0 ] || skip "a service is root's"
	printf '#!/bin/sh\nulimit -r %s 2>/dev/null\nexec setpriv --bounding-set %s --no-new-privs %s "$@"\n' "$(of_unit LimitRTPRIO)" "$(bounding_set)" "$WATCHQ" >service
	chmod +x service
	./service --version >/dev/null 2>&1 || skip "capabilities can't be dropped here"
	FREE=$WATCHQ WATCHQ=$PWD/service
}

# Whether it would have worked without.
works() {	# SOURCE/BACKEND
	local why
	why=$("$FREE" info --raw -n | sed -n "s|^$1 no ||p")
	[ -z "$why" ] || skip "$1: $(printf '%b' "$why")"
}

# ---- The unit ----

@test "systemd finds no fault with it" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not there"
	mkdir bin etc units
	cp "$WATCHQ" bin/watchq
	sed -e "s|@bindir@|$PWD/bin|; s|@sysconfdir@|$PWD/etc|" "$UNIT" >units/watchq@.service
	! grep -n '@[[:lower:]]*@' units/watchq@.service || return 1
	run --separate-stderr env SYSTEMD_UNIT_PATH="$PWD/units:" systemd-analyze verify --man=no --recursive-errors=no units/watchq@sb.service
	# shellcheck disable=SC2154	# run sets it
	[[ $stderr != *"Failed to create directory '/run/systemd/'"* ]] || skip "systemd-analyze may not make /run/systemd"
	equal "$status" 0
	equal "$(grep watchq <<<"$stderr")" ""
}

@test "it gets no mounts of its own, no network, and no users" {
	run -1 grep -nE "^ *(Private[[:alpha:]]*|Protect[[:alpha:]]*|ReadWrite[[:alpha:]]*|ReadOnly[[:alpha:]]*|Inaccessible[[:alpha:]]*|(No)?ExecPaths|Bind[[:alpha:]]*|TemporaryFileSystem|Root[[:alpha:]]*|Mount[[:alpha:]]*|Extension[[:alpha:]]*|(State|Cache|Logs|Runtime|Configuration)Directory|LogNamespace|LoadCredential[[:alpha:]]*|SetCredential[[:alpha:]]*|DynamicUser|ProcSubset|JoinsNamespaceOf|NetworkNamespacePath|IPCNamespacePath)=" "$UNIT"
	equal "$output" ""
	of_unit RestrictNamespaces | grep -qx mnt	# may be entered: --namespace
}

@test "make puts the directories in" {
	[ -f "$top_builddir/Makefile" ] || skip "no build tree: $top_builddir"
	unset MAKEFLAGS MAKELEVEL MFLAGS
	make -s -C "$top_builddir" systemd/watchq@.service
	grep -qE '^ExecStart=/.*/watchq \$WATCHQ_ARGS$' "$top_builddir/systemd/watchq@.service"
	grep -qE '^EnvironmentFile=/.*/watchq/%i\.conf$' "$top_builddir/systemd/watchq@.service"
	! grep -n '@[[:lower:]]*@' "$top_builddir/systemd/watchq@.service" || return 1
}

# ---- Privileges ----

@test "with its capabilities everything works that works without" {
	be_service
	info() { "$1" info --raw -n | sed -E 's/^([^ ]+) ([^ ]*) .*/\1 \2/' | grep -E "^[[:lower:]]+/|^notification|^key-"; }
	equal "$(info "$WATCHQ")" "$(info "$FREE")"
}

@test "it may be scheduled before others without CAP_SYS_NICE" {
	be_service
	(ulimit -r 1) 2>/dev/null || skip "this limit can't be raised here"
	"$WATCHQ" info --raw -n | grep -q '^realtime yes '
}

@test "keys" {
	be_service
	keyctl show >/dev/null 2>&1 || skip "no keys here"
	backend=$("$FREE" info --raw -n | sed -n 's/^keys\/\([[:lower:]]*\) yes.*/\1/p' | head -n 1)
	run -0 keyctl session - "$WATCHQ" keys -J -1 -o EVENT,BACKEND,AUX-DESCRIPTION -C 'keyctl add user k v @s >&2'
	equal "$(grep '"event"' <<<"$output")" '{"event":"linked","backend":"'"$backend"'","aux_description":"k"}'
}

@test "mounts: in other namespaces, and which process did it" {
	be_service
	works mounts/fanotify
	mkdir m
	unshare -m sleep $((100 * SLOW)) 3>&- &
	pid_other=$!
	await eval '[ "$(readlink /proc/$pid_other/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]'
	for backend in fanotify mountinfo; do
		for ns in "$pid_other" "/proc/$pid_other/ns/mnt"; do
			start out mounts -J -N "$ns" --backend "$backend" "$PWD/m"
			nsenter -t "$pid_other" -m mount -t tmpfs one "$PWD/m"
			await has_told 1 out new_mount
			nsenter -t "$pid_other" -m umount "$PWD/m"
			await has_told 1 out unmount
			stop out
			[ "$backend" != fanotify ] || jq -se 'any(.event == "new_mount" and .pid > 0)' out
		done
	done
	kill "$pid_other"
}

@test "sb: errors, also of what is mounted where root's group and others may not look" {
	be_service
	works sb/fanotify
	command -v mke2fs >/dev/null || skip "mke2fs is not there"
	needs_mount_ns
	truncate -s 16M image
	mke2fs -q -t ext4 -F image
	install -d -m 700 -o 65534 private
	install -d private/m
	timeout -k 5 $((60 * SLOW)) unshare -m bash -c '
		set -e
		mount -o loop,errors=continue image private/m
		trap "umount -l private/m" EXIT
		device=$(findmnt -no SOURCE --mountpoint "$PWD/private/m")
		"$0" sb -J -1 -e error -C "echo x >/sys/fs/ext4/${device##*/}/trigger_fs_error" private/m >json' "$WATCHQ"
	jq -e --arg m "$PWD/private/m" '.errno == "EUCLEAN" and .target == $m' json
}

@test "block: errors and devices" {
	be_service
	works block/trace
	works block/uevent
	new_loop
	start out block -J "$loop"
	cut_loop
	read_at "$loop" 4096
	await has_told 1 out '"io"'
	echo change >"/sys/block/$name/uevent"
	await has_told 1 out '"change"'
	stop out
	equal "$(errors out)" "io $name - read 4096 1 EIO -"
}

@test "none of the system calls that it denies is made" {
	be_service
	command -v strace >/dev/null && strace -f true 2>/dev/null || skip "strace does not work here"
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not there"
	for word in $(of_unit SystemCallFilter | tr -d '~'); do
		case $word in
		@*) systemd-analyze syscall-filter "$word" | sed -n 's/^ *\([[:lower:][:digit:]_@]*\)$/\1/p' ;;
		*) echo "$word" ;;
		esac
	done | grep -v @ | sed 's/^/?/' | sort -u >denied
	[ "$(wc -l <denied)" -gt 60 ]
	for command in 'keys -w 300ms @s' 'keys -w 300ms --all' "mounts -w 300ms -N $$" 'sb -w 300ms' 'block -w 300ms' info; do
		# shellcheck disable=SC2086
		timeout 60 strace -f -qq -e signal=none -e trace="$(paste -sd , denied)" -o calls "$FREE" $command >/dev/null 2>&1 || true
		equal "$(sed 's/^[0-9]* *//' calls | grep -v '^+++\|^syscall_0x')" ""
	done
}
