package org.mneme.app.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.mneme.app.cli.Console;
import org.mneme.bench.Comparison;
import org.mneme.bench.Duel;
import org.mneme.bench.ModelSetting;
import org.mneme.bench.Sizes;
import org.mneme.bench.Stage;
import org.mneme.bench.Stage.Products;
import org.mneme.bench.Stage.Storage;
import org.mneme.memory.KernelEngine;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.TorchEngine;
import org.mneme.memory.kernel.Kernels;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.environment.Environment;

/// Measures the memory against itself: the chosen kernels against the other implementations,
/// bfloat16 tables against float32 ones, large tables against small ones, reading rows against
/// reading a stream.
public final class MemoryBench {
  private static final String FLOAT32_TABLE = "float32 table";
  private static final double BYTES_PER_MS = 1e6; // of a gigabyte a second
  private static final double MICROS = 1000;
  private static final long READ_BYTES = 4; // of a float32 number that is only read
  private static final long UPDATED_BYTES = 12; // the number and two moments
  private static final long BESIDES = 2L << 30; // activations of both sides

  private final MemoryPlan plan;
  private final Console console;
  private final MemoryEngine engine = MemoryEngine.chosen();
  private final List<Comparison> cases = new ArrayList<>();

  /// A measurement that tells `console` how far it is.
  public MemoryBench(MemoryPlan plan, Console console) {
    this.plan = plan;
    this.console = console;
  }

  /// Runs all of it.
  public List<Comparison> run() {
    implementations("search", 0, Stage::search);
    implementations("read", READ_BYTES, (sizes, with) -> Stage.read(sizes, with, Storage.FLOAT32));
    implementations(
        "tableBackward",
        UPDATED_BYTES,
        (sizes, with) -> Stage.tableBackward(sizes, with, Storage.FLOAT32));
    implementations(
        "step", UPDATED_BYTES, (sizes, with) -> Stage.step(sizes, with, Products.FLOAT32));
    brainFloatProducts();
    brainFloat();
    bandwidth(plan.kernels(), Storage.FLOAT32);
    bandwidth(plan.large(), Storage.FLOAT32);
    bandwidth(plan.large(), Storage.BFLOAT16);
    plan.costs().forEach(this::tokenCost);
    plan.models().forEach(this::model);
    return List.copyOf(cases);
  }

  /// Two stages, made only when their turn comes and there is memory for both.
  ///
  /// @param bytes of the tables of both
  private record Match(
      String name,
      Sizes sizes,
      Storage storage,
      String peer,
      long bytes,
      Supplier<Stage> ours,
      Supplier<Stage> theirs) {
    String dtype() {
      return storage.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
      return name + " " + sizes + " " + dtype() + " against " + peer;
    }
  }

  /// The chosen kernels against all other implementations.
  private void implementations(
      String name, long numberBytes, BiFunction<Sizes, MemoryEngine, Stage> stage) {
    Sizes sizes = plan.kernels();
    Stream.of(new KernelEngine(Kernels.plain()), new TorchEngine())
        .filter(other -> !other.name().equals(engine.name()))
        .forEach(other ->
            measure(
                new Match(
                    name,
                    sizes,
                    Storage.FLOAT32,
                    other.name(),
                    2 * numberBytes * sizes.numbers(),
                    () -> stage.apply(sizes, engine),
                    () -> stage.apply(sizes, other)),
                one -> Map.of("kernels", engine.name())));
  }

  /// The layer with products in bfloat16 against the one with products in float32.
  private void brainFloatProducts() {
    Sizes sizes = plan.kernels();
    measure(
        new Match(
            "step",
            sizes,
            Storage.BFLOAT16,
            "float32 products",
            2 * UPDATED_BYTES * sizes.numbers(),
            () -> Stage.step(sizes, engine, Products.BFLOAT16),
            () -> Stage.step(sizes, engine, Products.FLOAT32)),
        one -> Map.of());
  }

  /// A table of bfloat16 against one of float32.
  private void brainFloat() {
    Sizes sizes = plan.large();
    measure(
        new Match(
            "read",
            sizes,
            Storage.BFLOAT16,
            FLOAT32_TABLE,
            (READ_BYTES + READ_BYTES / 2) * sizes.numbers(),
            () -> Stage.read(sizes, engine, Storage.BFLOAT16),
            () -> Stage.read(sizes, engine, Storage.FLOAT32)),
        one -> Map.of());
    measure(
        new Match(
            "tableBackward",
            sizes,
            Storage.BFLOAT16,
            FLOAT32_TABLE,
            (UPDATED_BYTES + UPDATED_BYTES / 2) * sizes.numbers(),
            () -> Stage.tableBackward(sizes, engine, Storage.BFLOAT16),
            () -> Stage.tableBackward(sizes, engine, Storage.FLOAT32)),
        one -> Map.of());
  }

  /// Reading rows against reading as many bytes one after the other.
  private void bandwidth(Sizes sizes, Storage storage) {
    double bytes = Stage.bytesRead(sizes, storage);
    measure(
        new Match(
            "readBandwidth",
            sizes,
            storage,
            "stream",
            READ_BYTES * sizes.numbers(),
            () -> Stage.read(sizes, engine, storage),
            () -> Stage.stream(sizes, engine, storage)),
        one -> {
          Map<String, Object> remarks = new LinkedHashMap<>();
          remarks.put("shareOfStream", one.ratio());
          remarks.put("gigabytesPerSecond", bytes / one.oursMedian() / BYTES_PER_MS);
          remarks.put("streamGigabytesPerSecond", bytes / one.theirMedian() / BYTES_PER_MS);
          return remarks;
        });
  }

  /// A layer of that size against one of another.
  private void tokenCost(MemoryPlan.Cost cost) {
    Sizes sizes = cost.sizes();
    Sizes base = cost.base();
    measure(
        new Match(
            "tokenCost",
            sizes,
            Storage.FLOAT32,
            base.toString(),
            UPDATED_BYTES * (sizes.numbers() + base.numbers()),
            () -> Stage.step(sizes, engine, Products.FLOAT32),
            () -> Stage.step(base, engine, Products.FLOAT32)),
        one -> Map.of("microsPerToken", one.oursMedian() * MICROS / sizes.tokens()));
  }

  /// A model with a memory against the same without.
  private void model(ModelSetting setting) {
    String name =
        switch (setting.task()) {
          case STEP -> "modelStep";
          case INFERENCE -> "modelInference";
        };
    Sizes sizes = new Sizes(setting.keysPerSide(), ModelSetting.DIM);
    measure(
        new Match(
            name,
            sizes,
            Storage.FLOAT32,
            "no memory",
            UPDATED_BYTES * sizes.numbers(),
            () -> Stage.model(setting),
            () -> Stage.model(setting.withoutMemory())),
        one -> {
          Map<String, Object> remarks = new LinkedHashMap<>();
          remarks.put("reads", setting.reads().name().toLowerCase(Locale.ROOT));
          remarks.put("heads", setting.heads());
          remarks.put("queryDim", setting.queryDim());
          remarks.put("timesWithoutMemory", 1 / one.ratio());
          return remarks;
        });
  }

  /// Adds what a match gave to the cases, unless memory is short.
  ///
  /// @param remarks what is told beside the times
  private void measure(Match match, Function<Comparison, Map<String, Object>> remarks) {
    if (!plan.runs(match.name)) {
      return;
    }
    long needed = match.bytes + BESIDES;
    long available = Environment.Memory.now().available();
    if (available >= 0 && available < needed) {
      console.note(
          String.format(
              Locale.ROOT,
              "%s is left out: it needs %,d MB, %,d are free",
              match,
              needed >> 20,
              available >> 20));
      return;
    }
    console.note(match + " ...");
    try (Stage ours = match.ours.get();
        Stage theirs = match.theirs.get()) {
      Duel.Times times = new Duel(ours, theirs).run(plan.rounds());
      Comparison plain =
          new Comparison(
              match.name,
              match.sizes,
              match.dtype(),
              match.peer,
              times.ours(),
              times.theirs(),
              times.largestDifference(),
              Map.of());
      Comparison told = plain.with(remarks.apply(plain));
      cases.add(told);
    } finally {
      NativeRuntime.releaseFreedMemory(); // for the next match
    }
  }
}
