package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.model.BertBlock.Positions;
import org.mneme.model.SelfAttention.Disturbance;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Attention whose heads use each other's keys and values: by the formula, and in whole models.
class CrossHeadTest {
  private static final int HEADS = 3;
  private static final int HEAD_DIM = 2;
  private static final int DIM = HEADS * HEAD_DIM;
  private static final int BATCH = 2;
  private static final int TIME = 4;
  private static final long[] MASK = {1, 1, 1, 1, 1, 1, 1, 0};

  /// Head i attends with the keys and values of head i + 1: not its own inverse.
  private static HeadOrder turned() {
    return LongStream.range(0, 1000)
        .mapToObj(seed -> HeadOrder.drawn(HEADS, 1, seed))
        .filter(order -> Arrays.equals(order.sources(), new long[] {1, 2, 0}))
        .findFirst()
        .orElseThrow();
  }

  private static Tensor leaf(Map<String, Tensor> leaves, String name, long... shape) {
    Random random = new Random(leaves.size());
    int size = (int) LongStream.of(shape).reduce(1, (a, b) -> a * b);
    double[] numbers = random.doubles(size, -1.5, 1.5).toArray();
    Tensor tensor = Tensors.of(numbers, shape).set_requires_grad(true);
    leaves.put(name, tensor);
    return tensor;
  }

  /// softmax(Q_i K_pi(i)^T / sqrt(headDim)) V_pi(i), one number after the other.
  private static double[] oracle(Map<String, Tensor> leaves, int[] sources) {
    double[] query = product(leaves, "query");
    double[] key = product(leaves, "key");
    double[] value = product(leaves, "value");
    double[] contexts = new double[BATCH * TIME * DIM];
    for (int head = 0; head < HEADS; head++) {
      int own = head * HEAD_DIM;
      int other = sources[head] * HEAD_DIM;
      for (int from = 0; from < BATCH * TIME; from++) {
        int text = from / TIME * TIME;
        double sum = 0;
        double[] weights = new double[TIME];
        for (int j = 0; j < TIME; j++) {
          double score = 0;
          for (int d = 0; d < HEAD_DIM; d++) {
            score += query[from * DIM + own + d] * key[(text + j) * DIM + other + d];
          }
          weights[j] = MASK[text + j] * Math.exp(score / Math.sqrt(HEAD_DIM));
          sum += weights[j];
        }
        for (int j = 0; j < TIME; j++) {
          for (int d = 0; d < HEAD_DIM; d++) {
            contexts[from * DIM + own + d] +=
                weights[j] / sum * value[(text + j) * DIM + other + d];
          }
        }
      }
    }
    return contexts;
  }

  /// x W^T + b
  private static double[] product(Map<String, Tensor> leaves, String layer) {
    double[] x = Tensors.doubles(leaves.get("x"));
    double[] weight = Tensors.doubles(leaves.get(layer));
    double[] product = new double[x.length];
    for (int i = 0; i < product.length; i++) {
      product[i] = Tensors.doubles(leaves.get(layer + ".bias"))[i % DIM];
      for (int d = 0; d < DIM; d++) {
        product[i] += x[i / DIM * DIM + d] * weight[i % DIM * DIM + d];
      }
    }
    return product;
  }

  private static Linear linear(Map<String, Tensor> leaves, String name) {
    return new Linear(leaf(leaves, name, DIM, DIM), leaf(leaves, name + ".bias", DIM));
  }

  @Test
  void computesThePapersFormulaAndItsGradients() {
    var config = new NewModelConfig.Bert(DIM, 1, HEADS, 5, Activation.GELU, 9, 2).config(12, 0);
    try (var scope = new TensorScope()) {
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      Tensor x = leaf(leaves, "x", BATCH * TIME, DIM);
      var attention =
          new SelfAttention.Separate(
              linear(leaves, "query"), linear(leaves, "key"), linear(leaves, "value"));
      Tensor mask = Tensors.of(MASK, BATCH, TIME).to(torch.ScalarType.Bool);
      var at = new Positions(BATCH, TIME, mask, null, null);
      var turned = new Disturbance(0, turned());
      assertArrayEquals(
          oracle(leaves, new int[] {1, 2, 0}),
          Tensors.doubles(attention.contexts(x, at, config, turned)),
          1e-12);
      assertArrayEquals(
          oracle(leaves, new int[] {0, 1, 2}),
          Tensors.doubles(attention.contexts(x, at, config, Disturbance.NONE)),
          1e-12);
      Tensor readout = leaf(new LinkedHashMap<>(), "readout", BATCH * TIME, DIM).detach();
      double error =
          GradientCheck.worstError(
              leaves, () -> attention.contexts(x, at, config, turned).mul(readout).sum());
      assertTrue(error < 1e-7, "worst relative error " + error);
    }
  }

  /// Both kinds of models, with a head, of 2 blocks with 2 heads.
  enum Kind {
    BERT,
    GPT2;

    LanguageModel model(double crossHead) {
      LanguageModel model =
          switch (this) {
            case BERT -> new MaskedLanguageModel(TinyModel.config().withCrossHead(crossHead), 11);
            case GPT2 -> new CausalLanguageModel(TinyModel.causal().withCrossHead(crossHead), 11);
          };
      GradientCheck.stir(model.parameters(), 0.3);
      return model;
    }
  }

  private static Tensor encoded(LanguageModel model, boolean training) {
    Tensor ids = Tensors.of(new long[] {2, 50, 61, 3, 41, 33, 17, 9}, 2, 4);
    return model.base().encode(new TokenInput(ids, null, null), training);
  }

  private static float[] hidden(LanguageModel model, boolean training) {
    try (var scope = new TensorScope()) {
      return Tensors.floats(encoded(model, training));
    }
  }

  @ParameterizedTest
  @EnumSource
  void evaluationKnowsNothingOfIt(Kind kind) {
    try (LanguageModel plain = kind.model(0);
        LanguageModel crossing = kind.model(1)) {
      float[] expected = hidden(plain, false);
      for (long step = 0; step < 20; step++) {
        crossing.base().beginStep(step);
        assertArrayEquals(expected, hidden(crossing, false));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void withProbabilityZeroTrainingHasTheBitsOfEvaluation(Kind kind) {
    try (LanguageModel plain = kind.model(0)) {
      float[] expected = hidden(plain, false);
      for (long step = 0; step < 20; step++) {
        plain.base().beginStep(step);
        assertArrayEquals(expected, hidden(plain, true));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyStepAndEveryBlockDrawsAnew(Kind kind) {
    try (LanguageModel crossing = kind.model(1)) {
      List<Float> own = asList(hidden(crossing, false));
      assertEquals(own, asList(hidden(crossing, true)), "nothing is drawn before the first step");
      Set<List<Float>> results = new HashSet<>();
      for (long step = 0; step < 40; step++) {
        crossing.base().beginStep(step);
        List<Float> result = asList(hidden(crossing, true));
        assertEquals(result, asList(hidden(crossing, true)), "the same until the next step");
        results.add(result);
      }
      assertEquals(4, results.size(), "two orders of two heads, in two blocks");
      assertTrue(results.contains(own));
    }
  }

  private static List<Float> asList(float[] numbers) {
    List<Float> list = new ArrayList<>();
    for (float number : numbers) {
      list.add(number);
    }
    return list;
  }

  private static Map<String, float[]> gradients(LanguageModel model, boolean recomputes) {
    model.base().recompute(recomputes);
    try (var scope = new TensorScope()) {
      encoded(model, true).pow(new Scalar(3)).sum().backward();
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      model
          .parameters()
          .trained()
          .forEach((name, tensor) -> {
            if (tensor.grad().defined()) {
              gradients.put(name, tensor.grad());
            }
          });
      Map<String, float[]> numbers = Bits.of(gradients);
      model.parameters().clearGradients();
      return numbers;
    }
  }

  @ParameterizedTest
  @EnumSource
  void blocksThatRunAgainHaveTheSameGradients(Kind kind) {
    try (LanguageModel crossing = kind.model(0.5)) {
      Set<List<Float>> results = new HashSet<>();
      for (long step = 0; step < 20; step++) {
        crossing.base().beginStep(step);
        Map<String, float[]> kept = gradients(crossing, false);
        Bits.assertSame(kept, gradients(crossing, true));
        results.add(asList(kept.values().iterator().next()));
      }
      assertTrue(results.size() > 1, "no step drew another order");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.5, Double.NaN})
  void aProbabilityIsBetweenZeroAndOne(double wrong) {
    for (ArchitectureConfig config : List.of(TinyModel.config(), TinyModel.causal())) {
      var problem = assertThrows(InvalidInputException.class, () -> config.withCrossHead(wrong));
      assertEquals("crossHead", problem.key());
      assertTrue(problem.getMessage().contains(wrong + " must be in [0, 1]"));
    }
  }

  @Test
  void isOfNoConcernToTheFile() {
    for (ArchitectureConfig config : List.of(TinyModel.config(), TinyModel.causal())) {
      ArchitectureConfig crossing = config.withCrossHead(0.1);
      assertEquals(config.toJson(), crossing.toJson());
      assertEquals(0.1, crossing.withDropout(0.2).withMemory(null).crossHead());
      assertEquals(0.1, crossing.withKeptWords(null).crossHead());
      assertFalse(crossing.dropsOut(), "nothing is drawn from dropout's stream");
    }
  }
}
