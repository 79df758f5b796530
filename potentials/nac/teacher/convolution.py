"""The network's convolution written for one CPU core: the same function of the same weights as the published code's tensor product.

out[n, u, k] = 1/d sum_{e -> n} w_p[e, u] sum_{ij} sqrt(2 l3 + 1) C_p[i, j, k] x[source(e), u, i] y[e, j]

for every path p = (l1, l2, l3), with Wigner 3j symbols C. It is the derivative by o of a form that is linear in each of o, w, x and y, so
its derivatives of any order are derivatives of that form by one argument: the four that convolution.c computes.
"""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import torch
from e3nn.o3 import wigner_3j

OUTPUT, WEIGHT, INPUT, HARMONIC = range(4)


def compiled():
    source = Path(__file__).with_suffix(".c")
    library = source.with_name("libconvolution.so")
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O3", "-march=native", "-ffast-math", "-funroll-loops", "-w", "-shared", "-fPIC", "-o", library, source], check=True)
    return ctypes.CDLL(str(library)).derivative


derivative = compiled()


def pointer(array):
    return ctypes.c_void_p(array.data_ptr() if isinstance(array, torch.Tensor) else array.ctypes.data)


class Derivative(torch.autograd.Function):
    """The derivative of the form by the argument `wanted`, given the other three."""

    @staticmethod
    def forward(ctx, wanted, table, edges, atoms, *arguments):
        given = [None if i == wanted else a.contiguous() for i, a in enumerate(arguments)]
        rows = edges.shape[1] if wanted in (WEIGHT, HARMONIC) else atoms
        result = torch.zeros(rows, int(table.widths[wanted]))
        ctx.call, ctx.present = (wanted, table, edges, atoms), [i for i in range(4) if i != wanted]
        ctx.save_for_backward(*(given[i] for i in ctx.present))
        given[wanted] = result
        assert all(a.dtype == torch.float32 and a.shape[1] == width for a, width in zip(given, table.widths))
        derivative(
            wanted, ctypes.c_int64(edges.shape[1]), pointer(edges[0]), pointer(edges[1]), len(table.paths), pointer(table.paths),
            pointer(table.elements), pointer(table.harmonics), pointer(table.symbols), pointer(table.widths), *map(pointer, given),
        )
        return result

    @staticmethod
    def backward(ctx, cotangent):
        wanted, table, edges, atoms = ctx.call
        arguments = [cotangent] * 4
        for i, tensor in zip(ctx.present, ctx.saved_tensors):
            arguments[i] = tensor
        gradients = [
            Derivative.apply(i, table, edges, atoms, *(None if j == i else a for j, a in enumerate(arguments)))
            if i != wanted and ctx.needs_input_grad[4 + i]
            else None
            for i in range(4)
        ]
        return None, None, None, None, *gradients


class Table:
    """Where the parts of every path lie, and its Wigner symbols, in the form that convolution.c reads."""

    def __init__(self, arguments):
        inputs, filters, outputs = (arguments[key] for key in ("irreps_in1", "irreps_in2", "irreps_out"))
        assert all(mul % 16 == 0 for mul, _ in inputs)
        paths, elements, harmonics, symbols, weight = [], [], [], [], 0
        for number, (first, second, out, _, _) in enumerate(arguments["instructions"]):
            assert number == out
            (mul, one), (_, two), (_, three) = inputs[first], filters[second], outputs[out]
            symbol = wigner_3j(one.l, two.l, three.l, dtype=torch.float64).numpy() * three.dim**0.5
            start = len(elements)
            for i, j, k in zip(*np.nonzero(np.abs(symbol) > 1e-9)):
                elements.append(i * three.dim + k)
                harmonics.append(filters.slices()[second].start + j)
                symbols.append(symbol[i, j, k])
            paths.append((one.dim, three.dim, mul, inputs.slices()[first].start, weight, outputs.slices()[out].start, start, len(elements)))
            weight += mul
        self.paths = np.array(paths, dtype=np.int32)
        self.elements, self.harmonics = np.array(elements, dtype=np.int32), np.array(harmonics, dtype=np.int32)
        self.symbols = np.array(symbols, dtype=np.float32)
        self.widths = np.array([outputs.dim, weight, inputs.dim, filters.dim], dtype=np.int64)


class Convolution(torch.nn.Module):
    def __init__(self, published):
        """Takes over the weights of a convolution of the published code."""
        super().__init__()
        self.weight_nn, self.denominator = published.weight_nn, published.denominator
        self.keys = (published.key_x, published.key_filter, published.key_weight_input, published.key_edge_idx)
        self.inputs = [(mul, ir.dim) for mul, ir in published.convolution_kwargs["irreps_in1"]]
        self.outputs = [(mul, ir.dim) for mul, ir in published.convolution_kwargs["irreps_out"]]
        self.table = Table(published.convolution_kwargs)

    def forward(self, data):
        key_x, key_filter, key_radial, key_edges = self.keys
        x = transposed(data[key_x], [(mul, dim) for mul, dim in self.inputs])
        weights = self.weight_nn(data[key_radial])
        out = Derivative.apply(OUTPUT, self.table, data[key_edges], x.shape[0], None, weights, x, data[key_filter])
        data[key_x] = transposed(out, [(dim, mul) for mul, dim in self.outputs]) / self.denominator
        return data


def transposed(features, blocks):
    """Every block (a, b) of each row with its two axes exchanged."""
    parts = features.split([a * b for a, b in blocks], 1)
    return torch.cat([p.reshape(-1, a, b).transpose(1, 2).flatten(1) for p, (a, b) in zip(parts, blocks)], 1)


def replace_convolutions(network):
    """Puts the fast form into every layer of a published network."""
    for name, module in list(network.named_children()):
        if name.endswith("_convolution"):
            network.replace_module(name, Convolution(module))
    return network
