package org.mneme.data.source;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;

/// Counts records that cannot be used, remembers the first few of each kind, and ends the reading
/// when there are more than the settings allow. For one thread.
public final class BadRecords {
  private static final int EXAMPLES = 3;

  private final BadRecordsConfig config;
  private final EnumMap<BadKind, Long> counts = new EnumMap<>(BadKind.class);
  private final EnumMap<BadKind, List<String>> examples = new EnumMap<>(BadKind.class);

  /// None so far.
  public BadRecords(BadRecordsConfig config) {
    this.config = config;
  }

  /// Counts one.
  ///
  /// @param what is wrong with it, for the message
  /// @throws InvalidInputException of kind DATA when it is one too many
  public void add(BadKind kind, Path file, long line, String what) {
    counts.merge(kind, 1L, Long::sum);
    List<String> own = examples.computeIfAbsent(kind, _ -> new ArrayList<>());
    String example = "%s, line %d: %s".formatted(file, line, what);
    if (own.size() < EXAMPLES) {
      own.add(example);
    }
    if (total() > config.allowed()) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, file.toString(), tooMany(example));
    }
  }

  private String tooMany(String last) {
    return switch (config.policy()) {
      case FAIL, SKIP ->
          last + "; mend it, or let bad records be left out (--max-bad, in settings badRecords)";
      case LIMIT ->
          "%s; with it there are %s, more than the limit of %d: mend them or raise the limit"
              .formatted(last, summary(), config.limit());
    };
  }

  /// How many there are.
  public long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /// How many of each kind, by label; kinds without any are left out.
  public Map<String, Long> counts() {
    Map<String, Long> labelled = new LinkedHashMap<>();
    counts.forEach((kind, count) -> labelled.put(kind.label(), count));
    return labelled;
  }

  /// The first few of each kind, with file, line and what is wrong.
  public List<String> examples() {
    return examples.values().stream().flatMap(List::stream).toList();
  }

  /// The counts in words: `3 broken-json, 1 empty`.
  public String summary() {
    return counts().entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
