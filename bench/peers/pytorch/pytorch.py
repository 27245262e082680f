"""PyTorch's side of bench/peers: says who it is, then answers requests on stdin, a line of JSON each, until it ends.

prepare: a problem of problem.ts, its operands' bytes after the line
results: what a call gives, as float32 arrays after the line
time:    milliseconds that so many calls take
"""

import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', '1')))
manner = (
    "native, eager, in a process of its own that times its own calls; gradients of a convolution by "
    "`aten::convolution_backward` with one output, those of other functions by `torch.autograd.grad`, training as in "
    "its tutorials (`zero_grad`, `backward`, `step`)."
)
aten = torch.ops.aten


def both_ways(function, inputs, dout=None):
    """A function of its inputs: forward without gradients, or with the gradients of all inputs."""
    if dout is None:

        def forward():
            with torch.no_grad():
                return [function(*inputs)]

        return forward

    inputs = [tensor.requires_grad_() for tensor in inputs]

    def forward_and_backward():
        out = function(*inputs)
        return [out.detach(), *torch.autograd.grad(out, inputs, dout)]

    return forward_and_backward


def matmul(sizes, a, b):
    out = torch.empty(sizes["M"], sizes["N"])
    return lambda: [torch.mm(a, b, out=out)]


def linear(sizes, x, weight, bias):
    return both_ways(F.linear, [x, weight, bias])


def conv2d_forward(sizes, x, weight):
    convolve = lambda x, weight: F.conv2d(x, weight, None, sizes["stride"], sizes["padding"], 1, sizes["groups"])
    return both_ways(convolve, [x, weight])


def conv2d_backward(sizes, dout, x, weight, mask):
    two = lambda name: [sizes[name], sizes[name]]
    arguments = [None, two("stride"), two("padding"), [1, 1], False, [0, 0], sizes["groups"], mask]
    return lambda: [grad for grad in aten.convolution_backward(dout, x, weight, *arguments) if grad is not None]


def conv2d_backward_input(sizes, dout, weight):
    x = torch.zeros(sizes["N"], sizes["C"], sizes["H"], sizes["W"])
    return conv2d_backward(sizes, dout, x, weight, [True, False, False])


def conv2d_backward_weight(sizes, dout, x):
    weight = torch.zeros(sizes["O"], sizes["C"] // sizes["groups"], sizes["k"], sizes["k"])
    return conv2d_backward(sizes, dout, x, weight, [False, True, False])


def layer_norm(sizes, x, weight, bias, dout=None):
    return both_ways(lambda x, weight, bias: F.layer_norm(x, [sizes["C"]], weight, bias), [x, weight, bias], dout)


def of_x(function):
    return lambda sizes, x, dout=None: both_ways(function, [x], dout)


def cross_entropy(sizes, logits, labels):
    return both_ways(lambda logits: F.cross_entropy(logits, labels.long()), [logits], torch.tensor(1.0))


def optimizer_step(kind):
    def prepare(sizes, parameter, grad):
        parameter = nn.Parameter(parameter.clone())
        parameter.grad = grad
        optimizer = kind([parameter], lr=sizes["lr"])

        def step():
            optimizer.step()
            return [parameter.detach()]

        return step

    return prepare


def build(specs, parameters):
    layers = []
    for spec in specs:
        if spec["layer"] == "conv":
            layers.append(nn.Conv2d(spec["C"], spec["O"], spec["k"], padding=spec["padding"]))
        elif spec["layer"] == "linear":
            layers.append(nn.Linear(spec["inputs"], spec["outputs"]))
        else:
            layers.append({"relu": nn.ReLU, "flatten": nn.Flatten}.get(spec["layer"], lambda: nn.MaxPool2d(2))())
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(parameters[f"p{i}"])
    return model


def train(sizes, x, labels, **parameters):
    model = build(sizes["model"], parameters)
    labels = labels.long()
    loss = nn.CrossEntropyLoss()
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[sizes["optimizer"]]
    optimizer = kind(model.parameters(), lr=sizes["lr"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(x), labels)
        value.backward()
        optimizer.step()
        return [value.detach()]

    return step


def predict(sizes, x, **parameters):
    model = build(sizes["model"], parameters).eval()
    return both_ways(model, [x])


operations = {
    "matmul": matmul,
    "linear": linear,
    "conv2dForward": conv2d_forward,
    "conv2dBackwardInput": conv2d_backward_input,
    "conv2dBackwardWeight": conv2d_backward_weight,
    "layerNorm": layer_norm,
    "softmax": of_x(lambda x: F.softmax(x, -1)),
    "relu": of_x(F.relu),
    "gelu": of_x(F.gelu),
    "maxPool2d": of_x(lambda x: F.max_pool2d(x, 2)),
    "crossEntropy": cross_entropy,
    "sgd": optimizer_step(torch.optim.SGD),
    "adam": optimizer_step(torch.optim.Adam),
    "train": train,
    "predict": predict,
}


def read_operand(described):
    """A tensor of its own memory, from the bytes that come next."""
    shape, dtype = described["shape"], getattr(torch, described["dtype"])
    count = 1
    for size in shape:
        count *= size
    return torch.frombuffer(bytearray(sys.stdin.buffer.read(4 * count)), dtype=dtype).reshape(shape)


def answer(line, arrays=()):
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    for array in arrays:
        sys.stdout.buffer.write(array.numpy().tobytes())
    sys.stdout.buffer.flush()


def blas():
    """The library behind matrix products, which decides their speed; Linux tells which one is loaded."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read().lower()
    except OSError:
        return ""
    names = {"openblas": "OpenBLAS", "libmkl": "MKL", "libblis": "BLIS", "libblas": "reference BLAS"}
    return next((f", {name}" for part, name in names.items() if part in loaded), "")


def main():
    call = None
    answer({"name": "PyTorch", "version": torch.__version__ + blas(), "manner": manner})
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line)
        if request["ask"] == "prepare":
            operands = {described["name"]: read_operand(described) for described in request["operands"]}
            try:
                call = operations[request["op"]](request["sizes"], **operands)
                answer({})
            except Exception as error:
                answer({"refused": str(error) or type(error).__name__})
        elif request["ask"] == "results":
            arrays = [tensor.contiguous() for tensor in call()]
            answer({"lengths": [array.numel() for array in arrays]}, arrays)
        else:
            start = time.perf_counter()
            for _ in range(request["calls"]):
                call()
            answer({"ms": 1000 * (time.perf_counter() - start)})


main()
