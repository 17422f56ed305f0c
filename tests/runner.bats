#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host shipped
#
# tests/run itself: what it counts, what it takes for a failure, what it exits with.
# Every test gives it a source tree and a build tree of its own.

setup() {
	runner=$BATS_TEST_DIRNAME/run
	src=$BATS_TEST_TMPDIR/src
	build=$BATS_TEST_TMPDIR/build
	mkdir -p "$src/tests" "$build"
	path=${PATH//"$BATS_LIBEXEC:"/}	# where bats is something else
}

# Without the environment of the bats that we are in, and without a kernel.
suite() {
	run env -i PATH="$path" LANG=C.UTF-8 TMPDIR="$BATS_TEST_TMPDIR" WATCHQ_KERNEL=none \
		top_srcdir="$src" top_builddir="$build" "${vars[@]}" "$runner" "$@"
	last=${lines[${#lines[@]} - 1]}
}
vars=()

# %test stands for @test, which bats would take for a test of this file.
bats_file() { sed 's/^%test/@test/' >"$src/tests/$1.bats"; }

program() {	# NAME: a program that prints TAP, from stdin
	{ echo '#!/bin/sh'; cat; } >"$build/$1"
	chmod +x "$build/$1"
	vars+=("UNIT_TESTS=$build/$1")
}

says() {
	[[ $output == *"$1"* ]] || { printf 'not said: %s\n--\n%s\n' "$1" "$output"; return 1; }
}

@test "passed, failed and skipped tests are counted" {
	bats_file mixed <<-'END'
		%test "good" { true; }
		%test "good too" { true; }
		%test "bad" { false; }
		%test "left out" { skip "too dark in here"; }
	END
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '2 passed, 1 failed, 1 skipped' ]
	says 'mixed.bats (host'
	says ': 3 bad'
	says '  too dark in here'
	[ -s "$build/tests/results/host/mixed.tap" ]
}

@test "exit status 0 when nothing fails" {
	bats_file good <<<'%test "good" { true; }'
	suite
	[ "$status" -eq 0 ]
	[ "$last" = '1 passed, 0 failed, 0 skipped' ]
}

@test "several files, several at once" {
	for n in 1 2 3 4 5; do
		bats_file "many$n" <<-'END'
			%test "one" { true; }
			%test "two" { sleep 0.2; }
		END
	done
	suite --jobs 3
	[ "$status" -eq 0 ]
	[ "$last" = '10 passed, 0 failed, 0 skipped' ]
}

@test "machine: such files run one at a time, also of two runs" {
	for n in 1 2 3; do
		bats_file "machine$n" <<-'END'
			# watchq: machine
			%test "has the machine to itself" {
				mkdir "$BATS_TEST_DIRNAME/taken"
				sleep 0.3
				rmdir "$BATS_TEST_DIRNAME/taken"
			}
		END
	done
	mkdir "$build/other"
	vars+=("WATCHQ_TESTS_LOCK=$build/lock")
	env -i "${vars[@]}" PATH="$path" LANG=C.UTF-8 TMPDIR="$BATS_TEST_TMPDIR" WATCHQ_KERNEL=none \
		top_srcdir="$src" top_builddir="$build/other" "$runner" >"$BATS_TEST_TMPDIR/other" 2>&1 3>&- &
	suite --jobs 3
	[ "$status" -eq 0 ]
	[ "$last" = '3 passed, 0 failed, 0 skipped' ]
	wait $!
}

@test "alone: such a file runs after all others" {
	bats_file a-alone <<-'END'
		# watchq: alone
		%test "the others have ended" { [ "$(ls "$BATS_TEST_DIRNAME"/*.ended | wc -l)" = 2 ]; }
	END
	for n in 1 2; do
		bats_file "other$n" <<-'END'
			%test "takes its time" { sleep 0.5; touch "$BATS_TEST_FILENAME.ended"; }
		END
	done
	suite --jobs 3
	[ "$status" -eq 0 ]
	[ "$last" = '3 passed, 0 failed, 0 skipped' ]
}

@test "--tag and --without choose files" {
	bats_file meet <<-'END'
		# watchq: host threads
		%test "threads" { true; }
	END
	bats_file read <<-'END'
		# watchq: shipped
		%test "shipped" { true; }
	END
	bats_file plain <<<'%test "plain" { true; }'
	suite --tag threads
	says 'ok 1 threads'
	[ "$last" = '1 passed, 0 failed, 0 skipped' ]
	suite --without shipped
	says 'ok 1 plain'
	[ "$last" = '2 passed, 0 failed, 0 skipped' ]
}

@test "an unknown word in the line of tags is an error" {
	bats_file odd <<-'END'
		# watchq: kernal
		%test "good" { true; }
	END
	suite
	[ "$status" -eq 2 ]
	says "odd.bats: unknown word 'kernal'"
}

@test "the slowest tests are named, and all times are kept" {
	bats_file slow <<-'END'
		%test "quick" { true; }
		%test "slow" { sleep 1; }
	END
	suite
	[ "$status" -eq 0 ]
	[[ ${lines[${#lines[@]} - 3]} =~ ^\ *1\.[0-9]\ s\ +slow\.bats\ .*:\ 2\ slow$ ]]
	[ "$(wc -l <"$build/tests/results/times")" = 2 ]
}

@test "without bats the unit programs run, and what was left out is named" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	IFS=: read -ra folders <<<"$path"
	for folder in "${folders[@]}"; do ln -s "$folder"/* "$BATS_TEST_TMPDIR/bin" 2>/dev/null || :; done
	rm "$BATS_TEST_TMPDIR/bin/bats"
	path=$BATS_TEST_TMPDIR/bin
	bats_file other <<<'%test "good" { true; }'
	program unit <<-'END'
		echo 1..1
		echo 'ok 1 - good'
	END
	suite
	[ "$status" -eq 0 ]
	says 'NOT RUN: 1 files of tests, as bats is missing (Debian package: bats)'
	[ "$last" = '1 passed, 0 failed, 0 skipped' ]
	suite "$src/tests/other.bats"
	[ "$status" -eq 1 ]
	says 'bats is missing'
}

@test "only the files named" {
	bats_file this <<<'%test "good" { true; }'
	bats_file other <<<'%test "bad" { false; }'
	suite "$src/tests/this.bats"
	[ "$status" -eq 0 ]
	[ "$last" = '1 passed, 0 failed, 0 skipped' ]
}

@test "no test at all is a failure" {
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '0 passed, 0 failed, 0 skipped' ]
}

@test "a file that is not there is a failure" {
	suite "$src/tests/gone.bats"
	[ "$status" -eq 1 ]
	[ "$last" = '0 passed, 1 failed, 0 skipped' ]
	says 'no such file'
}

@test "a file that bats cannot read is a failure" {
	bats_file broken <<<'%test "broken" { if true; }'
	suite
	[ "$status" -eq 1 ]
	[[ $last == '0 passed, '[1-9]* ]]
}

@test "unit programs: passed, skipped, failed" {
	program unit <<-'END'
		echo 1..3
		echo 'ok 1 - good'
		echo 'ok 2 - left out # SKIP no such system call'
		echo 'not ok 3 - bad'
		exit 1
	END
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed, 1 skipped' ]
	says 'no such system call'
}

@test "a plan at the end is a plan" {
	program unit <<-'END'
		echo 'ok 1 - good'
		echo 1..1
	END
	suite
	[ "$status" -eq 0 ]
	[ "$last" = '1 passed, 0 failed, 0 skipped' ]
}

@test "a whole file skipped by its plan" {
	program unit <<<"echo '1..0 # SKIP not on this machine'"
	suite
	[ "$status" -eq 0 ]
	[ "$last" = '0 passed, 0 failed, 1 skipped' ]
	says 'not on this machine'
}

@test "a plan that is not met is a failure" {
	program unit <<-'END'
		echo 1..3
		echo 'ok 1 - good'
	END
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
	says 'planned 3 tests, ran 1'
}

@test "no plan is a failure" {
	program unit <<<"echo 'ok 1 - good'"
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
	says 'no plan'
}

@test "a crash after the last test is a failure" {
	program unit <<-'END'
		echo 1..1
		echo 'ok 1 - good'
		kill -ABRT $$
	END
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
	says 'ended with status 134'
}

@test "a test that takes too long is a failure" {
	bats_file slow <<-'END'
		%test "slow" { sleep 60; }
		%test "good" { true; }
	END
	vars+=(BATS_TEST_TIMEOUT=1)
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
}

@test "a file that takes too long is a failure" {
	bats_file slow <<-'END'
		%test "good" { true; }
		%test "slow" { exec sleep 60; }
	END
	vars+=(WATCHQ_FILE_TIMEOUT=3)
	suite
	[ "$status" -eq 1 ]
	[[ $last =~ ^'1 passed, '[1-9][0-9]*' failed, 0 skipped'$ ]]
	says 'killed after 3 seconds'
}

@test "a unit program that takes too long is a failure" {
	program unit <<-'END'
		echo 1..1
		exec sleep 60
	END
	vars+=(WATCHQ_FILE_TIMEOUT=1)
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '0 passed, 1 failed, 0 skipped' ]
	says 'killed after 1 seconds'
}

@test "--again: what fails once only is named, and has not failed" {
	bats_file once <<-'END'
		%test "passes" { true; }
		%test "first" { echo x >>"$BATS_TEST_FILENAME.ran"; [ "$(wc -l <"$BATS_TEST_FILENAME.ran")" = 2 ]; }
	END
	bats_file other <<-'END'
		%test "runs once" { echo x >>"$BATS_TEST_FILENAME.ran"; [ "$(wc -l <"$BATS_TEST_FILENAME.ran")" = 1 ]; }
	END
	suite --again
	[ "$status" -eq 0 ]
	says 'Failed in the first run'
	says ': 2 first'
	[ "$last" = '3 passed, 0 failed, 0 skipped' ]
	rm "$src/tests/once.bats.ran" "$src/tests/other.bats.ran"
	suite
	[ "$status" -eq 1 ]
	[ "$last" = '2 passed, 1 failed, 0 skipped' ]
}

@test "--again: what fails both times has failed" {
	bats_file bad <<-'END'
		%test "bad" { echo x >>"$BATS_TEST_FILENAME.ran"; false; }
	END
	suite --again
	[ "$status" -eq 1 ]
	[ "$last" = '0 passed, 1 failed, 0 skipped' ]
	[ "$(wc -l <"$src/tests/bad.bats.ran")" = 2 ]
}

@test "what a sanitizer reports is a failure, also where the test passes, and passes again" {
	command -v gcc >/dev/null || skip "no compiler is there"
	printf '%s\n' '#include <stdlib.h>' 'int main(int argc, char **argv) { char *p = malloc(1); free(p); return p[0] == argc + **argv; }' >"$build/bad.c"
	gcc -fsanitize=address -o "$build/watchq-bin" "$build/bad.c" 2>/dev/null || skip "no AddressSanitizer is there"
	bats_file deaf <<-'END'
		%test "hears nothing" { "$WATCHQ" 2>/dev/null || true; }
	END
	suite --again
	[ "$status" -eq 1 ]
	says 'a sanitizer reports: '
	says 'heap-use-after-free'
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
}

@test "what UndefinedBehaviorSanitizer reports is a failure, beside AddressSanitizer, too" {
	command -v clang >/dev/null || skip "no clang is there, whose sanitizer keeps its report"
	printf '%s\n' '#include <limits.h>' 'int main(int argc, char **argv) { (void) argv; return INT_MAX + argc > 0; }' >"$build/bad.c"
	clang -fsanitize=address,undefined -fno-sanitize-recover=all -o "$build/watchq-bin" "$build/bad.c" 2>/dev/null ||
		skip "clang has no sanitizers (Debian package: libclang-rt-dev)"
	bats_file unaware <<-'END'
		%test "looks at nothing" { "$WATCHQ" 2>/dev/null || true; }
	END
	suite
	[ "$status" -eq 1 ]
	says 'signed integer overflow'
	[ "$last" = '1 passed, 1 failed, 0 skipped' ]
}

@test "without a test kernel its tests run here, and the reason is given" {
	bats_file pipes <<-'END'
		# watchq: kernel
		%test "pipes" { skip "no notification pipes"; }
	END
	bats_file both <<-'END'
		# watchq: both
		%test "anywhere" { true; }
	END
	suite
	[ "$status" -eq 0 ]
	[ "$last" = '1 passed, 0 failed, 1 skipped' ]
	says '# no test kernel: WATCHQ_KERNEL=none'
	says 'pipes.bats (host'
}

@test "a source tree that cannot be written" {
	bats_file good <<<'%test "good" { true; }'
	chmod -R a-w "$src"
	suite
	chmod -R u+w "$src"
	[ "$status" -eq 0 ]
}

@test "ended from outside, it leaves no process behind" {
	bats_file slow <<-'END'
		%test "slow" { echo $$ >"$BATS_RUN_TMPDIR/../pid"; exec sleep 600; }
	END
	env -i PATH="$path" TMPDIR="$BATS_TEST_TMPDIR" WATCHQ_KERNEL=none \
		top_srcdir="$src" top_builddir="$build" "$runner" >/dev/null 2>&1 3>&- &
	local runner_pid=$! n pid=
	for ((n = 0; n < 100; n++)); do
		[ ! -s "$BATS_TEST_TMPDIR/pid" ] || { read -r pid <"$BATS_TEST_TMPDIR/pid"; break; }
		sleep 0.1
	done
	[ -n "$pid" ]
	kill -TERM "$runner_pid"
	run wait "$runner_pid"
	for ((n = 0; n < 50; n++)); do
		kill -0 "$pid" 2>/dev/null || return 0
		# A zombie that nobody has waited for is gone all the same.
		[ "$(ps -o stat= -p "$pid" | cut -c1)" != Z ] || return 0
		sleep 0.1
	done
	return 1
}

@test "signals have their defaults, however the run was started" {
	bats_file signals <<-'END'
		%test "SIGHUP ends a process" { run -129 sh -c 'kill -HUP $$'; }
	END
	trap '' HUP
	suite --host-only
	[ "$last" = "1 passed, 0 failed, 0 skipped" ]
}

@test "what failed can be printed again, with its messages and nothing else" {
	bats_file good <<<'%test "good" { echo "# fine"; true; }'
	bats_file bad <<-'END'
		%test "bad" { echo "this is why"; false; }
		%test "worse" { seq -f "line %g" 9; false; }
	END
	suite
	[ "$status" -eq 1 ]
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/log"
	run awk -v most=5 -f "$BATS_TEST_DIRNAME/runner/failures.awk" "$BATS_TEST_TMPDIR/log"
	[ "$status" -eq 0 ]
	says 'not ok 1 bad'
	says '# this is why'
	[[ $output == *'  bad.bats (host '*'): 2 worse'* ]]
	says 'line 1'
	[[ $output != *'line 9'* && $output != *good* && $output != *passed* ]]
}

@test "a log without failures has none to print again" {
	bats_file good <<<'%test "good" { true; }'
	suite
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/log"
	run awk -v most=5 -f "$BATS_TEST_DIRNAME/runner/failures.awk" "$BATS_TEST_TMPDIR/log"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}
