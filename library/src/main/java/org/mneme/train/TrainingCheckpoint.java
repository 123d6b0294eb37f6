package org.mneme.train;

import java.nio.file.Path;
import java.util.Map;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.CheckpointFacts;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.StatePart;
import org.mneme.tensor.TensorScope;

/// A trainer in a [Checkpoint]: the optimisers' moments and the counters are its part
/// [Checkpoint#TRAINER].
public final class TrainingCheckpoint {
  private TrainingCheckpoint() {}

  /// Writes model and trainer into `folder`, atomically, without further facts.
  public static void write(Path folder, PretrainedModel model, Trainer trainer) {
    try (var scope = new TensorScope()) {
      CheckpointFacts facts = new CheckpointFacts(trainer.steps(), 0, "", Map.of());
      Map<String, StatePart> parts = Map.of(Checkpoint.TRAINER, StatePart.of(trainer.state()));
      Checkpoint.write(folder, new Checkpoint.Content(facts, model::writeInto, parts));
    }
  }

  /// Whether `folder` holds a checkpoint, damaged or not.
  public static boolean isOne(Path folder) {
    return Checkpoint.isOne(folder);
  }

  /// Puts a trainer of the same settings into the state that the checkpoint `folder` holds.
  public static void restore(Path folder, Trainer trainer) {
    restore(Checkpoint.open(folder), trainer);
  }

  /// The same for a checkpoint that was read already.
  public static void restore(Checkpoint checkpoint, Trainer trainer) {
    try (var scope = new TensorScope()) {
      trainer.restore(checkpoint.tensors(Checkpoint.TRAINER));
    }
  }
}
