package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.CompanionFiles.Content;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BaseModel;
import org.mneme.model.BertConfig;
import org.mneme.model.BertEncoder;
import org.mneme.model.CausalConfig;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.CausalTransformer;
import org.mneme.model.HeadConfig;
import org.mneme.model.KeptWords;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.ModelWithHead;
import org.mneme.model.TaskModel;
import org.mneme.model.TransformerXl;
import org.mneme.tensor.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// A model in memory together with the folder it came from: a bare encoder, one with a masked-LM
/// head or a head for a task, or a causal model.
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
  private final @Nullable ModelWithHead withHead;
  private final String adapterBase; // what adapter_config.json calls the base model

  private PretrainedModel(
      Path folder,
      ObjectNode json,
      CompanionFiles companions,
      LoadReport report,
      Parameters parameters,
      OtherRows others,
      BaseModel base,
      @Nullable ModelWithHead withHead) {
    this.folder = folder;
    this.json = json;
    this.companions = companions;
    this.report = report;
    this.parameters = parameters;
    this.others = others;
    this.base = base;
    this.withHead = withHead;
    this.adapterBase = base.config().adapters() == null ? "" : adapterBase(folder);
    parameters.partial().readFrom(others);
  }

  private static String adapterBase(Path folder) {
    return AdapterFiles.in(folder).map(files -> files.json().base()).orElseGet(folder::toString);
  }

  /// Loads the model in `folder` as it is; every weight must be there.
  ///
  /// @throws InvalidInputException of kind CONFIG or WEIGHTS when it cannot be loaded whole
  public static PretrainedModel load(Path folder) {
    return read(folder, Head::saved, 0, config -> config, name -> false);
  }

  /// Loads the model with the task head that the folder has.
  ///
  /// @param settings may change what holds no weights, such as dropout
  /// @throws InvalidInputException of kind CONFIG when it has none
  public static PretrainedModel loadTask(Path folder, UnaryOperator<ArchitectureConfig> settings) {
    return read(folder, json -> Head.savedTask(folder, json), 0, settings, name -> false);
  }

  /// Loads the model with a task head: the folder's where it gives the same answers, and then with
  /// the ids that its labels have there, else a head freshly drawn from `seed`.
  ///
  /// @param settings may change what holds no weights, such as dropout, and give a model that has
  ///   no memories freshly drawn ones
  /// @throws InvalidInputException of kind CONFIG when the folder has a head of that kind for other
  ///   labels
  public static PretrainedModel loadWithTask(
      Path folder, HeadConfig wanted, long seed, UnaryOperator<ArchitectureConfig> settings) {
    return readWithTask(folder, json -> Head.savedOrNew(folder, json, wanted), seed, settings);
  }

  /// The same with a freshly drawn head, whatever head the folder has.
  public static PretrainedModel loadWithNewTask(
      Path folder, HeadConfig wanted, long seed, UnaryOperator<ArchitectureConfig> settings) {
    return readWithTask(folder, json -> new Head.NewTask(wanted), seed, settings);
  }

  private static PretrainedModel readWithTask(
      Path folder,
      Function<ObjectNode, Head> head,
      long seed,
      UnaryOperator<ArchitectureConfig> settings) {
    boolean hasMemory = ModelFolder.readConfig(folder).has("memory");
    return read(folder, head, seed, settings, name -> !hasMemory && name.contains(MEMORY));
  }

  /// Loads the model with a language-model head, an encoder's freshly drawn from `seed` where the
  /// folder has none.
  ///
  /// @param settings may change what holds no weights, such as dropout, and give a model that has
  ///   no memories or no adapters freshly drawn ones
  public static PretrainedModel loadWithHead(
      Path folder, long seed, UnaryOperator<ArchitectureConfig> settings) {
    ObjectNode json = ModelFolder.readConfig(folder);
    boolean hasHead = Head.hasWords(json);
    boolean hasMemory = json.has("memory");
    boolean hasAdapters = ModelFolder.architecture(folder).adapters() != null;
    return read(
        folder,
        found -> new Head.Words(),
        seed,
        settings,
        name ->
            (!hasHead && MaskedLanguageModel.isHead(name))
                || (!hasMemory && name.contains(MEMORY))
                || (!hasAdapters && AdapterConfig.isAdapter(name)));
  }

  /// Loads the model and adds freshly drawn memories; with zero values beside the feed-forward it
  /// computes what it did before, bit for bit.
  public static PretrainedModel augment(Path folder, MemoryPlacement placement, long seed) {
    return read(
        folder,
        Head::saved,
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

  private static PretrainedModel read(
      Path folder,
      Function<ObjectNode, Head> wanted,
      long seed,
      UnaryOperator<ArchitectureConfig> change,
      Predicate<String> mayBeFresh) {
    try (ModelFolder files = ModelFolder.open(folder)) {
      ObjectNode json = files.config();
      ArchitectureConfig config = change.apply(ModelFolder.architecture(folder));
      Head head = wanted.apply(json);
      Built built = build(config, head, seed);
      OtherRows others = new OtherRows();
      try {
        LoadReport report =
            files
                .load(
                    built.parameters,
                    config.basePrefix(),
                    name -> !head.isNew(config, name),
                    others)
                .requireComplete(name -> head.mayBeNew(config, name) || mayBeFresh.test(name));
        head.writeTo(json, config);
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
    Built built = build(config, new Head.Words(), seed);
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

  /// The same with rows for these words alone. All are drawn, as for a model that has them all, and
  /// lie in `scratch` until the model is closed: a folder whose name is gone when this returns.
  public static PretrainedModel create(
      ArchitectureConfig config, KeptWords kept, Path tokenizer, long seed, Path scratch) {
    try {
      try (PretrainedModel whole = create(config, tokenizer, seed)) {
        whole.save(scratch);
      }
      return read(
          scratch, found -> new Head.Words(), seed, _ -> config.withKeptWords(kept), _ -> false);
    } finally {
      AtomicFolder.removeQuietly(scratch);
    }
  }

  private record Built(Parameters parameters, BaseModel base, @Nullable ModelWithHead withHead) {
    Built(ModelWithHead model) {
      this(model.parameters(), model.base(), model);
    }
  }

  private static Built build(ArchitectureConfig config, Head head, long seed) {
    return switch (config) {
      case CausalConfig causal -> {
        head.requireNoTask();
        yield new Built(new CausalLanguageModel(causal, seed));
      }
      case BertConfig encoder ->
          switch (head) {
            case Head.Words _ -> new Built(new MaskedLanguageModel(encoder, seed));
            case Head.SavedTask(HeadConfig task) -> new Built(new TaskModel(encoder, task, seed));
            case Head.NewTask(HeadConfig task) -> new Built(new TaskModel(encoder, task, seed));
            case Head.None _ -> {
              Parameters parameters = new Parameters();
              yield new Built(parameters, new BertEncoder(encoder, parameters, "", seed), null);
            }
          };
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
      case CausalTransformer _, TransformerXl _ ->
          throw wrongKind("is a causal model; this takes an encoder, such as a BERT");
    };
  }

  /// The model with its language-model head.
  ///
  /// @throws InvalidInputException of kind CONFIG when it has none
  public LanguageModel languageModel() {
    return switch (withHead) {
      case LanguageModel model -> model;
      case TaskModel task ->
          throw wrongKind(
              "has a head for a task ("
                  + task.head().config().description()
                  + ") and none that scores words; take the encoder that it was made from");
      case null ->
          throw wrongKind(
              "is an encoder without a masked-LM head; give it one with `mneme train masked-head`");
    };
  }

  /// The model with its task head.
  ///
  /// @throws InvalidInputException of kind CONFIG when it has none
  public TaskModel taskModel() {
    return switch (withHead) {
      case TaskModel model -> model;
      case LanguageModel _ -> throw Head.withoutTask(folder, json);
      case null -> throw Head.withoutTask(folder, json);
    };
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
    Map<String, TensorContent> contents = others.contents(parameters);
    CompanionFiles files = companions.with(adapters(contents));
    ModelFolder.replace(target, savedConfig(), contents, files);
  }

  /// Puts the model into an empty folder that somebody else makes and flushes, as [Checkpoint]
  /// does.
  public void writeInto(Path empty) throws IOException {
    Map<String, TensorContent> contents = others.contents(parameters);
    CompanionFiles files = companions.with(adapters(contents));
    ModelFolder.fill(empty, savedConfig(), contents, files);
  }

  /// The files of the adapters, whose tensors leave `contents`; none for a model without.
  private Map<String, Content> adapters(Map<String, TensorContent> contents) {
    AdapterConfig adapters = config().adapters();
    return adapters == null ? Map.of() : AdapterFiles.taken(contents, adapters, adapterBase);
  }

  private ObjectNode savedConfig() {
    ObjectNode config = json.deepCopy();
    if (!(withHead instanceof TaskModel)) { // whose head is in the JSON already
      var architectures = config.putArray("architectures");
      architectures.add(config().architecture(withHead != null));
    }
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
