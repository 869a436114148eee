package main

import (
	"fmt"
	"strconv"

	"example.com/hostile/gen/poly/hostile/surroundings"
	"example.com/hostile/gen/wasi/cli/environment"
	"example.com/hostile/gen/wasi/cli/stdin"
	monotonicclock "example.com/hostile/gen/wasi/clocks/monotonic-clock"
	wallclock "example.com/hostile/gen/wasi/clocks/wall-clock"
	"example.com/hostile/gen/wasi/random/random"
)

// In September 2001, seconds since 1970 became ten digits.
const tenDigits = 1_000_000_000

// What it can know of where it runs.
func init() {
	exports := &surroundings.Exports
	exports.Variables = func() answer { return some(environment.GetEnvironment().Slice(), "no variable") }
	exports.Arguments = func() answer { return some(environment.GetArguments().Slice(), "no argument") }
	exports.Directory = func() answer {
		if directory := environment.InitialCWD(); directory.Some() != nil {
			return got(*directory.Some())
		}
		return told("no directory")
	}
	exports.Input = func() answer {
		input := stdin.GetStdin().BlockingRead(64)
		if input.IsErr() {
			return told(input.Err().String())
		}
		return some(input.OK().Slice(), "nothing")
	}
	exports.WallClock = func() answer {
		now := wallclock.Now().Seconds
		if now < tenDigits {
			return told("the year 2000")
		}
		return got(strconv.FormatUint(now, 10))
	}
	exports.MonotonicClock = func() answer {
		now := uint64(monotonicclock.Now())
		// The machine has run for longer than a call.
		if now < 2_000_000_000 {
			return told("a clock of its own")
		}
		return got(strconv.FormatUint(now, 10))
	}
	exports.Random = func() answer { return told(strconv.FormatUint(random.GetRandomU64(), 10)) }
}

func some[T any](all []T, none string) answer {
	if len(all) == 0 {
		return told(none)
	}
	return got(fmt.Sprint(all))
}
