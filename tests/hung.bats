# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# Beside a filesystem that does not answer: deadlines and signals are kept, and other filesystems
# are reported.

load lib
load hung

# ---- Every command ----

@test "every command keeps -w and ends by SIGTERM beside a FUSE that is mute" { beside mute deadlines commands ended; }
@test "every command keeps -w and ends by SIGTERM beside a fuseblk that is mute" { beside block deadlines commands ended; }
@test "every command keeps -w and ends by SIGTERM beside a FUSE that stops" { beside stops deadlines commands ended; }

# By its name, it is still said what it is.
info() {
	hang
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

@test "--initial --once of each source beside a FUSE that is mute" { beside mute snapshots; }
@test "--initial --once of each source beside a fuseblk that is mute" { beside block snapshots; }
@test "--initial --once of each source beside a FUSE that stops" { beside stops snapshots; }
