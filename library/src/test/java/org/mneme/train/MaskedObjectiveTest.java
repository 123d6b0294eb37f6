package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;
import org.mneme.memory.QueryNorm;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;

class MaskedObjectiveTest {
  private static final int MASKINGS = 2;
  private static final long CYCLE = (long) MASKINGS * TinyTraining.BATCHES.batchesPerEpoch();

  private static MaskedLanguageModel model() {
    var placement =
        new MemoryPlacement(
            List.of(1), Placement.BESIDE, ReadAt.TARGETS, TinyTraining.memory(QueryNorm.LAYER));
    return new MaskedLanguageModel(TinyModel.config().withMemory(placement).withDropout(0), 11);
  }

  private static List<Double> losses(int maskings, long steps, String... frozen) {
    List<Double> losses = new ArrayList<>();
    try (MaskedLanguageModel model = model();
        Trainer trainer =
            new Trainer(
                model.parameters(),
                new MaskedObjective(model, TinyTraining.BATCHES, maskings, 7),
                TinyTraining.config(steps, frozen))) {
      trainer.run(
          new TrainingEvents() {
            @Override
            public void stepped(Step step) {
              losses.add(step.loss());
            }
          });
    }
    return losses;
  }

  @Test
  void keepingTheFrozenPartChangesNoLoss() {
    List<Double> computed = losses(0, CYCLE, "backbone");
    List<Double> kept = losses(MASKINGS, CYCLE, "backbone");
    for (int step = 0; step < CYCLE; step++) {
      assertEquals(computed.get(step), kept.get(step), 1e-5, "step " + step);
    }
  }

  @Test
  void maskingsComeRoundAgainEachOnce() {
    try (MaskedLanguageModel model = model()) {
      var objective = new MaskedObjective(model, TinyTraining.BATCHES, MASKINGS, 7);
      List<Long> first = targets(objective, 0);
      List<Long> second = targets(objective, CYCLE);
      assertEquals(first.stream().sorted().toList(), second.stream().sorted().toList());
    }
  }

  private static List<Long> targets(MaskedObjective objective, long from) {
    List<Long> targets = new ArrayList<>();
    for (long step = from; step < from + CYCLE; step++) {
      try (var scope = new org.mneme.tensor.TensorScope()) {
        targets.add(objective.parts(step, 1).getFirst().loss().targets());
      }
    }
    return targets;
  }

  @Test
  void keptStepsOfLaterRoundsLearnOn() {
    List<Double> losses = losses(MASKINGS, 4 * CYCLE, "backbone");
    assertTrue(losses.getLast() < losses.getFirst());
  }
}
