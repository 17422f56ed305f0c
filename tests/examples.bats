# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# The examples of README and watchq(1), as they stand there.

load lib

# shellcheck disable=SC2034
README=$top_srcdir/README.md MANUAL=$top_srcdir/man/watchq.1.adoc
export README MANUAL WATCHQ

setup() {
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR" || return
	keyctl new_session >/dev/null 2>&1 || :
}

# In a mount namespace of its own, with a tmpfs on /mnt, and watchq in the way: the function
# that is named.
inside() {
	mkdir -p "$BATS_FILE_TMPDIR/bin"
	ln -sf "$WATCHQ" "$BATS_FILE_TMPDIR/bin/watchq"
	PATH=$BATS_FILE_TMPDIR/bin:$PATH timeout -k 5 $((${LIMIT:-100} * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone has_lines equal readme manual script begin ends stop_it "$@")
		set -e
		trap 'kill \$(jobs -p) 2>/dev/null || :; wait || :' EXIT
		mount -t tmpfs work '$BATS_TEST_TMPDIR'
		mount -t tmpfs mnt /mnt
		cd '$BATS_TEST_TMPDIR'
		$1"
}

# The lines that have the text, as they are typed.
readme() { grep -F -- "$1" "$README" | sed 's/^    //'; }
# The same of the manual, where a line may go on in the next.
manual() {
	awk -v text="$1" '/^----$/ { if (on && index(block, text)) printf "%s", block; on = !on; block = ""; next }
		on { block = block $0 "\n" }' "$MANUAL"
}

# script FILE: a command of the user's that keeps what it is told.
script() {
	printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>%s\n' "$PWD/$1.told" >"$1"
	chmod +x "$1"
}

# begin COMMAND: types it; returns when the watches stand. -v is all that is added.
begin() {
	rm -f err
	[ -n "$1" ] || { echo "no such example" >&2; return 1; }
	eval "${1/watchq /exec watchq }" >out 2>err 3>&- &
	typed=$!
}
ends() {
	await is_gone "$typed" || { cat out err >&2; return 1; }
	wait "$typed"
}
stop_it() {
	kill "$typed"
	wait "$typed" || :
}

# ---- Start the backup when the disk is mounted ----

backup() {
	local from typed
	mkdir /mnt/backup
	script backup
	for from in readme manual; do
		rm -f backup.told
		(eval "$("$from" 'wait mounted:/mnt/backup')") >out 2>err &
		typed=$!
		mount -t tmpfs disk /mnt/backup
		ends
		has_lines 1 backup.told
		# At once, where it is mounted already.
		rm -f backup.told
		(eval "$("$from" 'wait mounted:/mnt/backup')") >out
		has_lines 1 backup.told
		umount /mnt/backup
	done
}
@test "start the backup when the disk is mounted" { inside backup; }

# ---- Tell me when my Kerberos ticket is revoked or expires ----

# What libkrb5 makes of KRB5CCNAME=KEYRING:persistent:UID, but below the session keyring: the
# collection _krb, in it a cache with its tickets.
kerberos() {
	local from what krb cache ticket
	for from in readme manual; do
		for what in revoked expired unlinked; do
			krb=$(keyctl newring _krb @s)
			cache=$(keyctl newring krb_ccache_test "$krb")
			ticket=$(keyctl add user krbtgt/REALM@REALM x "$cache")
			begin "$("$from" '%:_krb' | sed 's/watchq keys/watchq keys -v/')"
			await grep -q ': ready$' err
			case $what in
			revoked) keyctl revoke "$ticket" ;;
			expired) keyctl timeout "$ticket" 1 ;;
			unlinked) keyctl unlink "$ticket" "$cache" ;;
			esac
			ends
			grep -qE "^ticket $what: .*_krb.*/krb_ccache_test" out || { cat out err >&2; return 1; }
			keyctl unlink "$krb" @s
		done
	done
}
@test "tell me when my Kerberos ticket is revoked, expires or is destroyed" {
	watchq info --raw -n | grep -qE '^keys/(pipe|trace) yes' || skip "keys can't be heard here, only looked at"
	# A tenth of a second for each where keys are traced, and one for each expiry.
	inside kerberos
}

# ---- Page me when a filesystem turns read-only ----

readonly_() {
	local from
	script page
	truncate -s 16M image
	mke2fs -q -t ext4 -F image
	mkdir /mnt/fs
	mount -o loop image /mnt/fs
	for from in readme manual; do
		rm -f page.told
		begin "$("$from" './page' | sed 's/watchq sb/watchq sb -v/')"
		await grep -q ': ready$' err
		mount -o remount,ro /mnt/fs
		await grep -q '^/mnt/fs is read-only (/dev/loop' page.told
		stop_it
		mount -o remount,rw /mnt/fs
	done
	umount /mnt/fs
}
@test "page me when a filesystem turns read-only" {
	needs_loop
	inside readonly_
}

# ---- Log every mount on this machine ----

log() {
	local from
	mkdir /mnt/a
	for from in readme manual; do
		begin "$("$from" '--output-file mounts.log' | grep output-file | sed 's/watchq mounts/watchq mounts -v/')"
		await grep -q ': ready$' err
		mount -t tmpfs logged /mnt/a
		await grep -q '"event":"new_mount".*"source":"logged"' mounts.log
		mv mounts.log mounts.old
		kill -HUP "$typed"
		await test -e mounts.log
		umount /mnt/a
		await grep -q '"event":"unmount".*"source":"logged"' mounts.log
		stop_it
		rm mounts.log
	done
	equal "$(readme 'watchq mounts --journal')" 'watchq mounts --journal'
}
@test "log every mount on this machine" { inside log; }

# ---- Who mounts what in that container ----

container() {
	local from pid
	for from in readme manual; do
		mkfifo "go.$from"
		unshare -m --propagation private sh -c 'read -r line <"$0" && mount -t tmpfs theirs /mnt
			while [ ! -e "over.$0" ]; do sleep 0.02; done' "go.$from" &
		pid=$!
		await eval '[ "$(readlink /proc/$pid/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]'
		begin "$("$from" '"$pid"' | sed 's/watchq mounts/watchq mounts -v/')"
		await grep -q ': ready$' err
		echo go >"go.$from"
		await grep -qE ' new_mount +/mnt +theirs' out
		# (What it was called isn't known if it was gone before anybody asked.)
		grep -qE '^[0-9:.]+ +[0-9]+ +(mount +)?new_mount +/mnt +theirs' out
		# Here nothing was mounted.
		! findmnt -n -o SOURCE /mnt | grep theirs || return 1
		stop_it
		touch "over.go.$from"
		wait "$pid"
	done
}
@test "who mounts what in that container" {
	watchq info --raw -n | grep -q '^mounts/fanotify yes' || skip "who it was only fanotify tells"
	inside container
}

# ---- The others ----

others() {
	mkdir -p /mnt/usb /data
	# Begin when the watches stand.
	eval "$(readme 'mkfifo ready')"
	eval "$(readme '--ready-fd 3')"
	eval "$(readme 'read -r line')"
	equal "$line" ready
	mount -t tmpfs usb /mnt/usb
	await grep -q '"source":"usb"' mounts.log
	kill %1
	# Until either comes up.
	begin "$(readme 'wait -w 1m --any')"
	mount -t tmpfs data /data
	ends
	grep -q 'mounted:/data' out
	# How many of what.
	begin "$(readme 'watch all -S' | sed 's/watch all/watch all -v/')"
	await grep -q ': ready$' err
	umount /data
	await eval 'kill -USR1 "$typed" && grep -qE "^mount +unmount +" err'
	stop_it
	equal "$(grep -cE '^mount +unmount +2 +/ +1' err | sed 's/[1-9][0-9]*/some/')" some
}
@test "when the watches stand; either of two; how many of what" { inside others; }

stream() {
	local device line
	truncate -s 16M image
	mke2fs -q -t ext4 -F image
	device=$(losetup -f --show image)
	mkdir /mnt/usb
	mount "$device" /mnt/usb
	line=$(readme 'watch block:/dev/sdb')
	begin "$(sed "s,block:/dev/sdb,-v block:$device," <<<"$line")"
	await grep -q ': ready$' err
	umount /mnt/usb
	await grep -qE ' mount unmount +3 /mnt/usb +target=/mnt/usb' out
	await grep -qE ' sb +unmounted +2 /mnt/usb +target=/mnt/usb' out
	stop_it
	losetup -d "$device"
}
@test "one disk from its device to its mount" {
	needs_loop
	inside stream
}
