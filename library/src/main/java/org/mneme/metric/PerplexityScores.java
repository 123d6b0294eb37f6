package org.mneme.metric;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// How well a language model foretells text, from negative log-likelihoods.
///
/// They are added up without rounding, so that no order and no split changes a bit.
public final class PerplexityScores implements Scores<PerplexityScores> {
  private BigDecimal nats = BigDecimal.ZERO;
  private double notFinite;
  private long texts;
  private long tokens;
  private long words;
  private long bytes;

  /// A text or batch: the sum of its tokens' negative log-likelihoods, in nats, and how many of
  /// them were foretold.
  public void add(double nats, long tokens) {
    add(nats, tokens, 0, 0);
  }

  /// The same with the words and the bytes (of UTF-8) that those tokens stand for, which make texts
  /// comparable between tokenizers. Give them of all texts or of none.
  ///
  /// @throws InvalidInputException when a count is negative
  public void add(double nats, long tokens, long words, long bytes) {
    if (tokens < 0 || words < 0 || bytes < 0) {
      throw new InvalidInputException(
          Kind.DATA,
          "tokens",
          "a text cannot have %d tokens, %d words, %d bytes; give counts of 0 and up"
              .formatted(tokens, words, bytes));
    }
    if (Double.isFinite(nats)) {
      this.nats = this.nats.add(new BigDecimal(nats));
    } else {
      notFinite += nats;
    }
    this.tokens += tokens;
    this.words += words;
    this.bytes += bytes;
    texts++;
  }

  @Override
  public void merge(PerplexityScores other) {
    nats = nats.add(other.nats);
    notFinite += other.notFinite;
    texts += other.texts;
    tokens += other.tokens;
    words += other.words;
    bytes += other.bytes;
  }

  /// How many texts or batches were added.
  @Override
  public long examples() {
    return texts;
  }

  /// Those by word and by byte are there where words and bytes were counted.
  @Override
  public Map<String, Double> figures() {
    double sum = nats.doubleValue() + notFinite;
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", sum / tokens);
    figures.put("perplexity", Math.exp(sum / tokens));
    figures.put("bitsPerToken", bits(sum / tokens));
    if (words > 0) {
      figures.put("lossPerWord", sum / words);
      figures.put("perplexityPerWord", Math.exp(sum / words));
      figures.put("bitsPerWord", bits(sum / words));
    }
    if (bytes > 0) {
      figures.put("lossPerByte", sum / bytes);
      figures.put("bitsPerByte", bits(sum / bytes));
    }
    return figures;
  }

  private static double bits(double nats) {
    return nats / Math.log(2);
  }
}
