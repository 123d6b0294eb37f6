package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BaseModel;
import org.mneme.model.BertConfig;
import org.mneme.model.BertEncoder;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.Gpt2;
import org.mneme.model.Gpt2Config;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.tensor.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// A model in memory together with the folder it came from: a bare encoder, one with a masked-LM
/// head, or a causal model.
///
/// Owns its parameters until it is closed.
public final class PretrainedModel implements AutoCloseable {
  private static final String MEMORY = ".memory.";

  private final Path folder;
  private final ObjectNode json;
  private final CompanionFiles companions;
  private final LoadReport report;
  private final Parameters parameters;
  private final OtherRows others;
  private final BaseModel base;
  private final @Nullable LanguageModel withHead;

  private PretrainedModel(
      Path folder,
      ObjectNode json,
      CompanionFiles companions,
      LoadReport report,
      Parameters parameters,
      OtherRows others,
      BaseModel base,
      @Nullable LanguageModel withHead) {
    this.folder = folder;
    this.json = json;
    this.companions = companions;
    this.report = report;
    this.parameters = parameters;
    this.others = others;
    this.base = base;
    this.withHead = withHead;
  }

  /// Loads the model in `folder` as it is; every weight must be there.
  ///
  /// @throws InvalidInputException of kind CONFIG or WEIGHTS when it cannot be loaded whole
  public static PretrainedModel load(Path folder) {
    return read(folder, Head.AS_SAVED, 0, config -> config, name -> false);
  }

  /// Loads the model with a language-model head, an encoder's freshly drawn from `seed` where the
  /// folder has none.
  ///
  /// @param settings may change what holds no weights, such as dropout, and give a model that has
  ///   no memories freshly drawn ones
  public static PretrainedModel loadWithHead(
      Path folder, long seed, UnaryOperator<ArchitectureConfig> settings) {
    ObjectNode json = ModelFolder.readConfig(folder);
    boolean hasHead = hasHead(json);
    boolean hasMemory = json.has("memory");
    return read(
        folder,
        Head.ALWAYS,
        seed,
        settings,
        name ->
            (!hasHead && MaskedLanguageModel.isHead(name))
                || (!hasMemory && name.contains(MEMORY)));
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
        name -> name.contains(MEMORY));
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
      UnaryOperator<ArchitectureConfig> change,
      Predicate<String> mayBeFresh) {
    try (ModelFolder files = ModelFolder.open(folder)) {
      ObjectNode json = files.config();
      ArchitectureConfig config = change.apply(ArchitectureConfig.fromJson(json));
      Built built = build(config, head == Head.ALWAYS || hasHead(json), seed);
      OtherRows others = new OtherRows();
      try {
        LoadReport report =
            files.load(built.parameters, config.basePrefix(), others).requireComplete(mayBeFresh);
        return new PretrainedModel(
            folder,
            json,
            CompanionFiles.read(folder),
            report,
            built.parameters,
            others,
            built.base,
            built.withHead);
      } catch (RuntimeException e) {
        built.parameters.close();
        others.close();
        throw e;
      }
    }
  }

  /// A model with freshly drawn weights, and a language-model head, that is saved with the
  /// tokenizer of a folder.
  public static PretrainedModel create(ArchitectureConfig config, Path tokenizer, long seed) {
    Built built = build(config, true, seed);
    LoadReport report =
        new LoadReport(
            tokenizer.toString(),
            List.of(),
            List.copyOf(built.parameters.all().keySet()),
            List.of(),
            List.of(),
            List.of());
    return new PretrainedModel(
        tokenizer,
        config.toJson(),
        CompanionFiles.read(tokenizer),
        report,
        built.parameters,
        new OtherRows(),
        built.base,
        built.withHead);
  }

  private record Built(Parameters parameters, BaseModel base, @Nullable LanguageModel withHead) {
    Built(LanguageModel model) {
      this(model.parameters(), model.base(), model);
    }
  }

  private static Built build(ArchitectureConfig config, boolean maskedHead, long seed) {
    return switch (config) {
      case Gpt2Config causal -> new Built(new CausalLanguageModel(causal, seed));
      case BertConfig encoder when maskedHead -> new Built(new MaskedLanguageModel(encoder, seed));
      case BertConfig encoder -> {
        Parameters parameters = new Parameters();
        yield new Built(parameters, new BertEncoder(encoder, parameters, "", seed), null);
      }
    };
  }

  /// The folder it was loaded from.
  public Path folder() {
    return folder;
  }

  /// What became of every weight.
  public LoadReport report() {
    return report;
  }

  /// The sizes and settings.
  public ArchitectureConfig config() {
    return base.config();
  }

  /// The model without its head.
  public BaseModel base() {
    return base;
  }

  /// All tensors by name.
  public Parameters parameters() {
    return parameters;
  }

  /// The encoder.
  ///
  /// @throws InvalidInputException of kind CONFIG when it is a causal model
  public BertEncoder encoder() {
    return switch (base) {
      case BertEncoder encoder -> encoder;
      case Gpt2 causal ->
          throw wrongKind("is a causal model; this takes an encoder, such as a BERT");
    };
  }

  /// The model with its head.
  ///
  /// @throws InvalidInputException of kind CONFIG when it is a bare encoder
  public LanguageModel languageModel() {
    if (withHead == null) {
      throw wrongKind(
          "is an encoder without a masked-LM head; give it one with `mneme train masked-head`");
    }
    return withHead;
  }

  /// The model with its masked-LM head.
  ///
  /// @throws InvalidInputException of kind CONFIG when it is another
  public MaskedLanguageModel maskedLanguageModel() {
    return switch (languageModel()) {
      case MaskedLanguageModel masked -> masked;
      case CausalLanguageModel causal ->
          throw wrongKind("is a causal model; this takes one that fills masks");
    };
  }

  /// The causal model.
  ///
  /// @throws InvalidInputException of kind CONFIG when it is another
  public CausalLanguageModel causalLanguageModel() {
    return switch (languageModel()) {
      case CausalLanguageModel causal -> causal;
      case MaskedLanguageModel masked ->
          throw wrongKind("fills masks; this takes a causal model, such as a GPT-2");
    };
  }

  private InvalidInputException wrongKind(String what) {
    return InvalidInputException.config("architectures", folder + " " + what);
  }

  /// Writes the model to a folder of its own, with the tokenizer that it was loaded with.
  public void save(Path target) {
    ModelFolder.replace(target, savedConfig(), others.contents(parameters), companions);
  }

  /// Puts the model into an empty folder that somebody else makes and flushes, as [Checkpoint]
  /// does.
  public void writeInto(Path empty) throws IOException {
    ModelFolder.fill(empty, savedConfig(), others.contents(parameters), companions);
  }

  private ObjectNode savedConfig() {
    ObjectNode config = json.deepCopy();
    var architectures = config.putArray("architectures");
    architectures.add(config().architecture(withHead != null));
    MemoryPlacement memory = config().memory();
    if (memory != null) {
      config.set("memory", memory.toJson());
    }
    return config;
  }

  @Override
  public void close() {
    parameters.close();
    others.close();
  }
}
