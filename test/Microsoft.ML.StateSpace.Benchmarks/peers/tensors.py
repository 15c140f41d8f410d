"""Named tensors from a safetensors file: an 8-byte header length, a JSON header, the raw numbers."""

import json
import re
import struct

import numpy
import torch

TYPES = {"F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64}


def read(path):
    """Every tensor of the file, by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = numpy.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        # As a factory makes it: on the default device.
        tensors[name] = torch.from_numpy(numbers.copy()).to(torch.empty(0).device)
    return tensors


def python_names(tensors):
    """The same tensors under names in Python's style: initialMean and InitialMean become initial_mean."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, value in tensors.items()}
