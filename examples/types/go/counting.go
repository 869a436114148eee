package main

import (
	"go.bytecodealliance.org/cm"

	"example.com/types/gen/poly/types/counting"
	"example.com/types/gen/poly/types/rust-counters"
)

// Rust's counters in use. Nothing in Go drops what goes out of use, so each is dropped by hand or given away.
func init() {
	exports := &counting.Exports
	exports.Count = func(start int32, by cm.List[int32]) cm.List[cm.List[[3]int32]] {
		counter := rustcounters.NewCounter(start)
		defer counter.ResourceDrop()
		var own [][3]int32
		for _, step := range by.Slice() {
			own = append(own, [3]int32{counter.Increment(step), counter.Value(), rustcounters.Peek(counter)})
		}
		return only(cm.ToList(own))
	}
	exports.Parse = func(text string) cm.List[cm.Result[string, int32, string]] {
		type result = cm.Result[string, int32, string]
		parsed := rustcounters.CounterParse(text)
		if parsed.IsErr() {
			return only(cm.Err[result](*parsed.Err()))
		}
		return only(cm.OK[result](rustcounters.Finish(*parsed.OK())))
	}
	exports.Sum = func(one, other int32) cm.List[[3]int32] {
		first, second := rustcounters.NewCounter(one), rustcounters.NewCounter(other)
		defer first.ResourceDrop()
		defer second.ResourceDrop()
		both := rustcounters.CounterSum(first, second)
		defer both.ResourceDrop()
		both.Increment(1)
		return only([3]int32{first.Value(), second.Value(), both.Value()})
	}
	exports.Halve = func(start int32) cm.List[[2]int32] {
		halves := rustcounters.Halve(rustcounters.NewCounter(start))
		return only([2]int32{rustcounters.Finish(halves[0]), rustcounters.Finish(halves[1])})
	}
	exports.Merge = func(starts cm.List[int32]) cm.List[cm.Option[int32]] {
		var all []rustcounters.Counter
		for _, start := range starts.Slice() {
			all = append(all, rustcounters.NewCounter(start))
		}
		merged := rustcounters.Merge(cm.ToList(all))
		if merged.None() {
			return only(cm.None[int32]())
		}
		return only(cm.Some(rustcounters.Finish(*merged.Some())))
	}
	exports.Churn = func(times uint32) cm.List[[2]counting.Census] {
		for range times {
			first := rustcounters.NewCounter(1)
			second := rustcounters.CounterSum(first, first)
			first.ResourceDrop()
			second.Increment(1)
			second.ResourceDrop()
		}
		one, other := rustcounters.NewCounter(1), rustcounters.NewCounter(2)
		withTwo := rustcounters.Alive()
		one.ResourceDrop()
		other.ResourceDrop()
		return only([2]counting.Census{counting.Census(withTwo), counting.Census(rustcounters.Alive())})
	}
}

// only makes a list of the own answer: the next component has no counters to use.
func only[T any](own T) cm.List[T] {
	return cm.ToList([]T{own})
}
