package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.tensor.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// A model on disk in the Hugging Face layout: `config.json`, weights in one safetensors file or in
/// shards, and the files of the tokenizer.
///
/// Opening checks the configuration and the headers of the weights; it reads no weights. Owns the
/// mapped files until it is closed.
public final class ModelFolder implements AutoCloseable {
  static final String CONFIG = "config.json";

  private final Path path;
  private final ObjectNode config;
  private final Weights weights;

  private ModelFolder(Path path, ObjectNode config, Weights weights) {
    this.path = path;
    this.config = config;
    this.weights = weights;
  }

  /// Opens the model in `folder`; a save that was interrupted between its renames is put right
  /// first.
  public static ModelFolder open(Path folder) {
    ObjectNode config = readConfig(folder);
    return new ModelFolder(folder, config, Weights.open(folder));
  }

  /// The configuration in `folder` alone: keys in their order, unknown ones included.
  public static ObjectNode readConfig(Path folder) {
    AtomicFolder.recover(folder);
    if (!Files.isDirectory(folder)) {
      throw WeightsError.file(
          folder,
          Files.exists(folder) ? "is not a folder" : "does not exist",
          "give the folder of a model: config.json and model.safetensors");
    }
    Path file = folder.resolve(CONFIG);
    if (!Files.exists(file)) {
      throw WeightsError.file(
          folder,
          "holds no config.json",
          Files.exists(folder.resolve(AdapterFiles.CONFIG))
              ? "copy the adapter's files beside those of its base model and give that folder"
              : "give the folder of a model in the Hugging Face layout: config.json and"
                  + " model.safetensors");
    }
    return JsonFiles.readObject(file, InvalidInputException.Kind.CONFIG);
  }

  /// The sizes and settings of the model in `folder`, its adapters included.
  public static ArchitectureConfig architecture(Path folder) {
    ArchitectureConfig config = ArchitectureConfig.fromJson(readConfig(folder));
    return AdapterFiles.in(folder).map(adapters -> adapters.addTo(config)).orElse(config);
  }

  /// The folder.
  public Path path() {
    return path;
  }

  /// The content of `config.json`; the caller may change it, the file stays.
  public ObjectNode config() {
    return config;
  }

  /// The weights, open as long as this is.
  public Weights weights() {
    return weights;
  }

  /// Copies the weights into the tensors of `into` that have the same names, converting floating
  /// types, and reports what fitted. Ask the report to [LoadReport#requireComplete()].
  ///
  /// @param basePrefix what the encoder is called inside a model with a head, such as `bert.`;
  ///   names match with and without it
  public LoadReport load(Parameters into, String basePrefix) {
    return load(into, basePrefix, name -> true, new OtherRows());
  }

  /// The same for the tensors whose names `wants` accepts; the others count as missing.
  ///
  /// @param others learns where the rows are that parameters do not keep
  LoadReport load(Parameters into, String basePrefix, Predicate<String> wants, OtherRows others) {
    LoadReport report =
        new WeightLoader(path.toString(), weights, into, others)
            .load(basePrefix, wants.and(name -> !AdapterConfig.isAdapter(name)));
    boolean adapted = into.all().keySet().stream().anyMatch(AdapterConfig::isAdapter);
    return adapted
        ? AdapterFiles.in(path).map(adapters -> report.with(adapters.load(into))).orElse(report)
        : report;
  }

  /// Writes a model: its configuration, each tensor of `parameters` once (tied names are not
  /// repeated), and the tokenizer files that `tokenizerSource` holds.
  ///
  /// The folder changes as a whole or not at all ([AtomicFolder]). Files of an older model there
  /// that are neither configuration nor weights stay: its model card, and its tokenizer unless a
  /// new one replaces it.
  public static void write(
      Path folder, ObjectNode config, Parameters parameters, @Nullable Path tokenizerSource) {
    write(
        folder,
        config,
        new OtherRows().contents(parameters),
        tokenizerSource,
        WeightsWriter.DEFAULT_MAX_FILE_BYTES);
  }

  /// The same for tensors whose bytes come when it is their turn, in files of at most
  /// `maxFileBytes`.
  public static void write(
      Path folder,
      ObjectNode config,
      Map<String, TensorContent> contents,
      @Nullable Path tokenizerSource,
      long maxFileBytes) {
    AtomicFolder.recover(folder);
    Path target = followed(folder);
    var companions =
        tokenizerSource == null
            ? new CompanionFiles(CompanionFiles.kept(target))
            : CompanionFiles.read(tokenizerSource).replacing(target);
    AtomicFolder.write(
        target, temporary -> fill(temporary, config, contents, companions, maxFileBytes));
  }

  /// Writes a model as [#write] does, with these `companions`.
  static void replace(
      Path folder,
      ObjectNode config,
      Map<String, TensorContent> contents,
      CompanionFiles companions) {
    AtomicFolder.recover(folder);
    Path target = followed(folder);
    var all = companions.replacing(target);
    AtomicFolder.write(target, temporary -> fill(temporary, config, contents, all));
  }

  /// Puts a model into a folder that somebody else makes, atomically or not.
  static void fill(
      Path folder,
      ObjectNode config,
      Map<String, TensorContent> contents,
      CompanionFiles companions)
      throws IOException {
    fill(folder, config, contents, companions, WeightsWriter.DEFAULT_MAX_FILE_BYTES);
  }

  private static void fill(
      Path folder,
      ObjectNode config,
      Map<String, TensorContent> contents,
      CompanionFiles companions,
      long maxFileBytes)
      throws IOException {
    JsonFiles.write(folder.resolve(CONFIG), config);
    WeightsWriter.write(folder, contents, maxFileBytes);
    companions.copyInto(folder);
  }

  /// The folder itself where `folder` is a link to it: the link stays.
  private static Path followed(Path folder) {
    try {
      return Files.exists(folder) ? folder.toRealPath() : folder.toAbsolutePath().normalize();
    } catch (IOException e) {
      throw AtomicFile.unwritable(folder, e);
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
