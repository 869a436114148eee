"""The sink of the example pipeline: takes data and says how much of it there was."""

from wit_world import exports


class DataSink(exports.DataSink):
    """The interface `demo:pipeline/data-sink`.

    A return value is the `ok` of the WIT result; `raise componentize_py_types.Err("why")` would be its `err`.
    """

    def store(self, data: bytes) -> str:
        return f"Stored {len(data)} bytes successfully"
