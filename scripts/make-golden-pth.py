#!/usr/bin/env python3
"""Writes the checkpoints of test/golden/weights and expected.json beside them, for the tests of src/weights.

Made with torch 1.13.0, Python 3.11: python3 scripts/make-golden-pth.py
Every file is a few KB; rewriting them all changes nothing but the ids that torch puts into its archives.
"""
import argparse
import collections
import json
import os
import pathlib
import pickle
import struct

import numpy
import torch

out = pathlib.Path(__file__).resolve().parent.parent / "test" / "golden" / "weights"
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(7)

base = torch.randn(4, 3, 3, 3)
tied = torch.randn(5)
state = collections.OrderedDict(
    [
        ("conv.weight", base),
        ("conv.bias", torch.nn.Parameter(torch.tensor([0.5, -1.25, 3.0, 1e-3]))),
        ("bn.running_var", torch.rand(4, dtype=torch.float64)),
        ("bn.num_batches_tracked", torch.tensor(12345678901)),
        # 2^-24 is the smallest half, 65504 the largest.
        ("half", torch.tensor([0.0, -0.0, 1.0, -2.5, 2.0**-24, 6.1e-5, 65504.0, float("inf")], dtype=torch.float16)),
        ("bfloat", torch.tensor([[1.0, -2.5, 3.140625], [1e30, -1e-30, 0.0]], dtype=torch.bfloat16)),
        ("bytes", torch.tensor([0, 7, 255], dtype=torch.uint8)),
        ("flags", torch.tensor([True, False, True])),
        ("small", torch.tensor([-3, 4], dtype=torch.int32)),
        # Not contiguous: transposed, every second, an offset into a larger storage, broadcast with stride 0.
        ("transposed", torch.arange(6.0).reshape(2, 3).t()),
        ("strided", torch.arange(10.0)[1::2]),
        ("part", base[1, 2]),
        ("broadcast", torch.tensor([1.5, 2.5]).reshape(2, 1).expand(2, 3)),
        ("tied.a", tied),
        ("tied.b", tied),
        ("scalar", torch.tensor(2.75)),
        ("empty", torch.zeros(0, 3)),
    ]
)


def numbers(tensor):
    values = tensor.detach().to(torch.float64).flatten().tolist()
    return [str(value) if abs(value) == float("inf") else value for value in values]


def describe(tensors):
    return {name: {"shape": list(t.shape), "values": numbers(t)} for name, t in tensors.items()}


def save(name, value, legacy=False, **options):
    torch.save(value, out / name, _use_new_zipfile_serialization=not legacy, **options)


save("zip.pth", state)
save("legacy.pth", state, legacy=True)
save("protocol4.pth", state, pickle_protocol=4)
save("protocol5-legacy.pth", state, legacy=True, pickle_protocol=5)

plain = collections.OrderedDict((f"module.{name}", state[name]) for name in ("conv.weight", "conv.bias"))
wrapped = {
    "epoch": 12,
    "best": numpy.float64(0.7125),
    "lr": 1e-3,
    "name": "netz",
    "optimizer": {
        "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(4, 3, 3, 3)}},
        "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0], "nesterov": None, "amsgrad": False}],
    },
    "scheduler": {"milestones": collections.Counter({30: 1, 60: 1}), "seen": {1, 2}, "size": torch.Size([2, 3])},
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "model_state": plain,
    "model_ema": collections.OrderedDict((name, t * 2) for name, t in plain.items()),
}
# A dict that holds itself must not be walked for ever.
wrapped["self"] = wrapped
save("wrapped.pth", wrapped)

# What must be refused. None of it is ever executed: the files are only read.
class Evil:
    def __reduce__(self):
        return os.system, ("echo executed > /tmp/segkit-executed",)


save("malicious.pth", {"state_dict": state, "extra": Evil()})
save("malicious-legacy.pth", {"extra": Evil()}, legacy=True)
save("namespace.pth", {"state_dict": plain, "args": argparse.Namespace(lr=0.1)})
save("whole-model.pth", torch.nn.Conv2d(3, 4, 3))
torch.jit.save(torch.jit.script(torch.nn.Conv2d(1, 1, 1)), str(out / "script.pt"))
(out / "plain.pickle").write_bytes(pickle.dumps({"weight": [1.0, 2.0]}, 2))
for name in ("zip.pth", "legacy.pth"):
    data = (out / name).read_bytes()
    (out / f"truncated-{name}").write_bytes(data[: len(data) * 3 // 5])

# safetensors with the two 16-bit types, written by hand after the format's description.
header, data = {}, b""
for name, code in (("half", "F16"), ("bfloat", "BF16")):
    raw = state[name].contiguous().view(torch.int16).numpy().tobytes()
    header[name] = {"dtype": code, "shape": list(state[name].shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
(out / "small-types.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

expected = {"torch": torch.__version__, "state": describe(state), "plain": describe(plain)}
(out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
