package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatch;
import org.mneme.data.TokenLine;
import org.mneme.memory.DenseConfig;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.TransformerXlConfig.Clusters;
import org.mneme.model.TransformerXlConfig.Reach;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class TransformerXlTest {
  private static final int WORDS = 11;
  private static final int DIM = 8;

  static TransformerXlConfig config(Reach reach, boolean normFirst) {
    return config(3, Clusters.one(DIM), reach, normFirst);
  }

  private static TransformerXlConfig config(
      int layers, Clusters clusters, Reach reach, boolean normFirst) {
    return new TransformerXlConfig(
        WORDS,
        clusters,
        DIM,
        layers,
        2,
        3,
        10,
        Activation.RELU,
        reach,
        normFirst,
        1e-5,
        new TransformerXlConfig.Shares(0, 0),
        true,
        null,
        null,
        0,
        null);
  }

  /// Weights well away from zeros, ones and each other, in float64.
  private static CausalLanguageModel stirred(TransformerXlConfig config) {
    var model = new CausalLanguageModel(config, 4);
    model.parameters().convert(torch.ScalarType.Double);
    GradientCheck.stir(model.parameters(), 0.3);
    return model;
  }

  /// A segment of rows that may be of different lengths.
  ///
  /// @param starts places, row by row, at which documents begin
  private static CausalBatch segment(List<int[]> rows, List<List<Integer>> starts, boolean goesOn) {
    int time = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    long[] ids = new long[rows.size() * time];
    long[] mask = new long[ids.length];
    long[] targets = new long[ids.length];
    boolean[] begins = new boolean[ids.length];
    Arrays.fill(targets, TokenLine.NO_TARGET);
    for (int row = 0; row < rows.size(); row++) {
      for (int i = 0; i < rows.get(row).length; i++) {
        ids[row * time + i] = rows.get(row)[i];
        mask[row * time + i] = 1;
        targets[row * time + i] = (rows.get(row)[i] + 1) % WORDS;
        begins[row * time + i] = starts.get(row).contains(i);
      }
    }
    boolean padded = Arrays.stream(mask).anyMatch(real -> real == 0);
    return new CausalBatch(rows.size(), time, ids, mask, targets, begins, padded, goesOn);
  }

  private static int[] words(Random random, int count) {
    return random.ints(count, 0, WORDS).toArray();
  }

  /// The hidden states of real tokens, row by row.
  private static double[][][] states(
      CausalLanguageModel model, SegmentMemory memory, CausalBatch segment, boolean training) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      TokenInput input = MaskedInput.of(segment, memory.part(0, segment)).input();
      double[] all = Tensors.doubles(model.base().encode(input, training));
      memory.advance(segment);
      double[][][] states = new double[segment.batch()][][];
      for (int row = 0; row < segment.batch(); row++) {
        List<double[]> own = new ArrayList<>();
        for (int i = row * segment.time(); i < (row + 1) * segment.time(); i++) {
          if (segment.attentionMask()[i] != 0) {
            own.add(Arrays.copyOfRange(all, i * DIM, (i + 1) * DIM));
          }
        }
        states[row] = own.toArray(double[][]::new);
      }
      return states;
    }
  }

  private static void assertClose(double[][] expected, double[][] actual, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], 1e-9, what + ", token " + i);
    }
  }

  static Stream<TransformerXlConfig> models() {
    return Stream.of(
        config(new Reach(5, false, 0), false),
        config(new Reach(3, false, 0), true),
        config(new Reach(8, false, 4), false),
        config(new Reach(5, true, 0), false),
        config(new Reach(12, true, 7), true),
        config(new Reach(0, false, 0), false));
  }

  @ParameterizedTest
  @MethodSource("models")
  void aBatchGivesWhatItsTextsGiveOneByOne(TransformerXlConfig config) {
    Random random = new Random(3);
    int[] lengths = {4, 4, 1, 4, 2, 4, 3};
    int rows = 4;
    int length = config.attention().memoryLength();
    try (var model = stirred(config);
        var together = new SegmentMemory(config, rows, length)) {
      List<TransformerXlOracle> oracles = new ArrayList<>();
      for (int row = 0; row < rows; row++) {
        oracles.add(new TransformerXlOracle(config, model.parameters(), length));
      }
      for (int segment = 0; segment < lengths.length; segment++) {
        List<int[]> texts = new ArrayList<>();
        List<List<Integer>> starts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
          boolean varies = row > 1 && random.nextInt(3) == 0;
          texts.add(
              words(random, varies ? random.nextInt(lengths[segment] + 1) : lengths[segment]));
          starts.add(row % 2 == 1 && random.nextBoolean() ? List.of(random.nextInt(4)) : List.of());
        }
        CausalBatch batch = segment(texts, starts, segment > 0);
        double[][][] states = states(model, together, batch, false);
        for (int row = 0; row < rows; row++) {
          boolean[] begins = new boolean[texts.get(row).length];
          for (int start : starts.get(row)) {
            if (start < begins.length) {
              begins[start] = true;
            }
          }
          double[][] expected =
              oracles.get(row).read(texts.get(row), begins, new boolean[config.layers()]);
          assertClose(expected, states[row], "segment " + segment + ", row " + row);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 4, EQUAL", "4, 10, EQUAL", "4, 3, EQUAL", "4, 11, GROWING", "1, 5, EQUAL"})
  void skippedBlocksAttendToTheirMemoryAtItsTrueAge(
      int time, int length, SkipRetainConfig.Depth depth) {
    for (long seed = 0; seed < 6; seed++) {
      Random random = new Random(seed);
      TransformerXlConfig config =
          config(new Reach(length, seed == 4, seed == 3 ? 9 : 0), seed % 2 == 1)
              .withSkipRetain(new SkipRetainConfig(0.6, depth));
      SkipRetainConfig skips = config.skipRetain();
      try (var model = stirred(config);
          var memory = new SegmentMemory(config, 3, length)) {
        List<TransformerXlOracle> oracles = new ArrayList<>();
        for (int row = 0; row < 3; row++) {
          oracles.add(new TransformerXlOracle(config, model.parameters(), length));
        }
        int left = 0;
        for (int segment = 0; segment < 12; segment++) {
          model.base().beginStep(seed);
          List<int[]> texts = new ArrayList<>();
          List<List<Integer>> starts = new ArrayList<>();
          for (int row = 0; row < 3; row++) {
            texts.add(words(random, row == 2 ? 1 + random.nextInt(time) : time));
            starts.add(row == 1 && random.nextInt(4) == 0 ? List.of(0) : List.of());
          }
          texts.set(0, words(random, time));
          boolean[] skipped = new boolean[config.layers()];
          for (int layer = 0; layer < skipped.length; layer++) {
            long drawn = Randomness.derive(seed, config.layers());
            skipped[layer] = skips.skips(layer, skipped.length, drawn, segment);
            left += skipped[layer] ? 1 : 0;
          }
          double[][][] states = states(model, memory, segment(texts, starts, segment > 0), true);
          for (int row = 0; row < 3; row++) {
            boolean[] begins = new boolean[texts.get(row).length];
            begins[0] = starts.get(row).contains(0);
            double[][] expected = oracles.get(row).read(texts.get(row), begins, skipped);
            assertClose(
                expected, states[row], "seed %d, segment %d, row %d".formatted(seed, segment, row));
          }
        }
        assertTrue(left > 0, "only " + left + " blocks were left out");
      }
    }
  }

  @Test
  void evaluationRunsAllBlocks() {
    TransformerXlConfig plain = config(new Reach(4, false, 0), false);
    TransformerXlConfig skipping =
        plain.withSkipRetain(new SkipRetainConfig(0.9, SkipRetainConfig.Depth.EQUAL));
    try (var model = stirred(skipping);
        var memory = new SegmentMemory(skipping, 1, 4)) {
      model.base().beginStep(3);
      var oracle = new TransformerXlOracle(plain, model.parameters(), 4);
      for (int segment = 0; segment < 3; segment++) {
        int[] text = words(new Random(segment), 4);
        CausalBatch batch = segment(List.of(text), List.of(List.of()), segment > 0);
        assertClose(
            oracle.read(text, new boolean[4], new boolean[3]),
            states(model, memory, batch, false)[0],
            "segment " + segment);
      }
    }
  }

  @Test
  void withoutMemoryItIsACausalTransformer() {
    TransformerXlConfig config = config(new Reach(0, false, 0), false);
    try (var model = stirred(config);
        var memory = new SegmentMemory(config, 1, 0);
        var scope = new TensorScope()) {
      int[] text = words(new Random(1), 6);
      CausalBatch batch = segment(List.of(text), List.of(List.of()), false);
      TokenInput alone = MaskedInput.of(batch).input();
      double[] plain = Tensors.doubles(model.base().encode(alone, false));
      double[][] remembering = states(model, memory, batch, false)[0];
      for (int i = 0; i < text.length; i++) {
        assertArrayEquals(Arrays.copyOfRange(plain, i * DIM, (i + 1) * DIM), remembering[i], 1e-12);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void gradientsMatchCentralDifferences(TransformerXlConfig whole) {
    TransformerXlConfig config = config(2, Clusters.one(DIM), whole.attention(), whole.normFirst());
    check(config);
  }

  @ParameterizedTest
  @CsvSource({"8, 1", "4, 1", "8, 2", "6, 2"})
  void gradientsOfClustersToo(int width, int divisor) {
    Clusters clusters = new Clusters(List.of(3, 7), width, divisor);
    check(config(1, clusters, new Reach(3, false, 0), false));
  }

  @Test
  void gradientsOfMemoriesOfSlotsToo() {
    var slots =
        new MemoryPlacement(List.of(1), Placement.BESIDE, ReadAt.ALL, new DenseConfig(DIM, 5));
    check(config(2, Clusters.one(DIM), new Reach(3, false, 0), false).withMemory(slots));
  }

  @Test
  void gradientsUnderDropoutToo() {
    var plain = config(2, Clusters.one(DIM), new Reach(3, false, 0), false);
    check(plain.withDropout(0.3));
  }

  @Test
  void scoresInSeveralChunksAreThoseOfRowsAlone() {
    TransformerXlConfig config = config(1, Clusters.one(DIM), new Reach(64, false, 0), false);
    int rows = 40; // 2 heads x 64 x 128 scores each: 16 fill a buffer
    Random random = new Random(8);
    List<CausalBatch> segments = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      List<int[]> texts = new ArrayList<>();
      List<List<Integer>> starts = new ArrayList<>();
      for (int row = 0; row < rows; row++) {
        texts.add(words(random, 64));
        starts.add(row == 21 ? List.of(9) : List.of());
      }
      segments.add(segment(texts, starts, i > 0));
    }
    try (var model = stirred(config);
        var memory = new SegmentMemory(config, rows, 64);
        var scope = new TensorScope()) {
      states(model, memory, segments.getFirst(), true);
      CausalBatch last = segments.getLast();
      Tensor all = model.base().encode(MaskedInput.of(last, memory.part(0, last)).input(), true);
      all.square().sum().backward();
      Map<String, double[]> together = gradients(model);
      model.parameters().clearGradients();
      for (int row = 0; row < rows; row++) {
        CausalBatch part = last.rows(row, row + 1);
        TokenInput input = MaskedInput.of(part, memory.part(row, part)).input();
        Tensor own = model.base().encode(input, true);
        assertArrayEquals(Tensors.doubles(own), Tensors.doubles(all.narrow(0, row, 1)), 1e-9);
        own.square().sum().backward();
      }
      gradients(model)
          .forEach((name, gradient) -> assertArrayEquals(gradient, together.get(name), 1e-6, name));
    }
  }

  @Test
  void productsOfBfloat16ComeCloseToThoseOfFloat32() {
    TransformerXlConfig config = config(new Reach(5, false, 0), false);
    CausalBatch first = segment(List.of(words(new Random(1), 4)), List.of(List.of()), false);
    CausalBatch second = segment(List.of(words(new Random(2), 4)), List.of(List.of()), true);
    List<Map<String, double[]>> gradients = new ArrayList<>();
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
      try (var model = new CausalLanguageModel(config, 4);
          var memory = new SegmentMemory(config, 1, 5);
          var scope = new TensorScope()) {
        GradientCheck.stir(model.parameters(), 0.3);
        states(model, memory, first, true);
        Tensor sum;
        try (var products = precision.open()) {
          TokenInput input = MaskedInput.of(second, memory.part(0, second)).input();
          sum =
              model.base().encode(input, true).to(torch.ScalarType.Float).pow(new Scalar(3)).sum();
        }
        sum.backward();
        gradients.add(gradients(model));
      }
    }
    gradients
        .getFirst()
        .forEach((name, exact) ->
            assertTrue(
                cosine(exact, gradients.getLast().get(name)) > 0.99,
                () -> name + ": " + cosine(exact, gradients.getLast().get(name))));
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double squares = 0;
    double others = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squares += a[i] * a[i];
      others += b[i] * b[i];
    }
    return product / Math.sqrt(squares * others);
  }

  private static Map<String, double[]> gradients(CausalLanguageModel model) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    model
        .parameters()
        .trained()
        .forEach((name, tensor) -> {
          if (tensor.grad().defined()) {
            gradients.put(name, Tensors.doubles(tensor.grad()));
          }
        });
    return gradients;
  }

  /// Of the second segment, after one that is remembered.
  private static void check(TransformerXlConfig config) {
    int length = config.attention().memoryLength();
    Random random = new Random(5);
    CausalBatch first =
        segment(List.of(words(random, 4), words(random, 4)), List.of(List.of(), List.of(2)), false);
    CausalBatch second =
        segment(List.of(words(random, 3), words(random, 2)), List.of(List.of(), List.of()), true);
    try (var model = stirred(config);
        var memory = new SegmentMemory(config, 2, length);
        var scope = new TensorScope()) {
      states(model, memory, first, true);
      double error =
          GradientCheck.worstError(
              model.parameters().trained(),
              () -> {
                Randomness.seed(7); // the same is dropped each time
                MaskedInput input = MaskedInput.of(second, memory.part(0, second));
                Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), true);
                return torch.cross_entropy_loss(model.decode(hidden), input.labels());
              });
      assertTrue(error < 1e-6, "worst relative error " + error);
    }
  }

  @Test
  void whatIsRememberedGoesOnAfterARestore() {
    TransformerXlConfig config = config(new Reach(6, false, 0), false);
    try (var model = stirred(config);
        var memory = new SegmentMemory(config, 2, 6);
        var other = new SegmentMemory(config, 2, 6);
        var scope = new TensorScope()) {
      Random random = new Random(2);
      for (int i = 0; i < 2; i++) {
        List<int[]> texts = List.of(words(random, 4), words(random, 3));
        states(model, memory, segment(texts, List.of(List.of(), List.of(1)), i > 0), true);
      }
      Map<String, Tensor> state = memory.state();
      other.restore(state);
      assertEquals(2, other.passed());
      List<int[]> texts = List.of(words(random, 4), words(random, 4));
      CausalBatch next = segment(texts, List.of(List.of(), List.of()), true);
      double[][][] expected = states(model, memory, next, true);
      double[][][] actual = states(model, other, next, true);
      for (int row = 0; row < 2; row++) {
        for (int i = 0; i < 4; i++) {
          assertArrayEquals(expected[row][i], actual[row][i]);
        }
      }
      try (var narrow = new SegmentMemory(config, 1, 6)) {
        var problem = assertThrows(InvalidInputException.class, () -> narrow.restore(state));
        assertTrue(problem.getMessage().contains("begin anew"), problem.getMessage());
      }
    }
  }

  @Test
  void partsOfABatchGiveTheWhole() {
    TransformerXlConfig config = config(new Reach(5, false, 0), false);
    try (var model = stirred(config);
        var whole = new SegmentMemory(config, 3, 5);
        var parted = new SegmentMemory(config, 3, 5)) {
      Random random = new Random(6);
      for (int segment = 0; segment < 3; segment++) {
        List<int[]> texts = List.of(words(random, 4), words(random, 4), words(random, 2));
        CausalBatch batch = segment(texts, List.of(List.of(), List.of(), List.of()), segment > 0);
        double[][][] expected = states(model, whole, batch, true);
        try (var scope = new TensorScope();
            var guard = new NoGradGuard()) {
          for (int row = 0; row < 3; row++) {
            CausalBatch part = batch.rows(row, row + 1);
            TokenInput input = MaskedInput.of(part, parted.part(row, part)).input();
            double[] all = Tensors.doubles(model.base().encode(input, true));
            for (int i = 0; i < texts.get(row).length; i++) {
              assertArrayEquals(
                  expected[row][i], Arrays.copyOfRange(all, i * DIM, (i + 1) * DIM), 1e-12);
            }
          }
          parted.advance(batch);
        }
      }
    }
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    TransformerXlConfig config = config(new Reach(5, false, 0), false);
    try (var model = stirred(config);
        var memory = new SegmentMemory(config, 1, 5)) {
      CausalBatch batch = segment(List.of(words(new Random(1), 4)), List.of(List.of()), true);
      states(model, memory, batch, true);
      states(model, memory, batch, true);
      long before = PointerCount.settled();
      for (int i = 0; i < 5; i++) {
        states(model, memory, batch, true);
      }
      assertEquals(before, PointerCount.now());
    }
  }

  @Test
  void theConfigComesBackFromItsJson() {
    for (TransformerXlConfig config :
        List.of(
            config(new Reach(5, true, 3), true),
            config(2, new Clusters(List.of(3, 7), 6, 2), new Reach(0, false, 0), false)
                .withMemory(TinyModel.beside(TinyModel.memory(DIM), 1)))) {
      assertEquals(config, ArchitectureConfig.fromJson(config.toJson()));
    }
  }
}
