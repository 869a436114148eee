package main

import (
	"math"
	"strings"
	"unsafe"

	"go.bytecodealliance.org/cm"

	"example.com/hostile/gen/poly/hostile/values"
	"example.com/hostile/gen/wasi/random/random"
)

// memorySize is how large memory is, in pages.
//
//export llvm.wasm.memory.size.i32
func memorySize(index int32) int32

// beyond is a list that begins where memory ends. What was handed over to the guest is held in one of poly's own
// (poly_cabi.go), which is as much the guest's as anything else in its memory.
func beyond(length int) []unsafe.Pointer {
	end := uintptr(memorySize(0)) << 16
	return unsafe.Slice((*unsafe.Pointer)(unsafe.Pointer(end)), 8)[:length]
}

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
	exports.Arm = func() { polyHeld = beyond(0) }
	exports.AllocateAndTrap = func(text string) {}
	exports.AllocateAndTrapInACall = func() {
		polyHeld = beyond(0)
		random.GetRandomBytes(251)
	}
	exports.FinishAndTrap = func() cm.List[uint8] {
		result := cm.ToList(make([]byte, 251))
		polyHeld = beyond(8)
		return result
	}
}
