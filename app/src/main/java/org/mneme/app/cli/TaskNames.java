package org.mneme.app.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.mneme.config.Spelling;
import org.mneme.data.task.TaskType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Tasks as they are typed, such as `multi-label`: those of task heads, and those of language
/// models.
class TaskNames implements ITypeConverter<String>, Iterable<String> {
  /// Guess what is masked.
  static final String MASKED = "masked";

  /// Guess the next token.
  static final String CAUSAL = "causal";

  /// Tell which of two sentences is more likely.
  static final String MINIMAL_PAIRS = "minimal-pairs";

  private static final List<String> TRAINED =
      Stream.concat(
              Arrays.stream(TaskType.values()).map(TaskType::label), Stream.of(MASKED, CAUSAL))
          .toList();

  private final List<String> names;

  /// Those that models are trained for.
  TaskNames() {
    this(TRAINED);
  }

  private TaskNames(List<String> names) {
    this.names = names;
  }

  /// Those of labelled examples.
  static final class Labelled extends TaskNames {
    Labelled() {
      super(Arrays.stream(TaskType.values()).map(TaskType::label).toList());
    }
  }

  /// Those that models are measured on.
  static final class Measured extends TaskNames {
    Measured() {
      super(Stream.concat(TRAINED.stream(), Stream.of(MINIMAL_PAIRS)).toList());
    }
  }

  @Override
  public String convert(String name) {
    if (!names.contains(name)) {
      throw new TypeConversionException(Spelling.none(name, names));
    }
    return name;
  }

  /// For completion.
  @Override
  public Iterator<String> iterator() {
    return names.iterator();
  }
}
