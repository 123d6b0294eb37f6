package org.mneme.model;

import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Workers;

/// How the layers of a causal model are prepared, see [PreparedDecoder].
///
/// @param type of the weights of products
/// @param owner of what is copied
/// @param workers who share the rows of a product
record Preparation(torch.ScalarType type, Parameters owner, Workers workers) {}
