package org.mneme.app.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ModelFiles;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.generate.Sampling;
import org.mneme.generate.TextGenerator;
import org.mneme.generate.TextGenerator.Generated;
import org.mneme.generate.TextState;
import org.mneme.model.PreparedDecoder;
import org.mneme.tensor.Precision;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Goes on with a text.
@Command(
    name = "generate",
    description = {
      "Go on with a text, by a causal model.",
      "The text is printed as it is written. Without --prompt it is read from stdin. The most"
          + " likely token is taken each time unless --temperature is above 0."
    })
final class Generate implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Option(names = "--prompt", paramLabel = "TEXT", description = "What to go on with.")
  private @Nullable String prompt;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Tokens to write at most (default: ${DEFAULT-VALUE}).")
  private int mostTokens = 128;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Divides scores before a token is drawn; 0: the best (default).")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw among the K best (default: all).")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw among the fewest of the best whose probabilities reach P (default: 1).")
  private double topP = 1;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Draw nothing below P times the best's probability (default: 0).")
  private double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Divides scores of tokens that were there (default: 1, none).")
  private double repetitionPenalty = 1;

  @Option(names = "--stop", paramLabel = "TEXT", description = "End before TEXT; may be repeated.")
  private List<String> stops = new ArrayList<>();

  @Option(names = "--seed", paramLabel = "N", description = "Of the draws (default: 1).")
  private long seed = 1;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Texts to write, each on its own (default: 1).")
  private int samples = 1;

  @Option(
      names = "--load-state",
      paramLabel = "FILE",
      description = "Go on after what --save-state kept.")
  private @Nullable Path loadState;

  @Option(
      names = "--save-state",
      paramLabel = "FILE",
      description = "Keep what was read and written (keys and values, or segment memories).")
  private @Nullable Path saveState;

  @Option(
      names = "--precision",
      paramLabel = "HOW",
      description = "Products in float32, medium or bfloat16 (default: float32).")
  private Precision precision = Precision.FLOAT32;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Generate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (samples < 1) {
      throw InvalidInputException.config("--samples", samples + " must be at least 1");
    }
    if (samples > 1 && (loadState != null || saveState != null)) {
      throw InvalidInputException.config("--samples", "more than 1 do not go with a state");
    }
    TextGenerator.Options options = options();
    String text = prompt == null ? readPrompt() : prompt;
    PreparedDecoder.rehearse(precision); // while libtorch and the model are being loaded
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        Tokenizer tokenizer = Tokenizer.load(model);
        PreparedDecoder decoder = new PreparedDecoder(loaded.causalLanguageModel(), precision);
        TextState state = new TextState(decoder.config(), samples)) {
      if (loadState != null) {
        state.read(loadState);
      }
      boolean streams = !json && samples == 1;
      long start = System.nanoTime();
      List<Generated> texts =
          new TextGenerator(decoder, tokenizer, ends(tokenizer))
              .generate(
                  text,
                  state,
                  options,
                  (_, piece) -> {
                    if (streams) {
                      console.piece(piece);
                    }
                  });
      double seconds = (System.nanoTime() - start) / 1e9;
      if (saveState != null) {
        state.write(saveState);
      }
      print(texts, seconds);
    }
    return ExitCode.OK;
  }

  private TextGenerator.Options options() {
    try {
      var sampling = new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed);
      return new TextGenerator.Options(mostTokens, sampling, stops);
    } catch (InvalidInputException e) {
      String option =
          switch (e.key()) {
            case "mostTokens" -> "--max-tokens";
            case "stops" -> "--stop";
            default -> "--" + e.key().replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT);
          };
      String problem = Objects.requireNonNull(e.getMessage()).substring(e.key().length() + 2);
      throw InvalidInputException.config(option, problem);
    }
  }

  private static String readPrompt() {
    try {
      InputStream in = System.in;
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, "stdin", "stdin cannot be read: " + e.getMessage(), e);
    }
  }

  /// The ids that end a text: those of `config.json`, and the tokenizer's.
  private BitSet ends(Tokenizer tokenizer) {
    BitSet ends = new BitSet();
    tokenizer.specialTokens().eos().ifPresent(ends::set);
    var ids = ModelFolder.readConfig(model).path("eos_token_id");
    if (ids.isInt()) {
      ends.set(ids.asInt());
    }
    ids.forEach(id -> ends.set(id.asInt()));
    return ends;
  }

  private void print(List<Generated> texts, double seconds) {
    long count = texts.stream().mapToLong(text -> text.tokens().length).sum();
    double speed = count / seconds;
    if (json) {
      Map<String, Object> result = described(texts.getFirst());
      result.put("tokensPerSecond", speed);
      if (texts.size() > 1) {
        result.put("samples", texts.stream().map(Generate::described).toList());
      }
      console.json(result);
      return;
    }
    if (texts.size() == 1) {
      console.result("");
    }
    for (int i = 0; i < texts.size() && texts.size() > 1; i++) {
      console.result((i == 0 ? "" : "\n") + "--- " + (i + 1));
      console.result(texts.get(i).text());
    }
    console.note(String.format(Locale.ROOT, "%,d tokens, %.1f tokens/s", count, speed));
  }

  private static Map<String, Object> described(Generated text) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("text", text.text());
    result.put("tokens", text.tokens());
    result.put("ending", text.ending().toString());
    return result;
  }
}
