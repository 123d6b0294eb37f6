package org.mneme.checkpoint.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.AtomicFolder;
import org.mneme.checkpoint.Dtype;
import org.mneme.checkpoint.JsonFiles;
import org.mneme.checkpoint.TensorContent;
import org.mneme.checkpoint.WeightsWriter;
import org.mneme.checkpoint.gguf.GgufFile.Tensor;
import org.mneme.model.Activation;
import org.mneme.model.LlamaConfig;
import org.mneme.model.Rotary;
import tools.jackson.databind.node.ObjectNode;

/// Makes a model folder in the Hugging Face layout out of a GGUF file of the Llama architecture.
///
/// The folder holds `config.json`, `model.safetensors` with float32 weights under the names of
/// `LlamaForCausalLM`, and `tokenizer.json` with its settings, rebuilt from the metadata. It
/// appears whole or not at all; weights go from file to file row by row. Needs no libtorch.
public final class GgufImporter {
  private static final String KEYS = "llama.";
  private static final String ROTARY_FACTORS = "rope_freqs.weight";
  private static final String TAKE_ANOTHER = "take another file of the model";
  private static final int CHUNK = 1 << 18; // numbers that are on their way together

  private final GgufFile file;
  private final LlamaConfig config;
  private final Set<String> left; // tensors nobody has asked for yet

  /// What was imported.
  ///
  /// @param config the content of the new `config.json`
  /// @param parameters numbers in all weights
  public record Report(Path folder, ObjectNode config, long parameters) {}

  private GgufImporter(GgufFile file, LlamaConfig config) {
    this.file = file;
    this.config = config;
    left = new LinkedHashSet<>(file.tensors().keySet());
    left.remove(ROTARY_FACTORS);
  }

  /// Imports `ggufFile` into `outputFolder`.
  ///
  /// @param overwrite whether an output folder that is not empty is replaced
  /// @throws InvalidInputException of kind WEIGHTS where the file is damaged, or of another
  ///   architecture, tokenizer or storage than is known; CONFIG where the folder is not empty
  public static Report importModel(Path ggufFile, Path outputFolder, boolean overwrite) {
    AtomicFolder.requireFree(outputFolder, overwrite);
    try (GgufFile file = GgufFile.open(ggufFile)) {
      String architecture = file.text("general.architecture");
      if (!"llama".equals(architecture)) {
        throw file.error("general.architecture is " + architecture, "only llama is supported");
      }
      GgufTokenizer tokenizer = GgufTokenizer.read(file);
      LlamaConfig config = checked(file, tokenizer);
      var importer = new GgufImporter(file, config);
      Map<String, TensorContent> contents = importer.contents();
      ObjectNode json = json(config, tokenizer);
      AtomicFolder.write(outputFolder, folder -> write(folder, json, contents, tokenizer));
      long numbers =
          contents.values().stream().mapToLong(content -> content.bytes() / Float.BYTES).sum();
      return new Report(outputFolder, json, numbers);
    }
  }

  private static void write(
      Path folder, ObjectNode json, Map<String, TensorContent> contents, GgufTokenizer tokenizer)
      throws IOException {
    JsonFiles.write(folder.resolve("config.json"), json);
    WeightsWriter.write(folder, contents, WeightsWriter.DEFAULT_MAX_FILE_BYTES);
    for (var entry : tokenizer.files().entrySet()) {
      JsonFiles.write(folder.resolve(entry.getKey()), entry.getValue());
    }
  }

  private static ObjectNode json(LlamaConfig config, GgufTokenizer tokenizer) {
    ObjectNode json = config.toJson();
    json.putArray("architectures").add(config.architecture(true));
    json.put("dtype", "float32");
    for (String role : List.of("bos", "eos")) {
      Integer id = tokenizer.id(role + "_token_id");
      if (id != null) {
        json.put(role + "_token_id", id);
      }
    }
    Integer padding = tokenizer.id("padding_token_id");
    if (padding != null) {
      json.put("pad_token_id", padding);
    }
    return json;
  }

  private static LlamaConfig checked(GgufFile file, GgufTokenizer tokenizer) {
    try {
      return config(file, tokenizer);
    } catch (InvalidInputException e) {
      throw e.kind() == InvalidInputException.Kind.WEIGHTS
          ? e
          : file.error("says of itself: " + e.getMessage(), TAKE_ANOTHER);
    }
  }

  private static LlamaConfig config(GgufFile file, GgufTokenizer tokenizer) {
    boolean inputBias = file.tensors().containsKey("blk.0.attn_q.bias");
    if (inputBias != file.tensors().containsKey("blk.0.attn_output.bias")) {
      throw file.error(
          "has biases of " + (inputBias ? "queries" : "attention's output") + " alone",
          "no Llama of Hugging Face's is so; " + TAKE_ANOTHER);
    }
    int dim = size(file, "embedding_length", null);
    int heads = size(file, "attention.head_count", null);
    int headDim = size(file, "attention.key_length", dim / heads);
    Double eps = file.number(KEYS + "attention.layer_norm_rms_epsilon");
    var attention =
        new LlamaConfig.Attention(
            heads,
            size(file, "attention.head_count_kv", heads),
            headDim,
            inputBias,
            inputBias,
            List.of(),
            0);
    return new LlamaConfig(
        LlamaConfig.Family.LLAMA,
        tokenizer.size(),
        dim,
        size(file, "block_count", null),
        attention,
        rotary(file, headDim),
        size(file, "feed_forward_length", null),
        file.tensors().containsKey("blk.0.ffn_down.bias"),
        Activation.SILU,
        size(file, "context_length", 2048),
        eps == null ? 1e-6 : rounded(eps),
        !file.tensors().containsKey("output.weight"),
        null,
        null,
        null,
        0);
  }

  /// The number that was meant by a float32, such as 1e-5 by 9.999999747378752e-6.
  private static double rounded(double number) {
    return Double.parseDouble(Float.toString((float) number));
  }

  private static int size(GgufFile file, String key, @Nullable Integer otherwise) {
    Long found = file.integer(KEYS + key);
    if (found == null && otherwise != null) {
      return otherwise;
    }
    if (found == null || found < 1 || found > Integer.MAX_VALUE) {
      throw file.error(KEYS + key + (found == null ? " is absent" : " is " + found), TAKE_ANOTHER);
    }
    return found.intValue();
  }

  private static Rotary rotary(GgufFile file, int headDim) {
    int turned = size(file, "rope.dimension_count", headDim);
    if (turned != headDim) {
      throw file.error(
          "turns %d of the %d numbers of a head".formatted(turned, headDim),
          "only all of them are supported");
    }
    Double base = file.number(KEYS + "rope.freq_base");
    double theta = base == null ? 10000 : rounded(base);
    String scaling = file.text(KEYS + "rope.scaling.type");
    if (file.tensors().containsKey(ROTARY_FACTORS)) {
      return scaledByFactors(file, theta, headDim);
    }
    return switch (scaling == null ? "linear" : scaling) {
      case "none" -> new Rotary(theta, new Rotary.Unscaled());
      case "linear" -> {
        Double said = file.number(KEYS + "rope.scaling.factor");
        Double factor = said == null ? file.number(KEYS + "rope.scale_linear") : said;
        double scale = factor == null || factor == 0 ? 1 : rounded(factor);
        yield new Rotary(theta, scale == 1 ? new Rotary.Unscaled() : new Rotary.Linear(scale));
      }
      default ->
          throw file.error(
              KEYS + "rope.scaling.type is \"" + scaling + "\"",
              "known are none, linear, and Llama 3's factors");
    };
  }

  /// Llama 3's scaling: its factors are in the file as numbers, its settings are not.
  private static Rotary scaledByFactors(GgufFile file, double theta, int headDim) {
    Tensor tensor = file.tensors().get(ROTARY_FACTORS);
    if (tensor == null || tensor.numbers() != headDim / 2) {
      throw file.error(ROTARY_FACTORS + " is not for heads of " + headDim, TAKE_ANOTHER);
    }
    float[] factors = new float[headDim / 2];
    file.row(tensor, 0, factors);
    double[] plain = new Rotary(theta, new Rotary.Unscaled()).frequencies(headDim);
    for (double factor : new double[] {8, 32}) {
      var meant = new Rotary(theta, new Rotary.Llama3(factor, 1, 4, 8192));
      double[] scaled = meant.frequencies(headDim);
      boolean fits = true;
      for (int i = 0; i < factors.length; i++) {
        fits &= Math.abs(plain[i] / factors[i] - scaled[i]) <= 1e-4 * scaled[i];
      }
      if (fits) {
        return meant;
      }
    }
    throw file.error(
        ROTARY_FACTORS + " holds factors that are not those of Llama 3.1 or 3.2", TAKE_ANOTHER);
  }

  /// Every tensor of the new folder.
  private Map<String, TensorContent> contents() {
    LlamaConfig.Attention attention = config.attention();
    long dim = config.dim();
    long queries = (long) attention.heads() * attention.headDim();
    long keys = (long) attention.keyValueHeads() * attention.headDim();
    long inner = config.feedForwardDim();
    boolean bias = config.feedForwardBias();
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    contents.put("model.embed_tokens.weight", plain("token_embd.weight", config.vocabulary(), dim));
    for (int i = 0; i < config.layers(); i++) {
      String to = "model.layers." + i + ".";
      String from = "blk." + i + ".";
      contents.put(to + "input_layernorm.weight", plain(from + "attn_norm.weight", dim));
      turned(contents, to + "self_attn.q_proj", from + "attn_q", attention.heads());
      turned(contents, to + "self_attn.k_proj", from + "attn_k", attention.keyValueHeads());
      linear(contents, to + "self_attn.v_proj", from + "attn_v", keys, dim, attention.inputBias());
      linear(
          contents,
          to + "self_attn.o_proj",
          from + "attn_output",
          dim,
          queries,
          attention.outputBias());
      contents.put(to + "post_attention_layernorm.weight", plain(from + "ffn_norm.weight", dim));
      linear(contents, to + "mlp.gate_proj", from + "ffn_gate", inner, dim, bias);
      linear(contents, to + "mlp.up_proj", from + "ffn_up", inner, dim, bias);
      linear(contents, to + "mlp.down_proj", from + "ffn_down", dim, inner, bias);
    }
    contents.put("model.norm.weight", plain("output_norm.weight", dim));
    if (!config.tied()) {
      contents.put("lm_head.weight", plain("output.weight", config.vocabulary(), dim));
    }
    if (!left.isEmpty()) {
      throw file.error(
          "holds the tensor " + left.iterator().next() + ", which no Llama has",
          "only plain Llama models are supported");
    }
    return contents;
  }

  private void linear(
      Map<String, TensorContent> contents,
      String to,
      String from,
      long out,
      long in,
      boolean bias) {
    contents.put(to + ".weight", plain(from + ".weight", out, in));
    if (bias) {
      contents.put(to + ".bias", plain(from + ".bias", out));
    }
  }

  /// Rows of queries or keys in Hugging Face's order: what is turned together stands in the two
  /// halves of a head, in the file side by side.
  private void turned(Map<String, TensorContent> contents, String to, String from, int heads) {
    int headDim = config.attention().headDim();
    long rows = (long) heads * headDim;
    RowOrder order =
        row -> {
          long within = row % headDim;
          long half = headDim / 2;
          return row - within + within % half * 2 + within / half;
        };
    contents.put(to + ".weight", content(from + ".weight", order, rows, config.dim()));
    if (config.attention().inputBias()) {
      contents.put(to + ".bias", ordered(from + ".bias", order, rows));
    }
  }

  /// Which row of the file a row of the folder is.
  private interface RowOrder {
    long source(long row);
  }

  private TensorContent plain(String name, long... shape) {
    return content(name, row -> row, shape);
  }

  private Tensor tensor(String name, long... shape) {
    Tensor tensor = file.tensors().get(name);
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (tensor == null) {
      throw file.error("has no tensor " + name, TAKE_ANOTHER);
    }
    if (!tensor.shape().equals(expected)) {
      throw file.error(
          "tensor %s has shape %s, not %s".formatted(name, tensor.shape(), expected), TAKE_ANOTHER);
    }
    left.remove(name);
    return tensor;
  }

  private TensorContent content(String name, RowOrder order, long... shape) {
    Tensor tensor = tensor(name, shape);
    int width = tensor.width();
    long rows = tensor.numbers() / width;
    return new TensorContent(
        Dtype.F32,
        tensor.shape(),
        sink -> {
          int together = Math.max(1, CHUNK / width);
          float[] row = new float[width];
          for (long from = 0; from < rows; from += together) {
            int count = (int) Math.min(together, rows - from);
            float[] chunk = new float[count * width];
            for (int i = 0; i < count; i++) {
              file.row(tensor, order.source(from + i), row);
              System.arraycopy(row, 0, chunk, i * width, width);
            }
            sink.write(MemorySegment.ofArray(chunk));
          }
        });
  }

  /// A vector whose numbers are in that order.
  private TensorContent ordered(String name, RowOrder order, long size) {
    Tensor tensor = tensor(name, size);
    return new TensorContent(
        Dtype.F32,
        tensor.shape(),
        sink -> {
          float[] numbers = new float[tensor.width()];
          file.row(tensor, 0, numbers);
          float[] sorted = new float[numbers.length];
          for (int i = 0; i < sorted.length; i++) {
            sorted[i] = numbers[Math.toIntExact(order.source(i))];
          }
          sink.write(MemorySegment.ofArray(sorted));
        });
  }
}
