# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine threads
# watchq wait: no change is missed, in whatever gap it comes.

load lib
load wait

# So often, the change in a gap of its own each time: before it watches, between watching and
# looking, behind, and all the time between. Fewer where each takes its time.
RUNS=${LONG:+1000}
: "${RUNS:=250}"
[ "$(nproc)" != 1 ] || RUNS=$((RUNS / 5))
[ -z "$SANITIZED" ] || RUNS=50
# On a busy machine as many of them as there is time for, in seconds, the gaps scattered.
TIME=120 LEAST=20
export RUNS TIME LEAST

races() {
	local i gap n=${N:-$RUNS} status end=$((SECONDS + TIME))
	mkdir m
	for ((i = 0; i < n && (i < LEAST || SECONDS < end); i++)); do
		gap=$((i * 7919 % n))
		"$WATCHQ" wait -w $((100 * SLOW)) mounted:m >/dev/null 2>&1 &
		waiter=$!
		# From before its first instruction to well behind the last: 0 to 9 ms.
		"$HELPERS/pause" $((gap * 9000 / n))
		mount -t tmpfs race m
		status=0
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
		"$WATCHQ" wait -w $((100 * SLOW)) unmounted:m >/dev/null 2>&1 &
		waiter=$!
		"$HELPERS/pause" $((gap * 9000 / n))
		umount m || umount m	# who just looks at it keeps it busy
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
	done
}
@test "many mounts and umounts in any gap: none is missed" {
	LIMIT=300 inside races
}

key_races() {
	local i gap n=${N:-$RUNS} status ring k end=$((SECONDS + TIME))
	ring=$(keyctl newring ring @s)
	for ((i = 0; i < n && (i < LEAST || SECONDS < end); i++)); do
		gap=$((i * 7919 % n))
		"$WATCHQ" wait -w $((100 * SLOW)) "linked:$ring/user:k$i" >/dev/null 2>&1 &
		waiter=$!
		"$HELPERS/pause" $((gap * 9000 / n))
		k=$(keyctl add user "k$i" x "$ring")
		status=0
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
		"$WATCHQ" wait -w $((100 * SLOW)) "revoked:$k" >/dev/null 2>&1 &
		waiter=$!
		"$HELPERS/pause" $((gap * 9000 / n))
		keyctl revoke "$k"
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
		keyctl unlink "$k" "$ring"
	done
	keyctl unlink "$ring" @s
}
@test "many links and revocations in any gap: none is missed" {
	# A trace for each takes a tenth of a second to set up.
	watchq info --raw -n | grep -q '^keys/pipe yes' || export N=$((RUNS / 10))
	LIMIT=400 inside key_races
}

device_races() {
	local i gap n=${N:-$RUNS} status end=$((SECONDS + TIME))
	mkdir -p d real
	for ((i = 0; i < n && (i < LEAST || SECONDS < end); i++)); do
		gap=$((i * 7919 % n))
		"$WATCHQ" wait -w $((100 * SLOW)) device:d/link/null >/dev/null 2>&1 &
		waiter=$!
		"$HELPERS/pause" $((gap * 5000 / n))
		ln -s ../real d/link
		mknod real/null c 1 3
		status=0
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
		"$WATCHQ" wait -w $((100 * SLOW)) nodevice:d/link/null >/dev/null 2>&1 &
		waiter=$!
		"$HELPERS/pause" $((gap * 5000 / n))
		rm real/null d/link
		wait "$waiter" || status=$?
		equal "$i:$status" "$i:0"
	done
}
@test "many devices that come and go in any gap: none is missed" {
	LIMIT=300 inside device_races
}

# The gaps before it watches, between watching and looking, and before it hears what there
# is, as wide as one likes.
gap() {
	local page i n
	page=$(getconf PAGESIZE)
	mkdir m
	"$WATCHQ" wait -vv -w 1ms mounted:m 2>messages || :
	n=$(sed -n '/: ready$/=' messages)
	for ((i = 0; i < n; i++)); do
		# It stops where it says something, as there is room for what is said before alone.
		mkfifo said
		exec 5<>said
		{ head -c $((15 * page)) /dev/zero; head -c $((page - $(head -n "$i" messages | wc -c))) /dev/zero; } >&5
		"$WATCHQ" wait -vv mounted:m >json 2>said 5>&- &
		waiter=$!
		await is_blocked "$waiter"
		mount -t tmpfs one m
		cat said >/dev/null 5>&- &
		reader=$!
		ends 0
		kill "$reader"
		wait "$reader" || :
		exec 5>&-
		rm said
		umount m || umount m
	done
	((n > 1))
}
is_blocked() { is_asleep "$1" && readlink "/proc/$1/exe" | grep watchq; }
@test "the change between watching and looking" { inside gap is_blocked is_asleep; }

storm() {
	mkdir m n
	begin mounted:m
	"$HELPERS/mounter" pairs 2000 n >/dev/null
	! is_gone "$waiter" || return 1
	mount -t tmpfs one m
	ends 0
	# By its event, or by looking because of one before it.
	jq -e '.condition == "mounted:m" and .source == "one"' json
}
@test "thousands of other events meanwhile" { inside storm; }
