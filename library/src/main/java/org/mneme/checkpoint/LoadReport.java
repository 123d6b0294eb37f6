package org.mneme.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;

/// What became of every weight of a file and every parameter of a model when one was loaded into
/// the other.
///
/// @param source the folder that was loaded
/// @param loaded parameters and buffers of the model that got their numbers
/// @param missing parameters and buffers of the model for which the file has none
/// @param unexpected tensors of the file for which the model has no place
/// @param tied names of the model that share a tensor with another
/// @param misshapen parameters whose shape in the file is another than in the model; they were left
///   alone
public record LoadReport(
    String source,
    List<String> loaded,
    List<String> missing,
    List<String> unexpected,
    List<Tied> tied,
    List<Misshapen> misshapen) {
  private static final int NAMES_A_LINE = 8;

  /// Two names of one tensor.
  ///
  /// @param alias the name under which nothing is saved
  /// @param name the name under which the tensor is saved
  /// @param differs whether the file holds both with different numbers; those of `name` were taken
  public record Tied(String alias, String name, boolean differs) {
    @Override
    public String toString() {
      return alias
          + " -> "
          + name
          + (differs ? " (the file holds other numbers under " + alias + "; not used)" : "");
    }
  }

  /// A parameter that does not fit.
  public record Misshapen(String name, List<Long> inFile, List<Long> inModel) {
    public Misshapen {
      inFile = List.copyOf(inFile);
      inModel = List.copyOf(inModel);
    }

    @Override
    public String toString() {
      return name + " (file " + inFile + ", model " + inModel + ")";
    }
  }

  public LoadReport {
    loaded = List.copyOf(loaded);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    tied = List.copyOf(tied);
    misshapen = List.copyOf(misshapen);
  }

  /// This, where parameters that this misses, `more`, were loaded from elsewhere.
  LoadReport with(List<String> more) {
    return new LoadReport(
        source,
        Stream.concat(loaded.stream(), more.stream()).toList(),
        missing.stream().filter(name -> !more.contains(name)).toList(),
        unexpected,
        tied,
        misshapen);
  }

  /// Throws unless every parameter got its numbers; returns this report.
  public LoadReport requireComplete() {
    return requireComplete(name -> false);
  }

  /// Throws unless every parameter got its numbers or `mayBeMissing` accepts its name, such as that
  /// of a new head or memory; returns this report. Misshapen parameters are never accepted.
  public LoadReport requireComplete(Predicate<String> mayBeMissing) {
    List<String> lacking = missing.stream().filter(mayBeMissing.negate()).toList();
    if (lacking.isEmpty() && misshapen.isEmpty()) {
      return this;
    }
    List<String> faults = new ArrayList<>();
    if (!lacking.isEmpty()) {
      faults.add("%d weights are missing: %s".formatted(lacking.size(), names(lacking)));
    }
    if (!misshapen.isEmpty()) {
      faults.add(
          "%d weights have another shape than the model: %s"
              .formatted(misshapen.size(), names(misshapen)));
    }
    if (!unexpected.isEmpty()) {
      faults.add(
          "%d have no place in the model: %s".formatted(unexpected.size(), names(unexpected)));
    }
    String key = lacking.isEmpty() ? misshapen.getFirst().name() : lacking.getFirst();
    throw new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        key,
        source
            + ": "
            + String.join("; ", faults)
            + "; check that config.json and the weights belong to one model of this architecture");
  }

  /// A few lines for a person: what was loaded, then whatever is not as it should be.
  public String summary() {
    List<String> lines = new ArrayList<>();
    int all = loaded.size() + missing.size() + misshapen.size();
    lines.add("loaded %d of %d weights from %s".formatted(loaded.size(), all, source));
    addLine(lines, "missing", missing);
    addLine(lines, "misshapen", misshapen);
    addLine(lines, "unexpected", unexpected);
    addLine(lines, "tied", tied);
    return String.join("\n", lines);
  }

  @Override
  public String toString() {
    return summary();
  }

  private static void addLine(List<String> lines, String word, List<?> items) {
    if (!items.isEmpty()) {
      lines.add("  %s (%d): %s".formatted(word, items.size(), names(items)));
    }
  }

  private static String names(List<?> items) {
    String shown =
        String.join(", ", items.stream().limit(NAMES_A_LINE).map(Object::toString).toList());
    int more = items.size() - NAMES_A_LINE;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
