package org.mneme.report;

import java.util.Locale;

/// Colours by name; each page decides what they look like in light, in dark and in print. Chosen to
/// differ for colour-blind readers too, yet no chart says anything by colour alone.
public enum Tone {
  BLUE,
  ORANGE,
  GREEN,
  PURPLE,
  AMBER,
  CYAN,
  /// Neutral: what is given rather than compared.
  GREY;

  /// The colour of the `index`-th thing compared; they repeat after six.
  public static Tone of(int index) {
    Tone[] tones = values();
    return tones[Math.floorMod(index, tones.length - 1)]; // all but the neutral one
  }

  String css() {
    return "tone-" + name().toLowerCase(Locale.ROOT);
  }
}
