"""Values in words. Floats are spelt as their bits, characters as their numbers, so that every language can spell them
alike."""

import math
import struct
from typing import Callable, Iterable, TypeVar

from componentize_py_types import Ok
from wit_world.imports import shapes
from wit_world.imports.shapes import Anything, Months, Permissions, Point, Shape

T = TypeVar("T")


def spell(value: Anything) -> str:
    """The case and what it carries, separated by blanks."""
    match value:
        case shapes.Anything_Nothing():
            return "nothing"
        case shapes.Anything_Bool(value):
            return f"bool {truth(value)}"
        case shapes.Anything_S8(value):
            return f"s8 {value}"
        case shapes.Anything_U8(value):
            return f"u8 {value}"
        case shapes.Anything_S16(value):
            return f"s16 {value}"
        case shapes.Anything_U16(value):
            return f"u16 {value}"
        case shapes.Anything_S32(value):
            return f"s32 {value}"
        case shapes.Anything_U32(value):
            return f"u32 {value}"
        case shapes.Anything_S64(value):
            return f"s64 {value}"
        case shapes.Anything_U64(value):
            return f"u64 {value}"
        case shapes.Anything_F32(value):
            return f"f32 {single(value)}"
        case shapes.Anything_F64(value):
            return f"f64 {double(value)}"
        case shapes.Anything_Char(value):
            return f"char {letter(value)}"
        case shapes.Anything_String(value):
            return f"string{each(value, letter)}"
        case shapes.Anything_Bytes(value):
            return f"bytes{each(value, lambda byte: f'{byte:02x}')}"
        case shapes.Anything_Table(value):
            return f"table{each(value, lambda row: f'[{each(row, str)}]')}"
        case shapes.Anything_Pair((number, text)):
            return f"pair {number} {text}"
        case shapes.Anything_Point(value):
            return f"point {point(value)}"
        case shapes.Anything_Ragged(it):
            return (
                f"ragged {it.a} {it.b} {truth(it.c)} {it.d} {single(it.e)} {it.f} {double(it.g)} {letter(it.h)}"
                f" {it.i} {it.j} {it.k} {it.l} {it.m}"
            )
        case shapes.Anything_Shape(value):
            return f"shape {shape(value)}"
        case shapes.Anything_Suit(value):
            return f"suit {value.value}"
        case shapes.Anything_Permissions(value):
            return f"permissions{permissions(value)}"
        case shapes.Anything_Months(value):
            return f"months{months(value)}"
        case shapes.Anything_Bits(value):
            return f"bits {value.value:08x}"
        case shapes.Anything_Maybe(value):
            if value is None:
                return "maybe none"
            return "maybe some none" if value.value is None else f"maybe some some {value.value}"
        case shapes.Anything_Outcome(value):
            return f"outcome ok {value.value}" if isinstance(value, Ok) else f"outcome err {value.value}"
    raise AssertionError(f"no case of `anything`: {value!r}")


def shape(value: Shape) -> str:
    match value:
        case shapes.Shape_Nothing():
            return "nothing"
        case shapes.Shape_Circle(radius):
            return f"circle {single(radius)}"
        case shapes.Shape_Rectangle((width, height)):
            return f"rectangle {double(width)} {double(height)}"
        case shapes.Shape_Polygon(points):
            return f"polygon{each(points, point)}"
        case shapes.Shape_Text(text):
            return f"text {text}"
        case shapes.Shape_Line(line):
            label = "none" if line.label is None else line.label
            return f"line {point(line.start)} {point(line.end)} {label}"
        case shapes.Shape_Number(number):
            return f"number {number}"
    raise AssertionError(f"no case of `shape`: {value!r}")


def point(value: Point) -> str:
    return f"{double(value.x)} {double(value.y)}"


def permissions(value: Permissions) -> str:
    return each((flag for flag in Permissions if flag in value), lambda flag: flag.name.lower())


def months(value: Months) -> str:
    """The months by their numbers."""
    return each((number for number, flag in enumerate(Months, 1) if flag in value), str)


def single(value: float) -> str:
    """All that are not a number are alike: WebAssembly does not say which bits they have."""
    return "nan" if math.isnan(value) else struct.pack(">f", value).hex()


def double(value: float) -> str:
    return "nan" if math.isnan(value) else struct.pack(">d", value).hex()


def letter(value: str) -> str:
    return f"U+{ord(value):04X}"


def truth(value: bool) -> str:
    return "true" if value else "false"


def each(items: Iterable[T], spell: Callable[[T], str]) -> str:
    """Each item with a blank before it."""
    return "".join(f" {spell(item)}" for item in items)
