package org.mneme.checkpoint.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A BERT read off a graph: its sizes and its weights under the names of Hugging Face's
/// `BertModel`.
///
/// @param weights in the order of that model; valid until the graph is closed
record ImportedBert(
    long vocabulary,
    long dim,
    long layers,
    long heads,
    long intermediate,
    long positions,
    long types,
    String activation,
    double epsilon,
    SequencedMap<String, OnnxWeight> weights,
    EncoderTail tail) {

  ImportedBert {
    weights = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(weights));
  }

  /// How many numbers all weights have.
  long parameters() {
    return weights.values().stream().mapToLong(OnnxWeight::count).sum();
  }

  /// The `config.json` of its folder, with the settings that no graph holds at BERT's defaults.
  ObjectNode config(long padTokenId) {
    ObjectNode config = JsonMapper.shared().createObjectNode();
    config.putArray("architectures").add("BertModel");
    config.put("attention_probs_dropout_prob", 0.1);
    config.put("hidden_act", activation);
    config.put("hidden_dropout_prob", 0.1);
    config.put("hidden_size", dim);
    config.put("initializer_range", 0.02);
    config.put("intermediate_size", intermediate);
    config.put("layer_norm_eps", epsilon);
    config.put("max_position_embeddings", positions);
    config.put("model_type", "bert");
    config.put("num_attention_heads", heads);
    config.put("num_hidden_layers", layers);
    config.put("pad_token_id", padTokenId);
    config.put("position_embedding_type", "absolute");
    config.put("torch_dtype", "float32");
    config.put("type_vocab_size", types);
    config.put("use_cache", true);
    config.put("vocab_size", vocabulary);
    return config;
  }

  /// The name and sizes of every weight.
  Map<String, List<Long>> shapes() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    weights.forEach((name, weight) -> shapes.put(name, weight.shape()));
    return shapes;
  }
}
