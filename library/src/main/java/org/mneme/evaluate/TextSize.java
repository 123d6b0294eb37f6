package org.mneme.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.evaluate.MaskedEvaluation.Score;

/// What the likelihood of a text is shared among, so that models with other tokens can be compared.
///
/// @param words between blanks, and line ends that are tokens
/// @param characters code points
/// @param bytes in UTF-8
public record TextSize(long words, long characters, long bytes) {
  /// Nothing.
  public static final TextSize NONE = new TextSize(0, 0, 0);

  /// The size of a text.
  public static TextSize of(String text) {
    long words = text.isBlank() ? 0 : text.strip().split("\\s+").length;
    return new TextSize(
        words, text.codePointCount(0, text.length()), text.getBytes(StandardCharsets.UTF_8).length);
  }

  /// Both together.
  public TextSize plus(TextSize other) {
    return new TextSize(words + other.words, characters + other.characters, bytes + other.bytes);
  }

  /// The figures of a causal model by name: those of [Score#metrics], the sizes, `wordPerplexity`,
  /// `bitsPerCharacter` and `bitsPerByte`. The loss is that of all tokens, however many there are.
  public Map<String, Double> metrics(Score score) {
    Map<String, Double> metrics = new LinkedHashMap<>(score.metrics());
    double nats = score.loss() * score.targets();
    double bits = nats / Math.log(2);
    metrics.put("words", (double) words);
    metrics.put("characters", (double) characters);
    metrics.put("bytes", (double) bytes);
    metrics.put("wordPerplexity", words == 0 ? Double.NaN : Math.exp(nats / words));
    metrics.put("bitsPerCharacter", characters == 0 ? Double.NaN : bits / characters);
    metrics.put("bitsPerByte", bytes == 0 ? Double.NaN : bits / bytes);
    return metrics;
  }
}
