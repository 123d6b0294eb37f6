package org.mneme.data.task;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mneme.InvalidInputException;
import org.mneme.config.Spelling;
import org.mneme.data.SourceConfig;
import org.mneme.data.SourceConfig.Format;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.RowReader;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import org.mneme.data.source.SourceRow;
import org.mneme.data.source.SourceStream;

/// Reads labelled examples of one kind out of files, in order, one at a time, as often as asked.
///
/// Tables (TSV, CSV, JSONL, Parquet) hold examples of any kind. A file of format text is in the
/// plain layout of its task: CoNLL for tagged texts, SQuAD's JSON for questions, lines of facts.
public final class TaskReader<E extends TaskExample> {
  private static final int SHOWN = 20;

  private final List<SourceConfig> sources;
  private final TaskReading reading;
  private final Layout<E> layout;
  private final Consumer<String> notes;

  /// How examples of a kind lie in files.
  interface Layout<E> {
    /// The example of a table's row.
    E example(Fields row) throws BadRecord;

    /// Hands the examples of a plain file, whose bytes are `in`, to `sink`, until that has enough.
    boolean readPlain(SourceFile file, InputStream in, Reception<E> sink) throws IOException;
  }

  /// Takes examples and the news of bad ones.
  final class Intake implements Reception<E> {
    private final BadRecords bad;
    private final Predicate<E> sink;
    private long count;
    private boolean enough;

    /// Of one source.
    Intake(BadRecords bad, Predicate<E> sink) {
      this.bad = bad;
      this.sink = sink;
    }

    @Override
    public BadRecords bad() {
      return bad;
    }

    @Override
    public TaskReading reading() {
      return reading;
    }

    @Override
    public boolean take(Place place, Supply<E> supply) {
      E example;
      try {
        example = supply.get();
        requireKnown(example);
      } catch (BadRecord e) {
        bad.add(e.kind(), place.file(), place.line(), e.what());
        return true;
      }
      count++;
      enough = !sink.test(example);
      return !enough && (reading.limit() == 0 || count < reading.limit());
    }
  }

  private TaskReader(List<SourceConfig> sources, TaskReading reading, Layout<E> layout) {
    this(sources, reading, layout, _ -> {});
  }

  private TaskReader(
      List<SourceConfig> sources, TaskReading reading, Layout<E> layout, Consumer<String> notes) {
    this.sources = List.copyOf(sources);
    this.reading = reading;
    this.layout = layout;
    this.notes = notes;
  }

  /// Texts or pairs of texts with targets of that kind.
  public static TaskReader<SequenceExample> sequences(
      List<SourceConfig> sources, TaskReading reading, Target.Kind kind) {
    return new TaskReader<>(sources, reading, new SequenceLayout(kind));
  }

  /// Texts cut into words, each with a tag.
  public static TaskReader<TaggedExample> tagged(List<SourceConfig> sources, TaskReading reading) {
    return new TaskReader<>(sources, reading, new TaggedLayout());
  }

  /// Questions with their contexts.
  public static TaskReader<QuestionExample> questions(
      List<SourceConfig> sources, TaskReading reading) {
    return new TaskReader<>(sources, reading, new QuestionLayout());
  }

  /// Texts with choices.
  public static TaskReader<ChoiceExample> choices(List<SourceConfig> sources, TaskReading reading) {
    return new TaskReader<>(sources, reading, new ChoiceLayout());
  }

  /// What causal models are to know.
  public static TaskReader<FactExample> facts(List<SourceConfig> sources, TaskReading reading) {
    return new TaskReader<>(sources, reading, new FactLayout());
  }

  /// What a model of `task` is shown.
  public static TaskReader<? extends TaskExample> of(
      TaskType task, List<SourceConfig> sources, TaskReading reading) {
    return switch (task) {
      case CLASSIFICATION -> sequences(sources, reading, Target.Kind.LABEL);
      case MULTI_LABEL -> sequences(sources, reading, Target.Kind.LABELS);
      case REGRESSION -> sequences(sources, reading, Target.Kind.SCORE);
      case TOKENS -> tagged(sources, reading);
      case QUESTIONS -> questions(sources, reading);
      case CHOICE -> choices(sources, reading);
    };
  }

  /// The same with these labels alone; any others are bad records.
  public TaskReader<E> withLabels(LabelSet labels) {
    return new TaskReader<>(sources, reading.withLabels(labels), layout, notes);
  }

  /// The same, but `listener` is told of the first few records of each kind that are left out.
  public TaskReader<E> telling(Consumer<String> listener) {
    return new TaskReader<>(sources, reading, layout, listener);
  }

  /// How it reads.
  public TaskReading reading() {
    return reading;
  }

  /// Hands every example to `sink`; returns the account of bad records.
  ///
  /// @throws InvalidInputException of kind DATA when a file cannot be read, a table lacks a column,
  ///   or there are too many bad records
  public BadRecords read(Consumer<? super E> sink) {
    return readWhile(example -> {
      sink.accept(example);
      return true;
    });
  }

  /// The same until `sink` says that it has enough.
  public BadRecords readWhile(Predicate<E> sink) {
    var bad = new BadRecords(reading.badRecords());
    List<List<SourceFile>> files =
        sources.stream().map(source -> SourceFiles.of(List.of(source))).toList();
    for (List<SourceFile> source : files) {
      var intake = new Intake(bad, sink);
      if (!readAll(source, intake) && intake.enough) {
        break;
      }
    }
    bad.examples().forEach(notes);
    return bad;
  }

  private boolean readAll(List<SourceFile> source, Intake intake) {
    for (SourceFile file : source) {
      if (!read(file, intake)) {
        return false;
      }
    }
    return true;
  }

  /// Reads examples out of `in` rather than out of the one source's file, as they come, until
  /// `sink` says that it has enough. Of all formats but Parquet, which cannot be read so.
  public BadRecords readStream(InputStream in, Predicate<E> sink) {
    SourceConfig source = sources.getFirst();
    var file = new SourceFile(Path.of(source.path()), source, source.format(), 0, 0);
    var intake = new Intake(new BadRecords(reading.badRecords()), sink);
    boolean unused =
        file.format() == Format.TEXT
            ? SourceStream.read(file.path(), in, bytes -> layout.readPlain(file, bytes, intake))
            : new RowReader(intake.bad()).read(file, in, row -> take(row, file, intake));
    return intake.bad();
  }

  /// All examples at once, for small files.
  public List<E> all() {
    List<E> examples = new ArrayList<>();
    read(examples::add);
    return examples;
  }

  private boolean read(SourceFile file, Intake intake) {
    if (file.format() == Format.TEXT) {
      return SourceStream.read(file.path(), in -> layout.readPlain(file, in, intake));
    }
    return new RowReader(intake.bad()).read(file, row -> take(row, file, intake));
  }

  private boolean take(SourceRow row, SourceFile file, Intake intake) {
    var fields = new Fields(row, file.format() != Format.JSONL, reading);
    return intake.take(
        fields.place(),
        () -> {
          fields.requireId();
          return layout.example(fields);
        });
  }

  private void requireKnown(E example) throws BadRecord {
    LabelSet labels = reading.labels();
    if (labels == null) {
      return;
    }
    for (String label : example.labels()) {
      if (labels.index(label).isEmpty()) {
        List<String> names = labels.names();
        String shown =
            names.size() <= SHOWN
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, SHOWN)) + ", ...";
        String meant =
            Spelling.nearest(label, names).map(name -> "; did you mean " + name + "?").orElse("");
        throw new BadRecord(
            BadKind.UNKNOWN_LABEL, "label '%s' is none of %s%s".formatted(label, shown, meant));
      }
    }
  }

  @Override
  public String toString() {
    return sources.stream().map(SourceConfig::path).collect(Collectors.joining(", "));
  }
}
