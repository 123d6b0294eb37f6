package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.MemoryType;
import org.mneme.memory.QueryNorm;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.ReadCounts.Redraw;
import org.mneme.train.RevivalConfig.Target;
import org.mneme.train.TinyTraining.Watcher;

class RevivalTest {
  private static final String LAYER = "bert.encoder.layer.0.memory.";

  /// So much that something falls under it in a few steps.
  private static RevivalConfig eager(Target target, int window, double noise) {
    return new RevivalConfig(target, window, 0.8, noise);
  }

  private static final class Revived extends Watcher {
    final Map<Long, Map<String, Integer>> revived = new LinkedHashMap<>();

    Revived(long stopAfter) {
      super(stopAfter);
    }

    @Override
    public void revived(Step step, Map<String, Integer> parts) {
      revived.put(step.step(), parts);
    }
  }

  private static Trainer trainer(MaskedLanguageModel model, Trainer.Settings config) {
    return new Trainer(
        model.parameters(), new MaskedObjective(model, TinyTraining.BATCHES, 0, 1), config);
  }

  @Test
  void partsUnderTheThresholdBecomeCopiesOfReadOnesOfTheirGroup() {
    ReadCounts counts = new ReadCounts(3, 4);
    counts.restore("keys", new long[] {9, 1, 0, 30, 5, 5, 5, 5, 0, 0, 0, 0});
    int[] models = new int[12];
    for (int seed = 0; seed < 400; seed++) {
      Redraw redraw = counts.redraw(0.2, new SplittableRandom(seed));
      assertArrayEquals(new int[] {1, 2}, redraw.dead()); // 2 of 40 is the limit: 10 on average
      for (int model : redraw.models()) {
        models[model]++;
      }
    }
    assertEquals(800, models[0] + models[3]);
    assertEquals(800 * 9 / 39.0, models[0], 60); // by their reads
  }

  @Test
  void keysAreCountedHeadByHeadAndSideBySide() {
    try (var scope = new TensorScope()) {
      var slots =
          Tensors.memory(
              Tensors.of(new long[] {0, 5, 8, 3, 4, 4, 7, 2}, 8).to(torch.ScalarType.Int));
      var none = MemorySegment.NULL;
      ReadCounts halves = new ReadCounts(4, 3); // two heads, two sides, three half-keys
      halves.ofKeys(2, 2, 2).read(slots, none, 2);
      assertArrayEquals(new long[] {1, 3, 0, 1, 2, 1, 1, 1, 2, 1, 1, 2}, halves.toArray());
      ReadCounts flat = new ReadCounts(2, 9);
      flat.ofKeys(2, 1, 2).read(slots, none, 2);
      assertArrayEquals(
          new long[] {1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1}, flat.toArray());
      ReadCounts all = new ReadCounts(1, 9);
      all.ofSlots(4).read(slots, none, 2);
      assertArrayEquals(new long[] {1, 0, 1, 1, 2, 1, 0, 1, 1}, all.toArray());
    }
  }

  /// Without noise every row that was drawn anew equals another, and has no moments.
  @ParameterizedTest
  @EnumSource(value = Target.class, mode = Mode.EXCLUDE, names = "NOTHING")
  void whatIsNotReadBecomesACopyWithoutMoments(Target target) {
    Trainer.Settings config =
        TinyTraining.with(TinyTraining.config(20), train -> train.revival = eager(target, 3, 0));
    String name = LAYER + (target == Target.KEYS ? "keys" : "values");
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer trainer = trainer(model, config);
        var scope = new TensorScope()) {
      int width = Math.toIntExact(model.parameters().get(name).size(-1));
      Revived events = new Revived(3);
      trainer.run(events);
      int revived = events.revived.get(3L).get(name);
      assertTrue(revived > 0, "nothing fell under the threshold");
      float[] rows = Tensors.floats(model.parameters().get(name));
      String moment = name + (target == Target.KEYS ? ".second" : ".second_moment");
      float[] moments = Tensors.floats(trainer.state().get(moment));
      Map<String, Integer> seen = new HashMap<>();
      int forgotten = 0;
      for (int row = 0; row < rows.length / width; row++) {
        float[] own = Arrays.copyOfRange(rows, row * width, (row + 1) * width);
        seen.merge(Arrays.toString(own), 1, Integer::sum);
        float[] ownMoments = Arrays.copyOfRange(moments, row * width, (row + 1) * width);
        forgotten += IntStream.range(0, width).allMatch(i -> ownMoments[i] == 0) ? 1 : 0;
      }
      assertEquals(rows.length / width - revived, seen.size());
      assertTrue(forgotten >= revived, forgotten + " of " + revived);
      assertEquals(0, LongStream.of(Tensors.longs(trainer.state().get(name + ".reads"))).sum());
    }
  }

  /// Both tables of an expert take the same other expert for a model.
  @Test
  void expertsAreCopiedWhole() {
    Trainer.Settings config =
        TinyTraining.with(
            TinyTraining.config(20), train -> train.revival = eager(Target.SLOTS, 2, 0));
    try (var model = TinyTraining.model(TinyModel.memory(MemoryType.PEER, 16), 0);
        Trainer trainer = trainer(model, config);
        var scope = new TensorScope()) {
      Revived events = new Revived(2);
      trainer.run(events);
      int revived = events.revived.get(2L).get(LAYER + "values_down");
      assertTrue(revived > 0);
      assertEquals(revived, events.revived.get(2L).get(LAYER + "values_up"));
      float[] down = Tensors.floats(model.parameters().get(LAYER + "values_down"));
      float[] up = Tensors.floats(model.parameters().get(LAYER + "values_up"));
      Set<String> experts = new HashSet<>();
      for (int i = 0; i < down.length; i += 16) {
        experts.add(
            Arrays.toString(Arrays.copyOfRange(down, i, i + 16))
                + Arrays.toString(Arrays.copyOfRange(up, i, i + 16)));
      }
      assertEquals(down.length / 16 - revived, experts.size());
    }
  }

  @Test
  void flatKeysAreRevivedToo() {
    Trainer.Settings config =
        TinyTraining.with(
            TinyTraining.config(20), train -> train.revival = eager(Target.KEYS, 2, 0));
    var flat =
        TinyModel.memory(MemoryType.FLAT_KEY, 16).with(layer -> layer.keys = new FlatKeys(30));
    try (var model = TinyTraining.model(flat, 0);
        Trainer trainer = trainer(model, config)) {
      Revived events = new Revived(2);
      trainer.run(events);
      int revived = events.revived.get(2L).get(LAYER + "keys");
      assertTrue(revived > 0 && revived < 2 * 30, "revived " + revived);
    }
  }

  @Test
  void noiseMovesACopyByItsShare() {
    Trainer.Settings config =
        TinyTraining.with(
            TinyTraining.config(20), train -> train.revival = eager(Target.KEYS, 1, 0.1));
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
        Trainer trainer = trainer(model, config);
        var scope = new TensorScope()) {
      Watcher events = new Watcher(1);
      trainer.run(events);
      float[] rows = Tensors.floats(model.parameters().get(LAYER + "keys"));
      int width = Math.toIntExact(model.parameters().get(LAYER + "keys").size(-1));
      int near = 0;
      for (int i = 0; i < rows.length; i += width) {
        for (int j = 0; j < i; j += width) {
          double distance = 0;
          double size = 0;
          for (int x = 0; x < width; x++) {
            distance += Math.pow(rows[i + x] - rows[j + x], 2);
            size += Math.pow(rows[i + x], 2);
          }
          assertTrue(distance > 0);
          near += Math.sqrt(distance / size) < 0.4 ? 1 : 0;
        }
      }
      assertTrue(near > 0, "no key is near another");
    }
  }

  @ParameterizedTest
  @EnumSource(value = Target.class, mode = Mode.EXCLUDE, names = "NOTHING")
  void theSameSeedRevivesTheSameAndNothingInTheEnd(Target target) {
    Trainer.Settings config =
        TinyTraining.with(TinyTraining.config(20), train -> train.revival = eager(target, 4, 0.2));
    Map<String, float[]> first = Map.of();
    for (int run = 0; run < 2; run++) {
      try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
          Trainer trainer = trainer(model, config)) {
        Revived events = new Revived(Long.MAX_VALUE);
        trainer.run(events);
        assertArrayEquals(
            new Long[] {4L, 8L, 12L, 16L}, events.revived.keySet().toArray(Long[]::new));
        events.revived.values().forEach(parts -> assertEquals(2, parts.size()));
        if (run == 0) {
          first = Bits.of(model.parameters());
        } else {
          Bits.assertSame(first, Bits.of(model.parameters()));
        }
      }
    }
  }

  private static void stepsTo(
      long step, Trainer.Settings config, MaskedLanguageModel model, Map<String, Tensor> state) {
    try (Trainer trainer = trainer(model, config)) {
      if (!state.isEmpty()) {
        trainer.restore(state);
      }
      trainer.run(new Watcher(step - trainer.steps()));
      trainer.state().forEach((name, tensor) -> state.put(name, tensor.clone()));
    }
  }

  /// Reads of part of a window say too little: the first window is a whole one, wherever the run is
  /// stopped again.
  @ParameterizedTest
  @EnumSource(value = Target.class, mode = Mode.EXCLUDE, names = "NOTHING")
  void revivalMayBeginWhereARunGoesOn(Target target) {
    Trainer.Settings without = TinyTraining.config(30);
    Trainer.Settings with =
        TinyTraining.with(without, train -> train.revival = eager(target, 4, 0.2));
    Map<String, float[]> first = Map.of();
    for (long stop : new long[] {0, 7}) {
      try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0);
          var scope = new TensorScope()) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        stepsTo(6, without, model, state);
        if (stop > 0) {
          stepsTo(stop, with, model, state);
        }
        try (Trainer trainer = trainer(model, with)) {
          trainer.restore(state);
          Revived events = new Revived(14 - trainer.steps());
          trainer.run(events);
          assertEquals(Set.of(12L), events.revived.keySet());
        }
        if (stop == 0) {
          first = Bits.of(model.parameters());
        } else {
          Bits.assertSame(first, Bits.of(model.parameters()));
        }
      }
    }
  }

  @Test
  void countsOfAnotherMemoryAreRefused() {
    var problem =
        assertThrows(
            InvalidInputException.class,
            () -> new ReadCounts(1, 4).restore("memory.values", new long[5]));
    assertEquals("memory.values", problem.key());
    assertEquals(InvalidInputException.Kind.WEIGHTS, problem.kind());
  }

  @Test
  void whatIsFrozenIsNotRevived() {
    RevivalConfig revival = eager(Target.SLOTS, 2, 0);
    try (var model = TinyTraining.model(TinyTraining.memory(QueryNorm.LAYER), 0)) {
      var problem =
          assertThrows(
              InvalidInputException.class,
              () ->
                  trainer(
                      model,
                      TinyTraining.with(
                          TinyTraining.config(9, "*.values"), train -> train.revival = revival)));
      assertEquals("train.revival", problem.key());
    }
    try (var model = TinyTraining.model(null, 0)) {
      assertThrows(
          InvalidInputException.class,
          () ->
              trainer(
                  model,
                  TinyTraining.with(TinyTraining.config(9), train -> train.revival = revival)));
    }
  }

  @Test
  void settingsAreReadFromAWord() {
    assertEquals(RevivalConfig.DEFAULT, RevivalConfig.parse("nothing"));
    assertEquals(new RevivalConfig(Target.KEYS, 100, 0.1, 0.1), RevivalConfig.parse("keys"));
    assertEquals(
        new RevivalConfig(Target.SLOTS, 7, 0.25, 0),
        RevivalConfig.parse("slots,noise=0,window=7,threshold=.25"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "rows",
        "keys,",
        "keys,window",
        "keys,window=x",
        "keys,window=0",
        "keys,threshold=1",
        "slots,threshold=0",
        "slots,noise=-1",
        "slots,noise=NaN",
        "keys,size=3"
      })
  void settingsThatMakeNoSenseAreNamed(String text) {
    var problem = assertThrows(InvalidInputException.class, () -> RevivalConfig.parse(text));
    assertTrue(problem.key().startsWith("train.revival"), problem.key());
  }
}
