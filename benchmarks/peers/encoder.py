"""A BERT encoder in PyTorch (transformers) and in ONNX Runtime: the peers of Mneme's.

A child of the comparisons `run training` and `run inference`. It reads commands from stdin, one JSON
object a line, and answers each with one on stdout:

    {"do": "versions"}
    {"do": "load", "case": "training", "mode": ..., ...}   the model and all batches
    {"do": "load", "case": "inference", "mode": ..., ...}  the model
    {"do": "shape", "ids": FILE, "batch": ..., "time": ...} what to encode from now on
    {"do": "round", "calls": N}                            runs N times; ms of one
    {"do": "results", "folder": ...}                       writes the last hidden states as a raw file

A mode is a list of words: the type (float32, bfloat16), `compile`, `cut` (a masked-LM head that runs
on the labelled positions alone), `ort`, `fused` (ONNX Runtime's own optimiser for BERT first).
"""

import contextlib
import os
import time

import commands
import numpy

IGNORED = -100
LEARNING_RATE = 1e-4
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0


def read(file, *shape):
    """Token ids from a raw file of 32-bit numbers."""
    return numpy.fromfile(file, "<i4").reshape(shape).astype(numpy.int64)


def bfloat16_products(words):
    import torch

    if "bfloat16" in words:
        return torch.autocast("cpu", torch.bfloat16)
    return contextlib.nullcontext()


# --- Training -------------------------------------------------------------------------------------


def head_cut(model, ids, positions, labels):
    """The loss of a model whose head runs on the labelled positions alone."""
    import torch.nn.functional as F

    hidden = model.bert(input_ids=ids).last_hidden_state  # [batch, time, dim]
    picked = hidden.flatten(0, 1).index_select(0, positions)  # [targets, dim]
    return F.cross_entropy(model.cls(picked).float(), labels)


def head_everywhere(model, ids, positions, labels):
    return model(input_ids=ids, labels=labels).loss


class Training:
    """Masked-LM steps: forward, backward, clipping, fused AdamW, gradients forgotten."""

    def __init__(self, command):
        import torch
        from transformers import BertForMaskedLM

        torch.manual_seed(1)
        words = command["mode"].split("-")
        shape = (command["batches"], command["batch"], command["time"])
        dropout = command["dropout"]
        self.words, self.at = words, 0
        self.model = BertForMaskedLM.from_pretrained(
            command["model"],
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            dtype=torch.float32,
        ).train()
        ids, labels = (read(command[name], *shape) for name in ("ids", "labels"))
        self.batches = [self.batch(*both, "cut" in words) for both in zip(ids, labels)]
        loss = head_cut if "cut" in words else head_everywhere
        self.loss = torch.compile(loss) if "compile" in words else loss
        self.parameters = list(self.model.parameters())
        matrices = [p for p in self.parameters if p.dim() == 2]
        others = [p for p in self.parameters if p.dim() != 2]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": WEIGHT_DECAY},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=LEARNING_RATE,
            fused=True,
        )

    @staticmethod
    def batch(ids, labels, cut):
        import torch

        ids, labels = torch.from_numpy(ids), torch.from_numpy(labels)
        positions = (labels.flatten() != IGNORED).nonzero().flatten()
        return ids, positions, labels.flatten()[positions] if cut else labels

    def round(self, command):
        import torch

        start = time.perf_counter_ns()
        with bfloat16_products(self.words):
            loss = self.loss(self.model, *self.batches[self.at])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP_NORM)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        value = loss.item()
        ms = (time.perf_counter_ns() - start) / 1e6
        self.at = (self.at + 1) % len(self.batches)
        return {"ms": ms, "loss": value}


# --- Inference ------------------------------------------------------------------------------------


class Inference:
    """Forward passes of the encoder over texts without padding."""

    def round(self, command):
        self.encode()  # awake, and caches warm
        start = time.perf_counter_ns()
        for _ in range(command["calls"]):
            self.encode()
        return {"ms": (time.perf_counter_ns() - start) / 1e6 / command["calls"]}

    def results(self, command):
        hidden = numpy.ascontiguousarray(self.encode(), "<f4")
        hidden.tofile(os.path.join(command["folder"], "hidden"))
        return {}


class TorchInference(Inference):
    def __init__(self, command):
        import torch
        from transformers import BertModel

        words = command["mode"].split("-")
        dtype = torch.bfloat16 if "bfloat16" in words else torch.float32
        self.model = BertModel.from_pretrained(
            command["model"], dtype=dtype, add_pooling_layer=False
        ).eval()
        self.forward = torch.compile(self.model) if "compile" in words else self.model

    def shape(self, command):
        import torch

        self.ids = torch.from_numpy(read(command["ids"], command["batch"], command["time"]))
        return {}

    def encode(self):
        import torch

        with torch.inference_mode():
            return self.forward(input_ids=self.ids).last_hidden_state

    def results(self, command):
        hidden = self.encode().float().numpy()
        hidden.astype("<f4").tofile(os.path.join(command["folder"], "hidden"))
        return {}


class OrtInference(Inference):
    def __init__(self, command):
        import onnxruntime

        file = command["onnx"]
        if "fused" in command["mode"].split("-"):
            file = self.fused(file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = command["threads"]
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"]
        )
        self.output = self.session.get_outputs()[0].name
        self.inputs = [one.name for one in self.session.get_inputs()]

    @staticmethod
    def fused(file):
        """The graph after ONNX Runtime's optimiser for transformers: fused attention and norms."""
        from onnxruntime.transformers import optimizer

        target = file + ".fused.onnx"
        optimizer.optimize_model(file, model_type="bert", num_heads=0, hidden_size=0).save_model_to_file(
            target
        )
        return target

    def shape(self, command):
        ids = read(command["ids"], command["batch"], command["time"])
        feeds = {
            "input_ids": ids,
            "attention_mask": numpy.ones_like(ids),
            "token_type_ids": numpy.zeros_like(ids),
        }
        self.feeds = {name: feeds[name] for name in self.inputs}
        return {}

    def encode(self):
        return self.session.run([self.output], self.feeds)[0]


# --- Commands -------------------------------------------------------------------------------------


def load(command):
    if "ort" in command["mode"].split("-"):
        return OrtInference(command)
    import torch

    torch.set_num_threads(command["threads"])
    return (Training if command["case"] == "training" else TorchInference)(command)


if __name__ == "__main__":
    commands.serve(("torch", "transformers", "onnxruntime", "numpy"), load)
