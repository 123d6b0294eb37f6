"""Makes the folders beside this file: run with torch, transformers, onnx, onnxscript and safetensors installed.

Each folder gets model.onnx, the config.json of the exported model, and case.safetensors with all its
weights (param.*), inputs with padding (input.*) and the last hidden states for them (output.*).
"""

import os

import onnx
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel


class Encoder(torch.nn.Module):
    def __init__(self, bert, pooler):
        super().__init__()
        self.bert, self.pooler = bert, pooler

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        out = self.bert(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return (out[0], out[1]) if self.pooler else out[0]


def make(folder, inputs, opset, dynamo, pooler, **sizes):
    torch.manual_seed(7)
    config = BertConfig(**sizes)
    bert = BertModel(config, add_pooling_layer=pooler).eval()
    with torch.no_grad():
        for weight in bert.parameters():  # biases start as zeros and norms as ones otherwise
            weight.add_(torch.randn_like(weight) * 0.2)
    ids = torch.randint(0, config.vocab_size, (2, 7))
    mask = torch.ones(2, 7, dtype=torch.long)
    mask[1, 5:] = 0
    types = torch.zeros(2, 7, dtype=torch.long)
    types[:, 4:] = 1
    feed = dict(input_ids=ids, attention_mask=mask, token_type_ids=types)
    feed = {name: feed[name] for name in inputs}
    outputs = ["last_hidden_state"] + (["pooler_output"] if pooler else [])
    os.makedirs(folder, exist_ok=True)
    path = folder + "/model.onnx"
    common = dict(input_names=list(inputs), output_names=outputs, opset_version=opset)
    args = tuple(feed.values())
    encoder = Encoder(bert, pooler).eval()
    if dynamo:
        axes = {0: torch.export.Dim("batch", min=2), 1: torch.export.Dim("tokens", min=2, max=20)}
        torch.onnx.export(encoder, args, path, dynamo=True, external_data=False,
                          dynamic_shapes=tuple(axes for _ in inputs), **common)
        model = onnx.load(path)  # without the source locations, five times smaller
        for node in model.graph.node:
            del node.metadata_props[:]
        del model.graph.value_info[:]
        onnx.save(model, path)
    else:
        axes = {0: "batch", 1: "tokens"}
        torch.onnx.export(encoder, args, path, dynamo=False,
                          dynamic_axes={name: axes for name in [*inputs, outputs[0]]}, **common)
    with torch.no_grad():
        hidden = bert(**feed)[0]
    case = {"input." + name: value for name, value in feed.items()}
    case["output.last_hidden_state"] = hidden.contiguous()
    case |= {"param." + name: value.contiguous() for name, value in bert.state_dict().items()}
    save_file(case, folder + "/case.safetensors")
    config.architectures = ["BertModel"]
    open(folder + "/config.json", "w").write(config.to_json_string(use_diff=False))


make("torchscript", ("input_ids", "attention_mask", "token_type_ids"), 14, False, False,
     vocab_size=53, hidden_size=24, num_hidden_layers=3, num_attention_heads=3,
     intermediate_size=40, max_position_embeddings=17, type_vocab_size=2)
make("dynamo", ("input_ids", "attention_mask"), 18, True, True,
     vocab_size=61, hidden_size=20, num_hidden_layers=2, num_attention_heads=5,
     intermediate_size=36, max_position_embeddings=29, type_vocab_size=3,
     hidden_act="gelu_new", layer_norm_eps=1e-5)
