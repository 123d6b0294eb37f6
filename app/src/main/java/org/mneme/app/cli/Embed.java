package org.mneme.app.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ModelFiles;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SentencePooling;
import org.mneme.generate.TextEmbedder;
import org.mneme.model.Pooling;
import org.mneme.model.PreparedEncoder;
import org.mneme.tensor.Precision;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/// Writes a vector for every line.
@Command(
    name = "embed",
    description = {
      "Turn texts into vectors.",
      "Reads a text a line (or, with --field, a JSON object a line) from FILE or stdin and writes a"
          + " JSON object {\"text\": ..., \"embedding\": [...]} a line, in the order of the input."
    })
final class Embed implements Callable<Integer> {
  // texts of a chunk are batched by length: with 4096 of them 2 % of a batch are padding, with 512
  // it is 15 %
  private static final int CHUNK = 4096;

  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Parameters(arity = "0..1", paramLabel = "FILE", description = "Texts (default: stdin).")
  private @Nullable Path file;

  @Option(
      names = "--field",
      paramLabel = "NAME",
      description =
          "Lines are JSON objects; take the text from this key (default for *.jsonl: text).")
  private @Nullable String field;

  @Option(
      names = "--pooling",
      paramLabel = "HOW",
      description = "${COMPLETION-CANDIDATES} (default: what the model folder says, else mean).")
  private @Nullable Pooling pooling;

  @Option(
      names = "--normalize",
      negatable = true,
      description =
          "Scale vectors to length 1, or not (default: what the model folder says, else yes).")
  private @Nullable Boolean normalize;

  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description = "Cut longer texts (default: the model's limit).")
  private int maxLength = Integer.MAX_VALUE;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Texts in a batch (default: ${DEFAULT-VALUE}).")
  private int batchSize = 32;

  @Option(
      names = "--precision",
      paramLabel = "HOW",
      description = "Products in float32, medium or bfloat16 (default: float32).")
  private Precision precision = Precision.FLOAT32;

  Embed(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (maxLength < 1 || batchSize < 1) {
      throw InvalidInputException.config(
          "--max-length, --batch-size", maxLength + ", " + batchSize + " must be at least 1");
    }
    PreparedEncoder.rehearse(precision); // while libtorch and the model are being loaded
    String key =
        field == null && file != null && file.toString().endsWith(".jsonl") ? "text" : field;
    try (TextLines lines = TextLines.open(file, key)) {
      embed(lines);
    }
    return ExitCode.OK;
  }

  private void embed(TextLines lines) throws IOException {
    // beside libtorch and the model, which take longer
    var loading = CompletableFuture.supplyAsync(() -> Tokenizer.load(model));
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        PreparedEncoder encoder = new PreparedEncoder(loaded.encoder(), precision);
        Tokenizer tokenizer = loading.join()) {
      if (encoder.precision() != precision) {
        console.note(
            "This processor has no products of %s; computing in %s"
                .formatted(precision.label(), encoder.precision().label()));
      }
      SentencePooling saved = SentencePooling.of(model);
      TextEmbedder embedder =
          new TextEmbedder(
              encoder,
              tokenizer,
              pooling == null ? saved.pooling() : pooling,
              normalize == null ? saved.normalize() : normalize,
              Math.min(maxLength, tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE)));
      embed(lines, embedder);
    }
  }

  /// Reads a chunk while the one before it is being embedded and written: there are two at most.
  private void embed(TextLines lines, TextEmbedder embedder) throws IOException {
    var daemons = Thread.ofPlatform().daemon().name("writer").factory();
    try (ExecutorService writer = Executors.newSingleThreadExecutor(daemons);
        TextEmbedder.Stream stream = embedder.stream(batchSize)) {
      CompletableFuture<Void> written = CompletableFuture.completedFuture(null);
      List<String> chunk = lines.next(CHUNK);
      while (!chunk.isEmpty()) {
        CompletableFuture<List<byte[]>> embedded = stream.begin(chunk, Embed::json);
        written.join();
        written = embedded.thenAcceptAsync(this::write, writer);
        chunk = lines.next(CHUNK);
      }
      written.join();
    }
  }

  private void write(List<byte[]> embedded) {
    for (byte[] line : embedded) {
      console.out().write(line, 0, line.length);
    }
    console.out().flush();
  }

  private static byte[] json(String text, float[] vector) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("text", text);
    line.put("embedding", vector);
    return (JsonMapper.shared().writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
