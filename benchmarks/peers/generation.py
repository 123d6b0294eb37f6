"""A causal model of transformers that goes on with a text, token by token: the peer of Mneme's.

A child of the comparison `run generation`. It reads commands from stdin, one JSON object a line, and
answers each with one on stdout:

    {"do": "versions"}
    {"do": "load", "model": FOLDER, "mode": ..., "threads": N}
    {"do": "shape", "ids": FILE, "tokens": N}   the prompt, and how many tokens to write
    {"do": "round"}                             writes them; ms
    {"do": "results", "folder": ...}            the tokens as a raw file of 32-bit numbers

A mode is a list of words: the type of weights and activations (float32, bfloat16), `compile`
(`torch.compile` of the forward pass over a cache of fixed size). The best token is taken each time,
with the cache that `generate` keeps, and none ends the text.
"""

import os
import time

import commands
import numpy


class Generation:
    def __init__(self, command):
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(command["threads"])
        words = command["mode"].split("-")
        self.model = AutoModelForCausalLM.from_pretrained(
            command["model"], dtype=torch.bfloat16 if "bfloat16" in words else torch.float32
        ).eval()
        self.model.generation_config.eos_token_id = None
        self.more = {}
        if "compile" in words:
            self.model.forward = torch.compile(self.model.forward)
            self.more["cache_implementation"] = "static"

    def shape(self, command):
        import torch

        ids = numpy.fromfile(command["ids"], "<i4").astype("i8")
        self.ids, self.tokens = torch.from_numpy(ids).view(1, -1), command["tokens"]
        return {}

    def generate(self):
        import torch

        with torch.inference_mode():
            text = self.model.generate(
                self.ids,
                attention_mask=torch.ones_like(self.ids),
                max_new_tokens=self.tokens,
                do_sample=False,
                use_cache=True,
                pad_token_id=0,
                **self.more,
            )
        return text[0, self.ids.shape[1] :]

    def round(self, command):
        start = time.perf_counter_ns()
        tokens = self.generate()
        assert len(tokens) == self.tokens
        return {"ms": (time.perf_counter_ns() - start) / 1e6}

    def results(self, command):
        self.generate().numpy().astype("<i4").tofile(os.path.join(command["folder"], "tokens"))
        return {}


if __name__ == "__main__":
    commands.serve(("torch", "transformers", "numpy"), Generation)
