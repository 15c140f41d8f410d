"""A peer as a process: makes what a JSON file describes, says that it is ready, and runs a round for every line it is sent.

Answers are lines of JSON: the round's wall and CPU seconds and what the program says of it.
"""

import importlib
import json
import sys
import time

import settings

settings.keep_freed_memory()

import torch

import tensors
from kalman import Kalman
from training import Training


def make(spec):
    data = tensors.python_names(tensors.read(spec["data"]))
    if spec["program"] == "kalman":
        return Kalman(data, spec["passes"])
    model = importlib.import_module(spec["program"]).make(spec, tensors.python_names(tensors.read(spec["weights"])))
    return Training(model, data, spec["updates"], spec["training"])


def answer(values):
    print(json.dumps(values), flush=True)


def main():
    torch.set_num_threads(1)
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    torch.manual_seed(spec["seed"])
    if spec["device"] != "cpu":
        torch.set_default_device(spec["device"])
        torch.set_float32_matmul_precision("highest")
    program = make(spec)
    answer({"ready": True, "torch": torch.__version__})
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        values = program.round()
        answer({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, **values})


if __name__ == "__main__":
    main()
