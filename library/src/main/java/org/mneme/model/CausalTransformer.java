package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.DecoderBlock.AtMemory;
import org.mneme.model.DecoderBlock.Positions;
import org.mneme.tensor.Activations;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Recomputed;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// A causal model without its head, with memories where its config has them: a GPT-2 (Radford et
/// al. 2019), whose positions are learned, or one of the Llama family (Touvron et al. 2023), whose
/// queries and keys are turned by theirs. Blocks norm before they compute, and a last norm follows
/// them. A token sees those before it.
///
/// Padding stands at the end of a row: no real token sees it, and what comes out at padded
/// positions means nothing.
public final class CausalTransformer implements BaseModel {
  private static final double DEVIATION = 0.02;
  private static final String POSITIONS = "wpe.weight";

  private final DecoderConfig config;
  private final Parameters parameters;
  private final String prefix;
  private final Tensor words; // [vocabulary, dim]
  private final @Nullable Tensor positions; // [positions, dim] where they are learned
  private final Blocks<DecoderBlock> blocks = new Blocks<>();
  private final Norm norm;
  private boolean recomputes;

  /// Adds freshly drawn tensors to `parameters`, called as Hugging Face calls them behind `prefix`
  /// (`"transformer."` or `"model."` where a head follows). The same seed draws the same weights.
  public CausalTransformer(DecoderConfig config, Parameters parameters, String prefix, long seed) {
    this.config = config;
    this.parameters = parameters;
    this.prefix = prefix;
    SharedTables tables = new SharedTables();
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 0));
      int dim = config.dim();
      words =
          KeptWords.parameter(
              parameters,
              prefix + config.wordsName(),
              Randomness.normal(DEVIATION, KeptWords.count(config), dim),
              config);
      positions =
          switch (config) {
            case Gpt2Config gpt2 ->
                parameters.parameter(
                    prefix + POSITIONS, Randomness.normal(DEVIATION, gpt2.positions(), dim));
            case LlamaConfig _ -> null;
          };
      for (int i = 0; i < config.layers(); i++) {
        Randomness.seed(Randomness.derive(seed, 1, i));
        long own = Randomness.derive(seed, 2, i);
        blocks.add(DecoderBlock.create(config, parameters, blockPrefix(i), i, own, tables));
      }
      norm =
          switch (config) {
            case Gpt2Config gpt2 ->
                LayerNorm.create(parameters, prefix + "ln_f", dim, gpt2.layerNormEps());
            case LlamaConfig llama ->
                RmsNorm.create(parameters, prefix + "norm", dim, llama.rmsNormEps());
          };
    }
  }

  private CausalTransformer(CausalTransformer trained, List<PreparedLayers.Block> blocks) {
    config = trained.config;
    parameters = trained.parameters;
    prefix = trained.prefix;
    words = trained.words;
    positions = trained.positions;
    norm = trained.norm;
    blocks.forEach(block -> this.blocks.add(block.whole()));
  }

  /// This model for inference, see [PreparedDecoder].
  ///
  /// @param whole for texts that are read
  record Prepared(CausalTransformer whole, List<PreparedLayers.Block> blocks) {}

  /// This model for inference as `how` says; the rest is shared.
  Prepared prepared(Preparation how) {
    List<PreparedLayers.Block> prepared = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      prepared.add(blocks.get(i).prepared(how, i + "."));
    }
    return new Prepared(new CausalTransformer(this, prepared), prepared);
  }

  @Override
  public DecoderConfig config() {
    return config;
  }

  /// What follows the last block.
  Norm norm() {
    return norm;
  }

  @Override
  public String blockPrefix(int block) {
    return prefix + config.blocksName() + block + ".";
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
    blocks.beginStep(seed);
  }

  @Override
  public Tensor encode(TokenInput input, boolean training) {
    try (var scope = new TensorScope()) {
      Tensor last = norm.apply(run(input, null, training, null)); // [tokens, dim]
      return scope.keep(last.view(input.batch(), input.time(), config.dim()));
    }
  }

  @Override
  public Tensor encodeTargets(TokenInput input, Tensor targets, boolean training) {
    Shapes.require(targets, "targets", Shapes.ANY);
    try (var scope = new TensorScope()) {
      Tensor last = run(input, targets, training, null); // [tokens, dim]
      return scope.keep(norm.apply(last.index_select(0, targets)));
    }
  }

  /// Where what a model computes begins to differ once some of its parameters have changed.
  ///
  /// @param block the first that gives something else
  /// @param atMemory whether that is by its memory alone
  public record Split(int block, boolean atMemory) {}

  /// Where the output begins to differ once parameters of these names have changed; behind the last
  /// block where none does. Empty where that is at the embeddings.
  public Optional<Split> split(Predicate<String> changed) {
    List<String> names = parameters.all().keySet().stream().filter(changed).toList();
    if (names.contains(prefix + config.wordsName()) || names.contains(prefix + POSITIONS)) {
      return Optional.empty();
    }
    for (int i = 0; i < blocks.size(); i++) {
      String own = blockPrefix(i);
      List<String> ofBlock = names.stream().filter(name -> name.startsWith(own)).toList();
      if (!ofBlock.isEmpty()) {
        boolean memory = ofBlock.stream().allMatch(name -> name.startsWith(own + "memory."));
        return Optional.of(new Split(i, memory));
      }
    }
    return Optional.of(new Split(blocks.size(), false));
  }

  /// What goes into a block or, `[tokens, 2, dim]`, what its memory reads and adds to, outside
  /// training: the same each time for as long as all that lies below does not change.
  public Tensor below(TokenInput input, Split split) {
    try (var scope = new TensorScope()) {
      Positions at = positions(input, null);
      Tensor x = blocks(0, split.block, embed(input, before(input), false), at, false, null);
      if (!split.atMemory) {
        return scope.keep(x);
      }
      AtMemory both = blocks.get(split.block).beforeMemory(x, at, false);
      return scope.keep(torch.stack(new TensorVector(both.normed(), both.sum()), 1));
    }
  }

  /// The last hidden state at the target positions alone, `[targets, dim]`, of texts of which
  /// [#below] has been computed.
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  public Tensor encodeTargets(
      TokenInput input, Tensor below, Split split, Tensor targets, boolean training) {
    try (var scope = new TensorScope()) {
      Positions at = positions(input, targets);
      Tensor x = below;
      int next = split.block;
      if (split.atMemory) {
        AtMemory both = new AtMemory(below.select(1, 0), below.select(1, 1));
        x = blocks.get(next).fromMemory(both, at, training);
        next++;
      }
      Tensor last = blocks(next, blocks.size(), x, at, training, null); // [tokens, dim]
      return scope.keep(norm.apply(last.index_select(0, targets)));
    }
  }

  /// The embeddings and every block's output, the last one's normed, each `[batch, time, dim]`,
  /// outside training: as Hugging Face counts them.
  public List<Tensor> hiddenStates(TokenInput input) {
    List<Tensor> states = new ArrayList<>();
    try (var scope = new TensorScope()) {
      states.add(norm.apply(run(input, null, false, states)));
      return states.stream()
          .map(state -> scope.keep(state.view(input.batch(), input.time(), config.dim())))
          .toList();
    }
  }

  /// The last block's output `[tokens, dim]`; `states` takes what goes into each block.
  private Tensor run(
      TokenInput input, @Nullable Tensor targets, boolean training, @Nullable List<Tensor> states) {
    Positions at = positions(input, targets);
    Tensor x = embed(input, before(input), training); // [tokens, dim]
    Activations.seen("embeddings", x);
    return blocks(0, blocks.size(), x, at, training, states);
  }

  private Positions positions(TokenInput input, @Nullable Tensor targets) {
    input.requireFits(config);
    return new Positions(
        input.batch(),
        input.time(),
        input.readers(config, targets),
        turns(before(input), input.time()),
        input.cache());
  }

  /// How many tokens of the same texts have been read before.
  private static long before(TokenInput input) {
    KeyValueCache cache = input.cache();
    return cache == null ? 0 : cache.tokens();
  }

  /// What comes out of the blocks from `from` to `to`, the latter left out, `[tokens, dim]`.
  private Tensor blocks(
      int from,
      int to,
      Tensor input,
      Positions at,
      boolean training,
      @Nullable List<Tensor> states) {
    Tensor x = input;
    for (int i = from; i < to; i++) {
      if (states != null) {
        states.add(x);
      }
      x = block(i, x, at, training);
      Activations.seen("block " + i, x);
    }
    return x;
  }

  /// A block that reads a memory always keeps what the backward pass needs: reads are counted, and
  /// running statistics move, once. The others need no positions of readers.
  private Tensor block(int index, Tensor x, Positions at, boolean training) {
    DecoderBlock block = blocks.get(index);
    if (!recomputes || !training || block.memory() != null) {
      try (var scope = new TensorScope()) { // what no backward pass needs ends with the block
        return scope.keep(block.apply(x, at, training));
      }
    }
    Positions plain = at.saved();
    return Recomputed.apply(
        List.of(x),
        parameters.trainsAny(blockPrefix(index)),
        config.dropsOut(),
        inputs -> block.apply(inputs.getFirst(), plain, true));
  }

  /// By how much queries and keys are turned, null where positions are learned.
  private Rotary.@Nullable Turns turns(long before, long time) {
    return switch (config) {
      case Gpt2Config _ -> null;
      case LlamaConfig llama -> llama.rotary().turns(before, time, llama.headDim());
    };
  }

  /// What goes into the first block, `[tokens, dim]`.
  ///
  /// @param before tokens of each text that were read already
  Tensor embed(TokenInput input, long before, boolean training) {
    long batch = input.batch();
    long time = input.time();
    Tensor word =
        torch.embedding(
            words, KeptWords.places(config, parameters, input.ids())); // [batch, time, dim]
    Tensor sum = positions == null ? word : word.add(positions.narrow(0, before, time));
    Tensor flat = sum.view(batch * time, config.dim());
    return switch (config) {
      case Gpt2Config gpt2 -> Dropout.apply(flat, gpt2.dropout().embeddings(), training);
      case LlamaConfig _ -> flat;
    };
  }
}
