package org.mneme.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Randomness;

/// Batches of lines of one exact length, so that hardly any padding is needed.
///
/// A batch holds as many lines as fit into a number of tokens. What is left of each length joins
/// what is left of the next longer ones, padded, so that every epoch has every line exactly once.
/// How many batches of which length there are never changes; every epoch deals the lines of a
/// length anew and puts the batches into another order. Both are looked up, not made: batch `n` of
/// any epoch costs no more than the first. Safe for several threads.
public final class LengthBatches implements BatchPlan {
  private static final long ORDER = -1;

  /// The lines of each length, by ascending length, in their own order.
  private final int[][] groups;

  private final int[] groupLengths;
  private final List<Slots> batches;
  private final long seed;

  /// Which lines of which groups a batch takes.
  private record Slots(List<Run> runs, int time, boolean padded) {}

  private record Run(int group, int from, int to) {}

  /// Plans batches over lines of these `lengths`.
  ///
  /// @param tokensPerBatch the most tokens in a batch, padding included
  /// @throws InvalidInputException when a line is longer than that, or there are no lines
  public LengthBatches(int[] lengths, int tokensPerBatch, long seed) {
    if (lengths.length == 0) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, "data", "there are no lines to make batches of");
    }
    int longest = Arrays.stream(lengths).max().orElseThrow();
    if (longest > tokensPerBatch) {
      throw InvalidInputException.config(
          "tokensPerBatch",
          "%d is less than the longest line, %d tokens; raise it or cut lines shorter"
              .formatted(tokensPerBatch, longest));
    }
    this.seed = seed;
    Map<Integer, IntStream.Builder> byLength = new TreeMap<>();
    for (int line = 0; line < lengths.length; line++) {
      byLength.computeIfAbsent(lengths[line], _ -> IntStream.builder()).add(line);
    }
    groupLengths = byLength.keySet().stream().mapToInt(Integer::intValue).toArray();
    groups = byLength.values().stream().map(lines -> lines.build().toArray()).toArray(int[][]::new);
    batches = plan(tokensPerBatch);
  }

  /// All lines once, those of like length together: for evaluation.
  ///
  /// @param tokens the most in a batch, padding included, unless a single line is longer
  public static List<int[]> of(int[] lengths, int tokens) {
    int longest = Arrays.stream(lengths).max().orElse(0);
    return new LengthBatches(lengths, Math.max(tokens, longest), 0)
        .inOrder().stream().map(LineBatch::lines).toList();
  }

  private List<Slots> plan(int tokensPerBatch) {
    List<Slots> plan = new ArrayList<>();
    List<Run> left = new ArrayList<>();
    for (int group = 0; group < groups.length; group++) {
      int length = groupLengths[group];
      int rows = rows(tokensPerBatch, length);
      int from = 0;
      for (; from + rows <= groups[group].length; from += rows) {
        plan.add(slots(List.of(new Run(group, from, from + rows))));
      }
      left.add(new Run(group, from, groups[group].length));
    }
    planLeft(left, tokensPerBatch, plan);
    return List.copyOf(plan);
  }

  private void planLeft(List<Run> left, int tokensPerBatch, List<Slots> plan) {
    List<Run> open = new ArrayList<>();
    int openRows = 0;
    for (Run run : left) {
      int rows = rows(tokensPerBatch, groupLengths[run.group()]);
      int from = run.from();
      while (from < run.to()) {
        if (openRows >= rows) {
          plan.add(slots(open));
          open = new ArrayList<>();
          openRows = 0;
        }
        int to = Math.min(run.to(), from + rows - openRows);
        open.add(new Run(run.group(), from, to));
        openRows += to - from;
        from = to;
      }
    }
    if (!open.isEmpty()) {
      plan.add(slots(open));
    }
  }

  private static int rows(int tokensPerBatch, int length) {
    return tokensPerBatch / Math.max(1, length);
  }

  private Slots slots(List<Run> runs) {
    int time = groupLengths[runs.getLast().group()];
    return new Slots(List.copyOf(runs), time, runs.size() > 1);
  }

  @Override
  public int batchesPerEpoch() {
    return batches.size();
  }

  @Override
  public LineBatch batch(long index) {
    long epoch = Math.floorDiv(index, batches.size());
    var order = new Permutation(batches.size(), Randomness.derive(seed, epoch, ORDER));
    Slots slots = batches.get((int) order.at(Math.floorMod(index, batches.size())));
    return new LineBatch(
        slots.runs().stream().flatMapToInt(run -> dealt(run, epoch)).toArray(),
        slots.time(),
        slots.padded());
  }

  private IntStream dealt(Run run, long epoch) {
    int[] lines = groups[run.group()];
    var deal =
        new Permutation(lines.length, Randomness.derive(seed, epoch, groupLengths[run.group()]));
    return IntStream.range(run.from(), run.to()).map(place -> lines[(int) deal.at(place)]);
  }

  /// Every line once, by ascending length as far as batches are full, never shuffled: for
  /// evaluation.
  @Override
  public List<LineBatch> inOrder() {
    return batches.stream().map(this::inOrder).toList();
  }

  private LineBatch inOrder(Slots slots) {
    int[] lines =
        slots.runs().stream()
            .flatMapToInt(run -> Arrays.stream(groups[run.group()], run.from(), run.to()))
            .toArray();
    return new LineBatch(lines, slots.time(), slots.padded());
  }

  /// The share of padding among the tokens of an epoch.
  public double paddingShare() {
    long tokens = 0;
    for (int group = 0; group < groups.length; group++) {
      tokens += (long) groups[group].length * groupLengths[group];
    }
    long places =
        batches.stream()
            .mapToLong(slots ->
                slots.time() * slots.runs().stream().mapToLong(run -> run.to() - run.from()).sum())
            .sum();
    return 1 - (double) tokens / places;
  }
}
