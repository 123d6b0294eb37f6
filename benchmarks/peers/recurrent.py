"""A Transformer-XL in PyTorch, written from the paper (Dai et al. 2019): the peer of Mneme's.

A child of the comparison `run recurrent`. Commands come on stdin, one JSON object a line, each answered
with one on stdout:

    {"do": "versions"}
    {"do": "load", "mode": ..., "config": {...}, "weights": FILE, "ids": FILE, ...}
    {"do": "round", "calls": N}      N segments forward and backward; ms of one, loss of the last

A mode is a list of words: the type (float32, bfloat16) and `compile`. What is done for its speed: one
product for queries, keys and values, keys of memory and segment joined before it, the shift of the
relative scores as a view, softmax in place where autograd allows, the loss by cross_entropy.
"""

import contextlib
import json
import time

import commands
import numpy


def tensors(file):
    """The tensors of a safetensors file."""
    import torch

    data = open(file, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in entry["data_offsets"])
            values = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
            found[name] = torch.from_numpy(values.copy()).requires_grad_()
    return found


class Model:
    def __init__(self, config, weights):
        self.w = weights
        self.dim, self.heads, self.head = config["d_model"], config["n_head"], config["d_head"]
        self.layers, self.length = config["n_layer"], config["mem_len"]
        self.eps = config["layer_norm_epsilon"]

    def positions(self, count):
        """Sines and cosines of the distances count - 1 to 0."""
        import torch

        distances = torch.arange(count - 1, -1, -1.0)
        frequencies = 10000 ** (-torch.arange(0, self.dim, 2.0) / self.dim)
        angles = distances[:, None] * frequencies
        return torch.cat([angles.sin(), angles.cos()], 1)

    def norm(self, x, name):
        import torch.nn.functional as F

        return F.layer_norm(x, (self.dim,), self.w[name + ".weight"], self.w[name + ".bias"], self.eps)

    def attention(self, x, memory, positions, mask, name):
        import torch
        import torch.nn.functional as F

        batch, time = x.shape[:2]
        both = torch.cat([memory, x], 1)
        keys = both.shape[1]
        all_three = F.linear(both, self.w[name + "qkv_net.weight"])
        query, key, value = (
            part.view(batch, keys, self.heads, self.head).transpose(1, 2)
            for part in all_three.chunk(3, -1)
        )
        query = query[:, :, -time:]
        r = F.linear(positions, self.w[name + "r_net.weight"]).view(keys, self.heads, self.head)
        u, v = (self.w["transformer." + bias][None, :, None] for bias in ("r_w_bias", "r_r_bias"))
        content = (query + u) @ key.transpose(2, 3)  # [batch, heads, time, keys]
        place = (query + v) @ r.permute(1, 2, 0)  # by distance
        # row i is shifted to the left by time - 1 - i: a view of the padded scores
        padded = F.pad(place, (1, 0)).view(batch, self.heads, keys + 1, time)[:, :, 1:]
        scores = content + padded.reshape(batch, self.heads, time, keys)
        weights = (scores * self.head**-0.5).masked_fill(mask, float("-inf")).softmax(-1)
        context = (weights @ value).transpose(1, 2).reshape(batch, time, -1)
        return self.norm(x + F.linear(context, self.w[name + "o_net.weight"]), name + "layer_norm")

    def feed_forward(self, x, name):
        import torch.nn.functional as F

        inner = F.relu(F.linear(x, self.w[name + "CoreNet.0.weight"], self.w[name + "CoreNet.0.bias"]))
        outer = F.linear(inner, self.w[name + "CoreNet.3.weight"], self.w[name + "CoreNet.3.bias"])
        return self.norm(x + outer, name + "layer_norm")

    def loss(self, ids, targets, memories):
        import torch
        import torch.nn.functional as F

        words = self.w["transformer.word_emb.emb_layers.0.weight"]
        x = F.embedding(ids, words) * self.dim**0.5
        time, past = ids.shape[1], memories[0].shape[1]
        positions = self.positions(past + time)
        mask = torch.ones(time, past + time, dtype=torch.bool).triu(past + 1)
        kept = []
        for layer in range(self.layers):
            name = f"transformer.layers.{layer}."
            kept.append(torch.cat([memories[layer], x.detach()], 1)[:, -self.length :])
            x = self.attention(x, memories[layer], positions, mask, name + "dec_attn.")
            x = self.feed_forward(x, name + "pos_ff.")
        logits = F.linear(x, words, self.w["crit.out_layers.0.bias"]).float()
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), kept


class Recurrent:
    def __init__(self, command):
        import torch

        torch.set_num_threads(command["threads"])
        words = command["mode"].split("-")
        self.half = "bfloat16" in words
        self.model = Model(command["config"], tensors(command["weights"]))
        self.loss = torch.compile(self.model.loss) if "compile" in words else self.model.loss
        shape = (command["batches"], command["batch"], command["time"] + 1)
        ids = torch.from_numpy(numpy.fromfile(command["ids"], "<i4").reshape(shape).astype("i8"))
        self.batches = [(one[:, :-1].contiguous(), one[:, 1:].contiguous()) for one in ids]
        self.at = 0
        empty = torch.zeros(command["batch"], 0, self.model.dim)
        self.memories = [empty] * self.model.layers

    def round(self, command):
        start = time.perf_counter_ns()
        for _ in range(command["calls"]):
            loss = self.segment()
        return {"ms": (time.perf_counter_ns() - start) / 1e6 / command["calls"], "loss": loss}

    def segment(self):
        import torch

        ids, targets = self.batches[self.at % len(self.batches)]
        products = torch.autocast("cpu", torch.bfloat16) if self.half else contextlib.nullcontext()
        with products:
            loss, self.memories = self.loss(ids, targets, self.memories)
        loss.backward()
        value = loss.item()
        for weight in self.model.w.values():
            weight.grad = None
        self.at += 1
        return value


if __name__ == "__main__":
    commands.serve(("torch", "numpy"), Recurrent)
