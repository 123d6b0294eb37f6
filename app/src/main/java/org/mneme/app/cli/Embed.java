package org.mneme.app.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
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

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model folder.")
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
    try (BufferedReader lines = open();
        PretrainedModel loaded = ModelFiles.load(model, console);
        PreparedEncoder encoder = new PreparedEncoder(loaded.encoder(), precision);
        Tokenizer tokenizer = Tokenizer.load(model)) {
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
      List<String> chunk = new ArrayList<>();
      long number = 0;
      for (String line = next(lines, number); line != null; line = next(lines, number)) {
        number++;
        chunk.add(key == null ? line : text(line, key, number));
        if (chunk.size() == CHUNK) {
          write(embedder, chunk);
        }
      }
      write(embedder, chunk);
    }
    return ExitCode.OK;
  }

  private BufferedReader open() throws IOException {
    if (file == null) {
      return new BufferedReader(
          new InputStreamReader(System.in, StandardCharsets.UTF_8.newDecoder()));
    }
    if (!Files.exists(file) || Files.isDirectory(file)) {
      String what = Files.exists(file) ? "is a folder; name a text file" : "there is no such file";
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, file.toString(), file + ": " + what);
    }
    return Files.newBufferedReader(file, StandardCharsets.UTF_8);
  }

  /// The line behind line `number`, null at the end.
  private @Nullable String next(BufferedReader lines, long number) throws IOException {
    try {
      return lines.readLine();
    } catch (CharacterCodingException e) {
      // text is decoded in blocks: the place is somewhere behind
      throw problem(number + 1, "or one soon after it is not UTF-8; convert it (iconv -t UTF-8)");
    }
  }

  private String text(String line, String key, long number) {
    try {
      JsonNode value = JsonMapper.shared().readTree(line).path(key);
      if (value.isString()) {
        return value.asString();
      }
    } catch (JacksonException e) {
      throw problem(number, "is not JSON (" + e.getOriginalMessage() + ")");
    }
    throw problem(number, "has no text under \"" + key + "\"; name its key with --field");
  }

  private InvalidInputException problem(long number, String what) {
    String place = (file == null ? "stdin" : file.toString()) + ":" + number;
    return new InvalidInputException(
        InvalidInputException.Kind.DATA, place, place + ": the line " + what);
  }

  private void write(TextEmbedder embedder, List<String> chunk) {
    for (byte[] line : embedder.embed(chunk, batchSize, Embed::json)) {
      console.out().write(line, 0, line.length);
    }
    console.out().flush();
    chunk.clear();
  }

  private static byte[] json(String text, float[] vector) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("text", text);
    line.put("embedding", vector);
    return (JsonMapper.shared().writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
