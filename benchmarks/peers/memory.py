"""The product-key memory layer in PyTorch, as fast as PyTorch makes it: the peer of Mneme's.

A child of the comparison (`run memory`). It reads commands from stdin, one JSON object a line, and
answers each with one on stdout:

    {"do": "versions"}
    {"do": "load", "case": ..., "mode": ..., ...}   inputs from the files of a folder
    {"do": "round"}                                 runs the case once, timed here
    {"do": "results", "folder": ...}                writes what the first round gave, as raw files
    {"do": "rows", "rows": [...], "folder": ...}    writes rows of the table as they are now

What is done for its speed, beyond what the modes say: scores of both halves of all heads in one
batched product; only the cells of the grid that can win are added up and searched (mode `grid`
shows what the usual whole grid costs); nothing is sorted that need not be; one embedding_bag reads
for all heads, without offsets; gradients are set to None, not to zero. The allocator's settings
come from the environment and are named by whoever starts this.
"""

import json
import os
import sys
import time

import numpy
import torch
import torch.nn.functional as F

LEARNING_RATE = 1e-3
EPSILON = 1e-8
BETA2 = 0.999


# --- Inputs ---------------------------------------------------------------------------------------


def read(folder, name, *shape):
    """A float32 tensor of that shape from the raw file `name`."""
    return torch.from_numpy(numpy.fromfile(os.path.join(folder, name), "<f4").reshape(shape))


def read_slots(folder, *shape):
    slots = numpy.fromfile(os.path.join(folder, "slots"), "<i4").reshape(shape)
    return torch.from_numpy(slots).long()


def write(folder, name, tensor, dtype="<f4"):
    numbers = tensor.detach().contiguous().numpy().astype(dtype, copy=False)
    numbers.tofile(os.path.join(folder, name))


def table(slots, dim, exponent):
    """The table [slots, dim] that both sides start with: element i is a hash of i, 24 bits with
    sign, times 2^exponent. Every operation is exact, so every bit is the same in any language."""
    values = torch.empty(slots, dim)
    flat = values.view(-1)
    block = 1 << 20
    for start in range(0, flat.numel(), block):
        i = torch.arange(start, min(start + block, flat.numel()))  # int64, products wrap around
        i *= -7046029254386353131
        i ^= i >> 32
        i *= -4658895280553007687
        i >>= 40
        flat[start : start + len(i)] = i.to(torch.float32) * 2.0**exponent
    return values


# --- The layer ------------------------------------------------------------------------------------


class Search(torch.nn.Module):
    """From half-scores [2 * heads, tokens, keys] to slots and weights [tokens, heads * k]."""

    def __init__(self, heads, k, keys, whole_grid=False):
        super().__init__()
        self.heads, self.k, self.keys, self.whole_grid = heads, k, keys, whole_grid
        # of two sorted halves only the pairs (a, b) with (a + 1) * (b + 1) <= k can win
        cells = [(a, b) for a in range(k) for b in range(k) if (a + 1) * (b + 1) <= k]
        self.register_buffer("first", torch.tensor([a for a, _ in cells]))
        self.register_buffer("second", torch.tensor([b for _, b in cells]))

    def forward(self, half_scores):
        tokens = half_scores.size(1)
        scores, halves = half_scores.topk(self.k, sorted=not self.whole_grid)
        scores = scores.view(self.heads, 2, tokens, self.k)
        halves = halves.view(self.heads, 2, tokens, self.k)
        if self.whole_grid:
            sums = (scores[:, 0].unsqueeze(-1) + scores[:, 1].unsqueeze(-2)).flatten(-2)
            best, cell = sums.topk(self.k, sorted=False)
            a, b = cell // self.k, cell % self.k
        else:
            first = scores[:, 0].index_select(-1, self.first)
            sums = first + scores[:, 1].index_select(-1, self.second)
            best, cell = sums.topk(self.k, sorted=False)
            a, b = self.first[cell], self.second[cell]
        slots = halves[:, 0].gather(-1, a) * self.keys + halves[:, 1].gather(-1, b)
        weights = torch.softmax(best, -1, dtype=torch.float32)  # [heads, tokens, k]
        return self.by_token(slots), self.by_token(weights)

    def by_token(self, selected):
        """[tokens, heads * k] from [heads, tokens, k]."""
        return selected.transpose(0, 1).flatten(1)


class Memory(torch.nn.Module):
    """The whole layer: query, batch norm, half-keys, search, read."""

    def __init__(self, shape, values, sparse):
        super().__init__()
        folder, heads, dim = shape["folder"], shape["heads"], shape["valueDim"]
        channels = heads * shape["queryDim"]
        self.sides, self.half, self.sparse = 2 * heads, shape["queryDim"] // 2, sparse
        self.query = torch.nn.Linear(dim, channels)
        self.norm = torch.nn.BatchNorm1d(channels)
        self.query.weight = torch.nn.Parameter(read(folder, "query.weight", channels, dim))
        self.query.bias = torch.nn.Parameter(read(folder, "query.bias", channels))
        self.keys = torch.nn.Parameter(read(folder, "keys", self.sides, shape["keys"], self.half))
        self.search = Search(heads, shape["k"], shape["keys"])
        self.values = torch.nn.Parameter(values)

    def forward(self, x):
        queries = self.norm(self.query(x)).view(-1, self.sides, self.half).transpose(0, 1)
        slots, weights = self.search(torch.bmm(queries, self.keys.transpose(1, 2)))
        output = F.embedding_bag(
            slots, self.values, per_sample_weights=weights, mode="sum", sparse=self.sparse
        )
        return output, slots


def optimiser(mode, values):
    """Of the table alone: the other gradients are computed on both sides, and applied on neither."""
    if "sparse" in mode:
        return torch.optim.SparseAdam([values], lr=LEARNING_RATE, eps=EPSILON)
    # AdamW adds epsilon after the bias correction, SparseAdam before it; so the first update agrees
    epsilon = EPSILON / (1 - BETA2) ** 0.5
    fused = {"fused": True} if "fused" in mode else {"foreach": True}
    return torch.optim.AdamW([values], lr=LEARNING_RATE, eps=epsilon, weight_decay=0.0, **fused)


# --- The cases: each has round(), which returns its times in ms, and results ----------------------


class Clock:
    """Times of the stages of one round."""

    def __init__(self):
        self.times, self.last = {}, time.perf_counter_ns()

    def stage(self, name):
        now = time.perf_counter_ns()
        self.times[name] = (now - self.last) / 1e6
        self.last = now


class StepCase:
    """Forward, backward (gradients of x, query, norm, keys, table) and the table's update."""

    def __init__(self, shape, mode):
        tokens, dim, folder = shape["tokens"], shape["valueDim"], shape["folder"]
        values = table(shape["slots"], dim, shape["exponent"])
        self.layer = Memory(shape, values, "sparse" in mode)
        self.values = self.layer.values
        self.optimiser = optimiser(mode, self.values)
        self.forward = torch.compile(self.layer) if "compile" in mode else self.layer
        self.autocast = shape["dtype"] == "bfloat16"
        self.x = read(folder, "x", tokens, dim).requires_grad_()
        self.gradient = read(folder, "gradient", tokens, dim)

    def round(self):
        clock = Clock()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            output, slots = self.forward(self.x)
        clock.stage("forward")
        output.backward(self.gradient)
        clock.stage("backward")
        self.optimiser.step()
        clock.stage("update")
        results = {"output": output, "xGradient": self.x.grad, "slots": slots}
        self.layer.zero_grad(set_to_none=True)
        self.x.grad = None
        del output
        clock.stage("clear")
        return clock.times, results


class SearchCase:
    def __init__(self, shape, mode):
        self.scores = read(
            shape["folder"], "scores", 2 * shape["heads"], shape["tokens"], shape["keys"]
        )
        self.search = Search(shape["heads"], shape["k"], shape["keys"], whole_grid="grid" in mode)

    def round(self):
        clock = Clock()
        with torch.inference_mode():
            slots, weights = self.search(self.scores)
        clock.stage("search")
        return clock.times, {"slots": slots, "weights": weights}


class ReadCase:
    def __init__(self, shape, mode):
        reads = (shape["tokens"], shape["heads"] * shape["k"])
        self.values = table(shape["slots"], shape["valueDim"], shape["exponent"])
        self.slots = read_slots(shape["folder"], *reads)
        self.weights = read(shape["folder"], "weights", *reads)

    def round(self):
        clock = Clock()
        with torch.inference_mode():
            output = F.embedding_bag(
                self.slots, self.values, per_sample_weights=self.weights, mode="sum"
            )
        clock.stage("read")
        return clock.times, {"output": output}


class TableBackwardCase:
    """All that the backward pass does with the table. The read before it is not timed."""

    def __init__(self, shape, mode):
        reads = (shape["tokens"], shape["heads"] * shape["k"])
        self.sparse = "sparse" in mode
        values = table(shape["slots"], shape["valueDim"], shape["exponent"])
        self.values = torch.nn.Parameter(values)
        self.optimiser = optimiser(mode, self.values)
        self.slots = read_slots(shape["folder"], *reads)
        self.weights = read(shape["folder"], "weights", *reads).requires_grad_()
        self.gradient = read(shape["folder"], "gradient", shape["tokens"], shape["valueDim"])

    def round(self):
        output = F.embedding_bag(
            self.slots, self.values, per_sample_weights=self.weights, mode="sum", sparse=self.sparse
        )
        clock = Clock()
        output.backward(self.gradient)
        clock.stage("backward")
        self.optimiser.step()
        clock.stage("update")
        results = {"weightGradient": self.weights.grad}
        self.values.grad = None
        self.weights.grad = None
        clock.stage("clear")
        return clock.times, results


CASES = {
    "step": StepCase,
    "search": SearchCase,
    "read": ReadCase,
    "tableBackward": TableBackwardCase,
}


# --- Commands -------------------------------------------------------------------------------------


class Peer:
    """What is loaded, and the answers to commands."""

    case = None
    first = None

    def versions(self, command):
        return {
            "python": sys.version.split()[0],
            "torch": torch.__version__,
            "numpy": numpy.__version__,
            "cpuCapability": torch.backends.cpu.get_cpu_capability(),
        }

    def load(self, command):
        torch.set_num_threads(command["threads"])
        self.case = CASES[command["case"]](command, command["mode"])
        return {}

    def round(self, command):
        times, results = self.case.round()
        if self.first is None:
            self.first = {name: tensor.detach().clone() for name, tensor in results.items()}
        return {"ms": sum(times.values()), "stages": times}

    def results(self, command):
        for name, tensor in self.first.items():
            write(command["folder"], name, tensor, "<i4" if name == "slots" else "<f4")
        return {}

    def rows(self, command):
        rows = torch.tensor(command["rows"])
        write(command["folder"], "rows", self.case.values.detach()[rows])
        return {}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    peer = Peer()
    commands = {
        "versions": peer.versions,
        "load": peer.load,
        "round": peer.round,
        "results": peer.results,
        "rows": peer.rows,
    }
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(commands[command["do"]](command)), file=answers, flush=True)


if __name__ == "__main__":
    main()
