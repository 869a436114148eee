// Gives back what it is given.
//
// The package gen is made from the world echo at build time.
package main

import shapesecho "example.com/echo/gen/demo/echo/shapes-echo"

func init() {
	exports := &shapesecho.Exports
	exports.EchoPoint = same
	exports.EchoSegment = same
	exports.EchoRagged = same
	exports.EchoShape = same
	exports.EchoSuit = same
	exports.EchoPermissions = same
	exports.EchoMonths = same
	exports.EchoBits = same
	exports.EchoAnything = same
	exports.EchoBool = same
	exports.EchoS8 = same
	exports.EchoU8 = same
	exports.EchoS16 = same
	exports.EchoU16 = same
	exports.EchoS32 = same
	exports.EchoU32 = same
	exports.EchoS64 = same
	exports.EchoU64 = same
	exports.EchoF32 = same
	exports.EchoF64 = same
	exports.EchoChar = same
	exports.EchoString = same
	exports.EchoListU8 = same
	exports.EchoListS64 = same
	exports.EchoListF32 = same
	exports.EchoListBool = same
	exports.EchoListChar = same
	exports.EchoListString = same
	exports.EchoListListU16 = same
	exports.EchoListSegment = same
	exports.EchoListShape = same
	exports.EchoListOptionU64 = same
	exports.EchoTupleU8 = same
	exports.EchoTupleU8String = same
	exports.EchoTupleBoolS64TupleF32CharListString = same
	exports.EchoOptionString = same
	exports.EchoOptionOptionU32 = same
	exports.EchoOptionOptionOptionPoint = same
	exports.EchoResultU64String = same
	exports.EchoResultString = same
	exports.EchoResultNoneF64 = same
	exports.EchoResult = same
	exports.EchoResultOptionStringResultU8ListString = same
}

func same[T any](value T) T { return value }

// A component is a library: main is never called, but a Go program must have it.
func main() {}
