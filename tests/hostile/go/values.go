package main

import (
	"math"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/values"
)

// Values that cost whoever takes them more than whoever gives them.
func init() {
	exports := &values.Exports
	exports.HugeText = func() string { return strings.Repeat("x", 20<<20) }
	exports.HugeBytes = func() cm.List[uint8] { return cm.ToList(make([]byte, 4<<20)) }
	exports.LongNumbers = func() cm.List[float64] {
		numbers := make([]float64, 200_000)
		for at := range numbers {
			numbers[at] = math.SmallestNonzeroFloat64
		}
		return cm.ToList(numbers)
	}
	exports.ManyEmptyLists = func() cm.List[cm.List[uint8]] {
		return cm.ToList(make([]cm.List[uint8], 1<<20))
	}
	exports.HugePath = func() answer { return steal(data(), strings.Repeat("x", 20<<20)) }
	exports.Take = func(bytes cm.List[uint8]) uint32 { return uint32(bytes.Len()) }
	exports.GiveUp = func() { panic("it gives up") }
}
