package org.mneme.app.teach;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.data.task.FactRows;
import org.mneme.evaluate.SlotReaders;
import org.mneme.evaluate.TokenReads;
import org.mneme.evaluate.TokenReads.Read;
import org.mneme.memory.UsageWindow.SlotShare;
import org.mneme.report.Cell;
import org.mneme.report.Section;
import org.mneme.report.Table;
import org.mneme.text.Tokenizer;

/// Which slots facts use, and what questions read: token by token, slot by slot, with the taught
/// facts that read these slots and so wrote to them.
record MemoryReads(PretrainedModel model, Tokenizer tokenizer, Exam exam) {
  private static final int FACTS = 24; // shown with their slots
  private static final int QUESTIONS = 6;
  private static final int READS = 4; // of a token
  private static final int SLOTS = 6; // of a fact
  private static final int WRITERS = 3; // of a slot
  private static final int TOKENS = 512; // of a batch
  private static final int SHOWN = 48; // characters of a fact

  /// The chapters of the page, empty for a model without a memory.
  List<Section> chapters() {
    Map<Integer, List<List<List<Read>>>> byBlock = new TreeMap<>();
    FactRows facts = exam.facts();
    for (int fact = 0; fact < Math.min(FACTS, facts.size()); fact++) {
      TokenReads.of(model.base(), facts.ids(fact), READS)
          .forEach(
              (block, reads) -> byBlock.computeIfAbsent(block, _ -> new ArrayList<>()).add(reads));
    }
    List<Section> chapters = new ArrayList<>();
    byBlock.forEach((block, reads) -> {
      Map<Integer, List<String>> writers = writers(block, reads);
      chapters.add(
          new Section.Chapter(
              "Slots of the facts",
              "The slots in block "
                  + block
                  + " that are most a fact's own: by their share (in brackets) of the weight of its"
                  + " "
                  + READS
                  + " heaviest reads a token, less where other facts read them too.",
              List.of(slots(reads))));
      List<Section> questions = new ArrayList<>();
      for (int fact = 0; fact < Math.min(QUESTIONS, reads.size()); fact++) {
        questions.add(
            new Section.Details(
                shortened(fact), List.of(question(fact, reads.get(fact), writers))));
      }
      chapters.add(
          new Section.Chapter(
              "What questions read",
              "Token by token the heaviest reads, and the taught facts that gave the slot the most"
                  + " weight: what they wrote there comes back.",
              questions));
    });
    return chapters;
  }

  /// The facts that read each of the slots.
  private Map<Integer, List<String>> writers(int block, List<List<List<Read>>> reads) {
    List<SlotShare> slots =
        reads.stream()
            .limit(QUESTIONS)
            .flatMap(List::stream)
            .flatMap(List::stream)
            .map(Read::slot)
            .distinct()
            .map(slot -> new SlotShare(slot, 0, 0))
            .toList();
    List<int[]> rows = exam.facts().byLength(TOKENS);
    List<TokenBatch> batches =
        rows.stream()
            .map(batch ->
                TokenBatch.of(
                    IntStream.of(batch).mapToObj(exam.facts()::ids).toList(), tokenizer.padId()))
            .toList();
    Map<Integer, List<String>> writers = new HashMap<>();
    SlotReaders.of(model.base(), batches, Map.of(block, slots), WRITERS)
        .getOrDefault(block, List.of())
        .forEach(slot ->
            writers.put(
                slot.use().slot(),
                slot.readers().stream()
                    .map(reader -> rows.get(reader.batch())[reader.row()])
                    .distinct()
                    .map(this::shortened)
                    .toList()));
    return writers;
  }

  private String shortened(int fact) {
    String text = exam.facts().fact(fact).text();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  private Table slots(List<List<List<Read>>> facts) {
    Map<Integer, Long> readers =
        facts.stream()
            .flatMap(tokens -> tokens.stream().flatMap(List::stream).map(Read::slot).distinct())
            .collect(Collectors.groupingBy(slot -> slot, Collectors.counting()));
    List<List<Cell>> rows = new ArrayList<>();
    for (int fact = 0; fact < facts.size(); fact++) {
      Map<Integer, Double> weights = new LinkedHashMap<>();
      facts.get(fact).stream()
          .flatMap(List::stream)
          .forEach(read -> weights.merge(read.slot(), read.weight(), Double::sum));
      double all = weights.values().stream().mapToDouble(Double::doubleValue).sum();
      String heaviest =
          String.join(
              "   ",
              weights.entrySet().stream()
                  .sorted(
                      Comparator.comparingDouble(
                          slot -> -own(slot.getValue(), readers.get(slot.getKey()), facts.size())))
                  .limit(SLOTS)
                  .map(slot ->
                      String.format(
                          Locale.ROOT, "%d (%.0f %%)", slot.getKey(), 100 * slot.getValue() / all))
                  .toList());
      rows.add(
          List.of(
              Cell.of(shortened(fact)),
              Cell.of(Integer.toString(weights.size())),
              Cell.of(heaviest)));
    }
    return new Table(
        "",
        List.of(
            Table.Column.text("fact"),
            Table.Column.number("slots", ""),
            Table.Column.text("most its own")),
        rows);
  }

  /// A weight, less where several of `all` facts read the slot: as words are weighed in documents.
  private static double own(double weight, @Nullable Long readers, int all) {
    return weight * Math.log((1.0 + all) / (readers == null ? 1 : readers));
  }

  private Table question(int fact, List<List<Read>> tokens, Map<Integer, List<String>> writers) {
    int[] ids = exam.facts().ids(fact);
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      for (int j = 0; j < tokens.get(i).size(); j++) {
        Read read = tokens.get(i).get(j);
        Cell token =
            j == 0
                ? Cell.inContext("", tokenizer.decode(new int[] {ids[i]}, false), "")
                : Cell.of("");
        rows.add(
            List.of(
                token,
                Cell.of(Integer.toString(read.slot())),
                Cell.of(Integer.toString(read.head())),
                Cell.of(String.format(Locale.ROOT, "%.2f", read.weight())),
                Cell.of(String.join("  ·  ", writers.getOrDefault(read.slot(), List.of())))));
      }
    }
    return new Table(
        "",
        List.of(
            Table.Column.text("token"),
            Table.Column.number("slot", ""),
            Table.Column.number("head", ""),
            Table.Column.number("weight", ""),
            Table.Column.text("written by")),
        rows);
  }
}
