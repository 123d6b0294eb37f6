package org.mneme.checkpoint.onnx;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The wider layer of a feed-forward block and its activation.
record FeedForward(Dense wide, String activation) {
  /// More nodes than this make no activation.
  private static final int MAX_NODES = 64;

  /// Reads the block over `hidden` whose activated values are `activated`.
  static FeedForward read(String activated, String hidden, EncoderGraph encoder) {
    Dataflow flow = encoder.flow();
    Set<String> derived = flow.derivedFrom(hidden);
    Map<String, Dense> found = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>();
    // products of flattened tokens are wrapped in changes of size, which are none of the
    // activation's
    String result = flow.beforeReshape(activated);
    open.push(result);
    while (!open.isEmpty()) {
      String at = open.pop();
      if (!seen.add(at)) {
        continue;
      }
      Optional<Dense> dense = flow.dense(at);
      if (dense.isPresent()) {
        found.put(at, dense.get());
        continue;
      }
      Optional<OnnxNode> node = flow.producer(at);
      if (at.equals(hidden) || node.isEmpty() || seen.size() > MAX_NODES) {
        throw encoder.mismatch(activated, "expected a dense layer and an activation before it");
      }
      node.get().inputs().stream()
          .map(flow::canonical)
          .filter(derived::contains)
          .forEach(open::push);
    }
    if (found.size() != 1) {
      throw encoder.mismatch(
          activated, "expected the activation of one dense layer, found " + found.size());
    }
    String source = found.keySet().iterator().next();
    Dense wide = found.values().iterator().next();
    if (!flow.beforeReshape(wide.input()).equals(hidden)) {
      throw encoder.mismatch(
          wide.node(), "expected it to be computed from the normalised attention output");
    }
    String name =
        Activation.between(source, result, encoder.probe())
            .orElseThrow(() ->
                encoder.mismatch(
                    activated,
                    "expected gelu, gelu_new, relu, silu, quick_gelu, tanh or sigmoid; the"
                        + " activation is none of them"));
    return new FeedForward(wide, name);
  }
}
