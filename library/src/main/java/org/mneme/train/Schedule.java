package org.mneme.train;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// What a learning rate is multiplied with as training goes on: a linear warm-up from zero, then
/// what the kind says.
public sealed interface Schedule {
  /// Steps over which the rate rises first, 0 for none.
  long warmupSteps();

  /// The factor after the warm-up.
  ///
  /// @param step counted from 0
  /// @param progress the share of the run that is done after the warm-up, in [0, 1]
  double decay(long step, double progress);

  /// The factor at `step` (counted from 0).
  ///
  /// @param progress the share of the run that is done after the warm-up: of its steps, its tokens
  ///   or its time, whichever ends it
  default double factor(long step, double progress) {
    return step < warmupSteps() ? warmUp(step) : decay(step, Math.clamp(progress, 0.0, 1.0));
  }

  /// The factor while the rate rises.
  default double warmUp(long step) {
    return (double) step / warmupSteps();
  }

  /// It stays.
  record Constant(@Described("Steps over which the rate rises first; 0 for none.") long warmupSteps)
      implements Schedule {
    /// Without warm-up.
    public static final Constant DEFAULT = new Constant(0);

    /// Checks ranges.
    public Constant {
      check(warmupSteps, 0);
    }

    @Override
    public double decay(long step, double progress) {
      return 1;
    }
  }

  /// It falls in a straight line.
  record Linear(
      @Described("Steps over which the rate rises first; 0 for none.") long warmupSteps,
      @Described("Share of the rate that is left at the end, in [0, 1].") double minimum)
      implements Schedule {
    /// To zero, without warm-up.
    public static final Linear DEFAULT = new Linear(0, 0);

    /// Checks ranges.
    public Linear {
      check(warmupSteps, minimum);
    }

    /// To zero.
    public Linear(long warmupSteps) {
      this(warmupSteps, 0);
    }

    @Override
    public double decay(long step, double progress) {
      return above(minimum, 1 - progress);
    }
  }

  /// It falls along half a cosine.
  record Cosine(
      @Described("Steps over which the rate rises first; 0 for none.") long warmupSteps,
      @Described("Share of the rate that is left at the end, in [0, 1].") double minimum)
      implements Schedule {
    /// To zero, without warm-up.
    public static final Cosine DEFAULT = new Cosine(0, 0);

    /// Checks ranges.
    public Cosine {
      check(warmupSteps, minimum);
    }

    /// To zero.
    public Cosine(long warmupSteps) {
      this(warmupSteps, 0);
    }

    @Override
    public double decay(long step, double progress) {
      return above(minimum, 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
  }

  /// It falls with the root of the step, whenever the run ends: to a half at four times the
  /// warm-up.
  record InverseSquareRoot(
      @Described(
              "Steps over which the rate rises first, and the scale on which it falls; 0 for no"
                  + " rise and a scale of 10,000 steps.")
          long warmupSteps)
      implements Schedule {
    /// Without warm-up.
    public static final InverseSquareRoot DEFAULT = new InverseSquareRoot(0);

    private static final long SCALE_WITHOUT_WARM_UP = 10_000;

    /// Checks ranges.
    public InverseSquareRoot {
      check(warmupSteps, 0);
    }

    @Override
    public double decay(long step, double progress) {
      double scale = warmupSteps == 0 ? SCALE_WITHOUT_WARM_UP : warmupSteps;
      return 1 / Math.sqrt((step + scale - warmupSteps) / scale);
    }
  }

  /// It stays until late in the run, then falls in a straight line (Hu et al. 2024). Its warm-up
  /// begins at `minimum`.
  record WarmUpStableDecay(
      @Described("Steps over which the rate rises first; 0 for none.") long warmupSteps,
      @Described("Share of the run after the warm-up in which the rate falls, in (0, 1].")
          double decayShare,
      @Described("Share of the rate that is left at the end, in [0, 1].") double minimum)
      implements Schedule {
    /// To zero in the last fifth, without warm-up.
    public static final WarmUpStableDecay DEFAULT = new WarmUpStableDecay(0, 0.2, 0);

    /// Checks ranges.
    public WarmUpStableDecay {
      check(warmupSteps, minimum);
      if (!(decayShare > 0 && decayShare <= 1)) {
        throw InvalidInputException.config(
            "optimizer.schedule.decayShare", decayShare + " must be in (0, 1]");
      }
    }

    @Override
    public double warmUp(long step) {
      return above(minimum, (double) step / warmupSteps);
    }

    @Override
    public double decay(long step, double progress) {
      return above(minimum, Math.min(1, (1 - progress) / decayShare));
    }
  }

  /// It falls with a power of what is left of the run.
  record Polynomial(
      @Described("Steps over which the rate rises first; 0 for none.") long warmupSteps,
      @Described("The power, above 0: 1 is a straight line.") double power,
      @Described("Share of the rate that is left at the end, in [0, 1].") double minimum)
      implements Schedule {
    /// A parabola to zero, without warm-up.
    public static final Polynomial DEFAULT = new Polynomial(0, 2, 0);

    /// Checks ranges.
    public Polynomial {
      check(warmupSteps, minimum);
      if (!(power > 0 && Double.isFinite(power))) {
        throw InvalidInputException.config("optimizer.schedule.power", power + " must be above 0");
      }
    }

    @Override
    public double decay(long step, double progress) {
      return above(minimum, Math.pow(1 - progress, power));
    }
  }

  private static double above(double minimum, double factor) {
    return minimum + (1 - minimum) * factor;
  }

  private static void check(long warmupSteps, double minimum) {
    if (warmupSteps < 0) {
      throw InvalidInputException.config(
          "optimizer.schedule.warmupSteps", warmupSteps + " must be 0 or more");
    }
    if (!(minimum >= 0 && minimum <= 1)) {
      throw InvalidInputException.config(
          "optimizer.schedule.minimum", minimum + " must be in [0, 1]");
    }
  }
}
