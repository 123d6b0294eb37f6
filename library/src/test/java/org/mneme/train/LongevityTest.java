package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mneme.PointerCount;
import org.mneme.memory.QueryNorm;

/// `mvn -Plong -pl library test -Dtest=LongevityTest`
class LongevityTest {
  private static final long STEPS = Long.getLong("longevity.steps", 10_000);

  /// What comes up once, code that is compiled late included, has come up by then.
  private static final long SETTLED = STEPS / 5;

  @Test
  @Tag("long")
  void memoryAndHandlesStayAsTheyAreForTenThousandSteps() {
    var settings =
        TinyTraining.with(
            TinyTraining.config(STEPS),
            train -> {
              train.accumulate = 2;
              train.average = AverageConfig.DEFAULT;
              train.evaluateEvery = 100;
              train.gradientCheckpointing = true;
            });
    var watch =
        new TinyTraining.Watcher() {
          private long handles;
          private long bytes;
          private double largestDrift;

          @Override
          public void stepped(Step step) {}

          @Override
          public void settled(Step step) {
            if (step.step() < SETTLED || step.step() % (STEPS / 20) != 0) {
              return;
            }
            long handlesNow = PointerCount.settled();
            long heap = Runtime.getRuntime().totalMemory(); // resident, see the profile
            long bytesNow = Pointer.physicalBytes() - heap;
            handles = step.step() == SETTLED ? handlesNow : handles;
            bytes = step.step() == SETTLED ? bytesNow : bytes;
            largestDrift = Math.max(largestDrift, Math.abs((double) bytesNow / bytes - 1));
            System.out.printf(
                Locale.ROOT,
                "step %,d: %,d handles, %,.1f MB resident beside the heap%n",
                step.step(),
                handlesNow,
                bytesNow / 1e6);
            assertEquals(handles, handlesNow);
          }
        };
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer trainer =
            new Trainer(
                model.parameters(),
                new MaskedObjective(model, TinyTraining.BATCHES, 0, 1),
                settings)) {
      assertEquals(STEPS, trainer.run(watch).steps());
    }
    assertTrue(watch.largestDrift < 0.02, "memory moved by " + watch.largestDrift);
  }
}
