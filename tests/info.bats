# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# What works here, and what is said where it doesn't.

load lib

@test "info tells of the kernel, the queue, the limits and each backend" {
	run -0 watchq info
	local name
	for name in kernel notification-pipe queue-depth key-notifications proc-keys watch-limit realtime keys/pipe mounts/fanotify mounts/mountinfo sb/fanotify sb/mountinfo sb/quota block/trace block/uevent; do
		[[ $output =~ (^|$'\n')$name\  ]]
	done
	[[ $output =~ $(uname -r) ]]
	equal "$(watchq info -J | jq -r 'select(.name == "watch-limit").value')" "$(ulimit -Sn)"
	equal "$(ulimit -Sn 77; watchq info -J | jq -r 'select(.name == "watch-limit").value')" 77
}

@test "info as JSON Lines: booleans, numbers, nulls" {
	equal "$(watchq info -J | jq -r 'select(.name == "kernel") | [.works, .value] | @json')" '[null,null]'
	equal "$(watchq info -J | jq -r 'select(.name == "keys/pipe") | .works | type')" boolean
	watchq info -J | jq -se 'map(select(.works == false)) | all((.detail | length > 10) and (.remedy | length > 10))'
	watchq info -J | jq -se 'map(select(.works)) | all(.detail | length > 10)'
}

@test "without privilege the thread is not in real time, and info says what would help" {
	local without=(env)
	! is_root || without=(setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)
	equal "$("${without[@]}" prlimit --rtprio=0 "$WATCHQ" info -J |
		jq -c 'select(.name == "realtime") | [.works, (.remedy | contains("ulimit -r 1"))]')" '[false,true]'
}

@test "info agrees with what keys does" {
	local works backend
	for backend in pipe trace poll; do
		works=$(watchq info -J | jq -r --arg name "keys/$backend" 'select(.name == $name).works')
		if [ "$works" = true ]; then
			run -3 watchq keys -w 10ms --backend "$backend"
		else
			run -2 watchq keys -w 10ms --backend "$backend"
			[[ $output =~ "keys: @s: " ]]
		fi
	done
}

@test "info agrees with what mounts, sb and block do" {
	local works source user
	for user in env "${ORDINARY[*]}"; do
		for source in mounts/fanotify mounts/mountinfo sb/fanotify sb/mountinfo sb/quota block/trace block/uevent; do
			works=$($user "$WATCHQ" info -J | jq -r --arg name "$source" 'select(.name == $name).works')
			if [ "$works" = true ]; then
				run -3 $user "$WATCHQ" "${source%/*}" -w 10ms --backend "${source#*/}"
			else
				run -2 $user "$WATCHQ" "${source%/*}" -w 10ms --backend "${source#*/}"
			fi
		done
	done
}

@test "what helps with mounts is not what helps with keys" {
	"${ORDINARY[@]}" "$WATCHQ" info -J >"$BATS_TEST_TMPDIR/o"
	equal "$(jq -r 'select(.name == "mounts/fanotify").works' "$BATS_TEST_TMPDIR/o")" false
	jq -se 'map(select(.name | startswith("mounts/"))) | length == 2 and all((.remedy // "") | contains("WATCH_QUEUE") | not)' "$BATS_TEST_TMPDIR/o"
	jq -se 'map(select(.works == false)) | all(.remedy | length > 10)' "$BATS_TEST_TMPDIR/o"
}

@test "a kernel without mount events: info says from when on they are, mounts reads mountinfo" {
	"$HELPERS/deny" fanotify_init true || skip "no seccomp filters here"
	run -0 "$HELPERS/deny" fanotify_init "$WATCHQ" info -J
	equal "$(jq -c 'select(.name == "mounts/fanotify") | [.works, (.remedy | contains("Linux 6.15"), contains("WATCH_QUEUE"))]' <<<"$output")" \
		'[false,true,false]'
	run -3 "$HELPERS/deny" fanotify_init "$WATCHQ" mounts -w 10ms
	[[ $output =~ "no mount events; they take Linux 6.15 or later, with CONFIG_FANOTIFY; using --backend mountinfo" ]]
	run -2 "$HELPERS/deny" fanotify_init "$WATCHQ" mounts -w 10ms --backend fanotify
}

@test "where the best backend does not work, the next one is said, with the reason" {
	local best
	best=$(watchq info -J | jq -r 'select(.works and (.name | startswith("keys/"))).name' | sed -n '1s/keys.//p')
	run -3 watchq keys -w 10ms
	if [ "$best" = pipe ]; then
		[[ ! $output =~ "using --backend" ]]
	else
		[[ $output =~ "keys: @s: this kernel has no notification pipe (CONFIG_WATCH_QUEUE is not set); using --backend $best" ]]
	fi
	"$HELPERS/deny" pipe2 true || skip "no seccomp filters here"
	run -3 "$HELPERS/deny" pipe2 "${ORDINARY[@]}" "$WATCHQ" keys -w 10ms
	[[ $output =~ "; using --backend poll" ]]
	run -3 "$HELPERS/deny" pipe2 "$WATCHQ" keys -q -w 10ms
	equal "$output" ""
}

@test "what a sandbox forbids is said as that, with status 2" {
	"$HELPERS/deny" pipe2 true || skip "no seccomp filters here"
	run -2 "$HELPERS/deny" pipe2 "$WATCHQ" keys --backend pipe
	[[ $output =~ "pipe2(O_NOTIFICATION_PIPE) is not permitted: a sandbox or container forbids it (seccomp)" ]]
	run -0 "$HELPERS/deny" pipe2 "$WATCHQ" info -J
	equal "$(jq -r 'select(.name == "notification-pipe") | [.works, (.detail | contains("seccomp"))] | @json' <<<"$output")" \
		'[false,true]'
	run -0 "$HELPERS/deny" keyctl "$WATCHQ" info -J
	equal "$(jq -r 'select(.name == "key-notifications") | [.works, (.detail | contains("seccomp"))] | @json' <<<"$output")" \
		'[false,true]'
}

@test "a backend that doesn't exist, and one that doesn't work" {
	run -1 watchq keys --backend bipe
	[[ $output =~ "keys: keys has no backend 'bipe'; it has auto, pipe, trace, poll" ]]
	[ "$(watchq info -J | jq -r 'select(.name == "keys/pipe").works')" = false ] || skip "keys/pipe works here"
	run -2 watchq keys --backend pipe
	[[ $output =~ "notification pipe" ]]
}
