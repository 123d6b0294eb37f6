package org.mneme.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.mneme.data.MaskedBatch;
import org.mneme.memory.ValueTable;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Precision;
import org.mneme.train.CrossEntropy;
import org.mneme.train.Objective;
import org.mneme.train.Trainer;
import org.mneme.train.TrainingEvents;

/// Training steps of a masked language model on given batches, which come round again: forward,
/// backward, clipping to 1, AdamW over everything (rate 1e-4, decay of matrices 0.01).
///
/// Does not own the model. One thread at a time.
public final class MaskedSteps implements AutoCloseable {
  private final Trainer trainer;

  /// Steps of `model` on `batches`, each of which has something to guess.
  public MaskedSteps(MaskedLanguageModel model, List<MaskedBatch> batches, Precision precision) {
    Trainer.Settings usual = ModelStage.TRAINING;
    trainer =
        new Trainer(
            model.parameters(),
            new Guessing(model, List.copyOf(batches)),
            new Trainer.Settings(usual.train(), usual.optimizer(), usual.seed(), precision));
  }

  /// Takes a step; returns its loss.
  public double run() {
    return trainer.run(new OneStep()).loss();
  }

  @Override
  public void close() {
    trainer.close();
  }

  /// Guessing what is masked.
  private record Guessing(MaskedLanguageModel model, List<MaskedBatch> batches)
      implements Objective {
    @Override
    public List<List<Part>> batches(long step, int accumulate, int most) {
      MaskedBatch batch = batches.get((int) (step % batches.size()));
      List<Part> parts = new ArrayList<>();
      int count = Math.min(most, batch.batch());
      IntStream.range(0, count)
          .mapToObj(i -> batch.rows(batch.batch() * i / count, batch.batch() * (i + 1) / count))
          .forEach(rows -> parts.add(() -> loss(rows, batch.targets())));
      return List.of(parts);
    }

    private Loss loss(MaskedBatch part, int targets) {
      MaskedInput input = MaskedInput.of(part);
      Tensor hidden = model.encoder().encodeTargets(input.input(), input.targets(), true);
      Tensor mean = CrossEntropy.PLAIN.mean(model, hidden, input.labels(), targets);
      return new Loss(mean, part.targets(), part.tokens());
    }

    @Override
    public boolean divisible() {
      return model.config().hiddenDropout() == 0 && model.config().attentionDropout() == 0;
    }

    @Override
    public Map<String, ValueTable> tables() {
      return model.encoder().tables();
    }
  }

  /// Ends the run after a step.
  private static final class OneStep implements TrainingEvents {
    private boolean done;

    @Override
    public void stepped(Step step) {
      done = true;
    }

    @Override
    public boolean stopRequested() {
      return done;
    }
  }
}
