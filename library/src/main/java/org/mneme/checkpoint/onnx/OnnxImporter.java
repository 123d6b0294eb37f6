package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.AtomicFolder;
import org.mneme.checkpoint.JsonFiles;
import org.mneme.checkpoint.TensorContent;
import org.mneme.checkpoint.WeightsWriter;
import org.mneme.file.Temporaries;
import org.mneme.model.Pooling;
import tools.jackson.databind.node.ObjectNode;

/// Makes a model folder in the Hugging Face layout out of an ONNX export of a BERT encoder.
///
/// The folder holds `config.json`, `model.safetensors` with float32 weights under the names of
/// `BertModel`, `tokenizer.json` as it came with a `tokenizer_config.json`, and the files of
/// sentence-transformers that say how tokens are pooled. It appears whole or not at all. Needs no
/// libtorch.
public final class OnnxImporter {
  private OnnxImporter() {}

  /// Choices that an export leaves open.
  ///
  /// @param pooling how an embedding is made of all tokens; empty takes it from the graph, or the
  ///   mean where the graph ends with the hidden states. BGE models want [Pooling#CLS]
  /// @param normalise whether embeddings are divided by their length; a graph that pools decides
  ///   for itself unless `pooling` is given
  /// @param overwrite whether an output folder that is not empty is replaced
  public record Options(Optional<Pooling> pooling, boolean normalise, boolean overwrite) {
    /// Pooling as the graph says, or the mean; normalised; nothing is overwritten.
    public static Options defaults() {
      return new Options(Optional.empty(), true, false);
    }

    /// The same with that pooling.
    public Options withPooling(Pooling chosen) {
      return new Options(Optional.of(chosen), normalise, overwrite);
    }
  }

  /// Where the pooling of an imported model comes from.
  public enum PoolingOrigin {
    /// [Options#pooling] said so.
    OPTION,
    /// The graph makes embeddings in this way.
    GRAPH,
    /// Neither said anything: the mean.
    DEFAULT
  }

  /// What was imported.
  ///
  /// @param config the content of the new `config.json`
  /// @param parameters numbers in all weights
  /// @param normalises whether embeddings are divided by their length
  public record Report(
      Path folder,
      ObjectNode config,
      long parameters,
      Pooling pooling,
      PoolingOrigin poolingOrigin,
      boolean normalises) {}

  /// Imports `onnxFile` with its tokenizer into `outputFolder`.
  ///
  /// @throws InvalidInputException of kind WEIGHTS where the file is damaged or no BERT (the
  ///   message names the node where it parts from one), DATA where the tokenizer is not its own,
  ///   CONFIG where the folder is not empty
  public static Report importModel(
      Path onnxFile, Path tokenizerJson, Path outputFolder, Options options) {
    return importModel(onnxFile, onnxFile.toString(), tokenizerJson, outputFolder, options);
  }

  private static Report importModel(
      Path onnxFile, String source, Path tokenizerJson, Path outputFolder, Options options) {
    AtomicFolder.requireFree(outputFolder, options.overwrite());
    try (OnnxGraph graph = OnnxGraph.open(onnxFile, source)) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      TokenizerSettings tokenizer = TokenizerSettings.read(tokenizerJson, bert.vocabulary());
      Report report = report(bert, tokenizer, outputFolder, options);
      AtomicFolder.write(
          outputFolder, folder -> write(folder, bert, tokenizer, tokenizerJson, report));
      return report;
    }
  }

  /// Imports the one model of a jar, such as those of `dev.langchain4j:langchain4j-embeddings-*`:
  /// its only `*.onnx` and its only `*tokenizer.json`, both at the root.
  ///
  /// @throws InvalidInputException as [#importModel] does, and of kind WEIGHTS where the jar holds
  ///   no such pair
  public static Report importJar(Path jar, Path outputFolder, Options options) {
    AtomicFolder.requireFree(outputFolder, options.overwrite());
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      ZipEntry model = only(jar, zip, ".onnx");
      ZipEntry tokenizer = only(jar, zip, "tokenizer.json");
      Path folder = Files.createTempDirectory("mneme-import");
      Temporaries.add(folder);
      Path modelFile = folder.resolve("model.onnx");
      Path tokenizerFile = folder.resolve("tokenizer.json");
      try {
        extract(zip, model, modelFile);
        extract(zip, tokenizer, tokenizerFile);
        return importModel(
            modelFile, jar + "!" + model.getName(), tokenizerFile, outputFolder, options);
      } finally {
        Temporaries.remove(folder);
        Temporaries.forget(folder);
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          jar.toString(),
          jar + " cannot be unpacked (" + e + "); fetch it again",
          e);
    }
  }

  private static ZipEntry only(Path jar, ZipFile zip, String ending) {
    List<? extends ZipEntry> found =
        zip.stream()
            .filter(entry -> entry.getName().indexOf('/') < 0)
            .filter(entry -> entry.getName().endsWith(ending))
            .toList();
    if (found.size() != 1) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          jar.toString(),
          "%s holds %s at its root, expected one *%s; unpack it and import the files themselves"
              .formatted(jar, found.stream().map(ZipEntry::getName).toList(), ending));
    }
    return found.getFirst();
  }

  private static void extract(ZipFile zip, ZipEntry entry, Path file) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      Files.copy(in, file);
    }
  }

  private static Report report(
      ImportedBert bert, TokenizerSettings tokenizer, Path folder, Options options) {
    Optional<Pooling> shown = bert.tail().pooling();
    PoolingOrigin origin =
        options.pooling().isPresent()
            ? PoolingOrigin.OPTION
            : shown.isPresent() ? PoolingOrigin.GRAPH : PoolingOrigin.DEFAULT;
    return new Report(
        folder,
        bert.config(tokenizer.padTokenId()),
        bert.parameters(),
        options.pooling().or(() -> shown).orElse(Pooling.MEAN),
        origin,
        origin == PoolingOrigin.GRAPH ? bert.tail().normalises() : options.normalise());
  }

  private static void write(
      Path folder,
      ImportedBert bert,
      TokenizerSettings tokenizer,
      Path tokenizerJson,
      Report report)
      throws IOException {
    JsonFiles.write(folder.resolve("config.json"), report.config());
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    bert.weights().forEach((name, weight) -> contents.put(name, weight.content()));
    WeightsWriter.write(folder, contents, WeightsWriter.DEFAULT_MAX_FILE_BYTES);
    AtomicFile.write(
        folder.resolve("tokenizer.json"), new Bytes(Files.readAllBytes(tokenizerJson)));
    JsonFiles.write(folder.resolve("tokenizer_config.json"), tokenizer.config(bert.positions()));
    SentenceFiles.write(
        folder, report.pooling(), report.normalises(), bert.dim(), bert.positions());
  }
}
