package org.mneme.data.task;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import org.mneme.InvalidInputException;

/// The labels of a task by number. Immutable.
public final class LabelSet {
  private final List<String> names;
  private final Map<String, Integer> indexes = new HashMap<>();

  /// Labels in the order of their numbers.
  ///
  /// @throws InvalidInputException when there are none, or one comes twice or is blank
  public LabelSet(List<String> names) {
    this.names = List.copyOf(names);
    if (names.isEmpty()) {
      throw InvalidInputException.config("labels", "there are none; name at least one");
    }
    for (String name : names) {
      if (name.isBlank() || indexes.put(name, indexes.size()) != null) {
        throw InvalidInputException.config(
            "labels", "'%s' is blank or comes twice; name each label once".formatted(name));
      }
    }
  }

  /// Those of some examples, sorted: as numbers where all of them are, else as texts.
  public static LabelSet sorted(Collection<String> labels) {
    Set<String> distinct = new LinkedHashSet<>(labels);
    Comparator<String> byText = Comparator.naturalOrder();
    boolean numbers = distinct.stream().allMatch(Numbers::isNumber);
    Set<String> sorted =
        new TreeSet<>(
            numbers
                ? Comparator.comparingDouble(Double::parseDouble).thenComparing(byText)
                : byText);
    sorted.addAll(distinct);
    return new LabelSet(List.copyOf(sorted));
  }

  /// Those of the examples that `training` reads, sorted.
  ///
  /// @throws InvalidInputException of kind DATA when they have none
  public static LabelSet of(TaskReader<? extends TaskExample> training) {
    Set<String> labels = new LinkedHashSet<>();
    LongAdder examples = new LongAdder();
    training.read(example -> {
      examples.increment();
      labels.addAll(example.labels());
    });
    if (labels.isEmpty()) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          "labels",
          examples.sum() == 0
              ? training + ": there are no examples; nothing can be learnt"
              : training + ": no example has a label; name the column of labels");
    }
    return sorted(labels);
  }

  /// How many there are.
  public int size() {
    return names.size();
  }

  /// All of them, in the order of their numbers.
  public List<String> names() {
    return names;
  }

  /// The label with that number.
  public String name(int index) {
    return names.get(index);
  }

  /// The number of `name`; empty when it is no label.
  public OptionalInt index(String name) {
    Integer index = indexes.get(name);
    return index == null ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /// The number of a label that reading has checked.
  int known(String name, Place place) {
    return index(name)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "%s: label '%s' is unknown; read with these labels".formatted(place, name)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSet labels && labels.names.equals(names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    return names.toString();
  }
}
