package org.mneme.run;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.HeadConfig;
import org.mneme.model.KeptWords;
import org.mneme.model.NewModelConfig;
import org.mneme.model.TransformerXlConfig;
import org.mneme.tensor.KeptRows;
import org.mneme.text.Tokenizer;

/// The model that a run begins with: one that exists, a new one, or that of a checkpoint.
public final class RunModel {
  private RunModel() {}

  /// Where the run's tokenizer lies.
  public static Path tokenizer(ModelConfig config) {
    String folder = config.tokenizer() == null ? config.path() : config.tokenizer();
    if (folder == null) {
      throw InvalidInputException.config("model.tokenizer", "missing; give the folder of one");
    }
    return Path.of(folder);
  }

  /// Where the tokenizer of a run lies that goes on from `begin`, if it does: what the model came
  /// from may be gone by then.
  public static Path tokenizer(ModelConfig config, Optional<Checkpoint> begin) {
    return begin
        .filter(from -> config.tokenizer() == null)
        .map(Checkpoint::folder)
        .orElseGet(() -> tokenizer(config));
  }

  /// Opens it, memories and head included.
  ///
  /// @param data that it is going to read
  /// @param begin where the run goes on, if it does
  public static PretrainedModel open(
      RunConfig config, Tokenizer tokenizer, RunData data, Optional<Checkpoint> begin) {
    PartialEmbeddingsConfig partial = config.model().partialEmbeddings();
    KeptWords kept = partial == null ? null : kept(partial, config.model(), tokenizer, data, begin);
    return switch (data) {
      case RunData.Texts _, FactsData _ -> openForTexts(config, tokenizer, kept, begin);
      case LabelledData examples -> openForTask(config, examples, kept, begin);
    };
  }

  /// The words that occur in the data of a run, and those that every vocabulary needs.
  private static KeptWords kept(
      PartialEmbeddingsConfig partial,
      ModelConfig model,
      Tokenizer tokenizer,
      RunData data,
      Optional<Checkpoint> begin) {
    BitSet words = data.words();
    words.or(tokenizer.alwaysKept());
    words.set(tokenizer.padId());
    int all = vocabulary(model, tokenizer, begin);
    words.clear(all, Math.max(all, words.length())); // padding of the tokenizer's own
    KeptRows rows = KeptRows.of(all, words);
    return switch (partial.unseen()) {
      case UNKNOWN -> {
        OptionalInt unknown = tokenizer.specialTokens().unk();
        boolean known = unknown.isPresent() && rows.contains(unknown.getAsInt());
        yield new KeptWords(rows, known ? unknown : OptionalInt.empty());
      }
      case PAGE_IN -> KeptWords.pagedIn(rows);
    };
  }

  private static int vocabulary(
      ModelConfig model, Tokenizer tokenizer, Optional<Checkpoint> begin) {
    if (begin.isEmpty() && model.architecture() != null) {
      return tokenizer.vocabulary().size();
    }
    Path folder = begin.map(Checkpoint::folder).orElseGet(() -> folder(model));
    return ModelFolder.architecture(folder).vocabulary();
  }

  private static PretrainedModel openForTask(
      RunConfig config,
      LabelledData examples,
      @Nullable KeptWords kept,
      Optional<Checkpoint> begin) {
    ModelConfig model = config.model();
    if (begin.isPresent()) {
      return PretrainedModel.loadTask(begin.get().folder(), resumed(model, kept));
    }
    String path = String.valueOf(model.path());
    UnaryOperator<ArchitectureConfig> settings =
        found -> adapted(found, model, path).withKeptWords(kept);
    HeadConfig head = examples.head();
    return examples.task().newHead()
        ? PretrainedModel.loadWithNewTask(Path.of(path), head, config.seed(), settings)
        : PretrainedModel.loadWithTask(Path.of(path), head, config.seed(), settings);
  }

  private static PretrainedModel openForTexts(
      RunConfig config, Tokenizer tokenizer, @Nullable KeptWords kept, Optional<Checkpoint> begin) {
    ModelConfig model = config.model();
    if (begin.isPresent()) {
      return PretrainedModel.loadWithHead(
          begin.get().folder(), config.seed(), resumed(model, kept));
    }
    NewModelConfig fresh = model.architecture();
    if (fresh != null) {
      ArchitectureConfig sizes =
          adapted(
              fresh.config(tokenizer.vocabulary().size(), tokenizer.padId()), model, "model.new");
      return kept == null
          ? PretrainedModel.create(sizes, tokenizer(model), config.seed())
          : PretrainedModel.create(sizes, kept, tokenizer(model), config.seed(), scratch(config));
    }
    String path = String.valueOf(model.path());
    return PretrainedModel.loadWithHead(
        Path.of(path), config.seed(), found -> adapted(found, model, path).withKeptWords(kept));
  }

  /// Beside what the run is going to write.
  private static Path scratch(RunConfig config) {
    String out = config.out();
    return Path.of(out == null ? System.getProperty("java.io.tmpdir") : out)
        .resolve(".words-" + ProcessHandle.current().pid());
  }

  private static UnaryOperator<ArchitectureConfig> resumed(
      ModelConfig model, @Nullable KeptWords kept) {
    return found -> disturbed(found, model).withKeptWords(kept);
  }

  /// The sizes of the model that [#open] opens, without opening it.
  ///
  /// @param begin where the run goes on; what it came from may be gone
  public static ArchitectureConfig architecture(ModelConfig model, Optional<Checkpoint> begin) {
    return begin
        .map(checkpoint -> disturbed(ModelFolder.architecture(checkpoint.folder()), model))
        .orElseGet(() -> architecture(model));
  }

  /// The sizes of the model that [#open] opens for a run that begins anew, without opening it.
  public static ArchitectureConfig architecture(ModelConfig model) {
    NewModelConfig fresh = model.architecture();
    if (fresh == null) {
      String path = String.valueOf(model.path());
      return adapted(ModelFolder.architecture(Path.of(path)), model, path);
    }
    try (Tokenizer tokenizer = Tokenizer.load(tokenizer(model))) {
      return adapted(
          fresh.config(tokenizer.vocabulary().size(), tokenizer.padId()), model, "model.new");
    }
  }

  private static ArchitectureConfig adapted(
      ArchitectureConfig found, ModelConfig model, String source) {
    ArchitectureConfig config = disturbed(found, model);
    AddedMemoryConfig memory = model.memory();
    if (memory != null) {
      if (found.memory() != null) {
        throw InvalidInputException.config(
            "model.memory",
            source + " has memories already; leave model.memory out, or take a model without");
      }
      config = config.withMemory(memory.in(config.layers(), config.dim()));
    }
    AddedAdaptersConfig adapters = model.adapters();
    if (adapters != null) {
      if (found.adapters() != null) {
        throw InvalidInputException.config(
            "model.adapters",
            source + " has adapters already; leave model.adapters out, or take a model without");
      }
      config = config.withAdapters(adapters.in(config.layers()));
    }
    return config;
  }

  private static ArchitectureConfig disturbed(ArchitectureConfig found, ModelConfig model) {
    ArchitectureConfig config = found.withDropout(model.dropout()).withCrossHead(model.crossHead());
    if (config instanceof TransformerXlConfig recurrent) {
      return recurrent.withSkipRetain(model.skipRetain());
    }
    if (model.skipRetain() != null) {
      throw InvalidInputException.config(
          "model.skipRetain", "only a transformer-xl has memories to retain; leave it out");
    }
    return config;
  }

  private static Path folder(ModelConfig model) {
    return Path.of(String.valueOf(model.path()));
  }

  /// The longest row that settings and model allow.
  public static int maxLength(RunConfig config, @Nullable ArchitectureConfig model) {
    int asked = config.data().batches().maxLength();
    return model == null ? asked : Math.min(asked, model.maxTokens());
  }
}
