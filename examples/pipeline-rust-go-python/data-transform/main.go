// The transformer of the example pipeline: upper-cases text and reverses its characters.
//
// The package gen is made from the world transformer at build time.
package main

import (
	"slices"
	"strings"

	"go.bytecodealliance.org/cm"

	datatransform "example.com/data-transform/gen/demo/pipeline/data-transform"
)

func init() {
	datatransform.Exports.Transform = func(input cm.List[uint8]) cm.List[uint8] {
		return cm.ToList(transform(input.Slice()))
	}
}

// transform gives back the text in upper case and with its characters (Unicode code points, not bytes) in reverse
// order. Each byte that does not belong to valid UTF-8 becomes U+FFFD, the replacement character, so that whatever
// comes in, valid UTF-8 goes out.
func transform(input []byte) []byte {
	characters := []rune(strings.ToUpper(string(input)))
	slices.Reverse(characters)
	return []byte(string(characters))
}

// A component is a library: main is never called, but a Go program must have it.
func main() {}
