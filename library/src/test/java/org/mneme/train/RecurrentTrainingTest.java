package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.BatchesConfig;
import org.mneme.data.CausalBatches;
import org.mneme.data.Corpus;
import org.mneme.data.DataConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.shard.Preparation;
import org.mneme.evaluate.CausalEvaluation;
import org.mneme.model.Activation;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.NewModelConfig;
import org.mneme.model.SkipRetainConfig;
import org.mneme.model.TransformerXlConfig;
import org.mneme.tensor.NativeRuntime;
import org.mneme.text.Tokenizer;
import org.mneme.train.TinyTraining.Watcher;

/// Models that remember segments, in the training loop.
class RecurrentTrainingTest {
  private static final int STEPS = 30;
  private static final SkipRetainConfig SKIPS =
      new SkipRetainConfig(0.5, SkipRetainConfig.Depth.EQUAL);

  @TempDir private static Path temp;
  private static Tokenizer tokenizer = TinyModel.tokenizer();
  private static List<Corpus> corpus = new ArrayList<>();

  @BeforeAll
  static void open() throws IOException {
    Path text = temp.resolve("text.txt");
    Files.write(text, TinyModel.sentences(300, 1));
    var data =
        new DataConfig(
            List.of(SourceConfig.of(text.toString())),
            List.of(),
            BadRecordsConfig.DEFAULT,
            new BatchesConfig(BatchesConfig.Layout.SEGMENTS, 64, 8, true, true),
            0,
            0,
            temp.resolve("cache").toString());
    corpus.add(Corpus.train(data, tokenizer, Preparation.Progress.SILENT));
    batches = CausalBatches.of(corpus.getFirst(), data.batches(), tokenizer, 1);
  }

  private static CausalBatches batches = TinyModel.nextTokens(1, 160, 1);

  @AfterAll
  static void close() {
    corpus.forEach(Corpus::close);
    tokenizer.close();
  }

  private static TransformerXlConfig config(int memoryLength) {
    return new NewModelConfig.TransformerXl(
            16, 3, 2, 0, 0, Activation.RELU, memoryLength, false, 0, false, List.of(), 0, 1)
        .config(104, 0);
  }

  private static Watcher train(CausalLanguageModel model, Trainer.Settings settings) {
    var objective = new CausalObjective(model, batches, ObjectiveConfig.Causal.DEFAULT);
    Watcher watcher = new Phased();
    try (var trainer = new Trainer(model.parameters(), objective, settings)) {
      var unused = trainer.run(watcher);
    }
    return watcher;
  }

  /// Remembers when the second phase began.
  private static final class Phased extends Watcher {
    private long begun = -1;

    @Override
    public void secondPhase(long steps) {
      assertEquals(-1, begun, "it begins once");
      begun = steps;
    }
  }

  private static List<Double> losses(TransformerXlConfig config) {
    try (var model = new CausalLanguageModel(config, 5)) {
      return train(model, TinyTraining.config(STEPS)).losses();
    }
  }

  @Test
  void itLearnsAndIsMeasuredWithItsMemory() {
    try (var model = new CausalLanguageModel(config(12), 5)) {
      List<Double> losses = train(model, TinyTraining.config(STEPS)).losses();
      assertEquals(Math.log(104), losses.getFirst(), 0.2);
      assertTrue(losses.getLast() < losses.getFirst() - 0.5, "nothing was learnt: " + losses);
      double with = CausalEvaluation.evaluate(model, batches.inOrder()).loss();
      double without = CausalEvaluation.evaluate(model, batches.inOrder(), 0).loss();
      assertTrue(with < losses.getFirst() - 0.5);
      assertNotEquals(without, with);
    }
  }

  @Test
  void segmentsThatAreRememberedChangeTheLosses() {
    List<Double> with = losses(config(12));
    List<Double> without = losses(config(0));
    assertEquals(without.getFirst(), with.getFirst(), 1e-6);
    assertNotEquals(without.get(1), with.get(1), 1e-6);
  }

  @Test
  void lossesAreTheSameOnOneTwoAndThreeThreads() {
    TransformerXlConfig config = config(12).withSkipRetain(SKIPS).withCrossHead(0.5);
    int before = NativeRuntime.threads();
    try {
      torch.set_num_threads(1);
      List<Double> one = losses(config);
      for (int threads : List.of(1, 2, 3)) {
        torch.set_num_threads(threads);
        List<Double> losses = losses(config);
        for (int step = 0; step < STEPS; step++) {
          assertEquals(one.get(step), losses.get(step), 1e-4, threads + " threads, step " + step);
        }
        assertEquals(losses, losses(config), "again on " + threads + " threads");
      }
    } finally {
      torch.set_num_threads(before);
    }
  }

  private static Phased phases(SecondPhaseConfig phases, long evaluateEvery) {
    Trainer.Settings settings =
        TinyTraining.with(
            TinyTraining.config(STEPS),
            train -> {
              train.secondPhase = phases;
              train.evaluateEvery = evaluateEvery;
              train.earlyStop =
                  evaluateEvery == 0
                      ? null
                      : new EarlyStopConfig("at", EarlyStopConfig.Mode.MIN, 4, 0);
            });
    try (var model = new CausalLanguageModel(config(12).withSkipRetain(SKIPS), 5)) {
      return (Phased) train(model, settings);
    }
  }

  @Test
  void theSecondPhaseBeginsAtItsStep() {
    Phased first = phases(new SecondPhaseConfig(STEPS + 1, null), 0);
    assertEquals(-1, first.begun);
    Phased both = phases(new SecondPhaseConfig(10, null), 0);
    assertEquals(10, both.begun);
    assertEquals(first.losses().subList(0, 10), both.losses().subList(0, 10));
    assertNotEquals(first.losses().subList(10, 14), both.losses().subList(10, 14));
  }

  /// The metric `at` is the step, which never gets less: the first evaluation is the best.
  @Test
  void orWhenTheFirstGetsNoBetterAndThenHasItsOwnPatience() {
    var plateau = new EarlyStopConfig("at", EarlyStopConfig.Mode.MIN, 3, 0);
    Phased both = phases(new SecondPhaseConfig(0, plateau), 2);
    assertEquals(8, both.begun); // best at 2; 4, 6 and 8 are no better
    assertEquals(16, both.steps.size()); // 10, 12, 14 and 16 neither
  }

  @Test
  void phasesThatNeverBeginAreRefused() {
    assertRefused("never begins", () -> new SecondPhaseConfig(0, null));
    assertRefused("must be 0 or more", () -> new SecondPhaseConfig(-1, null));
    assertRefused(
        "evaluateEvery",
        () ->
            TinyTraining.with(
                TinyTraining.config(1),
                train -> train.secondPhase = new SecondPhaseConfig(0, EarlyStopConfig.DEFAULT)));
  }

  private static void assertRefused(String why, Executable what) {
    var problem = assertThrows(InvalidInputException.class, what);
    assertTrue(problem.getMessage().contains(why), problem.getMessage());
  }

  @Test
  void stepsLeaveNoTensorsBehind() {
    var unused = losses(config(12).withSkipRetain(SKIPS));
    long before = PointerCount.settled();
    unused = losses(config(12).withSkipRetain(SKIPS));
    assertEquals(before, PointerCount.settled());
  }
}
