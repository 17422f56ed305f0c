# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# --match, on what is looked up only if it is asked for.

load lib
load mounts

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "COMMAND is looked up for --match alone" {
	needs_mount_ns
	inside fanotify matched_command matched
}
# No column of it is shown, and plain records have none.
matched_command() {
	mkdir end a
	cp "$MOUNTER" my-mounter
	begin -e new_mount -o TARGET -m COMMAND=my-mounter
	"$WATCHQ" mounts -v -e new_mount -B -m command=my-mounter --backend "$BACKEND" >capture 2>err.capture 3>&- &
	captures=$!
	await grep -q ': ready$' err.capture
	mount -t tmpfs one end
	# Until it was seen: a process that is gone has no name, and a mount no target.
	./my-mounter pairs 200 "$PWD/a" 200000 >/dev/null &
	mounts=$!
	mount -t tmpfs three end
	await matched
	kill "$mounts"
	kill "$watcher" "$captures"
	wait "$watcher" "$captures"
	equal "$(jq -r '.target // empty' json | sort -u)" "$PWD/a"
	"$WATCHQ" mounts --initial --once -J -o TARGET,MOUNT --backend "$BACKEND" | jq "select(.target == \"$PWD/end\")" >others
	[ -s others ]
	"$WATCHQ" decode -J capture | jq -es --slurpfile others others 'map(.mount) - ($others | map(.mount)) == map(.mount)'
}
matched() { grep -q "$PWD/a" json && [ -s capture ]; }

@test "names of keys are looked up for --match alone" {
	needs_pipe
	new_ring
	for match in AUX-DESCRIPTION=wanted aux_type=logon; do
		start bin keys -B -m "$match" "$ring"
		keyctl add user other v "$ring"
		keyctl add logon my:wanted v "$ring"
		keyctl add user wanted v "$ring"
		await test -s bin
		stop bin
		keyctl clear "$ring"
		equal "$(watchq decode -J bin | jq -r .event | xargs)" linked
	done
	teardown_ring
}
