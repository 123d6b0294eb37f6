package org.mneme.checkpoint.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.LlamaConfig;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Writes small GGUF files.
final class TinyGguf {
  private static final int ALIGNMENT = 32;

  final Map<String, Object> metadata = new LinkedHashMap<>();
  final Map<String, Stored> tensors = new LinkedHashMap<>();
  int magic = 0x46554747;
  int version = 3;

  /// A tensor in the file.
  ///
  /// @param shape as the file has it, rows last
  record Stored(List<Long> shape, int type, byte[] bytes) {}

  /// The model and a byte-level tokenizer whose tokens past the bytes are `merged`, pairs of bytes.
  static TinyGguf of(CausalLanguageModel model, List<String> merged) {
    LlamaConfig config = (LlamaConfig) model.config();
    TinyGguf file = new TinyGguf();
    file.metadata.put("general.architecture", "llama");
    file.metadata.put("llama.context_length", (long) config.maxTokens());
    file.metadata.put("llama.embedding_length", (long) config.dim());
    file.metadata.put("llama.block_count", (long) config.layers());
    file.metadata.put("llama.feed_forward_length", (long) config.feedForwardDim());
    file.metadata.put("llama.attention.head_count", (long) config.heads());
    file.metadata.put("llama.attention.head_count_kv", (long) config.attention().keyValueHeads());
    file.metadata.put("llama.rope.freq_base", config.rotary().theta());
    file.metadata.put("llama.attention.layer_norm_rms_epsilon", config.rmsNormEps());
    file.metadata.put("tokenizer.ggml.model", "gpt2");
    file.metadata.put("tokenizer.ggml.pre", "smollm");
    List<String> tokens = new ArrayList<>(List.of("<|end|>"));
    for (int i = 0; i < 256; i++) {
      tokens.add(symbol(i));
    }
    merged.forEach(pair -> tokens.add(pair.replace(" ", "")));
    file.metadata.put("tokenizer.ggml.tokens", tokens);
    List<Object> types = new ArrayList<>();
    tokens.forEach(token -> types.add(token.equals("<|end|>") ? 3L : 1L));
    file.metadata.put("tokenizer.ggml.token_type", types);
    file.metadata.put("tokenizer.ggml.merges", merged);
    file.metadata.put("tokenizer.ggml.eos_token_id", 0L);
    try (var scope = new TensorScope()) {
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            if (!(config.tied() && name.startsWith("lm_head"))) {
              file.put(name(name), ordered(name, tensor.detach(), config));
            }
          });
    }
    return file;
  }

  /// What GPT-2 calls a byte.
  private static String symbol(int value) {
    boolean printable = value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
    if (printable) {
      return Character.toString(value);
    }
    int before = 0;
    for (int i = 0; i < value; i++) {
      before += i >= '!' && i <= '~' || i >= 0xA1 && i != 0xAD ? 0 : 1;
    }
    return Character.toString(256 + before);
  }

  private static String name(String name) {
    return name.replace("model.layers.", "blk.")
        .replace("model.embed_tokens", "token_embd")
        .replace("model.norm", "output_norm")
        .replace("lm_head", "output")
        .replace("self_attn.q_proj", "attn_q")
        .replace("self_attn.k_proj", "attn_k")
        .replace("self_attn.v_proj", "attn_v")
        .replace("self_attn.o_proj", "attn_output")
        .replace("input_layernorm", "attn_norm")
        .replace("post_attention_layernorm", "ffn_norm")
        .replace("mlp.gate_proj", "ffn_gate")
        .replace("mlp.up_proj", "ffn_up")
        .replace("mlp.down_proj", "ffn_down");
  }

  /// What is turned together side by side, as llama.cpp's converter does.
  private static Tensor ordered(String name, Tensor tensor, LlamaConfig config) {
    int heads =
        name.contains("q_proj")
            ? config.heads()
            : name.contains("k_proj") ? config.attention().keyValueHeads() : 0;
    return heads == 0
        ? tensor
        : tensor
            .reshape(heads, 2, config.headDim() / 2, -1)
            .transpose(1, 2)
            .reshape(Shapes.of(tensor));
  }

  void put(String name, Tensor tensor) {
    List<Long> shape = new ArrayList<>();
    for (long size : Shapes.of(tensor)) {
      shape.addFirst(size);
    }
    float[] numbers = Tensors.floats(tensor.contiguous());
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      bytes.putFloat(number);
    }
    tensors.put(name, new Stored(shape, 0, bytes.array()));
  }

  byte[] bytes() {
    var out = new ByteArrayOutputStream();
    int32(out, magic);
    int32(out, version);
    int64(out, tensors.size());
    int64(out, metadata.size());
    metadata.forEach((key, value) -> {
      string(out, key);
      int32(out, type(value));
      value(out, value);
    });
    long[] begin = {0};
    tensors.forEach((name, tensor) -> {
      string(out, name);
      int32(out, tensor.shape.size());
      tensor.shape.forEach(size -> int64(out, size));
      int32(out, tensor.type);
      int64(out, begin[0]);
      begin[0] += (tensor.bytes.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    });
    pad(out);
    for (Stored tensor : tensors.values()) {
      out.writeBytes(tensor.bytes);
      pad(out);
    }
    return out.toByteArray();
  }

  private static void pad(ByteArrayOutputStream out) {
    while (out.size() % ALIGNMENT != 0) {
      out.write(0);
    }
  }

  private static int type(Object value) {
    return switch (value) {
      case Long _ -> 4;
      case Double _ -> 6;
      case Boolean _ -> 7;
      case String _ -> 8;
      case List<?> _ -> 9;
      default -> throw new IllegalArgumentException("" + value);
    };
  }

  private static void value(ByteArrayOutputStream out, Object value) {
    switch (value) {
      case Long own -> int32(out, Math.toIntExact(own));
      case Double own -> int32(out, Float.floatToRawIntBits(own.floatValue()));
      case Boolean own -> out.write(own ? 1 : 0);
      case String own -> string(out, own);
      case List<?> own -> {
        int32(out, own.isEmpty() ? 4 : type(own.getFirst()));
        int64(out, own.size());
        own.forEach(element -> value(out, element));
      }
      default -> throw new IllegalArgumentException("" + value);
    }
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void int32(ByteArrayOutputStream out, int number) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
  }

  private static void int64(ByteArrayOutputStream out, long number) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }
}
