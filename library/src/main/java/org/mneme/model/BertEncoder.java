package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.BertBlock.Positions;
import org.mneme.tensor.Activations;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Recomputed;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// A BERT-family encoder (Devlin et al. 2018), with memories where its config has them (Kim & Jung
/// 2020).
///
/// Its tensors belong to the [Parameters] it was created in. Calls allocate in the caller's scope.
/// One thread at a time.
public final class BertEncoder implements BaseModel {
  private final BertConfig config;
  private final Parameters parameters;
  private final String prefix;
  private final BertEmbeddings embeddings;
  private final Blocks<BertBlock> blocks = new Blocks<>();
  private boolean recomputes;

  /// Adds freshly drawn tensors to `parameters`, called as Hugging Face calls them behind `prefix`
  /// (`"bert."` where a head follows, `""` for a bare encoder). The same seed draws the same
  /// weights.
  public BertEncoder(BertConfig config, Parameters parameters, String prefix, long seed) {
    this.config = config;
    this.parameters = parameters;
    this.prefix = prefix;
    SharedTables tables = new SharedTables();
    try (var scope = new TensorScope()) {
      Randomness.seed(Randomness.derive(seed, 0));
      embeddings = new BertEmbeddings(config, parameters, prefix + "embeddings.");
      for (int i = 0; i < config.layers(); i++) {
        Randomness.seed(Randomness.derive(seed, 1, i));
        long own = Randomness.derive(seed, 2, i);
        blocks.add(new BertBlock(config, parameters, blockPrefix(i), i, own, tables));
      }
    }
  }

  private BertEncoder(BertEncoder trained, torch.ScalarType type, Parameters owner) {
    config = trained.config;
    parameters = trained.parameters;
    prefix = trained.prefix;
    embeddings = trained.embeddings;
    for (int i = 0; i < trained.blocks.size(); i++) {
      blocks.add(trained.blocks.get(i).prepared(type, owner, i + "."));
    }
  }

  /// This encoder for inference with packed weights of `type`, see [PreparedEncoder].
  BertEncoder prepared(torch.ScalarType type, Parameters owner) {
    return new BertEncoder(this, type, owner);
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
  public BertConfig config() {
    return config;
  }

  @Override
  public String blockPrefix(int block) {
    return prefix + BertNames.of(config.family()).blocks() + block + ".";
  }

  @Override
  public Map<Integer, MemoryLayer> memories() {
    return blocks.memories();
  }

  @Override
  public Tensor encode(TokenInput input, boolean training) {
    try (var scope = new TensorScope()) {
      Tensor last = run(input, null, training, null);
      return scope.keep(last.view(input.batch(), input.time(), config.dim()));
    }
  }

  /// The last hidden state at the target positions alone: the last block's feed-forward is spared
  /// everywhere else.
  @Override
  public Tensor encodeTargets(TokenInput input, Tensor targets, boolean training) {
    Shapes.require(targets, "targets", Shapes.ANY);
    try (var scope = new TensorScope()) {
      return scope.keep(run(input, targets, training, null));
    }
  }

  /// The last block's state at some positions, where its memory is about to read: everything before
  /// it may have run long ago if nothing of it is trained.
  ///
  /// @param u `[targets, dim]` the post-attention state
  /// @param sum `[targets, dim]` the same with the feed-forward's output added
  public record MemoryInput(Tensor u, Tensor sum) {}

  /// Whether the only memory is the last block's and reads at targets, so that [#beforeMemory] and
  /// [#fromMemory] are the two halves of [#encodeTargets].
  public boolean splitsAtMemory() {
    BertBlock last = blocks.getLast();
    return memories().size() == 1 && last.memory() != null && last.readsAtTargets();
  }

  /// Whether the tensor of that name takes effect only in [#fromMemory] or behind it.
  public static boolean isBehindSplit(String name) {
    return name.contains(".memory.") || MaskedLanguageModel.isHead(name);
  }

  /// The first half of [#encodeTargets], outside training.
  ///
  /// @param targets `[targets]` int64 positions in the flat list of batch x time tokens
  public MemoryInput beforeMemory(TokenInput input, Tensor targets) {
    try (var scope = new TensorScope()) {
      Positions at = positions(input, targets);
      Tensor x = embeddings.apply(input, false); // [tokens, dim]
      for (BertBlock block : blocks.beforeLast()) {
        x = block.apply(x, at, false, false);
      }
      BertBlock.State state = blocks.getLast().beforeMemory(x, at, true, false);
      return new MemoryInput(scope.keep(state.u()), scope.keep(state.sum()));
    }
  }

  /// The second half of [#encodeTargets]: the last hidden state `[targets, dim]`.
  public Tensor fromMemory(MemoryInput input, boolean training) {
    try (var scope = new TensorScope()) {
      var state = new BertBlock.State(input.u(), input.sum());
      return scope.keep(blocks.getLast().finish(state, null, training));
    }
  }

  /// The embeddings' output and every block's, each `[batch, time, dim]`, outside training.
  public List<Tensor> hiddenStates(TokenInput input) {
    List<Tensor> states = new ArrayList<>();
    try (var scope = new TensorScope()) {
      var unused = run(input, null, false, states);
      return states.stream()
          .map(state -> scope.keep(state.view(input.batch(), input.time(), config.dim())))
          .toList();
    }
  }

  private Tensor run(
      TokenInput input, @Nullable Tensor targets, boolean training, @Nullable List<Tensor> states) {
    Positions at = positions(input, targets);
    Tensor x = embeddings.apply(input, training); // [tokens, dim]
    Activations.seen("embeddings", x);
    for (int i = 0; i < blocks.size(); i++) {
      if (states != null) {
        states.add(x);
      }
      boolean last = i == blocks.size() - 1;
      x = block(i, x, at, last && targets != null, training);
      Activations.seen("block " + i, x);
    }
    if (states != null) {
      states.add(x);
    }
    return x;
  }

  /// A block that reads a memory always keeps what the backward pass needs: reads are counted, and
  /// running statistics move, once.
  private Tensor block(int index, Tensor x, Positions at, boolean onlyTargets, boolean training) {
    BertBlock block = blocks.get(index);
    if (!recomputes || !training || block.memory() != null) {
      try (var scope = new TensorScope()) { // what no backward pass needs ends with the block
        return scope.keep(block.apply(x, at, onlyTargets, training));
      }
    }
    Positions kept = at.kept();
    return Recomputed.apply(
        List.of(x),
        parameters.trainsAny(blockPrefix(index)),
        config.dropsOut(),
        inputs -> block.apply(inputs.getFirst(), kept, onlyTargets, true));
  }

  private static Positions positions(TokenInput input, @Nullable Tensor targets) {
    Tensor mask = input.mask();
    if (mask == null) {
      return new Positions(input.batch(), input.time(), null, null, targets);
    }
    Tensor allowed = mask.to(torch.ScalarType.Bool);
    return new Positions(
        input.batch(),
        input.time(),
        allowed.contiguous(),
        allowed.reshape(-1).nonzero().view(-1),
        targets);
  }
}
