package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.Bits;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.Weights;
import org.mneme.data.SourceConfig;
import org.mneme.data.task.LabelSet;
import org.mneme.data.task.SequenceFeatures;
import org.mneme.data.task.Target;
import org.mneme.data.task.TaskBatches;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.model.HeadConfig;
import org.mneme.model.KeptWords;
import org.mneme.model.TaskModel;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;

/// Fine-tuning with the rows of the words that the data uses against fine-tuning with all of them
/// (Williams & Aletras 2023).
class PartialEmbeddingsTest {
  private static final String WORDS = "bert.embeddings.word_embeddings.weight";
  private static final int STEPS = 200;
  private static final LabelSet LABELS = new LabelSet(List.of("dry", "wet"));

  @TempDir private Path temp;
  private Tokenizer tokenizer;
  private Path base;
  private SequenceFeatures features;

  @BeforeEach
  void writeAModelAndATask() throws IOException {
    tokenizer = TinyModel.tokenizer();
    base = temp.resolve("base");
    var sizes = TinyModel.config().withMemory(TinyModel.beside(TinyModel.memory(16), 1));
    try (PretrainedModel fresh = PretrainedModel.create(sizes, TinyModel.resources(), 3)) {
      fresh.save(base);
    }
    StringBuilder table = new StringBuilder("sentence\tlabel\n");
    for (String sentence : TinyModel.sentences(40, 5)) {
      String without = sentence.replace("cat", "dog").replace("red", "old");
      table.append(without).append('\t').append(sentence.contains("river") ? "wet" : "dry");
      table.append('\n');
    }
    Path file = temp.resolve("task.tsv");
    Files.writeString(file, table);
    features =
        SequenceFeatures.labelled(
            TaskReader.sequences(
                List.of(SourceConfig.of(file.toString())), TaskReading.DEFAULT, Target.Kind.LABEL),
            LABELS,
            tokenizer,
            40);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private KeptWords used() {
    BitSet ids = new BitSet();
    IntStream.range(0, features.rows().size())
        .forEach(row -> Arrays.stream(features.rows().ids(row)).forEach(ids::set));
    ids.set(tokenizer.padId());
    return new KeptWords(KeptRows.of(104, ids), OptionalInt.empty());
  }

  /// What came of a training: all tensors as they are in memory, and as they are in the folder.
  private record Trained(Map<String, float[]> tensors, Map<String, float[]> saved) {}

  private Trained train(@Nullable KeptWords kept, double dropout, double decay) {
    Path out = temp.resolve("out");
    try (PretrainedModel model =
        PretrainedModel.loadWithTask(
            base,
            HeadConfig.singleLabel(LABELS.names()),
            7,
            config -> config.withDropout(dropout).withKeptWords(kept))) {
      TaskModel task = model.taskModel();
      var batches = new TaskBatches(features, tokenizer.padId(), 8, 1);
      try (var trainer =
          new Trainer(task.parameters(), new TaskObjective(task, batches), settings(decay))) {
        var unused = trainer.run(new TrainingEvents() {});
        assertEquals(STEPS, trainer.steps());
      }
      model.save(out);
      return new Trained(Bits.of(task.parameters()), read(out));
    }
  }

  private static Trainer.Settings settings(double decay) {
    return new Trainer.Settings(
        TrainConfig.DEFAULT.with(train -> train.stop = StopConfig.afterSteps(STEPS)),
        OptimizerConfig.DEFAULT.with(optimizer -> {
          optimizer.weightDecay = decay;
          optimizer.clipNorm = 0.5; // bites
        }),
        11);
  }

  private static Map<String, float[]> read(Path folder) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    try (Weights weights = Weights.open(folder);
        var scope = new TensorScope()) {
      weights.names().forEach(name -> tensors.put(name, Tensors.floats(weights.tensor(name))));
    }
    return tensors;
  }

  private static float[] row(float[] matrix, int row) {
    return Arrays.copyOfRange(matrix, row * 16, (row + 1) * 16);
  }

  @Test
  void everyParameterAndEveryKeptRowAreThoseOfFullTrainingBitForBit() {
    KeptWords kept = used();
    assertTrue(kept.rows().size() < 60, kept.toString());
    for (double dropout : new double[] {0, 0.1}) {
      Trained full = train(null, dropout, 0);
      Trained partial = train(kept, dropout, 0);
      assertEquals(full.tensors.keySet(), partial.tensors.keySet());
      full.tensors.forEach((name, numbers) -> {
        if (name.equals(WORDS)) {
          float[] own = partial.tensors.get(name);
          assertEquals(kept.rows().size() * 16, own.length);
          for (int place = 0; place < kept.rows().size(); place++) {
            assertArrayEquals(row(numbers, kept.rows().id(place)), row(own, place), "row " + place);
          }
        } else {
          assertArrayEquals(numbers, partial.tensors.get(name), name);
        }
      });
      assertEquals(full.saved.keySet(), partial.saved.keySet());
      full.saved.forEach(
          (name, numbers) -> assertArrayEquals(numbers, partial.saved.get(name), name));
    }
  }

  @Test
  void withDecayOnlyUnusedRowsDifferAndByTheDecayAlone() {
    KeptWords kept = used();
    Trained full = train(null, 0, 0.1);
    Trained partial = train(kept, 0, 0.1);
    float[] before = read(base).get(WORDS);
    double keeps = keptByDecay(0.1);
    for (int id = 0; id < 104; id++) {
      float[] own = row(partial.saved.get(WORDS), id);
      if (kept.rows().contains(id)) {
        assertArrayEquals(row(full.saved.get(WORDS), id), own, "row " + id);
      } else {
        assertArrayEquals(row(before, id), own, "row " + id);
        float[] shrunk = own.clone();
        for (int i = 0; i < shrunk.length; i++) {
          shrunk[i] *= (float) keeps;
        }
        assertArrayEquals(shrunk, row(full.saved.get(WORDS), id), 1e-6f, "row " + id);
      }
    }
  }

  /// What a row has left that only decays.
  private static double keptByDecay(double decay) {
    double kept = 1;
    var config = settings(decay).optimizer();
    for (int step = 0; step < STEPS; step++) {
      double progress = Math.max(0, (double) (step - 20) / (STEPS - 20));
      kept *= 1 - config.learningRate() * config.schedule().factor(step, progress) * decay;
    }
    return kept;
  }
}
