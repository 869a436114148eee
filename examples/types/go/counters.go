package main

import (
	"go.bytecodealliance.org/cm"

	gocounters "example.com/types/gen/poly/types/go-counters"
	rustcounters "example.com/types/gen/poly/types/rust-counters"
)

// behind has, for each counter of this component, the one of the Rust component that it stands for. A counter is known
// to the host by its number here.
var (
	behind = map[cm.Rep]rustcounters.Counter{}
	last   cm.Rep
)

// around makes a counter that stands for one of the Rust component's.
func around(next rustcounters.Counter) gocounters.Counter {
	last++
	behind[last] = next
	return gocounters.CounterResourceNew(last)
}

// giveUp ends a counter and hands out the one behind it, which belongs to the caller then.
func giveUp(counter gocounters.Counter) rustcounters.Counter {
	number := counter.ResourceRep()
	next := behind[number]
	delete(behind, number)
	counter.ResourceDrop()
	return next
}

func init() {
	counter := &gocounters.Exports.Counter
	counter.Constructor = func(start int32) gocounters.Counter {
		return around(rustcounters.NewCounter(start))
	}
	counter.Increment = func(self cm.Rep, by int32) int32 {
		return behind[self].Increment(by)
	}
	counter.Value = func(self cm.Rep) int32 {
		return behind[self].Value()
	}
	counter.Parse = func(text string) cm.Result[string, gocounters.Counter, string] {
		type result = cm.Result[string, gocounters.Counter, string]
		parsed := rustcounters.CounterParse(text)
		if parsed.IsErr() {
			return cm.Err[result](*parsed.Err())
		}
		return cm.OK[result](around(*parsed.OK()))
	}
	counter.Sum = func(one, other cm.Rep) gocounters.Counter {
		return around(rustcounters.CounterSum(behind[one], behind[other]))
	}
	counter.Destructor = func(self cm.Rep) {
		// Not there if it was given up.
		if next, there := behind[self]; there {
			delete(behind, self)
			next.ResourceDrop()
		}
	}

	exports := &gocounters.Exports
	exports.Peek = func(of cm.Rep) int32 {
		return rustcounters.Peek(behind[of])
	}
	exports.Finish = func(of gocounters.Counter) int32 {
		return rustcounters.Finish(giveUp(of))
	}
	exports.Halve = func(of gocounters.Counter) [2]gocounters.Counter {
		halves := rustcounters.Halve(giveUp(of))
		return [2]gocounters.Counter{around(halves[0]), around(halves[1])}
	}
	exports.Merge = func(all cm.List[gocounters.Counter]) cm.Option[gocounters.Counter] {
		var next []rustcounters.Counter
		for _, counter := range all.Slice() {
			next = append(next, giveUp(counter))
		}
		merged := rustcounters.Merge(cm.ToList(next))
		if merged.None() {
			return cm.None[gocounters.Counter]()
		}
		return cm.Some(around(*merged.Some()))
	}
	exports.Alive = func() cm.List[cm.Tuple[string, uint32]] {
		own := cm.Tuple[string, uint32]{F0: "go", F1: uint32(len(behind))}
		return cm.ToList(append([]cm.Tuple[string, uint32]{own}, rustcounters.Alive().Slice()...))
	}
}
