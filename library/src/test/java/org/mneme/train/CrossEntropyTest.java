package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.Decoder;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Chunks against the formula over all rows at once, with libtorch's gradients.
class CrossEntropyTest {
  private static final int DIM = 6;
  private static final int WORDS = 23;
  private static final int CHUNK = 4;
  private static final int COUNT = 7;

  /// What goes into a loss, drawn anew the same each time.
  private record Case(Tensor hidden, Tensor weight, Tensor bias, Tensor labels, boolean biased) {
    static Case of(int rows, boolean biased, boolean doubles) {
      Random random = new Random(5);
      return new Case(
          normal(random, doubles, rows, DIM),
          normal(random, doubles, WORDS, DIM),
          normal(random, doubles, WORDS),
          Tensors.of(random.longs(rows, 0, WORDS).toArray(), rows),
          biased);
    }

    private static Tensor normal(Random random, boolean doubles, long... shape) {
      long count = 1;
      for (long size : shape) {
        count *= size;
      }
      Tensor drawn =
          Tensors.of(random.doubles(count).map(x -> 4 * x - 2).toArray(), shape)
              .to(doubles ? torch.ScalarType.Double : torch.ScalarType.Float);
      return drawn.set_requires_grad(true);
    }

    Decoder decoder() {
      return new Decoder(weight, biased ? bias : null);
    }

    Tensor inChunks(double smoothing) {
      return new CrossEntropy(smoothing).mean(decoder(), hidden, labels, COUNT, CHUNK);
    }

    Tensor atOnce(double smoothing) {
      return torch
          .cross_entropy_loss(
              decoder().scores(hidden), labels, new TensorOptional(), 2, -100, smoothing)
          .div(new Scalar((double) COUNT));
    }

    Map<String, Tensor> leaves() {
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      leaves.put("hidden", hidden);
      leaves.put("weight", weight);
      leaves.put("bias", bias);
      return leaves;
    }

    /// The loss and all gradients; none where none came.
    Map<String, double[]> results(Supplier<Tensor> loss) {
      Map<String, double[]> results = new LinkedHashMap<>();
      Tensor value = loss.get();
      results.put("loss", Tensors.doubles(value));
      value.backward();
      leaves()
          .forEach((name, leaf) -> {
            Tensor gradient = leaf.grad();
            results.put(name, gradient.defined() ? Tensors.doubles(gradient) : new double[0]);
            leaf.mutable_grad().put(new Tensor());
          });
      return results;
    }
  }

  /// Compares relative to the largest number of each.
  private static void assertSame(
      Map<String, double[]> expected, Map<String, double[]> actual, double tolerance) {
    expected.forEach((name, numbers) -> {
      double[] others = actual.get(name);
      assertEquals(numbers.length, others.length, name);
      double largest = 0;
      for (double number : numbers) {
        largest = Math.max(largest, Math.abs(number));
      }
      for (int i = 0; i < numbers.length; i++) {
        assertEquals(numbers[i], others[i], tolerance * largest, name + " at " + i);
      }
    });
  }

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (int rows : new int[] {1, 3, CHUNK, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 1}) {
      for (double smoothing : new double[] {0, 0.1}) {
        cases.add(Arguments.of(rows, smoothing, true));
        cases.add(Arguments.of(rows, smoothing, false));
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void chunksGiveTheLossAndGradientsOfAllRowsAtOnce(int rows, double smoothing, boolean biased) {
    try (var scope = new TensorScope()) {
      Case one = Case.of(rows, biased, false);
      assertSame(
          one.results(() -> one.atOnce(smoothing)),
          one.results(() -> one.inChunks(smoothing)),
          1e-6);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void everyPrecisionHasItsOwnProducts(Precision precision) {
    try (var scope = new TensorScope()) {
      Case one = Case.of(2 * CHUNK + 1, true, false);
      try (var products = precision.open()) {
        Map<String, double[]> atOnce = one.results(() -> one.atOnce(0.1));
        Map<String, double[]> inChunks = one.results(() -> one.inChunks(0.1));
        boolean rounds = precision == Precision.BFLOAT16;
        assertSame(Map.of("loss", atOnce.get("loss")), inChunks, 1e-6);
        assertSame(atOnce, inChunks, rounds ? 0.01 : 1e-6);
      }
    }
  }

  @Test
  void gradientsMatchCentralDifferences() {
    try (var scope = new TensorScope()) {
      Case one = Case.of(2 * CHUNK + 1, true, true);
      double error = GradientCheck.worstError(one.leaves(), () -> one.inChunks(0.1));
      assertTrue(error < 1e-8, "worst relative error " + error);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hidden", "weight", "bias"})
  void whatIsFrozenHasNoGradientAndTheOthersTheirOwn(String frozen) {
    try (var scope = new TensorScope()) {
      Case one = Case.of(2 * CHUNK + 1, true, false);
      var unused = one.leaves().get(frozen).set_requires_grad(false);
      Map<String, double[]> inChunks = one.results(() -> one.inChunks(0));
      assertEquals(0, inChunks.get(frozen).length);
      assertSame(one.results(() -> one.atOnce(0)), inChunks, 1e-6);
    }
  }

  @Test
  void withoutGradientsNothingIsTied() {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Case one = Case.of(2 * CHUNK + 1, true, false);
      Tensor loss = one.inChunks(0.1);
      assertFalse(loss.requires_grad());
      assertEquals(one.atOnce(0.1).item_double(), loss.item_double(), 1e-6);
    }
  }

  @Test
  void aTiedWeightHasTheGradientsOfBothItsUses() {
    try (var scope = new TensorScope()) {
      Case one = Case.of(2 * CHUNK + 1, false, false);
      Tensor ids = Tensors.of(new long[] {0, 4, 4, 9, 1, 2, 3, 22, 7}, 9);
      Tensor embedded = torch.embedding(one.weight, ids);
      Case tied = new Case(embedded, one.weight, one.bias, one.labels, false);
      Tensor again = torch.embedding(one.weight, ids);
      Case same = new Case(again, one.weight, one.bias, one.labels, false);
      assertSame(one.results(() -> tied.atOnce(0)), one.results(() -> same.inChunks(0)), 1e-6);
    }
  }

  @Test
  void theGradientIsMultipliedByTheOneThatArrives() {
    try (var scope = new TensorScope()) {
      Case one = Case.of(2 * CHUNK + 1, true, false);
      Scalar three = new Scalar(3.0);
      assertSame(
          one.results(() -> one.atOnce(0).mul(three)),
          one.results(() -> one.inChunks(0).mul(three)),
          1e-6);
    }
  }

  @Test
  void noRowsHaveNoLossAndGradientsOfZero() {
    try (var scope = new TensorScope()) {
      Case one = Case.of(0, true, false);
      Map<String, double[]> none = one.results(() -> one.inChunks(0.1));
      assertEquals(0, none.get("loss")[0]);
      assertSame(one.results(() -> one.atOnce(0.1)), none, 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void scoresCountWhatIsRight(Precision precision) {
    try (var scope = new TensorScope();
        var model = new CausalLanguageModel(TinyModel.causal(), 3);
        var products = precision.open()) {
      MaskedInput input =
          MaskedInput.of(TinyModel.nextTokens(0, List.of(new int[] {2, 67, 81, 64, 3})));
      Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), false);
      Tensor logits = model.decode(hidden);
      assertEquals(torch.ScalarType.Float, logits.scalar_type().intern());
      Tensor best = logits.argmax(new LongOptional(1), false);
      var score = CrossEntropy.PLAIN.score(model, hidden, best);
      assertEquals(4, score.right());
      Tensor all = torch.cross_entropy_loss(logits, best, new TensorOptional(), 2, -100, 0);
      assertEquals(all.item_double(), score.loss(), 1e-5);
    }
  }

  @Test
  void lossesLeaveNoPointersBehind() {
    long before = 0;
    for (int i = 0; i < 12; i++) {
      if (i == 2) {
        before = PointerCount.settled();
      }
      try (var scope = new TensorScope()) {
        Case one = Case.of(2 * CHUNK + 1, true, false);
        one.inChunks(0.1).backward();
      }
    }
    assertEquals(before, PointerCount.now());
  }

  @Test
  void theRangeIsChecked() {
    assertThrows(InvalidInputException.class, () -> new CrossEntropy(1));
  }
}
