package org.mneme.checkpoint.onnx;

import java.util.List;
import java.util.Optional;

/// An input or output of the whole graph.
///
/// @param dims the sizes, -1 where they are left open; absent where the file does not even say how
///   many there are
record OnnxValue(String name, OnnxType type, Optional<List<Long>> dims) {}
