package org.mneme.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.bench.Stage.Products;
import org.mneme.bench.Stage.Storage;
import org.mneme.memory.KernelEngine;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.TorchEngine;
import org.mneme.memory.kernel.Kernels;

class StageTest {
  private static final Sizes SIZES = new Sizes(40, 24, 24, 20);

  static List<Arguments> stages() {
    return List.of(
        stage(
            "step",
            List.of("output", "xGradient"),
            engine -> Stage.step(SIZES, engine, Products.FLOAT32)),
        stage(
            "step, narrow table",
            List.of("output", "xGradient"),
            engine -> Stage.step(new Sizes(40, 24, 40, 20), engine, Products.FLOAT32)),
        stage("search", List.of("weights"), engine -> Stage.search(SIZES, engine)),
        stage("read", List.of("output"), engine -> Stage.read(SIZES, engine, Storage.FLOAT32)),
        stage(
            "tableBackward",
            List.of("weightGradient"),
            engine -> Stage.tableBackward(SIZES, engine, Storage.FLOAT32)));
  }

  private static Arguments stage(
      String name, List<String> results, Function<MemoryEngine, Stage> make) {
    return Arguments.of(name, results, make);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stages")
  void allEnginesGiveTheSame(
      String name, List<String> results, Function<MemoryEngine, Stage> make) {
    try (Stage ours = make.apply(new KernelEngine(Kernels.plain()));
        Stage theirs = make.apply(new TorchEngine())) {
      Duel.Times times = new Duel(ours, theirs).run(new Duel.Rounds(1, 2));
      assertEquals(results, List.copyOf(ours.results().keySet()));
      assertEquals(2, times.ours().size());
      assertEquals(2, times.theirs().size());
      assertTrue(times.largestDifference() < 1e-5, name + ": " + times.largestDifference());
    }
  }

  @Test
  void roundedProductsGiveNearlyTheSame() {
    try (Stage rounded = step(Products.BFLOAT16);
        Stage exact = step(Products.FLOAT32)) {
      rounded.run();
      exact.run();
      float[] ours = rounded.results().get("xGradient");
      float[] theirs = exact.results().get("xGradient");
      double differences = 0;
      double size = 0;
      for (int i = 0; i < ours.length; i++) {
        differences += Math.abs(ours[i] - theirs[i]);
        size += Math.abs(theirs[i]);
      }
      assertTrue(differences > 0, "nothing was rounded");
      assertTrue(differences < 0.3 * size, differences + " of " + size);
    }
  }

  private static Stage step(Products products) {
    return Stage.step(SIZES, new KernelEngine(Kernels.plain()), products);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stages")
  void partsOfARoundAreTimed(
      String name, List<String> results, Function<MemoryEngine, Stage> make) {
    try (Stage stage = make.apply(new KernelEngine(Kernels.plain()))) {
      Map<String, Double> times = stage.run().stages();
      assertTrue(!times.isEmpty(), name);
      assertTrue(times.values().stream().allMatch(ms -> ms >= 0), name + ": " + times);
    }
  }
}
