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
	transformer.Exports.Lines = func(text string) string {
		var output strings.Builder
		output.Grow(len(text))
		for line := range strings.SplitAfterSeq(text, "\n") {
			line, ended := strings.CutSuffix(line, "\n")
			output.WriteString(turned(line))
			if ended {
				output.WriteByte('\n')
			}
		}
		return output.String()
	}
	transformer.Exports.Again = func(input cm.List[uint8], times uint32) (output cm.List[uint8]) {
		for range times {
			output = cm.ToList(transform(input.Slice()))
		}
		return output
	}
}

func transform(input []byte) []byte {
	return []byte(turned(string(input)))
}

func turned(text string) string {
	characters := []rune(strings.ToUpper(text))
	slices.Reverse(characters)
	return string(characters)
}

// A component is a library: main is never called, but a Go program must have it.
func main() {}
