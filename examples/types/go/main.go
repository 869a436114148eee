// The chain's link in Go: hands on what it is given to the next component.
//
// The package gen is made from the world go-link at build time. It has the functions of the next component, and as
// Exports those that are asked of this one.
package main

import (
	"go.bytecodealliance.org/cm"

	"example.com/types/gen/poly/types/shapes"
	"example.com/types/gen/poly/types/values"
)

func init() {
	exports := &values.Exports
	exports.EchoBool = values.EchoBool
	exports.EchoS8 = values.EchoS8
	exports.EchoU8 = values.EchoU8
	exports.EchoS16 = values.EchoS16
	exports.EchoU16 = values.EchoU16
	exports.EchoS32 = values.EchoS32
	exports.EchoU32 = values.EchoU32
	exports.EchoS64 = values.EchoS64
	exports.EchoU64 = values.EchoU64
	exports.EchoF32 = values.EchoF32
	exports.EchoF64 = values.EchoF64
	exports.EchoChar = values.EchoChar
	exports.EchoString = values.EchoString
	exports.EchoBytes = values.EchoBytes
	exports.EchoNumbers = values.EchoNumbers
	exports.EchoFloats = values.EchoFloats
	exports.EchoTruths = values.EchoTruths
	exports.EchoLetters = values.EchoLetters
	exports.EchoStrings = values.EchoStrings
	exports.EchoTable = values.EchoTable
	exports.EchoRecords = values.EchoRecords
	exports.EchoVariants = values.EchoVariants
	exports.EchoOptions = values.EchoOptions
	exports.EchoSingle = values.EchoSingle
	exports.EchoPair = values.EchoPair
	exports.EchoTuple = values.EchoTuple
	exports.EchoPoint = values.EchoPoint
	exports.EchoSegment = values.EchoSegment
	exports.EchoRagged = values.EchoRagged
	exports.EchoShape = values.EchoShape
	exports.EchoSuit = values.EchoSuit
	exports.EchoPermissions = values.EchoPermissions
	exports.EchoMonths = values.EchoMonths
	exports.EchoBits = values.EchoBits
	exports.EchoOption = values.EchoOption
	exports.EchoNestedOption = values.EchoNestedOption
	exports.EchoDeepOption = values.EchoDeepOption
	exports.EchoResult = values.EchoResult
	exports.EchoResultOK = values.EchoResultOK
	exports.EchoResultErr = values.EchoResultErr
	exports.EchoResultBare = values.EchoResultBare
	exports.EchoAnything = values.EchoAnything
	exports.Gather = values.Gather
	exports.EchoNestedResult = func(value asked) asked {
		return again[asked](values.EchoNestedResult(again[answered](value)))
	}
	exports.Spell = func(value shapes.Anything) cm.List[string] {
		behind := values.Spell(value).Slice()
		return cm.ToList(append([]string{"go: " + spell(value)}, behind...))
	}
}

// The bindings give a result whose larger case is neither a text nor a list a shape of its own, and another one to those
// that are asked of this component than to those that the next one answers.
type (
	asked    = cm.Result[values.OptionStringShape_, cm.Option[string], cm.Result[cm.List[string], uint8, cm.List[string]]]
	answered = cm.Result[values.OptionStringShape, cm.Option[string], cm.Result[cm.List[string], uint8, cm.List[string]]]
)

// again makes the same result with another shape.
func again[To cm.AnyResult[ToShape, OK, Err], ToShape, FromShape, OK, Err any](from cm.Result[FromShape, OK, Err]) To {
	if from.IsErr() {
		return cm.Err[To](*from.Err())
	}
	return cm.OK[To](*from.OK())
}

// A component is a library: main is never called, but a Go program must have it.
func main() {}
