#!/usr/bin/env python3
"""Writes test/golden/unimatch.json: outputs and gradients of UniMatch's DeepLab v3+, for test/unimatch.test.ts.

Made with torch 1.13.0, Python 3.11 and LiheYoung/UniMatch at 0324f3d:
    python3 scripts/make-golden-unimatch.py CHECKOUT-OF-UNIMATCH
Weights and inputs come from the integer hash of parity/hash.ts, so that none are stored. All runs are in float64.
"""
import json
import math
import pathlib
import sys

import numpy
import torch

sys.path.insert(0, sys.argv[1])
from model.backbone import resnet, xception  # noqa: E402
from model.semseg import deeplabv3plus  # noqa: E402

out = pathlib.Path(__file__).resolve().parent.parent / "test" / "golden" / "unimatch.json"
torch.set_num_threads(1)


def seed(name):
    h = 0x811C9DC5
    for byte in name.encode():
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def hashed(name, count):
    with numpy.errstate(over="ignore"):
        h = numpy.uint32(seed(name)) + numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
        h = (h ^ (h >> numpy.uint32(16))) * numpy.uint32(0x21F0AAAD)
        h = (h ^ (h >> numpy.uint32(15))) * numpy.uint32(0x735A2D97)
        return (h ^ (h >> numpy.uint32(15))) / 2.0**32


def filled(name, tensor):
    u = hashed(name, tensor.numel())
    if tensor.dim() > 1:
        fan_in = math.prod(tensor.shape[1:])
        values = (2 * u - 1) * (math.sqrt(3 / fan_in) * math.sqrt(2))
    elif name.endswith("weight") or name.endswith("running_var"):
        values = 0.75 + 0.5 * u
    else:
        values = 0.2 * (u - 0.5)
    return torch.from_numpy(values.astype(numpy.float32).astype(numpy.float64)).reshape(tensor.shape)


def samples(tensor):
    """Every 97th element."""
    return [float(f"{value:.9g}") for value in tensor.detach().flatten()[::97].tolist()]


def network(backbone):
    # The reference always loads weights of its own for the backbone.
    resnet.__dict__["resnet50"] = lambda pretrained, **options: resnet._resnet(
        "resnet50", resnet.Bottleneck, [3, 4, 6, 3], False, **options
    )
    deeplabv3plus.xception = lambda pretrained: xception.xception(pretrained=False)
    dilate = [False, False, True]
    given = {"backbone": backbone, "replace_stride_with_dilation": dilate, "dilations": [6, 12, 18], "nclass": 3}
    net = deeplabv3plus.DeepLabV3Plus(given).double()
    state = net.state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(filled(name, tensor))
    return net


shape = [2, 3, 32, 48]
image = torch.from_numpy((2 * hashed("input", math.prod(shape)) - 1).astype(numpy.float32).astype(numpy.float64))
cases = []
for encoder, backbone in [("resnet50-deep-stem", "resnet50"), ("xception65", "xception")]:
    net = network(backbone)
    x = image.reshape(shape)
    evaluated = net.eval()(x)
    trained = net.train()(x)
    (trained * trained).mean().backward()
    watched = [name for name, p in net.named_parameters() if p.dim() > 1 or "head" in name or "fuse" in name]
    gradients = {name: p.grad.norm().item() for name, p in net.named_parameters() if name in watched[::7]}
    norms = [name for name in net.state_dict() if name.endswith("running_var")]
    state = net.state_dict()
    cases.append(
        {
            "encoder": encoder,
            "parameters": sum(p.numel() for p in net.parameters()),
            "eval": samples(evaluated),
            "train": samples(trained),
            "gradientNorms": {name: float(f"{norm:.9g}") for name, norm in gradients.items()},
            "runningVariances": {name: samples(state[name]) for name in [norms[0], norms[-1]]},
        }
    )
    print(encoder, len(cases[-1]["eval"]), cases[-1]["gradientNorms"], cases[-1]["runningVariances"])
out.write_text(json.dumps({"shape": shape, "classes": 3, "cases": cases}, indent=1) + "\n")
