"""The chain's link in Python: hands on what it is given to the next component."""

from typing import List, Optional, Tuple, Union

import wit_world
from componentize_py_async_support import spawn
from componentize_py_async_support.futures import FutureReader, FutureWriter
from componentize_py_async_support.streams import ByteStreamReader, ByteStreamWriter, StreamReader, StreamWriter
from componentize_py_types import Err, Ok, Result, Some
from wit_world import exports
from wit_world.imports import counting, go_counters, streams, values
from wit_world.imports.shapes import (
    Anything, Bits, Months, Permissions, Point, Ragged, Segment, Shape, Suit,
)

from python_counters import Counter, GoCounter, counted
from spelling import spell

Census = List[Tuple[str, int]]


class Values(exports.Values):
    """The interface `poly:types/values`.

    A result comes in as an `Ok` or an `Err`. It goes out as the value that is returned or the `Err` that is raised,
    and so it comes back from the next component.
    """

    def echo_bool(self, value: bool) -> bool:
        return values.echo_bool(value)

    def echo_s8(self, value: int) -> int:
        return values.echo_s8(value)

    def echo_u8(self, value: int) -> int:
        return values.echo_u8(value)

    def echo_s16(self, value: int) -> int:
        return values.echo_s16(value)

    def echo_u16(self, value: int) -> int:
        return values.echo_u16(value)

    def echo_s32(self, value: int) -> int:
        return values.echo_s32(value)

    def echo_u32(self, value: int) -> int:
        return values.echo_u32(value)

    def echo_s64(self, value: int) -> int:
        return values.echo_s64(value)

    def echo_u64(self, value: int) -> int:
        return values.echo_u64(value)

    def echo_f32(self, value: float) -> float:
        return values.echo_f32(value)

    def echo_f64(self, value: float) -> float:
        return values.echo_f64(value)

    def echo_char(self, value: str) -> str:
        return values.echo_char(value)

    def echo_string(self, value: str) -> str:
        return values.echo_string(value)

    def echo_bytes(self, value: bytes) -> bytes:
        return values.echo_bytes(value)

    def echo_numbers(self, value: List[int]) -> List[int]:
        return values.echo_numbers(value)

    def echo_floats(self, value: List[float]) -> List[float]:
        return values.echo_floats(value)

    def echo_truths(self, value: List[bool]) -> List[bool]:
        return values.echo_truths(value)

    def echo_letters(self, value: List[str]) -> List[str]:
        return values.echo_letters(value)

    def echo_strings(self, value: List[str]) -> List[str]:
        return values.echo_strings(value)

    def echo_table(self, value: List[List[int]]) -> List[List[int]]:
        return values.echo_table(value)

    def echo_records(self, value: List[Segment]) -> List[Segment]:
        return values.echo_records(value)

    def echo_variants(self, value: List[Shape]) -> List[Shape]:
        return values.echo_variants(value)

    def echo_options(self, value: List[Optional[int]]) -> List[Optional[int]]:
        return values.echo_options(value)

    def echo_single(self, value: Tuple[int]) -> Tuple[int]:
        return values.echo_single(value)

    def echo_pair(self, value: Tuple[int, str]) -> Tuple[int, str]:
        return values.echo_pair(value)

    def echo_tuple(
        self, value: Tuple[bool, int, Tuple[float, str], List[str]]
    ) -> Tuple[bool, int, Tuple[float, str], List[str]]:
        return values.echo_tuple(value)

    def echo_point(self, value: Point) -> Point:
        return values.echo_point(value)

    def echo_segment(self, value: Segment) -> Segment:
        return values.echo_segment(value)

    def echo_ragged(self, value: Ragged) -> Ragged:
        return values.echo_ragged(value)

    def echo_shape(self, value: Shape) -> Shape:
        return values.echo_shape(value)

    def echo_suit(self, value: Suit) -> Suit:
        return values.echo_suit(value)

    def echo_permissions(self, value: Permissions) -> Permissions:
        return values.echo_permissions(value)

    def echo_months(self, value: Months) -> Months:
        return values.echo_months(value)

    def echo_bits(self, value: Bits) -> Bits:
        return values.echo_bits(value)

    def echo_option(self, value: Optional[str]) -> Optional[str]:
        return values.echo_option(value)

    def echo_nested_option(self, value: Optional[Some[Optional[int]]]) -> Optional[Some[Optional[int]]]:
        return values.echo_nested_option(value)

    def echo_deep_option(
        self, value: Optional[Some[Optional[Some[Optional[Point]]]]]
    ) -> Optional[Some[Optional[Some[Optional[Point]]]]]:
        return values.echo_deep_option(value)

    def echo_result(self, value: Result[int, str]) -> int:
        return values.echo_result(value)

    def echo_result_ok(self, value: Result[str, None]) -> str:
        return values.echo_result_ok(value)

    def echo_result_err(self, value: Result[None, float]) -> None:
        return values.echo_result_err(value)

    def echo_result_bare(self, value: Result[None, None]) -> None:
        return values.echo_result_bare(value)

    def echo_nested_result(self, value: Result[Optional[str], Result[int, List[str]]]) -> Optional[str]:
        return values.echo_nested_result(value)

    def echo_anything(self, value: Anything) -> Anything:
        return values.echo_anything(value)

    def gather(
        self, a: int, b: int, c: bool, d: int, e: float, f: int, g: float, h: str, i: int, j: int, k: int, l: str,
        m: int, n: Optional[Segment],
    ) -> Tuple[Ragged, Optional[Segment]]:
        return values.gather(a, b, c, d, e, f, g, h, i, j, k, l, m, n)

    def spell(self, value: Anything) -> List[str]:
        return [f"python: {spell(value)}"] + values.spell(value)


class PythonCounters(exports.PythonCounters):
    """The interface `poly:types/python-counters`, without its resource, which the module `python_counters` has."""

    def peek(self, of: Counter) -> int:
        return go_counters.peek(of.behind)

    def finish(self, of: Counter) -> int:
        return go_counters.finish(of.give_up())

    def halve(self, of: Counter) -> Tuple[Counter, Counter]:
        one, other = go_counters.halve(of.give_up())
        return Counter.around(one), Counter.around(other)

    def merge(self, all: List[Counter]) -> Optional[Counter]:
        merged = go_counters.merge([counter.give_up() for counter in all])
        return None if merged is None else Counter.around(merged)

    def alive(self) -> List[Tuple[str, int]]:
        return [("python", counted())] + go_counters.alive()


class Counting(exports.Counting):
    """The interface `poly:types/counting`: Go's counters in use.

    One that is to go at a certain moment is used by `with`; another goes when Python collects it.
    """

    def count(self, start: int, by: List[int]) -> List[List[Tuple[int, int, int]]]:
        counter = GoCounter(start)
        own = [(counter.increment(step), counter.value(), go_counters.peek(counter)) for step in by]
        return [own] + counting.count(start, by)

    def parse(self, text: str) -> List[Result[int, str]]:
        try:
            own = Ok(GoCounter.parse(text).value())
        except Err as error:
            own = error
        return [own] + counting.parse(text)

    def sum(self, one: int, other: int) -> List[Tuple[int, int, int]]:
        first, second = GoCounter(one), GoCounter(other)
        both = GoCounter.sum(first, second)
        both.increment(1)
        return [(first.value(), second.value(), both.value())] + counting.sum(one, other)

    def halve(self, start: int) -> List[Tuple[int, int]]:
        one, other = go_counters.halve(GoCounter(start))
        return [(go_counters.finish(one), go_counters.finish(other))] + counting.halve(start)

    def merge(self, starts: List[int]) -> List[Optional[int]]:
        merged = go_counters.merge([GoCounter(start) for start in starts])
        return [None if merged is None else go_counters.finish(merged)] + counting.merge(starts)

    def churn(self, times: int) -> List[Tuple[Census, Census]]:
        for _ in range(times):
            with GoCounter(1) as first:
                second = GoCounter.sum(first, first)
            second.increment(1)
            del second
        with GoCounter(1), GoCounter(2):
            with_two = go_counters.alive()
        return [(with_two, go_counters.alive())] + counting.churn(times)


class Streams(exports.Streams):
    """The interface `poly:types/streams`: what is read here is written to the next component."""

    async def echo_bytes(self, value: ByteStreamReader) -> ByteStreamReader:
        writer, reader = wit_world.byte_stream()
        spawn(pass_on(value, writer))
        return await streams.echo_bytes(reader)

    async def echo_strings(self, value: StreamReader[str]) -> StreamReader[str]:
        writer, reader = wit_world.string_stream()
        spawn(pass_on(value, writer))
        return await streams.echo_strings(reader)

    async def echo_records(self, value: StreamReader[Segment]) -> StreamReader[Segment]:
        writer, reader = wit_world.shapes_segment_stream()
        spawn(pass_on(value, writer))
        return await streams.echo_records(reader)

    async def echo_future(self, value: FutureReader[str]) -> FutureReader[str]:
        writer, reader = wit_world.string_future(str)
        spawn(pass_on_one(value, writer))
        return await streams.echo_future(reader)


async def pass_on(
    source: Union[ByteStreamReader, StreamReader], sink: Union[ByteStreamWriter, StreamWriter]
) -> None:
    """Reads until the other end is closed, in pieces."""
    with source, sink:
        while not source.writer_dropped:
            await sink.write_all(await source.read(1000))


async def pass_on_one(source: FutureReader[str], sink: FutureWriter[str]) -> None:
    with source, sink:
        await sink.write(await source.read())
