package org.mneme.bench;

import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.MemoryEngine;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// See [Stage#search].
final class SearchStage implements Stage {
  private final Sizes sizes;
  private final MemoryEngine engine;
  private final Tensor scores; // [heads, 2, tokens, keysPerSide]
  private final Map<String, float[]> results = new LinkedHashMap<>();
  private int[] slots = {};

  SearchStage(Sizes sizes, MemoryEngine engine) {
    this.sizes = sizes;
    this.engine = engine;
    try (var scope = new TensorScope()) {
      scores =
          TensorScope.own(
              Tensors.of(
                  new Inputs(sizes).scores(), Sizes.HEADS, 2, sizes.tokens(), sizes.keysPerSide()));
    }
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    var clock = new Round.Clock();
    try (var scope = new TensorScope()) {
      MemoryEngine.Selection found = engine.productKeys(scores, Sizes.SLOTS_PER_HEAD);
      Tensor weights = torch.softmax(found.scores(), -1, new ScalarTypeOptional());
      clock.stage("search");
      if (results.isEmpty()) {
        results.put("weights", Tensors.floats(weights));
        slots = Tensors.memory(found.slots()).toArray(ValueLayout.JAVA_INT);
      }
    }
    return clock.round();
  }

  @Override
  public Map<String, float[]> results() {
    return results;
  }

  @Override
  public int[] slots() {
    return slots;
  }

  @Override
  public void close() {
    scores.close();
  }
}
