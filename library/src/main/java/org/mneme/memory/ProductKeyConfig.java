package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

import org.mneme.memory.ScoreActivation.Softmax;

/// The shape and the options of a product-key memory (Lample et al. 2019, arXiv 1907.05242).
///
/// @param dim width of what goes in
/// @param valueDim width of a row of the table and of what comes out; has to equal `dim`
/// @param keysPerSide half-keys of each head on each of the two sides; their pairs are the slots
/// @param heads queries of each token, each with half-keys of its own, all reading one table
/// @param slotsPerHead slots that each head reads
/// @param queryDim width of a query, even
/// @param queryNorm normalisation of queries
/// @param scoreActivation from scores to weights
/// @param valueInit what the table starts with
/// @param inputDropout share of the input that training drops
/// @param queryDropout share of the normalised query that training drops
/// @param valueDropout share of the output that training drops
public record ProductKeyConfig(
    int dim,
    int valueDim,
    int keysPerSide,
    int heads,
    int slotsPerHead,
    int queryDim,
    QueryNorm queryNorm,
    ScoreActivation scoreActivation,
    ValueInit valueInit,
    double inputDropout,
    double queryDropout,
    double valueDropout)
    implements MemoryConfig {
  static final String TYPE = "product-key";

  private static final int MOST_KEYS = 1 << 15;

  /// Checks the components.
  public ProductKeyConfig {
    check(dim > 0, "dim", "dim %d is not positive; take the width of the model", dim);
    check(
        valueDim == dim,
        "valueDim",
        "valueDim %d differs from dim %d; set memory.valueDim to %d",
        valueDim,
        dim,
        dim);
    check(
        keysPerSide > 0 && keysPerSide <= MOST_KEYS,
        "keysPerSide",
        "keysPerSide %d is outside 1 to %d; change memory.keysPerSide",
        keysPerSide,
        MOST_KEYS);
    check(heads > 0, "heads", "heads %d is not positive; raise memory.heads", heads);
    check(
        slotsPerHead > 0,
        "slotsPerHead",
        "slotsPerHead %d is not positive; raise memory.slotsPerHead",
        slotsPerHead);
    check(
        slotsPerHead <= keysPerSide,
        "slotsPerHead",
        "slotsPerHead %d exceeds keysPerSide %d; lower memory.slotsPerHead",
        slotsPerHead,
        keysPerSide);
    check(
        queryDim > 0 && queryDim % 2 == 0,
        "queryDim",
        "queryDim %d is not positive and even; a query has two halves, change memory.queryDim",
        queryDim);
    checkDropout("inputDropout", inputDropout);
    checkDropout("queryDropout", queryDropout);
    checkDropout("valueDropout", valueDropout);
  }

  private static void checkDropout(String key, double dropout) {
    check(
        dropout >= 0 && dropout < 1,
        key,
        "%s %s is outside 0 (inclusive) to 1 (exclusive); change memory.%s",
        key,
        dropout,
        key);
  }

  /// The default memory for a model of that width: 65,536 slots, 4 heads of 32 reads, queries of
  /// 256 in batch norm, normal values, no dropout.
  public static ProductKeyConfig defaults(int dim) {
    return new ProductKeyConfig(
        dim, dim, 256, 4, 32, 256, QueryNorm.BATCH, new Softmax(), ValueInit.NORMAL, 0, 0, 0);
  }

  @Override
  public String type() {
    return TYPE;
  }

  /// Rows of the table.
  public int slots() {
    return keysPerSide * keysPerSide;
  }

  /// Width of a half-query and of a half-key.
  public int half() {
    return queryDim / 2;
  }

  /// Slots that one token reads, with repetition between heads.
  public int readsPerToken() {
    return heads * slotsPerHead;
  }

  /// Multiply-adds of one token: the query, the scores of the half-keys, one for each sum of two
  /// half-scores that the search looks at, and the weighted sum of the rows.
  public long multiplyAdds() {
    return (long) heads
        * ((long) dim * queryDim
            + (long) keysPerSide * queryDim
            + cells(slotsPerHead)
            + (long) slotsPerHead * valueDim);
  }

  /// Pairs of sorted halves that can be among the `k` best: those with (a + 1) * (b + 1) <= k.
  private static int cells(int k) {
    int cells = 0;
    for (int a = 1; a <= k; a++) {
      cells += k / a;
    }
    return cells;
  }

  /// This with another number of half-keys on each side, so other slots.
  public ProductKeyConfig withKeysPerSide(int keysPerSide) {
    return with(keysPerSide, heads, slotsPerHead, queryDim);
  }

  /// This with another number of heads.
  public ProductKeyConfig withHeads(int heads) {
    return with(keysPerSide, heads, slotsPerHead, queryDim);
  }

  /// This with another number of reads a head.
  public ProductKeyConfig withSlotsPerHead(int slotsPerHead) {
    return with(keysPerSide, heads, slotsPerHead, queryDim);
  }

  /// This with queries of another width.
  public ProductKeyConfig withQueryDim(int queryDim) {
    return with(keysPerSide, heads, slotsPerHead, queryDim);
  }

  /// This with another normalisation of queries.
  public ProductKeyConfig withQueryNorm(QueryNorm queryNorm) {
    return with(queryNorm, scoreActivation, valueInit, inputDropout, queryDropout, valueDropout);
  }

  /// This with another way from scores to weights.
  public ProductKeyConfig withScoreActivation(ScoreActivation scoreActivation) {
    return with(queryNorm, scoreActivation, valueInit, inputDropout, queryDropout, valueDropout);
  }

  /// This with another start of the table.
  public ProductKeyConfig withValueInit(ValueInit valueInit) {
    return with(queryNorm, scoreActivation, valueInit, inputDropout, queryDropout, valueDropout);
  }

  /// This with other dropouts.
  public ProductKeyConfig withDropout(double input, double query, double value) {
    return with(queryNorm, scoreActivation, valueInit, input, query, value);
  }

  private ProductKeyConfig with(int keysPerSide, int heads, int slotsPerHead, int queryDim) {
    return new ProductKeyConfig(
        dim,
        valueDim,
        keysPerSide,
        heads,
        slotsPerHead,
        queryDim,
        queryNorm,
        scoreActivation,
        valueInit,
        inputDropout,
        queryDropout,
        valueDropout);
  }

  private ProductKeyConfig with(
      QueryNorm queryNorm,
      ScoreActivation scoreActivation,
      ValueInit valueInit,
      double inputDropout,
      double queryDropout,
      double valueDropout) {
    return new ProductKeyConfig(
        dim,
        valueDim,
        keysPerSide,
        heads,
        slotsPerHead,
        queryDim,
        queryNorm,
        scoreActivation,
        valueInit,
        inputDropout,
        queryDropout,
        valueDropout);
  }
}
