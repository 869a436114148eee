// What benches/crossing calls, in Go.
//
// The package gen is made from the world transforms at build time.
package main

import (
	"slices"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/crossing/gen/demo/crossing/transformer"
)

func init() {
	transformer.Exports.Transform = func(input cm.List[uint8]) cm.List[uint8] {
		return cm.ToList(transform(input.Slice()))
	}
	transformer.Exports.Batch = func(inputs cm.List[cm.List[uint8]]) cm.List[cm.List[uint8]] {
		outputs := make([]cm.List[uint8], 0, inputs.Len())
		for _, input := range inputs.Slice() {
			outputs = append(outputs, cm.ToList(transform(input.Slice())))
		}
		return cm.ToList(outputs)
	}
	transformer.Exports.Again = func(input cm.List[uint8], times uint32) (output cm.List[uint8]) {
		for range times {
			output = cm.ToList(transform(input.Slice()))
		}
		return output
	}
}

func transform(input []byte) []byte {
	characters := []rune(strings.ToUpper(string(input)))
	slices.Reverse(characters)
	return []byte(string(characters))
}

// A component is a library: main is never called, but a Go program must have it.
func main() {}
