package org.mneme.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A part of a run's state beside the weights: the optimisers, the memories of a recurrent model,
/// generators, the place in the data.
///
/// Tensors belong to whoever made them.
///
/// @param tensors go to `PART.safetensors`, unless there are none
/// @param json goes to `state.PART` of `checkpoint.json`, unless it is empty
public record StatePart(Map<String, Tensor> tensors, ObjectNode json) {
  public StatePart {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /// A part of tensors alone.
  public static StatePart of(Map<String, Tensor> tensors) {
    return new StatePart(tensors, JsonMapper.shared().createObjectNode());
  }

  /// A part of JSON alone.
  public static StatePart of(ObjectNode json) {
    return new StatePart(Map.of(), json);
  }
}
