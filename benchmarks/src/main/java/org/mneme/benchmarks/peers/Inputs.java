package org.mneme.benchmarks.peers;

import static org.mneme.benchmarks.peers.Shape.HEADS;
import static org.mneme.benchmarks.peers.Shape.QUERY_DIM;
import static org.mneme.benchmarks.peers.Shape.READS;
import static org.mneme.benchmarks.peers.Shape.SLOTS_PER_HEAD;
import static org.mneme.benchmarks.peers.Shape.TOKENS;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Draws the inputs of a case and writes them where both sides read them. The table is not among
/// them: each side makes it by the same formula (see [Table]).
final class Inputs {
  private static final long SEED = 4;

  private Inputs() {}

  static void write(Shape shape, Path folder) {
    var unused = RawFiles.folder(folder);
    switch (shape.name()) {
      case "step" -> writeStep(shape, folder);
      case "search" ->
          RawFiles.write(
              folder.resolve("scores"), normal(1, 2 * HEADS * TOKENS * shape.keysPerSide()));
      default -> {
        writeReads(shape, folder);
        RawFiles.write(folder.resolve("gradient"), normal(2, TOKENS * shape.valueDim()));
      }
    }
  }

  private static void writeStep(Shape shape, Path folder) {
    int dim = shape.valueDim();
    int channels = HEADS * QUERY_DIM;
    int half = QUERY_DIM / 2;
    double queryBound = 1 / Math.sqrt(dim);
    RawFiles.write(folder.resolve("x"), normal(3, TOKENS * dim));
    RawFiles.write(folder.resolve("gradient"), normal(2, TOKENS * dim));
    RawFiles.write(folder.resolve("query.weight"), uniform(4, queryBound, channels * dim));
    RawFiles.write(folder.resolve("query.bias"), uniform(5, queryBound, channels));
    RawFiles.write(
        folder.resolve("keys"),
        uniform(6, 1 / Math.sqrt(half), 2 * HEADS * shape.keysPerSide() * half));
  }

  /// For each head of each token other slots, anywhere in the table, and weights of sum 1.
  private static void writeReads(Shape shape, Path folder) {
    RandomGenerator random = new SplittableRandom(SEED + 7);
    int[] slots = new int[TOKENS * READS];
    float[] weights = new float[TOKENS * READS];
    for (int start = 0; start < slots.length; start += SLOTS_PER_HEAD) {
      Set<Integer> drawn = new HashSet<>();
      double sum = 0;
      double[] shares = new double[SLOTS_PER_HEAD];
      for (int i = 0; i < SLOTS_PER_HEAD; i++) {
        int slot;
        do {
          slot = random.nextInt(shape.slots());
        } while (!drawn.add(slot));
        slots[start + i] = slot;
        shares[i] = Math.exp(0.5 * random.nextGaussian());
        sum += shares[i];
      }
      for (int i = 0; i < SLOTS_PER_HEAD; i++) {
        weights[start + i] = (float) (shares[i] / sum);
      }
    }
    RawFiles.write(folder.resolve("slots"), slots);
    RawFiles.write(folder.resolve("weights"), weights);
  }

  private static float[] normal(long place, int count) {
    Random random = new Random(SEED + place);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] uniform(long place, double bound, int count) {
    SplittableRandom random = new SplittableRandom(SEED + place);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-bound, bound);
    }
    return values;
  }
}
