# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of watchq wait share.
# shellcheck shell=bash disable=SC2034,SC2154

setup() {
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR" || return
	keyctl new_session >/dev/null 2>&1 || :
}

# In a mount namespace of its own, with a tmpfs to work in, the function that is named.
inside() {
	timeout -k 5 $((${LIMIT:-100} * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone is_stopped has_lines equal begin ends state event "$@")
		set -e
		trap 'kill \$(jobs -p) 2>/dev/null || :; wait || :' EXIT
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		$1"
}
export WATCHQ HELPERS

# begin ARGUMENT...: waits in the background; returns when it listens.
begin() {
	rm -f err	# what another has said
	"$WATCHQ" wait -J -v "$@" >json 2>err 3>&- &
	waiter=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}
# ends STATUS [SECONDS]: it has ended, with that status.
ends() {
	local status=0
	DEADLINE=${2:-10} await is_gone "$waiter" || { cat json err >&2; return 1; }
	wait "$waiter" || status=$?
	equal "$status" "$1"
}

# What it has shown, a line each: the condition, the event, and what the filter picks.
event() { equal "$(jq -r --arg pwd "$PWD/" "\"\\(.condition) \\(.event)\" ${1:+ + \" \\($1)\"}" json)" "$(printf '%s\n' "${@:2}")"; }
