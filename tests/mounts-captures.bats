# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both threads
# Captures of mounts: an annotated one is shown as it was live, a plain one as far as it goes.

load lib
load mounts

setup() {
	needs_mount_ns
	BEST=$(watchq info --raw -n | sed -n 's/^mounts\/\([[:lower:]]*\) yes.*/\1/p' | head -n 1)
}

# Each of the two looks at options at times of its own: both have told one thing before the next.
both() {
	local before
	before=$(happened json)
	"$@"
	await both_tell
	settle
	await both_tell
}
both_tell() {
	"$WATCHQ" decode -J capture >seen
	[ "$(happened json)" != "$before" ] && [ "$(happened seen)" = "$(happened json)" ]
}
happened() { jq -r 'select(.type == "mount" and .mark == null).event' "$1"; }

# Two watchers, one of them with a capture, and something of everything.
record() {	# OPTION...
	tree
	mkdir d end
	"$WATCHQ" mounts "$@" --marks -v --backend "$BACKEND" >capture 2>capture.err &
	captures=$!
	await grep -q ': ready$' capture.err
	begin -I
	both mount -t tmpfs -o size=1M five d
	both mount -o remount,ro d
	both mount -o remount,rw,size=2M d
	both "$MOUNTER" setattr "$PWD/d" nodev
	both umount d
	mkdir $'d/\xff\n'
	both mount -t tmpfs $'odd "source\\' $'d/\xff\n'
	mkdir e
	both mount --move a e
	both umount -l e
	both mount -t tmpfs five d
	kill "$watcher" "$captures"
	wait "$watcher" "$captures"
}

recorded() { inside "$1" "$2" record both both_tell happened; }	# BACKEND FUNCTION

annotated() {
	record -I -B=annotated
	"$WATCHQ" decode -J capture >replayed
	# Each stamps for itself, and looks for the name of who did it.
	for file in json replayed; do
		jq -c 'select(.type == "mount") | del(.seq, .time, .boottime, .command)' "$file" >"$file.told"
	done
	diff json.told replayed.told
	(($(wc -l <json.told) > 20))
	# What is put together, and what is captured again, is the same.
	"$WATCHQ" decode -B=annotated capture >again
	"$WATCHQ" decode -J again | cmp - replayed
	cat capture capture | "$WATCHQ" decode -J | tail -n "$(wc -l <replayed)" | jq -c 'del(.seq)' | cmp - <(jq -c 'del(.seq)' replayed)
	# Names are not told again and again.
	(($(stat -c %s capture) < $(stat -c %s json)))
}
@test "an annotated capture is shown as it was live: fanotify" { recorded fanotify annotated; }
@test "an annotated capture is shown as it was live: mountinfo" { recorded mountinfo annotated; }

plain() {
	record -B
	"$WATCHQ" decode -J capture | jq -c 'select(.type == "mount") | [.event, .mount, .parent, .flags]' >replayed
	jq -c 'select(.type == "mount" and .mark == null) | [.event, .mount, .parent, .flags]' json >live
	# The one who looks at the old options has the parent of the mount from there.
	diff <(grep -v 'readonly\|readwrite\|setattr' live) <(grep -v 'readonly\|readwrite\|setattr' replayed)
	equal "$(grep -c 'readonly' replayed) $(grep -c 'readwrite' replayed)" "1 1"
	grep -q '"readonly",[0-9]*,null,"is-now-ro"' replayed
	# 24 bytes each: type 2, the length in the info word.
	equal "$(($(stat -c %s capture) % 24))" 0
	equal "$(od -An -tu4 -N8 capture | xargs)" "$(od -An -tu4 -N4 capture | xargs) $((24 + 256))"
	equal "$("$WATCHQ" decode -J capture | jq -c '[.target, .source, .pid]' | sort -u)" '[null,null,null]'
}
@test "a plain capture has the IDs" { recorded "$BEST" plain; }

cut_off() {
	record -I -B=annotated
	local size i status
	size=$(stat -c %s capture)
	for ((i = 1; i < 60; i += SLOW)); do
		status=0
		head -c $((size * i / 60)) capture | timeout $((10 * SLOW)) "$WATCHQ" decode -J >cut 2>cut.err || status=$?
		((status <= 1))
		jq -e . cut >/dev/null || [ ! -s cut ]
	done
}
@test "a capture that is cut off anywhere" { recorded "$BEST" cut_off; }
