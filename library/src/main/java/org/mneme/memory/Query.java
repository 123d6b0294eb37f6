package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

/// From a token to the queries of its heads.
///
/// @param dim width of a head's query
/// @param layers 1: a linear map; 2: linear, ReLU, linear, as wide as the model in between
/// @param norm normalisation of queries
/// @param keyNorm normalisation of the keys that they meet
public record Query(int dim, int layers, QueryNorm norm, KeyNorm keyNorm) {
  /// Checks the numbers.
  public Query {
    check(dim > 0, "queryDim", "queryDim %d is not positive; raise memory.queryDim", dim);
    check(
        layers == 1 || layers == 2,
        "queryLayers",
        "queryLayers %d is neither 1 nor 2; change memory.queryLayers",
        layers);
  }
}
