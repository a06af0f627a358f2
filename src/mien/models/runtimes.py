"""What runs the weights: LiteRT for the MediaPipe nets, ONNX Runtime for the rest."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors

from mien.errors import WeightsError

FloatTensor = NDArray[np.float32]

# They have no base but Exception.
LOAD_ERRORS = (
    onnx_errors.EPFail,
    onnx_errors.Fail,
    onnx_errors.InvalidArgument,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NoModel,
    onnx_errors.NoSuchFile,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)

# File descriptors belong to the whole process, so only one thread at a time may bend stderr.
_STDERR_LOCK = threading.Lock()


class LiteRtModel:
    """A .tflite file on the CPU: one float32 tensor in, float32 tensors out.

    One instance must not be called from two threads at once.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        try:
            with _silent_stderr():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{path.name} is not a model that LiteRT runs: {error}") from error
        entry = self._interpreter.get_input_details()[0]
        self._input = entry["index"]
        self.input_shape = tuple(int(side) for side in entry["shape"])
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]

    def __call__(self, tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        """Run once; the outputs are copies, in the file's order."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index) for index in self._outputs)


class OnnxModel:
    """An .onnx file on the CPU: float32 tensors in and out.

    arena: whether a run's memory is kept for the next one.
    """

    def __init__(self, path: Path, threads: int = 1, arena: bool = True) -> None:
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = arena
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A spinning pool would eat the core that the swap runs on.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except LOAD_ERRORS as error:
            raise WeightsError(f"{path.name} is not a model that ONNX Runtime runs") from error
        self._inputs = [one.name for one in self._session.get_inputs()]

    def __call__(self, *tensors: FloatTensor) -> tuple[FloatTensor, ...]:
        """Run once; inputs and outputs in the file's order."""
        given = dict(zip(self._inputs, tensors, strict=True))
        return tuple(self._session.run(None, given))


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """LiteRT announces its delegate on stderr and offers no switch for it."""
    with _STDERR_LOCK:
        saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(nowhere)
