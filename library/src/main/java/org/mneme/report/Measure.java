package org.mneme.report;

/// Something measured of every variant, layer or head that a page compares.
public record Measure(String name, Unit unit, Better better) {
  /// Which of two values is to be preferred.
  public enum Better {
    HIGHER,
    LOWER,
    NEITHER
  }

  public static final Measure FACTS = new Measure("facts", Unit.PERCENT, Better.HIGHER);
  public static final Measure HELD_OUT = new Measure("held out", Unit.PERCENT, Better.HIGHER);
  public static final Measure TRAINING_LOSS =
      new Measure("training loss", Unit.PLAIN, Better.LOWER);
  public static final Measure FACTS_LOSS = new Measure("facts loss", Unit.PLAIN, Better.LOWER);
  public static final Measure HELD_OUT_LOSS =
      new Measure("held-out loss", Unit.PLAIN, Better.LOWER);
  public static final Measure STEP_TIME =
      new Measure("time a step", Unit.MILLISECONDS, Better.LOWER);
  public static final Measure TOKENS_PER_SECOND =
      new Measure("tokens", Unit.PER_SECOND, Better.HIGHER);
  public static final Measure STEPS = new Measure("steps", Unit.COUNT, Better.NEITHER);
  public static final Measure TIME = new Measure("time", Unit.SECONDS, Better.NEITHER);
  public static final Measure PARAMETERS = new Measure("parameters", Unit.LARGE, Better.NEITHER);
  public static final Measure TRAINED = new Measure("trained", Unit.LARGE, Better.NEITHER);
  public static final Measure PEAK_MEMORY = new Measure("peak memory", Unit.BYTES, Better.LOWER);

  public static final Measure USAGE = new Measure("usage", Unit.PERCENT, Better.NEITHER);
  public static final Measure TOP1_USAGE = new Measure("top-1 usage", Unit.PERCENT, Better.NEITHER);
  public static final Measure KL = new Measure("KL", Unit.PLAIN, Better.NEITHER);
  public static final Measure TOP1_KL = new Measure("KL of top-1", Unit.PLAIN, Better.NEITHER);
  public static final Measure GINI = new Measure("gini", Unit.PLAIN, Better.NEITHER);
  public static final Measure TOP50 = new Measure("slots for 50 %", Unit.COUNT, Better.NEITHER);
  public static final Measure TOP90 = new Measure("slots for 90 %", Unit.COUNT, Better.NEITHER);
  public static final Measure TOP99 = new Measure("slots for 99 %", Unit.COUNT, Better.NEITHER);
}
