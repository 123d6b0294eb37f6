package org.mneme.train;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// Whether parts of a memory that are hardly read are drawn anew in training, near parts that are
/// (Karimov et al. 2021, arXiv 2101.11685, leave the procedure open; this is ours).
///
/// After every `window` steps, what got less than `threshold` of an even share of the window's
/// reads becomes a copy of another, chosen with the probability of its reads, plus noise; its
/// moments in the optimiser are forgotten.
public record RevivalConfig(
    @Described("What is drawn anew: nothing, keys, or slots.") Target target,
    @Described("Steps over which reads are counted, from 1 on: an even share has to be many reads.")
        int window,
    @Described("Share of an even share of the reads below which a part counts as dead, in (0, 1).")
        double threshold,
    @Described("Standard deviation of the noise, as a share of the copied part's size, 0 or more.")
        double noise) {
  /// Nothing; else under a tenth of an even share in 100 steps, and a tenth of noise.
  public static final RevivalConfig DEFAULT = of(Target.NOTHING);

  /// What is revived.
  public enum Target {
    /// Nothing.
    NOTHING,
    /// Keys, each head's for itself: the half-keys of product keys.
    KEYS,
    /// Rows of value tables, whoever reads them.
    SLOTS
  }

  /// Checks ranges.
  public RevivalConfig {
    require(window >= 1, "window", window, "must be at least 1 step");
    require(threshold > 0 && threshold < 1, "threshold", threshold, "must be between 0 and 1");
    require(noise >= 0 && Double.isFinite(noise), "noise", noise, "must be 0 or more");
  }

  private static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw InvalidInputException.config("train.revival." + key, value + " " + rule);
    }
  }

  /// The usual revival of a target: under a tenth of an even share in 100 steps, a tenth of noise.
  public static RevivalConfig of(Target target) {
    return new RevivalConfig(target, 100, 0.1, 0.1);
  }

  /// Reads `keys` or `slots`, with settings behind a comma where they are not the usual ones:
  /// `keys,window=50,threshold=0.05,noise=0.2`.
  public static RevivalConfig parse(String text) {
    String[] parts = text.split(",", -1);
    RevivalConfig revival = of(target(parts[0]));
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      int sign = part.indexOf('=');
      revival = revival.with(sign < 0 ? part : part.substring(0, sign), part.substring(sign + 1));
    }
    return revival;
  }

  private static Target target(String name) {
    return Arrays.stream(Target.values())
        .filter(target -> target.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(() ->
            InvalidInputException.config(
                "train.revival",
                "\"%s\" is not one of %s"
                    .formatted(
                        name,
                        Arrays.stream(Target.values())
                            .map(target -> target.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", ")))));
  }

  private RevivalConfig with(String key, String value) {
    try {
      return switch (key) {
        case "window" -> new RevivalConfig(target, Integer.parseInt(value), threshold, noise);
        case "threshold" -> new RevivalConfig(target, window, Double.parseDouble(value), noise);
        case "noise" -> new RevivalConfig(target, window, threshold, Double.parseDouble(value));
        default ->
            throw InvalidInputException.config(
                "train.revival", "\"" + key + "\" is not one of window, threshold, noise");
      };
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          "train.revival." + key,
          "train.revival." + key + ": \"" + value + "\" is not a number",
          e);
    }
  }
}
