"""The transformer in Python, with what its standard library has."""

from wit_world import exports


class Transform(exports.Transform):
    """The interface `demo:interop/transform`."""

    def transform(self, input: bytes) -> bytes:
        return self.transform_text(input.decode(errors="replace")).encode()

    def transform_text(self, text: str) -> str:
        return text.upper()[::-1]
