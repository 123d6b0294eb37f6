package org.mneme.app.cli;

import org.mneme.data.Masking;
import picocli.CommandLine.Option;

/// How exercises are made, for the commands that need it.
final class MaskingOptions {
  @Option(
      names = "--mask-probability",
      paramLabel = "P",
      description = "Share of the tokens to be guessed (default: ${DEFAULT-VALUE}).")
  private double probability = Masking.DEFAULT.probability();

  @Option(names = "--whole-word", description = "Mask whole words rather than tokens.")
  private boolean wholeWord;

  /// The settings: of the chosen tokens 80 % are masked, 10 % replaced, 10 % left.
  Masking masking() {
    return Masking.DEFAULT
        .withProbability(probability)
        .withUnit(wholeWord ? Masking.Unit.WHOLE_WORD : Masking.Unit.TOKEN);
  }
}
