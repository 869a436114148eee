package main

import (
	"fmt"
	"math"
	"strings"

	"go.bytecodealliance.org/cm"

	"example.com/types/gen/poly/types/shapes"
)

// spell puts a value in words: the case and what it carries, separated by blanks. Floats are spelt as their bits,
// characters as their numbers, so that every language can spell them alike.
func spell(value shapes.Anything) string {
	name := value.String()
	switch name {
	case "bool":
		return fmt.Sprint(name, " ", *value.Bool())
	case "s8":
		return fmt.Sprint(name, " ", *value.S8())
	case "u8":
		return fmt.Sprint(name, " ", *value.U8())
	case "s16":
		return fmt.Sprint(name, " ", *value.S16())
	case "u16":
		return fmt.Sprint(name, " ", *value.U16())
	case "s32":
		return fmt.Sprint(name, " ", *value.S32())
	case "u32":
		return fmt.Sprint(name, " ", *value.U32())
	case "s64":
		return fmt.Sprint(name, " ", *value.S64())
	case "u64":
		return fmt.Sprint(name, " ", *value.U64())
	case "f32":
		return name + " " + single(*value.F32())
	case "f64":
		return name + " " + double(*value.F64())
	case "char":
		return name + " " + letter(*value.Char())
	case "string":
		return name + each([]rune(*value.String_()), letter)
	case "bytes":
		return name + each(value.Bytes().Slice(), func(value byte) string { return fmt.Sprintf("%02x", value) })
	case "table":
		return name + each(value.Table().Slice(), func(row cm.List[uint16]) string {
			return "[" + each(row.Slice(), func(value uint16) string { return fmt.Sprint(value) }) + "]"
		})
	case "pair":
		return fmt.Sprintf("%s %d %s", name, value.Pair().F0, value.Pair().F1)
	case "point":
		return name + " " + point(*value.Point())
	case "ragged":
		it := value.Ragged()
		return fmt.Sprintf("%s %d %d %t %d %s %d %s %s %d %d %d %s %d", name, it.A, it.B, it.C, it.D, single(it.E), it.F,
			double(it.G), letter(it.H), it.I, it.J, it.K, it.L, it.M)
	case "shape":
		return name + " " + shape(*value.Shape())
	case "suit":
		return fmt.Sprintf("%s %d", name, *value.Suit())
	case "permissions":
		return name + permissions(*value.Permissions())
	case "months":
		return name + months(*value.Months())
	case "bits":
		return fmt.Sprintf("%s %08x", name, *value.Bits())
	case "maybe":
		outer := value.Maybe().Some()
		if outer == nil {
			return name + " none"
		}
		if inner := outer.Some(); inner != nil {
			return fmt.Sprintf("%s some some %d", name, *inner)
		}
		return name + " some none"
	case "outcome":
		outcome := value.Outcome()
		if outcome.IsErr() {
			return name + " err " + *outcome.Err()
		}
		return fmt.Sprintf("%s ok %d", name, *outcome.OK())
	}
	return name
}

func shape(value shapes.Shape) string {
	name := value.String()
	switch name {
	case "circle":
		return name + " " + single(*value.Circle())
	case "rectangle":
		return name + " " + double(value.Rectangle()[0]) + " " + double(value.Rectangle()[1])
	case "polygon":
		return name + each(value.Polygon().Slice(), point)
	case "text":
		return name + " " + *value.Text()
	case "line":
		line, label := value.Line(), "none"
		if there := line.Label.Some(); there != nil {
			label = *there
		}
		return name + " " + point(line.Start) + " " + point(line.End) + " " + label
	case "number":
		return fmt.Sprintf("%s %d", name, *value.Number())
	}
	return name
}

func point(value shapes.Point) string {
	return double(value.X) + " " + double(value.Y)
}

func permissions(value shapes.Permissions) string {
	var words strings.Builder
	for _, flag := range []struct {
		bit  shapes.Permissions
		name string
	}{
		{shapes.PermissionsRead, "read"}, {shapes.PermissionsWrite, "write"}, {shapes.PermissionsExecute, "execute"},
	} {
		if value&flag.bit != 0 {
			words.WriteString(" " + flag.name)
		}
	}
	return words.String()
}

// months spells the months by their numbers.
func months(value shapes.Months) string {
	var words strings.Builder
	number := 1
	for month := shapes.MonthsJanuary; month <= shapes.MonthsDecember; month <<= 1 {
		if value&month != 0 {
			fmt.Fprintf(&words, " %d", number)
		}
		number++
	}
	return words.String()
}

// single spells a float. All that are not a number are alike: WebAssembly does not say which bits they have.
func single(value float32) string {
	if value != value {
		return "nan"
	}
	return fmt.Sprintf("%08x", math.Float32bits(value))
}

func double(value float64) string {
	if value != value {
		return "nan"
	}
	return fmt.Sprintf("%016x", math.Float64bits(value))
}

func letter(value rune) string {
	return fmt.Sprintf("U+%04X", value)
}

// each spells all items, with a blank before each.
func each[T any](items []T, spell func(T) string) string {
	var words strings.Builder
	for _, item := range items {
		words.WriteString(" " + spell(item))
	}
	return words.String()
}
