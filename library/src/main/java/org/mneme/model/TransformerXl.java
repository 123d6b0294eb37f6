package org.mneme.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.KeyPlaces.Stretch;
import org.mneme.model.TransformerXlBlock.Context;
import org.mneme.model.TransformerXlBlock.Sight;
import org.mneme.tensor.Activations;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Recomputed;
import org.mneme.tensor.TensorScope;

/// A Transformer-XL without its head (Dai et al. 2019), with memories of slots where its config has
/// them: a token sees those before it in its segment and, where it is handed a [SegmentMemory],
/// those of earlier segments of its document.
///
/// Padding stands at the end of a row, as in [CausalTransformer].
public final class TransformerXl implements BaseModel {
  private final TransformerXlConfig config;
  private final Parameters parameters;
  private final String prefix;
  private final AdaptiveWords words;
  private final RelativeAttention attention;
  private final Blocks<TransformerXlBlock> blocks = new Blocks<>();
  private boolean recomputes;
  private boolean runsAll;
  private OptionalLong stepSeed = OptionalLong.empty();

  /// Adds freshly drawn tensors to `parameters`, called as Hugging Face calls them behind `prefix`
  /// (`"transformer."` where a head follows). The same seed draws the same weights.
  public TransformerXl(
      TransformerXlConfig config, Parameters parameters, String prefix, long seed) {
    this.config = config;
    this.parameters = parameters;
    this.prefix = prefix;
    SharedTables tables = new SharedTables();
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 0));
      words = new AdaptiveWords(config, parameters, prefix);
      attention =
          new RelativeAttention(
              bias("r_w_bias"), bias("r_r_bias"), 1 / Math.sqrt(config.headDim()), 0);
      for (int i = 0; i < config.layers(); i++) {
        Randomness.seed(Randomness.derive(seed, 1, i));
        long own = Randomness.derive(seed, 2, i);
        blocks.add(new TransformerXlBlock(config, parameters, blockPrefix(i), i, own, tables));
      }
    }
  }

  private Tensor bias(String name) {
    return parameters.parameter(
        prefix + name, Randomness.normal(0.02, config.heads(), config.headDim()));
  }

  @Override
  public TransformerXlConfig config() {
    return config;
  }

  @Override
  public String blockPrefix(int block) {
    return prefix + "layers." + block + ".";
  }

  @Override
  public Map<Integer, MemoryLayer> memories() {
    return blocks.memories();
  }

  @Override
  public void recompute(boolean recomputes) {
    this.recomputes = recomputes;
  }

  @Override
  public void beginStep(long seed) {
    stepSeed = OptionalLong.of(Randomness.derive(seed, config.layers()));
    blocks.beginStep(seed);
  }

  @Override
  public void runAllBlocks() {
    runsAll = true;
  }

  @Override
  public Tensor encode(TokenInput input, boolean training) {
    try (var scope = new TensorScope()) {
      Tensor last = run(input, null, training); // [tokens, dim]
      return scope.keep(last.view(input.batch(), input.time(), config.dim()));
    }
  }

  @Override
  public Tensor encodeTargets(TokenInput input, Tensor targets, boolean training) {
    try (var scope = new TensorScope()) {
      return scope.keep(run(input, targets, training).index_select(0, targets));
    }
  }

  /// The last block's output `[tokens, dim]`.
  private Tensor run(TokenInput input, @Nullable Tensor targets, boolean training) {
    input.requireFits(config);
    Tensor x = dropout(words.embed(input.ids()), training); // [tokens, dim]
    Activations.seen("embeddings", x);
    Tensor readers = input.readers(config, targets);
    RelativeAttention dropping = attention.withDropout(training ? config.dropout().attention() : 0);
    Sights sights = new Sights(input, training);
    for (int i = 0; i < blocks.size(); i++) {
      if (training && skips(i, input)) {
        continue;
      }
      List<Sight> seen = sights.of(i);
      int remembered = seen.getFirst().places().memory();
      SegmentMemory.Part part = input.segments();
      Tensor before = part == null || remembered == 0 ? null : part.hidden(i, remembered);
      if (part != null) {
        part.remember(i, x.view(input.batch(), input.time(), config.dim()));
      }
      Context context = new Context(input.batch(), input.time(), before, seen, dropping, readers);
      x = block(i, x, context, training);
      Activations.seen("block " + i, x);
    }
    return dropout(x, training);
  }

  /// Whether the block is left out, and keeps the memory that it has.
  private boolean skips(int index, TokenInput input) {
    SkipRetainConfig skips = config.skipRetain();
    SegmentMemory.Part part = input.segments();
    return skips != null
        && !runsAll
        && part != null
        && stepSeed.isPresent()
        && skips.skips(index, blocks.size(), stepSeed.getAsLong(), part.passed());
  }

  /// As in [CausalTransformer]: a block that reads slots is not run again.
  private Tensor block(int index, Tensor x, Context context, boolean training) {
    TransformerXlBlock block = blocks.get(index);
    if (!recomputes || !training || block.memory() != null) {
      try (var scope = new TensorScope()) { // what no backward pass needs ends with the block
        return scope.keep(block.apply(x, context, training));
      }
    }
    Context saved = context.saved();
    RelativeAttention shared = context.attention();
    return Recomputed.apply(
        List.of(x, shared.content(), shared.position()),
        parameters.trainsAny(blockPrefix(index)),
        config.dropsOut(),
        inputs ->
            block.apply(
                inputs.getFirst(), saved.with(shared.with(inputs.get(1), inputs.get(2))), true));
  }

  /// What the rows of an input see, block by block: the same for all blocks that remember the same.
  private final class Sights {
    private final TokenInput input;
    private final boolean training;
    private final Map<Stretch, Tensor> sinusoids = new HashMap<>();
    private final Map<Integer, List<Sight>> ofLayers = new HashMap<>();

    Sights(TokenInput input, boolean training) {
      this.input = input;
      this.training = training;
    }

    List<Sight> of(int layer) {
      SegmentMemory.Part part = input.segments();
      int first = part == null ? 0 : part.firstLike(layer);
      return ofLayers.computeIfAbsent(first, _ -> places(layer).stream().map(this::sight).toList());
    }

    private List<KeyPlaces> places(int layer) {
      SegmentMemory.Part part = input.segments();
      return part == null
          ? KeyPlaces.alone((int) input.batch(), (int) input.time())
          : KeyPlaces.of(part, layer, config.attention());
    }

    private Sight sight(KeyPlaces places) {
      return new Sight(
          places,
          places.stretches().stream()
              .map(stretch -> sinusoids.computeIfAbsent(stretch, this::sinusoids))
              .toList());
    }

    private Tensor sinusoids(Stretch stretch) {
      Tensor all =
          KeyPlaces.sinusoids(
              stretch, (int) input.time(), config.attention().clampLength(), config.dim());
      return dropout(all.to(attention.content().scalar_type().intern()), training);
    }
  }

  private Tensor dropout(Tensor x, boolean training) {
    return Dropout.apply(x, config.dropout().hidden(), training);
  }
}
