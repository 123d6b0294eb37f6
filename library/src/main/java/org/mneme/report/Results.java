package org.mneme.report;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What was measured of one variant, layer or head. Immutable; [#with] returns a longer copy.
///
/// @param name short: it labels lines and columns
/// @param note what the name stands for; may be empty
/// @param values one value a seed, as fractions of 1 where the unit is percent
/// @param ceilings the most that a measure could reach, where that is known
public record Results(
    String name, String note, Map<Measure, double[]> values, Map<Measure, Double> ceilings) {
  public Results {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    ceilings = Collections.unmodifiableMap(new LinkedHashMap<>(ceilings));
  }

  /// Nothing measured yet.
  public Results(String name) {
    this(name, "");
  }

  /// Nothing measured yet, with a word on what the name stands for.
  public Results(String name, String note) {
    this(name, note, Map.of(), Map.of());
  }

  /// With `measure` at this value, or at these values, one a seed.
  public Results with(Measure measure, double... seeds) {
    Map<Measure, double[]> more = new LinkedHashMap<>(values);
    more.put(measure, seeds.clone());
    return new Results(name, note, more, ceilings);
  }

  /// With `measure` at `value` of at most `ceiling`.
  public Results of(Measure measure, double value, double ceiling) {
    Map<Measure, Double> more = new LinkedHashMap<>(ceilings);
    more.put(measure, ceiling);
    return new Results(name, note, with(measure, value).values, more);
  }

  /// A table of `results`, one row each, one column for each measure that any of them has, the best
  /// of a column marked; `heading` stands above the names.
  public static Table table(String heading, List<Results> results) {
    return ResultTable.of(heading, results);
  }

  /// The values of all seeds that are finite; empty when it was not measured.
  double[] each(Measure measure) {
    double[] all = values.getOrDefault(measure, new double[0]);
    return Arrays.stream(all).filter(Double::isFinite).toArray();
  }

  /// The mean over seeds, NaN when it was not measured.
  double mean(Measure measure) {
    return Arrays.stream(each(measure)).average().orElse(Double.NaN);
  }

  /// The ceiling, NaN when none is known.
  double ceiling(Measure measure) {
    return ceilings.getOrDefault(measure, Double.NaN);
  }
}
