# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# Beside a filesystem that does not answer: deadlines and signals are kept, and other filesystems
# are reported.

load lib
load hung

# ---- Every command ----

# A line each: the arguments of a command that looks at F, or beside it.
commands() {
	cat <<-'END'
		keys
		mounts
		mounts F
		mounts F/x
		mounts -I F
		sb
		sb F
		sb F/x
		sb -I F/x
		block
		watch all
		watch mounts:F/x sb:F/x
		wait mounted:F/x
		wait unmounted:F
		wait ro:F/x
		wait device:F/x
		wait --any mounted:F/x mounted:other
		decode F/file
		mounts --namespace F/x
		mounts --output-file F/x
		wait --output-file F/x mounted:other/x
		decode --output-file F/x /dev/stdin
	END
}

# Each is started as it is for as long as --timeout says; then again, and sent SIGTERM. A command
# that ends before with an error of its own, such as a missing privilege, is none that hangs.
deadlines() {
	local line words status
	[ "$KIND" != stops ] || hang
	while read -r line; do
		case $line in keys | block) [ "$KIND" = mute ] || continue ;; esac
		echo "watchq $line" >>lines
		read -ra words <<<"$line"
		"$WATCHQ" "${words[@]}" -w 1 >out 2>err </dev/zero &
		watcher=$!
		ended 4 || { echo "watchq $line -w 1: it does not end" >&2; return 1; }
		case $status in
		3 | 2) ;;
		1) grep -q 'F/x: .*the filesystem does not answer' err || { cat err >&2; return 1; } ;;
		*) echo "watchq $line -w 1: status $status" >&2; cat err >&2; return 1 ;;
		esac
		"$WATCHQ" "${words[@]}" >out 2>err </dev/zero &
		watcher=$!
		sleep 0.3	# not to wait for, but to have the signal come at another time than the first
		kill -TERM "$watcher" 2>/dev/null || :
		ended 4 || { echo "watchq $line: SIGTERM does not end it" >&2; return 1; }
	done < <(commands)
	equal "$(($(wc -l <lines) > 10))" 1
}
# ended SECONDS: whether $watcher ends so soon. Sets status.
ended() {
	status=0
	DEADLINE=$1 await is_gone "$watcher" 2>/dev/null || { kill -KILL "$watcher" 2>/dev/null || :; return 1; }
	wait "$watcher" || status=$?
}
@test "every command keeps -w and ends by SIGTERM beside a FUSE that is mute" { beside mute deadlines commands ended; }
@test "every command keeps -w and ends by SIGTERM beside a fuseblk that is mute" { beside block deadlines commands ended; }
@test "every command keeps -w and ends by SIGTERM beside a FUSE that stops" { beside stops deadlines commands ended; }

# By its name, it is still said what it is.
info() {
	[ "$KIND" != stops ] || hang
	"$WATCHQ" info -n F/x >out 2>err &
	watcher=$!
	within 6 0
	grep -q 'fuse hung on .*/F, which does not answer' out
	"$WATCHQ" info F/x >out 2>err &
	watcher=$!
	sleep 0.3	# to have the signal come at another time
	kill -TERM "$watcher"
	DEADLINE=4 await is_gone "$watcher"
}
@test "info PATH beside a FUSE that is mute" { beside mute info; }
@test "info PATH beside a FUSE that stops" { beside stops info; }

# ---- sb ----

# Whatever is mounted, a type that reports no errors is not touched.
others() {
	begin sb -J
	mkdir m
	truncate -s 16M img
	mke2fs -q -t ext4 -F img
	mount -o loop img m
	await grep -q '"mounted".*"ext4"' out
	umount m
	await grep -q '"unmounted".*"ext4"' out
	kill -TERM "$watcher"
	within 3 0
}
@test "sb beside a FUSE that is mute: another filesystem is reported" { beside mute others; }
@test "sb beside a fuseblk that is mute: another filesystem is reported" { beside block others; }

timed() {
	"$WATCHQ" sb -w 1 F/x >out 2>err &
	watcher=$!
	within 4 3
	grep -q 'F/x: the filesystem does not answer' err
	"$WATCHQ" watch -w 1 all >out 2>err &
	watcher=$!
	within 4 3
	"$WATCHQ" sb -I --once -J F >out 2>err &
	watcher=$!
	within 4 0
	grep -q '"mounted".*"fuse' out
}
@test "sb PATH and watch all beside a FUSE that is mute: -w is kept" { beside mute timed; }
@test "sb PATH and watch all beside a fuseblk that is mute: -w is kept" { beside block timed; }

# The name says which filesystem it is, and a later answer that it was right.
answers() {
	hang
	begin sb -J F/file
	await grep -q '"unanswered".*"fuse"' out
	unhang
	await grep -q '"answered".*"fuse"' out
	kill -TERM "$watcher"
	within 3 0
	equal "$(jq -r '"\(.event) \(.object)"' out | xargs)" "unanswered F/file answered F/file"
	hang
	"$WATCHQ" sb -w 4 --strict F/file >out 2>err &
	watcher=$!
	within 8 4
}
@test "sb PATH that does not answer: unanswered, and answered when it does" { beside stops answers; }

# ---- Snapshots ----

snapshots() {
	local line words
	[ "$KIND" != stops ] || hang
	while read -r line; do
		read -ra words <<<"$line"
		"$WATCHQ" "${words[@]}" --initial --once >out 2>err &
		watcher=$!
		within 5 0 || { echo "watchq $line --initial --once" >&2; return 1; }
	done <<-'END'
		mounts
		mounts F
		mounts -t fuse,fuseblk
		sb
		sb F
		block
		watch all
	END
}
@test "--initial --once of each source beside a FUSE that is mute" { beside mute snapshots; }
@test "--initial --once of each source beside a fuseblk that is mute" { beside block snapshots; }
@test "--initial --once of each source beside a FUSE that stops" { beside stops snapshots; }
