// The transformer in Go, with what its standard library has.
//
// The package gen is made from the world transformer at build time.
package main

import (
	"slices"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/transformer/gen/demo/interop/transform"
)

func init() {
	transform.Exports.Transform = func(input cm.List[uint8]) cm.List[uint8] {
		return cm.ToList([]byte(transformText(string(input.Slice()))))
	}
	transform.Exports.TransformText = transformText
}

func transformText(text string) string {
	characters := []rune(strings.ToUpper(text))
	slices.Reverse(characters)
	return string(characters)
}

// A component is a library: main is never called, but a Go program must have it.
func main() {}
