package org.mneme.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.mneme.run.RunFolder;
import org.mneme.run.RunLog;
import org.mneme.run.RunState;
import org.mneme.train.TrainingEvents.Step;

/// A run folder as training leaves it, without the training.
public final class SomeRun {
  private SomeRun() {}

  /// A step of 100 tokens and half a second, of sixty.
  public static Step step(long step) {
    return new Step(
        step, 5.0 / step, 1e-3, 2, Double.NaN, 100 * step, 0.5 * step, Math.min(1, step / 60.0));
  }

  /// Writes a finished run of `steps` steps, evaluated and with a window of usage every ten.
  public static Path finished(Path folder, int steps, String settings) {
    try (RunFolder run = new RunFolder(folder);
        RunLog log = new RunLog(run, 0)) {
      for (int step = 1; step <= steps; step++) {
        log.stepped(step(step));
        if (step % 10 == 0) {
          Map<String, Double> use = Map.of("used", 0.5, "usedCeiling", 0.9, "slots", 128.0);
          double[] reads = new double[128];
          reads[step] = step;
          log.used(step(step), 4, use, reads);
          log.evaluated(step(step), "dev", Map.of("loss", 6.0 / step, "accuracy", 0.5));
        }
      }
      log.ended(RunState.Status.FINISHED, "");
    }
    try {
      Files.writeString(folder.resolve("config.resolved.yaml"), settings);
      Files.writeString(folder.resolve("provenance.json"), "{\"command\":\"./mneme train x\"}");
      Files.createDirectories(folder.resolve("checkpoints/step-00000010"));
      Files.write(folder.resolve("checkpoints/step-00000010/model.safetensors"), new byte[3 << 20]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }
}
