package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.model.BertConfig;
import org.mneme.model.BertEncoder;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.tensor.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// A BERT-family model in memory together with the folder it came from: a bare encoder, or one with
/// a masked-LM head.
///
/// Owns its parameters until it is closed.
public final class PretrainedModel implements AutoCloseable {
  private final Path folder;
  private final ObjectNode json;
  private final CompanionFiles companions;
  private final LoadReport report;
  private final Parameters parameters;
  private final BertEncoder encoder;
  private final @Nullable MaskedLanguageModel masked;

  private PretrainedModel(
      Path folder,
      ObjectNode json,
      CompanionFiles companions,
      LoadReport report,
      Parameters parameters,
      BertEncoder encoder,
      @Nullable MaskedLanguageModel masked) {
    this.folder = folder;
    this.json = json;
    this.companions = companions;
    this.report = report;
    this.parameters = parameters;
    this.encoder = encoder;
    this.masked = masked;
  }

  /// Loads the model in `folder` as it is; every weight must be there.
  ///
  /// @throws InvalidInputException of kind CONFIG or WEIGHTS when it cannot be loaded whole
  public static PretrainedModel load(Path folder) {
    return read(folder, Head.AS_SAVED, 0, config -> config, name -> false);
  }

  /// Loads the model with a masked-LM head, freshly drawn from `seed` where the folder has none.
  ///
  /// @param settings may change the settings that hold no weights, such as dropout
  public static PretrainedModel loadWithHead(
      Path folder, long seed, UnaryOperator<BertConfig> settings) {
    boolean hasHead = hasHead(ModelFolder.readConfig(folder));
    return read(
        folder, Head.ALWAYS, seed, settings, name -> !hasHead && MaskedLanguageModel.isHead(name));
  }

  /// Loads the model and adds freshly drawn memories; with zero values beside the feed-forward it
  /// computes what it did before, bit for bit.
  public static PretrainedModel augment(Path folder, MemoryPlacement placement, long seed) {
    return read(
        folder,
        Head.AS_SAVED,
        seed,
        config -> {
          if (config.memory() != null) {
            throw InvalidInputException.config(
                "memory", folder + " has memories already; take the model that it was made from");
          }
          return config.withMemory(placement);
        },
        name -> name.contains(".memory."));
  }

  private enum Head {
    AS_SAVED,
    ALWAYS
  }

  private static boolean hasHead(ObjectNode json) {
    return json.path("architectures")
        .valueStream()
        .anyMatch(name -> name.asString("").endsWith("ForMaskedLM"));
  }

  private static PretrainedModel read(
      Path folder,
      Head head,
      long seed,
      UnaryOperator<BertConfig> change,
      Predicate<String> mayBeFresh) {
    try (ModelFolder files = ModelFolder.open(folder)) {
      ObjectNode json = files.config();
      BertConfig config = change.apply(BertConfig.fromJson(json));
      String prefix = config.family().basePrefix();
      MaskedLanguageModel masked = null;
      Parameters parameters;
      BertEncoder encoder;
      if (head == Head.ALWAYS || hasHead(json)) {
        masked = new MaskedLanguageModel(config, seed);
        parameters = masked.parameters();
        encoder = masked.encoder();
      } else {
        parameters = new Parameters();
        encoder = new BertEncoder(config, parameters, "", seed);
      }
      try {
        LoadReport report = files.load(parameters, prefix).requireComplete(mayBeFresh);
        return new PretrainedModel(
            folder, json, CompanionFiles.read(folder), report, parameters, encoder, masked);
      } catch (RuntimeException e) {
        parameters.close();
        throw e;
      }
    }
  }

  /// The folder it was loaded from.
  public Path folder() {
    return folder;
  }

  /// What became of every weight.
  public LoadReport report() {
    return report;
  }

  /// The encoder.
  public BertEncoder encoder() {
    return encoder;
  }

  /// All tensors by name.
  public Parameters parameters() {
    return parameters;
  }

  /// The model with its masked-LM head.
  ///
  /// @throws InvalidInputException of kind CONFIG when it is a bare encoder
  public MaskedLanguageModel maskedLanguageModel() {
    if (masked == null) {
      throw InvalidInputException.config(
          "architectures",
          folder + " is an encoder without a masked-LM head; give it one with `mneme train`");
    }
    return masked;
  }

  /// Writes the model to a folder of its own, with the tokenizer that it was loaded with.
  public void save(Path target) {
    ModelFolder.replace(target, savedConfig(), parameters, companions);
  }

  /// Puts the model into an empty folder that somebody else makes and flushes, as [Checkpoint]
  /// does.
  public void writeInto(Path empty) throws IOException {
    ModelFolder.fill(empty, savedConfig(), parameters, companions);
  }

  private ObjectNode savedConfig() {
    ObjectNode config = json.deepCopy();
    var architectures = config.putArray("architectures");
    architectures.add(encoder.config().family().architecture(masked != null));
    MemoryPlacement memory = encoder.config().memory();
    if (memory != null) {
      config.set("memory", memory.toJson());
    }
    return config;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
